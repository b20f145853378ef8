import type { Database } from 'better-sqlite3';
import { Duplicate } from '../../ports/store.js';
import type { Account, AccountPins, CodeRole, NewPin } from '../../ports/store.js';
import { STORED, storedOf } from './accounts.js';
import type { PinTable } from './pins.js';

/**
 * Many accounts at once (docs/adr/0011-pins-and-keys.md). They are gathered in temporary tables, of this connection alone, so that nobody
 * waits meanwhile and nothing is left of them when it ends; then two statements put them in, in the order of each table's key.
 */
export class AccountImport {
  readonly #database: Database;
  readonly #pins: PinTable;

  constructor(database: Database, pins: PinTable) {
    this.#database = database;
    this.#pins = pins;
    database.exec(`
      DROP TABLE IF EXISTS temp.new_accounts;
      DROP TABLE IF EXISTS temp.new_pins;
      CREATE TEMP TABLE new_accounts (
        row INTEGER PRIMARY KEY, id TEXT UNIQUE, name TEXT, folded_name TEXT, enabled INTEGER, options TEXT, created_at INTEGER,
        email TEXT, time_zone TEXT, language TEXT
      );
      CREATE TEMP TABLE new_pins (hash TEXT PRIMARY KEY, row INTEGER, role TEXT, length INTEGER, sealed TEXT) WITHOUT ROWID;
    `);
  }

  /** Gathers them. @throws {Duplicate} when two have the same code */
  gather(accounts: Iterable<{ readonly account: Account; readonly pins: AccountPins }>): void {
    const addAccount = this.#database.prepare(
      `INSERT INTO temp.new_accounts (${STORED})
       VALUES (:id, :name, :foldedName, :enabled, :options, :createdAt, :email, :timeZone, :language)`,
    );
    const addPin = this.#database.prepare(
      'INSERT INTO temp.new_pins (hash, row, role, length, sealed) VALUES (:hash, :row, :role, :length, :sealed)',
    );
    // of temporary tables alone: it locks nothing of others
    this.#database.transaction(() => {
      for (const { account, pins } of accounts) {
        const values = { ...storedOf(account), createdAt: Math.round(account.createdAt) };
        const { lastInsertRowid: row } = addAccount.run(values);
        for (const [role, code] of Object.entries(pins) as [CodeRole, NewPin][]) {
          addPin.run({ hash: code.hash, row, role, length: code.length, sealed: code.sealed ?? null });
        }
      }
    })();
  }

  /** Puts them in, within a transaction of the caller. @throws {Duplicate}, {OutdatedHash} */
  putIn(): void {
    const database = this.#database;
    // hashes of different versions would differ in the first or in the last
    for (const which of ['min', 'max']) {
      const sql = `SELECT ${which}(hash) AS hash FROM temp.new_pins`;
      const hash = database.prepare<[], { hash: string | null }>(sql).get()?.hash;
      if (typeof hash === 'string') this.#pins.check(hash);
    }
    const retired = database
      .prepare('SELECT 1 FROM temp.new_pins n JOIN retired_pins r ON r.hash = n.hash WHERE r.free_at > ? LIMIT 1')
      .get(this.#pins.now());
    if (retired !== undefined) throw new Duplicate('taken already (retired_pins.hash)');
    database.exec(`INSERT INTO main.accounts (${STORED}) SELECT ${STORED} FROM temp.new_accounts ORDER BY row`);
    database.exec(`
      INSERT INTO main.pins (hash, account_seq, role, length, sealed)
      SELECT n.hash, a.seq, n.role, n.length, n.sealed
      FROM temp.new_pins n JOIN temp.new_accounts t ON t.row = n.row JOIN main.accounts a ON a.id = t.id
      ORDER BY n.hash
    `);
  }

  drop(): void {
    this.#database.exec('DROP TABLE temp.new_accounts; DROP TABLE temp.new_pins');
  }
}
