import { randomBytes } from 'node:crypto';
import type { Database } from 'better-sqlite3';
import { Duplicate, StoreUnavailable } from '../../ports/store.js';
import type { Account, AccountPins, CodeRole, NewPin } from '../../ports/store.js';
import { STORED, storedOf } from './accounts.js';
import type { PinTable } from './pins.js';
import { DEAD_MS, inTurns } from './turns.js';

export interface ImportParts {
  readonly database: Database;
  readonly pins: PinTable;
  /** One transaction that is on the disk when it returns. */
  readonly change: (action: () => void) => void;
  /** The same, with the line of the audit trail. */
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
    CREATE TEMP TABLE new_accounts (
      row INTEGER PRIMARY KEY, id TEXT UNIQUE, name TEXT, folded_name TEXT, enabled INTEGER, options TEXT, created_at INTEGER,
      email TEXT, time_zone TEXT, language TEXT
    );
    CREATE TEMP TABLE new_pins (hash TEXT PRIMARY KEY, row INTEGER, role TEXT, length INTEGER, sealed TEXT) WITHOUT ROWID;
    CREATE INDEX temp.new_pins_by_row ON new_pins (row);
  `);
  try {
    gather(database, accounts);
    const count = putIn(parts, token);
    noted(() => {
      // one that was stopped for a minute may have been taken for dead
      if (database.prepare('DELETE FROM importing WHERE token = ?').run(token).changes !== count) throw takenForDead();
    });
  } catch (error) {
    takeOut(parts, token);
    throw error;
  } finally {
    database.exec('DROP TABLE temp.new_accounts; DROP TABLE temp.new_pins');
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

/** Rows of the temporary tables, in the order of the keys that they get. @returns how many accounts */
function putIn({ database, pins, change }: ImportParts, token: string): number {
  const some = (table: string): string => `${table}.row > :from AND ${table}.row <= :to`;
  const retired = database.prepare(
    `SELECT 1 FROM temp.new_pins n JOIN retired_pins r ON r.hash = n.hash WHERE ${some('n')} AND r.free_at > :now LIMIT 1`,
  );
  const addAccounts = database.prepare(
    `INSERT INTO main.accounts (${STORED}) SELECT ${STORED} FROM temp.new_accounts t WHERE ${some('t')} ORDER BY row`,
  );
  const joined = 'JOIN temp.new_accounts t ON t.row = n.row JOIN main.accounts a ON a.id = t.id';
  const addPins = database.prepare(
    `INSERT INTO main.pins (hash, account_seq, role, length, sealed)
     SELECT n.hash, a.seq, n.role, n.length, n.sealed FROM temp.new_pins n ${joined} WHERE ${some('n')} ORDER BY n.hash`,
  );
  const mark = database.prepare(
    `INSERT INTO importing (account_seq, token, at)
     SELECT a.seq, :token, :now FROM temp.new_accounts t JOIN main.accounts a ON a.id = t.id WHERE ${some('t')}`,
  );
  let from = 0;
  let added = 0;
  inTurns((limit) => {
    const values = { from, to: from + limit };
    let count = 0;
    change(() => {
      const now = Math.round(pins.now());
      // the PIN key may have changed since the turn before
      checkVersion(database, pins);
      if (retired.get({ ...values, now }) !== undefined) throw new Duplicate('taken already (retired_pins.hash)');
      count = addAccounts.run(values).changes;
      addPins.run(values);
      mark.run({ ...values, token, now });
    });
    from += limit;
    added += count;
    return count;
  });
  return added;
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
  inTurns((limit) => {
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
