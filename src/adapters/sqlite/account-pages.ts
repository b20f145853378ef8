import type { Database, Statement } from 'better-sqlite3';
import type { Account, AccountPage } from '../../ports/store.js';
import { ACCOUNT_COLUMNS, foldName, IS_THERE, toAccount } from './accounts.js';
import type { AccountRow } from './accounts.js';

/** No text with a prefix sorts behind the prefix with this character. */
const LAST_CHARACTER = '\u{10ffff}';

/** Where a page goes on: behind this account. */
interface Place {
  readonly folded_name: string;
  readonly seq: number;
  /** 1: its name is not in front of all that have the prefix. */
  readonly reached: number;
}

type Filter = Omit<AccountPage, 'limit' | 'after'>;

/** The index whose order is that of the pages, and which begins with what is asked for. Those who share an address are sorted. */
function indexFor({ namePrefix, email, enabled }: Filter): string {
  if (email !== undefined) return 'INDEXED BY accounts_by_email';
  if (namePrefix === undefined) return enabled === undefined ? 'NOT INDEXED' : 'INDEXED BY accounts_by_state';
  return `INDEXED BY ${enabled === undefined ? 'accounts_by_name' : 'accounts_by_state_and_name'}`;
}

/** Accounts by page: each page begins where an index says, however many there are before it and of others between. */
export class AccountPages {
  readonly #database: Database;
  readonly #place: Statement<[Readonly<Record<string, unknown>>], Place>;
  readonly #statements = new Map<string, Statement<[Readonly<Record<string, unknown>>], AccountRow>>();

  constructor(database: Database) {
    this.#database = database;
    this.#place = database.prepare(
      'SELECT folded_name, seq, folded_name >= :prefix AS reached FROM accounts WHERE id = :after',
    );
  }

  page({ limit, after, ...filter }: AccountPage): readonly Account[] {
    const { namePrefix, email } = filter;
    const prefix = foldName(namePrefix ?? '');
    const place = after === undefined ? null : this.#place.get({ after, prefix });
    // nobody knows where to go on
    if (place === undefined) return [];
    const values = { limit, prefix, end: prefix + LAST_CHARACTER, email, name: place?.folded_name, seq: place?.seq };
    return this.#prepared(sqlOf(filter, place)).all(values).map(toAccount);
  }

  /** One for each kind of page, of which there are few. */
  #prepared(sql: string): Statement<[Readonly<Record<string, unknown>>], AccountRow> {
    const statement = this.#statements.get(sql) ?? this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}

function sqlOf(filter: Filter, place: Place | null): string {
  const { email, enabled } = filter;
  const byName = filter.namePrefix !== undefined;
  // one beginning alone, else SQLite might take the one that is far in front
  const goesOn = place !== null && (!byName || place.reached === 1);
  const begin = byName ? '(a.folded_name, a.seq) > (:name, :seq)' : 'a.seq > :seq';
  const where = [
    IS_THERE,
    ...(byName ? ['a.folded_name < :end', ...(goesOn ? [] : ['a.folded_name >= :prefix'])] : []),
    ...(email === undefined ? [] : ['a.email = :email COLLATE NOCASE']),
    ...(enabled === undefined ? [] : [`a.enabled = ${enabled ? 1 : 0}`]),
    ...(goesOn ? [begin] : []),
  ];
  const rest = `FROM accounts a ${indexFor(filter)} WHERE ${where.join(' AND ')}`;
  const order = `ORDER BY ${byName ? 'a.folded_name, ' : ''}a.seq`;
  if (email === undefined) return `SELECT ${ACCOUNT_COLUMNS} ${rest} ${order} LIMIT :limit`;
  // first who is shown, by the index alone; then what is shown of them
  return `SELECT ${ACCOUNT_COLUMNS} FROM (SELECT a.seq AS found ${rest} ${order} LIMIT :limit) CROSS JOIN accounts a ON a.seq = found ${order}`;
}
