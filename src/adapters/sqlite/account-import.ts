import { randomBytes } from 'node:crypto';
import type { Database } from 'better-sqlite3';
import { Duplicate, StoreUnavailable } from '../../ports/store.js';
import type { Account, AccountPins, CodeRole, NewPin } from '../../ports/store.js';
import { STORED, storedOf } from './accounts.js';
import type { PinTable } from './pins.js';
import { DEAD_MS, inTurns } from './turns.js';

/** Pages kept in memory meanwhile, of the database and of the temporary tables, kilobytes each: what one transaction changes is not written twice. */
const CACHE_KB = 65_536;

export interface ImportParts {
  readonly database: Database;
  readonly pins: PinTable;
  /** One transaction; it is on the disk when one that is noted is. */
  readonly change: (action: () => void) => void;
  /** One transaction that is on the disk when it returns, with the line of the audit trail. */
  readonly noted: (action: () => void) => void;
}

/**
 * Adds many accounts, all or none, while the bridge goes on (docs/adr/0011-pins-and-keys.md). They are gathered in temporary tables, which are
 * this connection's alone, and put in by transactions of a fifth of a second; until the last of them all are in the table `importing`, so that
 * nobody sees them or comes in by their PINs, and they can be taken out again, by this process or by another after its death.
 * @throws {Duplicate}, {OutdatedHash}, {StoreUnavailable}; then none is there
 */
export function importAccounts(
  parts: ImportParts,
  accounts: Iterable<{ readonly account: Account; readonly pins: AccountPins }>,
): void {
  const { database, noted } = parts;
  const token = randomBytes(10).toString('hex');
  database.exec(`
    ${NO_TABLES}
    CREATE TEMP TABLE new_accounts (
      row INTEGER PRIMARY KEY, id TEXT UNIQUE, name TEXT, folded_name TEXT, enabled INTEGER, options TEXT, created_at INTEGER,
      email TEXT, time_zone TEXT, language TEXT
    );
    CREATE TEMP TABLE new_pins (hash TEXT PRIMARY KEY, row INTEGER, role TEXT, length INTEGER, sealed TEXT) WITHOUT ROWID;
    CREATE TEMP TABLE new_places (row INTEGER PRIMARY KEY, seq INTEGER);
  `);
  try {
    const count = withCache(database, () => {
      gather(database, accounts);
      return putIn(parts, token);
    });
    noted(() => {
      // one that was stopped for a minute may have been taken for dead
      if (database.prepare('DELETE FROM importing WHERE token = ?').run(token).changes !== count) throw takenForDead();
    });
  } catch (error) {
    takeOut(parts, token);
    throw error;
  } finally {
    dropTables(database);
  }
}

const NO_TABLES = `
  DROP TABLE IF EXISTS temp.new_accounts;
  DROP TABLE IF EXISTS temp.new_pins;
  DROP TABLE IF EXISTS temp.new_places;`;

function dropTables(database: Database): void {
  try {
    database.exec(NO_TABLES);
  } catch {
    // the import is done, or said why not: a full disk must not make of one that is done one that is not; the tables go with the connection
  }
}

const takenForDead = (): StoreUnavailable =>
  new StoreUnavailable('the import stood still for a minute and was taken for dead: nothing was added, try again');

/** An import that died on the way. */
const deadToken = (database: Database, now: number): string | undefined =>
  database
    .prepare<[number], string>('SELECT token FROM importing GROUP BY token HAVING max(at) < ? LIMIT 1')
    .pluck()
    .get(now - DEAD_MS);

export const hasDeadImport = (database: Database, now: number): boolean => deadToken(database, now) !== undefined;

/** Takes out some of what such imports left, within a transaction. @returns whether there was any */
export function takeOutDead(database: Database, now: number, limit: number): boolean {
  const token = deadToken(database, now);
  return token !== undefined && takeOutSome(database, token, limit) > 0;
}

/** In a transaction of temporary tables alone: it locks nothing of others. */
function gather(
  database: Database,
  accounts: Iterable<{ readonly account: Account; readonly pins: AccountPins }>,
): void {
  const addAccount = database.prepare(
    `INSERT INTO temp.new_accounts (${STORED})
     VALUES (:id, :name, :foldedName, :enabled, :options, :createdAt, :email, :timeZone, :language)`,
  );
  const addPin = database.prepare(
    'INSERT INTO temp.new_pins (hash, row, role, length, sealed) VALUES (:hash, :row, :role, :length, :sealed)',
  );
  database.transaction(() => {
    for (const { account, pins } of accounts) {
      const values = { ...storedOf(account), createdAt: Math.round(account.createdAt) };
      const { lastInsertRowid: row } = addAccount.run(values);
      for (const [role, code] of Object.entries(pins) as [CodeRole, NewPin][]) {
        addPin.run({ hash: code.hash, row, role, length: code.length, sealed: code.sealed ?? null });
      }
    }
  })();
}

/** All rows of the temporary tables. @returns how many accounts */
function putIn(parts: ImportParts, token: string): number {
  const { added, last } = putInAccounts(parts, token);
  putInPins(parts, token, last);
  return added;
}

/** With more pages in memory than usual. */
function withCache<T>(database: Database, action: () => T): T {
  const schemas = ['main', 'temp'] as const;
  const usual = schemas.map((schema) => database.pragma(`${schema}.cache_size`, { simple: true }) as number);
  for (const schema of schemas) database.pragma(`${schema}.cache_size = -${CACHE_KB}`);
  try {
    return action();
  } finally {
    for (const [index, schema] of schemas.entries()) database.pragma(`${schema}.cache_size = ${usual[index] ?? 0}`);
  }
}

/** In the order they came in. @returns how many, and the row number of the last */
function putInAccounts({ database, pins, change }: ImportParts, token: string): { added: number; last: number } {
  const some = 'row > :from AND row <= :to';
  const addAccounts = database.prepare(
    `INSERT INTO main.accounts (${STORED}) SELECT ${STORED} FROM temp.new_accounts WHERE ${some} ORDER BY row`,
  );
  const place = database.prepare(
    `INSERT INTO temp.new_places (row, seq) SELECT row, row + :apart FROM temp.new_accounts WHERE ${some}`,
  );
  const mark = database.prepare(
    `INSERT INTO importing (account_seq, token, at) SELECT seq, :token, :now FROM temp.new_places WHERE ${some}`,
  );
  let [from, added, last] = [0, 0, 0];
  inTurns(database, (limit) => {
    const values = { from, to: from + limit };
    let count = 0;
    change(() => {
      const { changes, lastInsertRowid } = addAccounts.run(values);
      count = changes;
      if (count === 0) return;
      // within one statement row numbers follow one another
      last = Number(lastInsertRowid);
      place.run({ ...values, apart: last - (from + count) });
      mark.run({ ...values, token, now: Math.round(pins.now()) });
    });
    from += limit;
    added += count;
    return count;
  });
  return { added, last };
}

/**
 * In the order of their hashes, which is that of the table they go into: in any other each would be written to a page of its own.
 * @param last row number of one of the accounts
 */
function putInPins({ database, pins, change }: ImportParts, token: string, last: number): void {
  const some = 'n.hash > :after AND n.hash <= :to';
  const end = database
    .prepare<[string, number], string | null>(
      'SELECT max(hash) FROM (SELECT hash FROM temp.new_pins WHERE hash > ? ORDER BY hash LIMIT ?)',
    )
    .pluck();
  const retired = database.prepare(
    `SELECT 1 FROM temp.new_pins n CROSS JOIN retired_pins r ON r.hash = n.hash WHERE ${some} AND r.free_at > :now LIMIT 1`,
  );
  // those whose account was taken out meanwhile have nobody to belong to
  const addPins = database.prepare(
    `INSERT INTO main.pins (hash, account_seq, role, length, sealed)
     SELECT n.hash, p.seq, n.role, n.length, n.sealed FROM temp.new_pins n CROSS JOIN temp.new_places p ON p.row = n.row
       CROSS JOIN importing i ON i.account_seq = p.seq WHERE ${some} ORDER BY n.hash`,
  );
  const sign = database.prepare('UPDATE importing SET at = ? WHERE account_seq = ? AND token = ?');
  let after = '';
  inTurns(database, (limit) => {
    const to = end.get(after, limit) ?? null;
    if (to === null) return 0;
    const now = Math.round(pins.now());
    change(() => {
      if (sign.run(now, last, token).changes === 0) throw takenForDead();
      // the PIN key may have changed since the turn before
      checkVersion(database, pins);
      if (retired.get({ after, to, now }) !== undefined) throw new Duplicate('taken already (retired_pins.hash)');
      addPins.run({ after, to });
    });
    after = to;
    return limit;
  });
}

/** Hashes of different versions would differ in the first or in the last. @throws {OutdatedHash} */
function checkVersion(database: Database, pins: PinTable): void {
  for (const which of ['min', 'max']) {
    const sql = `SELECT ${which}(hash) FROM temp.new_pins`;
    const hash = database.prepare<[], string | null>(sql).pluck().get();
    if (typeof hash === 'string') pins.check(hash);
  }
}

function takeOut({ database, change }: ImportParts, token: string): void {
  inTurns(database, (limit) => {
    let removed = 0;
    change(() => {
      removed = takeOutSome(database, token, limit);
    });
    return removed;
  });
}

/** Their PINs opened nothing: they need no rest. */
const takeOutSome = (database: Database, token: string, limit: number): number =>
  database
    .prepare(
      'DELETE FROM accounts WHERE seq IN (SELECT account_seq FROM importing WHERE token = ? ORDER BY account_seq LIMIT ?)',
    )
    .run(token, limit).changes;
