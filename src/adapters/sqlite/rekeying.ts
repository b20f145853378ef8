import { randomBytes } from 'node:crypto';
import type { Database } from 'better-sqlite3';
import { StoreUnavailable } from '../../ports/store.js';
import type { NextPinKey, PinHash } from '../../ports/store.js';
import { versionOf } from './pins.js';
import { DEAD_MS, inTurns } from './turns.js';

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
const BESIDE = /^(?:pins|retired_pins)_(?:next|noted|former)_([0-9a-f]+)(?:_[123])?$/;
/** The fact that says when a re-keying last gave a sign of life stands behind this. */
const LIFE = 'rekeying-';

export interface RekeyParts {
  readonly database: Database;
  /** The version that counts. */
  readonly version: () => number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** One transaction; it is on the disk when one that is noted is. */
  readonly change: (action: () => void) => void;
  /** One transaction that is on the disk when it returns, with the line of the audit trail. */
  readonly noted: (action: () => void) => void;
}

/**
 * Brings all hashes to the next version of the PIN key, while the bridge goes on: tables with the new hashes are filled beside those that count,
 * in transactions of a fifth of a second, while triggers note what changes in the old ones meanwhile; more of them make up for that, and the last
 * one lets the new ones take their place. Until then the old ones count, wholly; what a process that dies leaves behind others clear away. Codes
 * of bookings follow; those that a death leaves under an older version are right still, and the next re-keying brings them to its own.
 * @returns the new version
 */
export function rekeyPins(given: RekeyParts, prepare: (version: number) => NextPinKey): number {
  const { database } = given;
  const version = given.version();
  const { next, keep } = prepare(version);
  const token = randomBytes(6).toString('hex');
  const parts = { ...given, change: signed(given, token) };
  clear(given, () => true);
  const cache = database.pragma('cache_size', { simple: true }) as number;
  database.pragma(`cache_size = -${CACHE_KB}`);
  try {
    for (const hashes of TABLES) begin(parts, hashes, token);
    for (const hashes of TABLES) fill(parts, hashes, token, next);
    for (const hashes of TABLES) {
      inTurns(database, (limit) => {
        let count = 0;
        parts.change(() => {
          count = catchUp(database, hashes, token, next, limit);
        });
        return count;
      });
    }
    parts.noted(() => {
      if (parts.version() !== version) throw overtaken();
      for (const hashes of TABLES) catchUp(database, hashes, token, next);
      for (const { table } of TABLES) takePlace(database, table, token);
      database
        .prepare(`INSERT OR REPLACE INTO facts (name, value) VALUES ('pin-key-version', ?)`)
        .run(String(version + 1));
      // nobody else can be here: the key is on the disk before the hashes are
      keep();
    });
  } catch (error) {
    clearIfPossible(given, token);
    // only others clear them: the triggers first, without which no table takes its place
    if (error instanceof Error && /^no such (table|trigger): \w+_(next|noted)_/.test(error.message)) throw overtaken();
    throw error;
  } finally {
    database.pragma(`cache_size = ${cache}`);
  }
  try {
    rekeyBookings(given, version + 1, next);
  } finally {
    clearIfPossible(given, token);
  }
  return version + 1;
}

/** With a sign of life in each transaction. */
function signed({ database, change, now }: RekeyParts, token: string): RekeyParts['change'] {
  const sign = database.prepare('INSERT OR REPLACE INTO facts (name, value) VALUES (?, ?)');
  return (action) =>
    change(() => {
      sign.run(`${LIFE}${token}`, String(Math.round(now())));
      action();
    });
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
  // of an owner's codes one may have taken the place of another: that is noted too
  const add = database.prepare(
    `INSERT OR REPLACE INTO ${table}_next_${token} (hash, ${columns}) VALUES (:hash, ${names.map((name) => `:${name}`).join(', ')})`,
  );
  let last = '';
  inTurns(database, (limit) => {
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

/** What changed since the table beside was begun, and was not caught up with. @param limit rows at most, -1: all @returns how many */
function catchUp(
  database: Database,
  { table, columns }: Hashes,
  token: string,
  next: (hash: PinHash) => PinHash,
  limit = -1,
): number {
  const beside = `${table}_next_${token}`;
  const remove = database.prepare(`DELETE FROM ${beside} WHERE hash = ?`);
  const add = database.prepare(
    `INSERT OR REPLACE INTO ${beside} (hash, ${columns}) SELECT ?, ${columns} FROM ${table} WHERE hash = ?`,
  );
  const noted = database
    .prepare<[number], string>(`SELECT hash FROM ${table}_noted_${token} ORDER BY hash LIMIT ?`)
    .pluck()
    .all(limit);
  const forget = database.prepare(`DELETE FROM ${table}_noted_${token} WHERE hash = ?`);
  for (const hash of noted) {
    remove.run(next(hash));
    add.run(next(hash), hash);
    forget.run(hash);
  }
  return noted.length;
}

function takePlace(database: Database, table: string, token: string): void {
  for (const trigger of [1, 2, 3]) database.exec(`DROP TRIGGER ${table}_noted_${token}_${trigger}`);
  database.exec(`ALTER TABLE ${table} RENAME TO ${table}_former_${token}`);
  database.exec(`ALTER TABLE ${table}_next_${token} RENAME TO ${table}`);
}

/**
 * Codes of bookings are compared, not looked up, each under its own version: they follow in short transactions.
 * @throws {StoreUnavailable} what to do, since the new key counts already
 */
function rekeyBookings({ database, change }: RekeyParts, version: number, next: (hash: PinHash) => PinHash): void {
  const update = database.prepare('UPDATE bookings SET security_hash = ? WHERE seq = ? AND security_hash = ?');
  const page = database.prepare<[number, number], { seq: number; hash: string }>(
    'SELECT seq, security_hash AS hash FROM bookings WHERE seq > ? AND security_hash IS NOT NULL ORDER BY seq LIMIT ?',
  );
  // what is of a later version was brought there by another re-keying meanwhile
  const isOld = (hash: string): boolean => (versionOf(hash) ?? 0) < version;
  let last = 0;
  try {
    inTurns(database, (limit) => {
      const rows = page.all(last, limit);
      const old = rows.filter(({ hash }) => isOld(hash));
      if (old.length > 0)
        change(() => {
          for (const { seq, hash } of old) update.run(next(hash), seq, hash);
        });
      last = rows.at(-1)?.seq ?? last;
      return rows.length;
    });
  } catch {
    throw new StoreUnavailable(
      `all PINs are under version ${version} of the PIN key, back it up now; codes of some bookings are under the one before: run partyline pin rekey again`,
    );
  }
}

/** Clears away what a re-keying of this process left; where that cannot be done now, others do it a minute later. */
function clearIfPossible(parts: RekeyParts, token: string): void {
  try {
    clear(parts, (one) => one === token);
    parts.change(() => forgetSign(parts.database, token));
  } catch {
    // the re-keying is done, or said why not
  }
}

function clear(
  { database, change }: Pick<RekeyParts, 'database' | 'change'>,
  isMeant: (token: string) => boolean,
): void {
  inTurns(database, (limit) => {
    let rows = 0;
    change(() => {
      rows = clearSome(database, isMeant, limit) ? limit : 0;
    });
    return rows;
  });
}

/** Whether a re-keying died on the way and left anything. */
export const hasDeadRekeying = (database: Database, now: number): boolean =>
  firstBeside(database, isDead(database, now)) !== undefined;

/** Clears away some of that, within a transaction. @returns whether there was any */
export const clearDead = (database: Database, now: number, limit: number): boolean =>
  clearSome(database, isDead(database, now), limit);

function isDead(database: Database, now: number): (token: string) => boolean {
  const signOf = database.prepare<[string], string>('SELECT value FROM facts WHERE name = ?').pluck();
  return (token) => Number(signOf.get(`${LIFE}${token}`) ?? 0) < now - DEAD_MS;
}

const namesOf = (database: Database, type: 'table' | 'trigger'): readonly string[] =>
  database.prepare<[string], string>('SELECT name FROM sqlite_schema WHERE type = ?').pluck().all(type);

const tokenOf = (name: string): string | null => BESIDE.exec(name)?.[1] ?? null;

function firstBeside(database: Database, isMeant: (token: string) => boolean): string | undefined {
  return namesOf(database, 'table').find((name) => {
    const token = tokenOf(name);
    return token !== null && isMeant(token);
  });
}

/** Removes some of what lies beside the tables that count, within a transaction. @returns whether there was any */
function clearSome(database: Database, isMeant: (token: string) => boolean, limit: number): boolean {
  const table = firstBeside(database, isMeant);
  if (table === undefined) return false;
  const token = tokenOf(table) ?? '';
  const triggers = namesOf(database, 'trigger').filter((name) => tokenOf(name) === token);
  for (const name of triggers) database.exec(`DROP TRIGGER ${name}`);
  const { changes } = database
    .prepare(`DELETE FROM ${table} WHERE hash IN (SELECT hash FROM ${table} ORDER BY hash LIMIT ?)`)
    .run(limit);
  if (changes < limit) database.exec(`DROP TABLE ${table}`);
  forgetSign(database, token);
  return true;
}

function forgetSign(database: Database, token: string): void {
  database.prepare('DELETE FROM facts WHERE name = ?').run(`${LIFE}${token}`);
}
