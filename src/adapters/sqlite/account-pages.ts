import type { Database, Statement } from 'better-sqlite3';
import type { Account, AccountPage } from '../../ports/store.js';
import { ACCOUNT_COLUMNS, foldName, IS_THERE, toAccount } from './accounts.js';
import type { AccountRow } from './accounts.js';

/** No text with a prefix sorts behind the prefix with this character. */
const LAST_CHARACTER = '\u{10ffff}';

/** Accounts by page: each page begins where an index says, however many there are before it. */
export class AccountPages {
  readonly #database: Database;
  readonly #statements = new Map<string, Statement<[Readonly<Record<string, unknown>>], AccountRow>>();

  constructor(database: Database) {
    this.#database = database;
  }

  page({ limit, after, namePrefix, email, enabled }: AccountPage): readonly Account[] {
    const byName = namePrefix !== undefined;
    const prefix = foldName(namePrefix ?? '');
    const where = [
      IS_THERE,
      ...(byName ? ['a.folded_name >= :prefix AND a.folded_name < :end'] : []),
      ...(email === undefined ? [] : ['a.email IS NOT NULL AND lower(a.email) = lower(:email)']),
      ...(enabled === undefined ? [] : [`a.enabled = ${enabled ? 1 : 0}`]),
      ...(after === undefined
        ? []
        : [
            byName
              ? '(a.folded_name, a.seq) > (SELECT folded_name, seq FROM accounts WHERE id = :after)'
              : 'a.seq > (SELECT seq FROM accounts WHERE id = :after)',
          ]),
    ];
    const sql = `SELECT ${ACCOUNT_COLUMNS} FROM accounts a WHERE ${where.join(' AND ')}
      ORDER BY ${byName ? 'a.folded_name, ' : ''}a.seq LIMIT :limit`;
    const values = { limit, after, prefix, end: prefix + LAST_CHARACTER, email };
    return this.#prepared(sql).all(values).map(toAccount);
  }

  /** One for each kind of page, of which there are few. */
  #prepared(sql: string): Statement<[Readonly<Record<string, unknown>>], AccountRow> {
    const statement = this.#statements.get(sql) ?? this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}
