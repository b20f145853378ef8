import type { Database } from 'better-sqlite3';

/** Columns that hold hashes. */
const HASHES: readonly (readonly [table: string, column: string])[] = [
  ['pins', 'hash'],
  ['retired_pins', 'hash'],
  ['bookings', 'security_hash'],
];

/**
 * Brings all hashes to the next version of the PIN key, within a transaction of the caller. SQLite keeps what it needs meanwhile in a
 * temporary file, not in memory.
 * @param version the one of now
 * @returns the new one
 */
export function rekeyPins(
  database: Database,
  version: number,
  prepare: (version: number) => (hash: string) => string,
): number {
  const next = prepare(version);
  // made anew each time: it holds the new key
  database.function('next_hash', { deterministic: true, directOnly: true }, (hash) => next(String(hash)));
  for (const [table, column] of HASHES) {
    // those under another version, which a careless hand put there, open nothing before and nothing after
    database
      .prepare(`UPDATE ${table} SET ${column} = next_hash(${column}) WHERE ${column} GLOB ?`)
      .run(`v${version}.*`);
  }
  database
    .prepare(
      `INSERT INTO facts (name, value) VALUES ('pin-key-version', ?)
       ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
    )
    .run(String(version + 1));
  return version + 1;
}
