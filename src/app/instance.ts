import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Randomness } from '../ports/randomness.js';

const FILE = 'instance';
const WELL_FORMED = /^[a-z0-9]{8,64}$/;

/**
 * The name by which the mixers know this installation's channels, the same over all its restarts: made once and kept in the
 * data directory. No secret.
 * @throws Error with one clear line when it cannot be kept
 */
export function instanceName(dataDirectory: string, randomness: Randomness): string {
  const file = join(dataDirectory, FILE);
  const kept = read(file);
  if (kept !== null) return kept;
  const name = randomness.identifier('b');
  try {
    writeFileSync(`${file}.new`, `${name}\n`, { mode: 0o600 });
    renameSync(`${file}.new`, file);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    throw new Error(`cannot write ${file} (${code}): check that ${dataDirectory} can be written`, { cause: error });
  }
  return name;
}

function read(file: string): string | null {
  try {
    const name = readFileSync(file, 'utf8').trim();
    return WELL_FORMED.test(name) ? name : null;
  } catch {
    return null;
  }
}
