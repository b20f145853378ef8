import { readFileSync } from 'node:fs';

/** Partyline's version, from package.json. */
export const VERSION: string = readVersion();

function readVersion(): string {
  const description: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  const version =
    typeof description === 'object' && description !== null && 'version' in description ? description.version : null;
  return typeof version === 'string' ? version : 'unknown';
}
