import type { Database, Statement } from 'better-sqlite3';
import { accountId } from '../../domain/identifiers.js';
import type { AccountId } from '../../domain/identifiers.js';
import { TooMany } from '../../ports/store.js';
import type { Block } from '../../ports/store.js';

export interface BlockRow {
  readonly account_id: string | null;
  readonly caller_number: string;
  readonly created_at: number;
}

/** Of one account, and of the bridge. */
const MOST = 10_000;
const ROWS = `SELECT a.id AS account_id, b.caller_number, b.created_at
  FROM blocks b LEFT JOIN accounts a ON a.seq = b.account_seq`;
const OF_ACCOUNT = 'b.account_seq = (SELECT seq FROM accounts WHERE id = ?)';

export const toBlock = (row: BlockRow): Block => ({
  accountId: row.account_id === null ? null : accountId(row.account_id),
  callerNumber: row.caller_number,
  createdAt: row.created_at,
});

/** What a number is looked up by, as JSON lists. */
interface Lookup {
  readonly number: string;
  readonly account: string | null;
  /** The number, and the patterns of its beginnings with `*` behind. */
  readonly whole: string;
  /** Its beginnings: a pattern with `?` is found by what is before the first one. */
  readonly beginnings: string;
}

/** Longest number that is looked up, digits: no pattern is longer. */
const LONGEST = 32;

function lookupOf(account: string | null, number: string): Lookup {
  const cut = number.slice(0, LONGEST);
  const beginnings = Array.from({ length: cut.length + 1 }, (_, length) => cut.slice(0, length));
  return {
    number,
    account,
    whole: JSON.stringify([number, ...beginnings.map((text) => `${text}*`)]),
    beginnings: JSON.stringify(beginnings),
  };
}

/** Numbers that are not let in, by an account or bridge-wide, and patterns of them. */
export class BlockTable {
  readonly #addEverywhere: Statement<[string, number]>;
  readonly #addOf: Statement<[string, number, string]>;
  readonly #all: Statement<[], BlockRow>;
  readonly #seenBy: Statement<[string], BlockRow>;
  readonly #removeEverywhere: Statement<[string]>;
  readonly #removeOf: Statement<[string, string]>;
  readonly #isBlocked: Statement<[Lookup]>;
  readonly #countEverywhere: Statement<[], { readonly n: number }>;
  readonly #countOf: Statement<[string], { readonly n: number }>;

  constructor(database: Database) {
    this.#addEverywhere = database.prepare(
      'INSERT OR IGNORE INTO blocks (account_seq, caller_number, created_at) VALUES (NULL, ?, ?)',
    );
    // of an account that was removed meanwhile: nothing, and never bridge-wide
    this.#addOf = database.prepare(
      'INSERT OR IGNORE INTO blocks (account_seq, caller_number, created_at) SELECT seq, ?, ? FROM accounts WHERE id = ?',
    );
    this.#all = database.prepare(`${ROWS} ORDER BY b.seq`);
    this.#seenBy = database.prepare(`${ROWS} WHERE b.account_seq IS NULL OR ${OF_ACCOUNT} ORDER BY b.seq`);
    this.#removeEverywhere = database.prepare('DELETE FROM blocks WHERE caller_number = ? AND account_seq IS NULL');
    this.#removeOf = database.prepare(
      'DELETE FROM blocks WHERE caller_number = ? AND account_seq = (SELECT seq FROM accounts WHERE id = ?)',
    );
    // a few dozen look-ups by index, however many patterns there are and whoever else has the same; "@" comes right after "?"
    this.#isBlocked = database.prepare(
      `WITH owners (seq) AS (SELECT NULL UNION ALL SELECT seq FROM accounts WHERE id = :account)
       SELECT 1 FROM (
           SELECT b.caller_number FROM owners o CROSS JOIN json_each(:whole) w
             CROSS JOIN blocks b ON b.account_seq IS o.seq AND b.caller_number = w.value
         UNION ALL
           SELECT b.caller_number FROM owners o CROSS JOIN json_each(:beginnings) w
             CROSS JOIN blocks b ON b.account_seq IS o.seq AND b.caller_number >= w.value || '?' AND b.caller_number < w.value || '@') b
       WHERE :number GLOB b.caller_number LIMIT 1`,
    );
    this.#countEverywhere = database.prepare('SELECT count(*) AS n FROM blocks WHERE account_seq IS NULL');
    this.#countOf = database.prepare(
      'SELECT count(*) AS n FROM blocks WHERE account_seq = (SELECT seq FROM accounts WHERE id = ?)',
    );
  }

  /** @throws {TooMany} */
  add({ accountId: id, callerNumber, createdAt }: Block): void {
    const at = Math.round(createdAt);
    const { changes } = id === null ? this.#addEverywhere.run(callerNumber, at) : this.#addOf.run(callerNumber, at, id);
    if (changes === 0) return;
    const count = (id === null ? this.#countEverywhere.get() : this.#countOf.get(id))?.n ?? 0;
    // the transaction is undone
    if (count > MOST) throw new TooMany(`there are ${MOST} blocks already: remove some, or block a pattern`);
  }

  list(id?: AccountId): IterableIterator<BlockRow> {
    return id === undefined ? this.#all.iterate() : this.#seenBy.iterate(id);
  }

  remove(id: AccountId | null, callerNumber: string): boolean {
    const { changes } = id === null ? this.#removeEverywhere.run(callerNumber) : this.#removeOf.run(callerNumber, id);
    return changes > 0;
  }

  isBlocked(id: AccountId | null, callerNumber: string): boolean {
    return this.#isBlocked.get(lookupOf(id, callerNumber)) !== undefined;
  }
}
