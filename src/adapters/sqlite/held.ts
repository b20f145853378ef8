import type { Database, Statement } from 'better-sqlite3';
import type { AccountId } from '../../domain/identifiers.js';
import type { HeldRows } from '../../ports/store-privacy.js';

type Value = string | number | null;
export type Row = Readonly<Record<string, Value>>;

const PAGE = 1_000;

/** Row numbers say nothing outside; keys, hashes and sealed codes would open something; a folded name is the name again. */
const LEFT_OUT = new Set([
  ...['seq', 'account_seq', 'booking_seq', 'occurrence_seq', 'invitee_seq', 'page_a', 'page_b'],
  ...['hash', 'sealed', 'security_hash', 'wrapped_key', 'folded_name', 'numbers_cut'],
]);

/** What is held on an account: each by a query that goes on behind the row with (:a, :b). */
const KINDS: readonly (readonly [kind: string, sql: string])[] = [
  ['account', 'SELECT *, seq AS page_a, 0 AS page_b FROM accounts WHERE id = :id AND seq > :a ORDER BY seq'],
  [
    'codes',
    `SELECT p.role, p.length, b.id AS booking_id, o.starts_at AS occurrence_starts_at, i.id AS invitee_id, p.hash AS page_a, 0 AS page_b
     FROM pins p LEFT JOIN bookings b ON b.seq = p.booking_seq LEFT JOIN occurrences o ON o.seq = p.occurrence_seq
     LEFT JOIN invitees i ON i.seq = p.invitee_seq WHERE p.account_seq = :account AND p.hash > CAST(:a AS TEXT) ORDER BY p.hash`,
  ],
  [
    'bookings',
    'SELECT *, seq AS page_a, 0 AS page_b FROM bookings WHERE account_seq = :account AND seq > :a ORDER BY seq',
  ],
  [
    'occurrences',
    `SELECT b.id AS booking_id, o.*, b.seq AS page_a, o.starts_at AS page_b
     FROM bookings b CROSS JOIN occurrences o ON o.booking_seq = b.seq
     WHERE b.account_seq = :account AND b.seq >= :a AND (b.seq, o.starts_at) > (:a, :b) ORDER BY b.seq, o.starts_at`,
  ],
  [
    'invitees',
    `SELECT b.id AS booking_id, i.*, b.seq AS page_a, i.seq AS page_b
     FROM bookings b CROSS JOIN invitees i ON i.booking_seq = b.seq
     WHERE b.account_seq = :account AND b.seq >= :a AND (b.seq, i.seq) > (:a, :b) ORDER BY b.seq, i.seq`,
  ],
  ['blocks', 'SELECT *, seq AS page_a, 0 AS page_b FROM blocks WHERE account_seq = :account AND seq > :a ORDER BY seq'],
  [
    'deliveries',
    'SELECT *, seq AS page_a, 0 AS page_b FROM deliveries WHERE account_seq = :account AND seq > :a ORDER BY seq',
  ],
  [
    'recordings',
    'SELECT *, seq AS page_a, 0 AS page_b FROM recordings WHERE account_seq = :account AND seq > :a ORDER BY seq',
  ],
  [
    'call-records',
    `SELECT *, started_at AS page_a, seq AS page_b FROM call_records
     WHERE account_id = :id AND (started_at, seq) > (:a, :b) ORDER BY started_at, seq`,
  ],
  [
    'conference-records',
    `SELECT *, started_at AS page_a, id AS page_b FROM conference_records
     WHERE account_id = :id AND (started_at, id) > (:a, :b) ORDER BY started_at, id`,
  ],
  [
    'audit',
    `SELECT *, seq AS page_a, 0 AS page_b FROM audit WHERE seq > :a AND (subject = :id
       OR subject IN (SELECT id FROM bookings WHERE account_seq = :account)
       OR subject IN (SELECT i.id FROM invitees i JOIN bookings b ON b.seq = i.booking_seq WHERE b.account_seq = :account))
     ORDER BY seq`,
  ],
];

interface Place {
  readonly id: string;
  readonly account: number;
  readonly a: Value;
  readonly b: Value;
  readonly limit: number;
}

/** Everything that is held on somebody. */
export class HeldTables {
  readonly #seqOf: Statement<[string], { readonly seq: number }>;
  readonly #kinds: readonly (readonly [string, Statement<[Place], Row>])[];

  constructor(database: Database) {
    this.#seqOf = database.prepare('SELECT seq FROM accounts WHERE id = ?');
    this.#kinds = KINDS.map(([kind, sql]) => [kind, database.prepare(`${sql} LIMIT :limit`)] as const);
  }

  /** Each page by a query of its own, so that no reading keeps the write-ahead log from being emptied. */
  *on(id: AccountId): Generator<HeldRows> {
    const account = this.#seqOf.get(id)?.seq;
    if (account === undefined) return;
    for (const [kind, statement] of this.#kinds) {
      let [a, b]: readonly [Value, Value] = [kind === 'codes' ? '' : -1, -1];
      for (;;) {
        const rows = statement.all({ id, account, a, b, limit: PAGE });
        const last = rows.at(-1);
        if (last === undefined) break;
        yield { kind, rows: rows.map(shown) };
        if (rows.length < PAGE) break;
        [a, b] = [last['page_a'] ?? null, last['page_b'] ?? null];
      }
    }
  }
}

/** A row as others may see it. */
export const shown = (row: Row): Row =>
  Object.fromEntries(Object.entries(row).filter(([column]) => !LEFT_OUT.has(column)));
