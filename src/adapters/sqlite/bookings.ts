import type { Database, Statement } from 'better-sqlite3';
import { bookingId, inviteeId, type AccountId, type BookingId, type InviteeId } from '../../domain/identifiers.js';
import type { PinHash } from '../../ports/store.js';
import type {
  BookedOccurrence,
  Booking,
  Invitee,
  OccurrenceFilter,
  SealedBookingPin,
} from '../../ports/store-bookings.js';
import { BOOKING_COLUMNS, OCCURRENCE_COLUMNS, toBooking, toInvitee, toOccurrence } from './booking-rows.js';
import type { BookingRow, InviteeRow, OccurrenceRow } from './booking-rows.js';

type Parameters = Readonly<Record<string, string | number>>;

interface SealedRow {
  readonly role: SealedBookingPin['role'];
  readonly sealed: string;
  readonly starts_at: number | null;
  readonly invitee_id: string | null;
}

const FROM_BOOKINGS = 'FROM bookings b JOIN accounts a ON a.seq = b.account_seq';

/** Bookings, their occurrences and invitees as they are. */
export class BookingTable {
  readonly #database: Database;
  readonly #byId: Statement<[string], BookingRow>;
  readonly #invitees: Statement<[string], InviteeRow>;
  readonly #invitee: Statement<[string], InviteeRow>;
  readonly #spokenName: Statement<[string], { readonly sound: Uint8Array }>;
  readonly #toUnroll: Statement<[Parameters], BookingRow>;
  readonly #runningOut: Statement<[Parameters], BookingRow>;
  readonly #overlapping: Statement<[Parameters], OccurrenceRow>;
  readonly #sealed: Statement<[Parameters], SealedRow>;
  readonly #sealedOf: Statement<[Parameters], SealedRow>;
  /** One statement for each set of filters that was ever asked for. */
  readonly #occurrences = new Map<string, Statement<[Parameters], OccurrenceRow>>();

  constructor(database: Database) {
    this.#database = database;
    this.#byId = database.prepare(`SELECT ${BOOKING_COLUMNS} ${FROM_BOOKINGS} WHERE b.id = ?`);
    const invitees = `SELECT i.*, b.id AS booking_id, EXISTS (SELECT 1 FROM spoken_names n WHERE n.invitee_seq = i.seq) AS spoken
       FROM invitees i JOIN bookings b ON b.seq = i.booking_seq`;
    this.#invitees = database.prepare(`${invitees} WHERE b.id = ? ORDER BY i.seq`);
    this.#invitee = database.prepare(`${invitees} WHERE i.id = ?`);
    this.#spokenName = database.prepare(
      'SELECT n.sound FROM invitees i JOIN spoken_names n ON n.invitee_seq = i.seq WHERE i.id = ?',
    );
    this.#toUnroll = database.prepare(
      `SELECT ${BOOKING_COLUMNS} ${FROM_BOOKINGS}
       WHERE b.unrolled_until IS NOT NULL AND b.cancelled_at IS NULL AND b.pins_each = 0 AND b.unrolled_until < :before
         AND (b.unrolled_until, b.seq) > (:until, coalesce((SELECT seq FROM bookings WHERE id = :after), 0))
       ORDER BY b.unrolled_until, b.seq LIMIT :limit`,
    );
    this.#runningOut = database.prepare(
      `SELECT ${BOOKING_COLUMNS} ${FROM_BOOKINGS}
       WHERE b.unrolled_until IS NOT NULL AND b.cancelled_at IS NULL AND b.pins_each = 1 AND b.unrolled_until < :before
       ORDER BY b.unrolled_until, b.seq LIMIT :limit`,
    );
    // Each of its occurrences looks for others among those of every booking of the account that start neither after it nor too long before.
    this.#overlapping = database.prepare(
      `SELECT DISTINCT ${OCCURRENCE_COLUMNS}
       FROM bookings mine
       JOIN occurrences m ON m.booking_seq = mine.seq
       JOIN bookings b ON b.account_seq = mine.account_seq
       JOIN occurrences o ON o.booking_seq = b.seq
       JOIN accounts a ON a.seq = b.account_seq
       WHERE mine.id = :id AND mine.cancelled_at IS NULL AND m.cancelled_at IS NULL AND m.ends_at > :from
         AND b.cancelled_at IS NULL AND o.cancelled_at IS NULL AND o.seq <> m.seq
         AND o.starts_at < m.ends_at AND o.starts_at > m.starts_at - b.duration_ms
       ORDER BY o.starts_at, b.seq LIMIT :limit`,
    );
    const sealed = (whose: string): Statement<[Parameters], SealedRow> =>
      database.prepare(
        `SELECT p.role, p.sealed, o.starts_at, i.id AS invitee_id
         FROM pins p
         LEFT JOIN occurrences o ON o.seq = p.occurrence_seq
         LEFT JOIN invitees i ON i.seq = p.invitee_seq
         WHERE ${whose} AND p.sealed IS NOT NULL AND p.role = 'guest'
           AND (o.seq IS NULL OR (o.cancelled_at IS NULL AND o.ends_at > :from))
         ORDER BY o.starts_at LIMIT :limit`,
      );
    const ofBooking = 'p.booking_seq = (SELECT seq FROM bookings WHERE id = :id)';
    this.#sealed = sealed(`${ofBooking} AND p.invitee_seq IS NULL`);
    // a long series has as many PINs for each of them: only theirs are looked at
    this.#sealedOf = sealed(`+${ofBooking} AND p.invitee_seq = (SELECT seq FROM invitees WHERE id = :invitee)`);
  }

  byId(id: BookingId): Booking | null {
    const row = this.#byId.get(id);
    return row === undefined ? null : toBooking(row);
  }

  securityCodeOf(id: BookingId): PinHash | null {
    return this.#byId.get(id)?.security_hash ?? null;
  }

  invitees(id: BookingId): readonly Invitee[] {
    return this.#invitees.all(id).map(toInvitee);
  }

  invitee(id: InviteeId): (Invitee & { readonly bookingId: BookingId }) | null {
    const row = this.#invitee.get(id);
    return row === undefined ? null : { ...toInvitee(row), bookingId: bookingId(row.booking_id) };
  }

  spokenName(id: InviteeId): Uint8Array | null {
    return this.#spokenName.get(id)?.sound ?? null;
  }

  occurrences(filter: OccurrenceFilter): readonly BookedOccurrence[] {
    const { accountId, bookingId: of, from, to, after, cancelled, limit } = filter;
    const conditions: string[] = [];
    const parameters: Record<string, string | number> = { limit };
    const where = (condition: string, values: Parameters): void => {
      conditions.push(condition);
      Object.assign(parameters, values);
    };
    if (accountId !== undefined)
      where('b.account_seq = (SELECT seq FROM accounts WHERE id = :account)', ofAccount(accountId));
    if (of !== undefined) where('b.id = :booking', { booking: of });
    if (from !== undefined) where(`o.ends_at > :from AND o.starts_at > :from - ${LONGEST_MS}`, { from });
    if (to !== undefined) where('o.starts_at < :to', { to });
    if (cancelled !== true) where('o.cancelled_at IS NULL AND b.cancelled_at IS NULL', {});
    if (after !== undefined) {
      where('(o.starts_at, o.booking_seq) > (:afterStart, (SELECT seq FROM bookings WHERE id = :afterBooking))', {
        afterStart: after.startsAt,
        afterBooking: after.bookingId,
      });
    }
    // One account's are found by its bookings, those of all by their start.
    const first =
      accountId === undefined && of === undefined
        ? 'occurrences o CROSS JOIN bookings b'
        : 'bookings b CROSS JOIN occurrences o';
    return this.#statement(first, conditions).all(parameters).map(toOccurrence);
  }

  overlapping(id: BookingId, from: number, limit: number): readonly BookedOccurrence[] {
    return this.#overlapping.all({ id, from, limit }).map(toOccurrence);
  }

  toUnroll(before: number, limit: number, after: Booking | undefined): readonly Booking[] {
    const until = after?.unrolledUntil ?? Number.MIN_SAFE_INTEGER;
    return this.#toUnroll.all({ before, limit, until, after: after?.id ?? '' }).map(toBooking);
  }

  runningOut(before: number, limit: number): readonly Booking[] {
    return this.#runningOut.all({ before, limit }).map(toBooking);
  }

  sealedPins(id: BookingId, invitee: InviteeId | null, from: number, limit: number): readonly SealedBookingPin[] {
    const rows =
      invitee === null ? this.#sealed.all({ id, from, limit }) : this.#sealedOf.all({ id, invitee, from, limit });
    return rows.map((row) => ({
      role: row.role,
      sealed: row.sealed,
      startsAt: row.starts_at,
      inviteeId: row.invitee_id === null ? null : inviteeId(row.invitee_id),
    }));
  }

  #statement(tables: string, conditions: readonly string[]): Statement<[Parameters], OccurrenceRow> {
    const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
    const sql = `SELECT ${OCCURRENCE_COLUMNS} FROM ${tables} ON b.seq = o.booking_seq JOIN accounts a ON a.seq = b.account_seq
       ${where} ORDER BY o.starts_at, o.booking_seq LIMIT :limit`;
    const known = this.#occurrences.get(sql);
    if (known !== undefined) return known;
    const statement = this.#database.prepare<[Parameters], OccurrenceRow>(sql);
    this.#occurrences.set(sql, statement);
    return statement;
  }
}

/** Longest booking, milliseconds: what starts longer before a moment has ended by then. */
const LONGEST_MS = 7 * 86_400_000;

const ofAccount = (account: AccountId): Parameters => ({ account });
