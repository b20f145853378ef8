import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a running bridge tells other commands of itself, in `serve.json` of its data directory. */
export interface RunningNote {
  readonly pid: number;
  readonly version: string;
  readonly engine: string;
  /** SIP addresses really listened on, e.g. `udp:127.0.0.1:5060`. */
  readonly sip: readonly string[];
  /** `host:port` of the HTTP side, or `null` when it is off. */
  readonly http: string | null;
  /** ISO 8601. */
  readonly startedAt: string;
}

const fileOf = (dataDirectory: string): string => join(dataDirectory, 'serve.json');

/** Written whole or not at all. */
export function writeRunningNote(dataDirectory: string, note: RunningNote): void {
  const file = fileOf(dataDirectory);
  writeFileSync(`${file}.new`, `${JSON.stringify(note, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

export function removeRunningNote(dataDirectory: string): void {
  rmSync(fileOf(dataDirectory), { force: true });
}

/** What the bridge wrote that runs with this data directory, or one that died without tidying up; `null`: nothing. */
export function readRunningNote(dataDirectory: string): RunningNote | null {
  let note: unknown;
  try {
    note = JSON.parse(readFileSync(fileOf(dataDirectory), 'utf8'));
  } catch {
    return null;
  }
  return isRunningNote(note) ? note : null;
}

function isRunningNote(value: unknown): value is RunningNote {
  return (
    typeof value === 'object' && value !== null && 'pid' in value && typeof value.pid === 'number' && 'sip' in value
  );
}
