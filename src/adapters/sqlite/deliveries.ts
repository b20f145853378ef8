import type { Database, Statement } from 'better-sqlite3';
import { accountId } from '../../domain/identifiers.js';
import type { BookingId, InviteeId } from '../../domain/identifiers.js';
import type { Delivery, DeliveryChannel, DeliveryFilter, DeliveryKind } from '../../ports/store-deliveries.js';

interface DeliveryRow {
  readonly id: string;
  readonly kind: DeliveryKind;
  readonly channel: DeliveryChannel;
  readonly account_id: string;
  readonly booking_id: BookingId | null;
  readonly occurrence_at: number | null;
  readonly invitee_id: InviteeId | null;
  readonly conference_record_id: number | null;
  readonly address: string;
  readonly next_at: number;
  readonly attempts: number;
  readonly failed_at: number | null;
  readonly error: string | null;
}

interface DueParameters {
  readonly channel: DeliveryChannel;
  readonly at: number;
  readonly limit: number;
}

const ROWS = `SELECT d.id, d.kind, d.channel, a.id AS account_id, b.id AS booking_id, o.starts_at AS occurrence_at,
    i.id AS invitee_id, d.conference_record_id, d.address, d.next_at, d.attempts, d.failed_at, d.error
  FROM deliveries d JOIN accounts a ON a.seq = d.account_seq
  LEFT JOIN bookings b ON b.seq = d.booking_seq
  LEFT JOIN occurrences o ON o.seq = d.occurrence_seq
  LEFT JOIN invitees i ON i.seq = d.invitee_seq`;
const OLDEST_FIRST = 'ORDER BY d.next_at, d.seq LIMIT :limit';

/** What the row means for a filter, as SQL that an index answers. */
const FAILED = { true: 'd.failed_at IS NOT NULL', false: 'd.failed_at IS NULL' } as const;

const LONGEST_ERROR = 300;

const toDelivery = (row: DeliveryRow): Delivery => ({
  id: row.id,
  kind: row.kind,
  channel: row.channel,
  accountId: accountId(row.account_id),
  bookingId: row.booking_id,
  occurrenceAt: row.occurrence_at,
  inviteeId: row.invitee_id,
  conferenceRecordId: row.conference_record_id,
  address: row.address,
  nextAt: row.next_at,
  attempts: row.attempts,
  failedAt: row.failed_at,
  error: row.error,
});

/** What is to be sent, and what was tried in vain. */
export class DeliveryTable {
  readonly #database: Database;
  readonly #add: Statement;
  readonly #byId: Statement<[string], DeliveryRow>;
  readonly #urgent: Statement<[DueParameters], DeliveryRow>;
  readonly #due: Statement<[DueParameters], DeliveryRow>;
  readonly #next: Statement<[], { readonly next_at: number | null }>;
  readonly #claim: Statement;
  readonly #remove: Statement<[string]>;
  readonly #fail: Statement;
  readonly #retry: Statement<[number, string]>;
  readonly #setNotified: Statement<[number, string]>;
  readonly #notified: Statement<[string], { readonly notify: number }>;
  readonly #failed: Statement<[], { readonly failed: number }>;

  constructor(database: Database) {
    this.#database = database;
    this.#add = database.prepare(
      `INSERT INTO deliveries (id, kind, channel, account_seq, booking_seq, occurrence_seq, invitee_seq, conference_record_id,
         address, next_at, attempts, failed_at, error)
       SELECT :id, :kind, :channel, a.seq, b.seq, o.seq, i.seq, :conferenceRecordId, :address, :nextAt, :attempts, :failedAt, :error
       FROM accounts a
       LEFT JOIN bookings b ON b.id = :bookingId AND b.account_seq = a.seq
       LEFT JOIN occurrences o ON o.booking_seq = b.seq AND o.starts_at = :occurrenceAt
       LEFT JOIN invitees i ON i.booking_seq = b.seq AND i.id = :inviteeId
       WHERE a.id = :accountId AND (:bookingId IS NULL OR b.seq IS NOT NULL)
         AND (:occurrenceAt IS NULL OR o.seq IS NOT NULL) AND (:inviteeId IS NULL OR i.seq IS NOT NULL)`,
    );
    this.#byId = database.prepare(`${ROWS} WHERE d.id = ?`);
    const due = `${ROWS} WHERE d.channel = :channel AND d.next_at <= :at AND d.failed_at IS NULL`;
    this.#urgent = database.prepare(`${due} AND d.kind = 'reminder' ${OLDEST_FIRST}`);
    this.#due = database.prepare(`${due} AND d.kind <> 'reminder' ${OLDEST_FIRST}`);
    this.#next = database.prepare('SELECT min(next_at) AS next_at FROM deliveries WHERE failed_at IS NULL');
    this.#claim = database.prepare(
      `UPDATE deliveries SET attempts = attempts + 1, next_at = :retryAt
       WHERE id = :id AND next_at <= :at AND failed_at IS NULL`,
    );
    this.#remove = database.prepare('DELETE FROM deliveries WHERE id = ?');
    this.#fail = database.prepare(
      'UPDATE deliveries SET error = :error, next_at = :nextAt, failed_at = :failedAt WHERE id = :id',
    );
    this.#retry = database.prepare(
      'UPDATE deliveries SET next_at = ?, attempts = 0, failed_at = NULL, error = NULL WHERE id = ?',
    );
    this.#setNotified = database.prepare('UPDATE bookings SET notify = ? WHERE id = ?');
    this.#notified = database.prepare('SELECT notify FROM bookings WHERE id = ?');
    this.#failed = database.prepare('SELECT count(*) AS failed FROM deliveries WHERE failed_at IS NOT NULL');
  }

  add(deliveries: readonly Delivery[]): number {
    let kept = 0;
    for (const delivery of deliveries) {
      const { nextAt, occurrenceAt, failedAt } = delivery;
      kept += this.#add.run({
        ...delivery,
        occurrenceAt: occurrenceAt === null ? null : Math.round(occurrenceAt),
        nextAt: Math.round(nextAt),
        failedAt: failedAt === null ? null : Math.round(failedAt),
      }).changes;
    }
    return kept;
  }

  byId(id: string): Delivery | null {
    const row = this.#byId.get(id);
    return row === undefined ? null : toDelivery(row);
  }

  list({ accountId: of, failed, limit }: DeliveryFilter): readonly Delivery[] {
    const wanted = [
      ...(of === undefined ? [] : ['d.account_seq = (SELECT seq FROM accounts WHERE id = :of)']),
      ...(failed === undefined ? [] : [FAILED[failed ? 'true' : 'false']]),
    ];
    const where = wanted.length === 0 ? '' : `WHERE ${wanted.join(' AND ')}`;
    const rows = this.#database.prepare<[object], DeliveryRow>(`${ROWS} ${where} ${OLDEST_FIRST}`);
    return rows.all({ limit, ...(of === undefined ? {} : { of }) }).map(toDelivery);
  }

  due(channel: DeliveryChannel, at: number, limit: number): readonly Delivery[] {
    const urgent = this.#urgent.all({ channel, at, limit });
    return [...urgent, ...this.#due.all({ channel, at, limit: limit - urgent.length })].map(toDelivery);
  }

  nextAt(): number | null {
    return this.#next.get()?.next_at ?? null;
  }

  claim(id: string, at: number, retryAt: number): boolean {
    return this.#claim.run({ id, at: Math.round(at), retryAt: Math.round(retryAt) }).changes > 0;
  }

  remove(id: string): boolean {
    return this.#remove.run(id).changes > 0;
  }

  fail(id: string, { error, nextAt, failedAt }: { error: string; nextAt: number; failedAt: number | null }): boolean {
    const given = failedAt === null ? null : Math.round(failedAt);
    return (
      this.#fail.run({ id, error: error.slice(0, LONGEST_ERROR), nextAt: Math.round(nextAt), failedAt: given })
        .changes > 0
    );
  }

  retry(id: string, at: number): boolean {
    return this.#retry.run(Math.round(at), id).changes > 0;
  }

  countFailed(): number {
    return this.#failed.get()?.failed ?? 0;
  }

  setNotified(id: BookingId, notified: boolean): boolean {
    return this.#setNotified.run(notified ? 1 : 0, id).changes > 0;
  }

  isNotified(id: BookingId): boolean {
    return this.#notified.get(id)?.notify === 1;
  }
}
