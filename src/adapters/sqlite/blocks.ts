import type { Database, Statement } from 'better-sqlite3';
import { accountId } from '../../domain/identifiers.js';
import type { AccountId } from '../../domain/identifiers.js';
import type { Block } from '../../ports/store.js';

interface BlockRow {
  readonly account_id: string | null;
  readonly caller_number: string;
  readonly created_at: number;
}

const MOST = 10_000;
const ROWS = `SELECT a.id AS account_id, b.caller_number, b.created_at
  FROM blocks b LEFT JOIN accounts a ON a.seq = b.account_seq`;
const OF_ACCOUNT = 'b.account_seq = (SELECT seq FROM accounts WHERE id = ?)';

const toBlock = (row: BlockRow): Block => ({
  accountId: row.account_id === null ? null : accountId(row.account_id),
  callerNumber: row.caller_number,
  createdAt: row.created_at,
});

/** Numbers that are not let in, by an account or bridge-wide. */
export class BlockTable {
  readonly #addEverywhere: Statement<[string, number]>;
  readonly #addOf: Statement<[string, number, string]>;
  readonly #all: Statement<[], BlockRow>;
  readonly #seenBy: Statement<[string], BlockRow>;
  readonly #removeEverywhere: Statement<[string]>;
  readonly #removeOf: Statement<[string, string]>;
  readonly #isBlocked: Statement<[string, string]>;

  constructor(database: Database) {
    this.#addEverywhere = database.prepare(
      'INSERT OR IGNORE INTO blocks (account_seq, caller_number, created_at) VALUES (NULL, ?, ?)',
    );
    // of an account that was removed meanwhile: nothing, and never bridge-wide
    this.#addOf = database.prepare(
      'INSERT OR IGNORE INTO blocks (account_seq, caller_number, created_at) SELECT seq, ?, ? FROM accounts WHERE id = ?',
    );
    this.#all = database.prepare(`${ROWS} ORDER BY b.seq LIMIT ${MOST}`);
    this.#seenBy = database.prepare(
      `${ROWS} WHERE b.account_seq IS NULL OR ${OF_ACCOUNT} ORDER BY b.seq LIMIT ${MOST}`,
    );
    this.#removeEverywhere = database.prepare('DELETE FROM blocks WHERE caller_number = ? AND account_seq IS NULL');
    this.#removeOf = database.prepare(
      'DELETE FROM blocks WHERE caller_number = ? AND account_seq = (SELECT seq FROM accounts WHERE id = ?)',
    );
    this.#isBlocked = database.prepare(
      `SELECT 1 FROM blocks b WHERE b.caller_number = ? AND (b.account_seq IS NULL OR ${OF_ACCOUNT})`,
    );
  }

  add({ accountId: id, callerNumber, createdAt }: Block): void {
    const at = Math.round(createdAt);
    if (id === null) this.#addEverywhere.run(callerNumber, at);
    else this.#addOf.run(callerNumber, at, id);
  }

  list(id?: AccountId): readonly Block[] {
    return (id === undefined ? this.#all.all() : this.#seenBy.all(id)).map(toBlock);
  }

  remove(id: AccountId | null, callerNumber: string): boolean {
    const { changes } = id === null ? this.#removeEverywhere.run(callerNumber) : this.#removeOf.run(callerNumber, id);
    return changes > 0;
  }

  isBlocked(id: AccountId, callerNumber: string): boolean {
    return this.#isBlocked.get(callerNumber, id) !== undefined;
  }
}
