import { randomBytes } from 'node:crypto';
import type { Database } from 'better-sqlite3';
import { StoreUnavailable } from '../../ports/store.js';
import type { NextPinKey, PinHash } from '../../ports/store.js';
import { inTurns } from './turns.js';

/** Pages of the database kept in memory meanwhile, kilobytes. */
const CACHE_KB = 262_144;

/** A table whose key is a hash. What indexes are named is not looked at by anyone. */
interface Hashes {
  readonly table: 'pins' | 'retired_pins';
  /** All columns but the hash. */
  readonly columns: string;
}

const TABLES: readonly Hashes[] = [
  { table: 'pins', columns: 'account_seq, role, booking_seq, occurrence_seq, invitee_seq, length, sealed' },
  { table: 'retired_pins', columns: 'free_at' },
];
const BESIDE = /^(pins|retired_pins)_(next|noted|former)_[0-9a-f]+$/;

export interface RekeyParts {
  readonly database: Database;
  /** The version that counts. */
  readonly version: () => number;
  /** One transaction that is on the disk when it returns. */
  readonly change: (action: () => void) => void;
  /** The same, with the line of the audit trail. */
  readonly noted: (action: () => void) => void;
}

/**
 * Brings all hashes to the next version of the PIN key, while the bridge goes on: tables with the new hashes are filled beside those that count,
 * in transactions of a fifth of a second, while triggers note what changes in the old ones meanwhile; one last transaction makes up for that and
 * lets the new ones take their place. Until then the old ones count, wholly; what a process that dies leaves behind is cleared by the next.
 * @returns the new version
 */
export function rekeyPins(parts: RekeyParts, prepare: (version: number) => NextPinKey): number {
  const { database } = parts;
  const version = parts.version();
  const { next, keep } = prepare(version);
  const token = randomBytes(6).toString('hex');
  clear(parts);
  const cache = database.pragma('cache_size', { simple: true }) as number;
  database.pragma(`cache_size = -${CACHE_KB}`);
  try {
    for (const hashes of TABLES) begin(parts, hashes, token);
    for (const hashes of TABLES) fill(parts, hashes, token, next);
    parts.noted(() => {
      if (parts.version() !== version) throw overtaken();
      for (const hashes of TABLES) catchUp(database, hashes, token, next);
      for (const { table } of TABLES) takePlace(database, table, token);
      rekeyBookings(database, next);
      database
        .prepare(`INSERT OR REPLACE INTO facts (name, value) VALUES ('pin-key-version', ?)`)
        .run(String(version + 1));
      // nobody else can be here: the key is on the disk before the hashes are
      keep();
    });
  } catch (error) {
    // only another re-keying clears them
    if (error instanceof Error && /^no such table: \w+_(next|noted)_/.test(error.message)) throw overtaken();
    throw error;
  } finally {
    database.pragma(`cache_size = ${cache}`);
    clear(parts, token);
  }
  return version + 1;
}

const overtaken = (): StoreUnavailable =>
  new StoreUnavailable('somebody else began to change the PIN key meanwhile: nothing was changed by this one');

/** The table beside, like the one that counts, and triggers that note which rows of that one change. */
function begin({ database, change }: RekeyParts, { table }: Hashes, token: string): void {
  const [next, noted] = [`${table}_next_${token}`, `${table}_noted_${token}`];
  const sqlOf = database.prepare<[string], { type: string; name: string; sql: string }>(
    `SELECT type, name, sql FROM sqlite_schema WHERE tbl_name = ? AND type IN ('table', 'index') AND sql IS NOT NULL ORDER BY type DESC`,
  );
  const note = (of: 'new' | 'old'): string => `INSERT OR IGNORE INTO ${noted} (hash) VALUES (${of}.hash)`;
  change(() => {
    for (const { type, name, sql } of sqlOf.all(table)) {
      const body = sql.slice(sql.indexOf(type === 'table' ? '(' : ' ON '));
      if (type === 'table') database.exec(`CREATE TABLE ${next} ${body}`);
      else
        database.exec(
          `CREATE ${/^CREATE UNIQUE/i.test(sql) ? 'UNIQUE ' : ''}INDEX ${named(name, token)} ${body.replace(/ ON \S+/, ` ON ${next}`)}`,
        );
    }
    database.exec(`
      CREATE TABLE ${noted} (hash TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
      CREATE TRIGGER ${noted}_1 AFTER INSERT ON ${table} BEGIN ${note('new')}; END;
      CREATE TRIGGER ${noted}_2 AFTER DELETE ON ${table} BEGIN ${note('old')}; END;
      CREATE TRIGGER ${noted}_3 AFTER UPDATE ON ${table} BEGIN ${note('old')}; ${note('new')}; END;
    `);
  });
}

/** The name of an index, with a token in place of the one it may have. */
const named = (index: string, token: string): string => `${index.replace(/_[0-9a-f]{12}$/, '')}_${token}`;

function fill(
  { database, change }: RekeyParts,
  { table, columns }: Hashes,
  token: string,
  next: (hash: PinHash) => PinHash,
): void {
  const page = database.prepare<[string, number], Readonly<Record<string, unknown>> & { hash: string }>(
    `SELECT hash, ${columns} FROM ${table} WHERE hash > ? ORDER BY hash LIMIT ?`,
  );
  const names = columns.split(', ');
  // an account may have gone between the reading and the writing: its row is noted too
  const add = database.prepare(
    `INSERT OR REPLACE INTO ${table}_next_${token} (hash, ${columns}) VALUES (:hash, ${names.map((name) => `:${name}`).join(', ')})`,
  );
  let last = '';
  inTurns((limit) => {
    let count = 0;
    change(() => {
      const rows = page.all(last, limit).map((row) => ({ ...row, was: row.hash, hash: next(row.hash) }));
      count = rows.length;
      last = rows.at(-1)?.was ?? last;
      for (const row of rows.sort((a, b) => (a.hash < b.hash ? -1 : 1))) add.run(row);
    });
    return count;
  });
}

/** What changed since the table beside was begun. */
function catchUp(
  database: Database,
  { table, columns }: Hashes,
  token: string,
  next: (hash: PinHash) => PinHash,
): void {
  const beside = `${table}_next_${token}`;
  const remove = database.prepare(`DELETE FROM ${beside} WHERE hash = ?`);
  const add = database.prepare(
    `INSERT INTO ${beside} (hash, ${columns}) SELECT ?, ${columns} FROM ${table} WHERE hash = ?`,
  );
  const noted = database.prepare<[], string>(`SELECT hash FROM ${table}_noted_${token}`).pluck().all();
  // all that is gone first: of an owner's codes, one took the place of another
  for (const hash of noted) remove.run(next(hash));
  for (const hash of noted) add.run(next(hash), hash);
}

function takePlace(database: Database, table: string, token: string): void {
  for (const trigger of [1, 2, 3]) database.exec(`DROP TRIGGER ${table}_noted_${token}_${trigger}`);
  database.exec(`ALTER TABLE ${table} RENAME TO ${table}_former_${token}`);
  database.exec(`ALTER TABLE ${table}_next_${token} RENAME TO ${table}`);
}

function rekeyBookings(database: Database, next: (hash: PinHash) => PinHash): void {
  const update = database.prepare('UPDATE bookings SET security_hash = ? WHERE seq = ?');
  const rows = database.prepare<[], { seq: number; hash: string }>(
    'SELECT seq, security_hash AS hash FROM bookings WHERE security_hash IS NOT NULL',
  );
  for (const { seq, hash } of rows.all()) update.run(next(hash), seq);
}

/** Removes what lies beside the tables that count, bit by bit. @param token of one re-keying alone; else of all */
function clear({ database, change }: RekeyParts, token = ''): void {
  const named = (type: string): readonly string[] =>
    database.prepare<[string], string>('SELECT name FROM sqlite_schema WHERE type = ?').pluck().all(type);
  const triggers = named('trigger').filter((name) => isBeside(name.replace(/_[123]$/, ''), token));
  if (triggers.length > 0) change(() => triggers.forEach((name) => database.exec(`DROP TRIGGER IF EXISTS ${name}`)));
  for (const table of named('table').filter((name) => isBeside(name, token))) {
    const remove = database.prepare(
      `DELETE FROM ${table} WHERE hash IN (SELECT hash FROM ${table} ORDER BY hash LIMIT ?)`,
    );
    inTurns((limit) => {
      let removed = 0;
      change(() => {
        removed = remove.run(limit).changes;
      });
      return removed;
    });
    change(() => database.exec(`DROP TABLE IF EXISTS ${table}`));
  }
}

const isBeside = (name: string, token: string): boolean => BESIDE.test(name) && name.endsWith(token);
