import type { Database, Statement } from 'better-sqlite3';
import { maskCaller } from '../../domain/access/callers.js';
import type { Purged, Retention } from '../../ports/store-privacy.js';
import type { PinTable } from './pins.js';

interface NumbersRow {
  readonly seq: number;
  readonly direction: 'in' | 'out';
  readonly dialled: string;
  readonly caller: string | null;
}

/** What one transaction has removed so far. */
interface Removed {
  rows: number;
  occurrences: number;
  bookings: number;
}

/** What is too old, each kind by an index. */
export class RetentionTables {
  readonly #pins: PinTable;
  readonly #toCut: Statement<[number, number], NumbersRow>;
  readonly #cut: Statement<[string | null, string, number]>;
  readonly #removeCalls: Statement<[number, number]>;
  readonly #removeConferences: Statement<[number, number]>;
  readonly #endedOccurrences: Statement<[number, number], { readonly seq: number; readonly booking_seq: number }>;
  readonly #removeOccurrence: Statement<[number]>;
  readonly #isOver: Statement<[number], { readonly 1: 1 }>;
  readonly #cancelledBookings: Statement<[number, number], { readonly seq: number }>;
  readonly #forgottenBookings: Statement<[number, number], { readonly seq: number }>;
  readonly #removeOccurrencesOf: Statement<[number]>;
  readonly #removeRevoked: Statement<[number, number]>;
  readonly #removeInvitees: Statement<[number]>;
  readonly #removeBooking: Statement<[number]>;
  readonly #removeDeliveries: Statement<[number, number]>;

  constructor(database: Database, pins: PinTable) {
    this.#pins = pins;
    this.#toCut = database.prepare(
      `SELECT seq, direction, dialled, caller FROM call_records WHERE numbers_cut = 0 AND started_at < ?
       ORDER BY started_at LIMIT ?`,
    );
    this.#cut = database.prepare('UPDATE call_records SET caller = ?, dialled = ?, numbers_cut = 1 WHERE seq = ?');
    this.#removeCalls = database.prepare(
      'DELETE FROM call_records WHERE seq IN (SELECT seq FROM call_records WHERE started_at < ? ORDER BY started_at LIMIT ?)',
    );
    // one that has not ended is of calls that are up, or of a bridge that was killed: by then it is a day old at least
    this.#removeConferences = database.prepare(
      `DELETE FROM conference_records
       WHERE id IN (SELECT id FROM conference_records WHERE started_at < ? ORDER BY started_at LIMIT ?)`,
    );
    this.#endedOccurrences = database.prepare(
      'SELECT seq, booking_seq FROM occurrences WHERE ends_at < ? ORDER BY ends_at LIMIT ?',
    );
    this.#removeOccurrence = database.prepare('DELETE FROM occurrences WHERE seq = ?');
    this.#isOver = database.prepare(
      `SELECT 1 FROM bookings b WHERE b.seq = ? AND (b.unrolled_until IS NULL OR b.cancelled_at IS NOT NULL)
         AND NOT EXISTS (SELECT 1 FROM occurrences o WHERE o.booking_seq = b.seq)`,
    );
    // those that are still to come too: they are none any more
    this.#cancelledBookings = database.prepare(
      'SELECT seq FROM bookings WHERE cancelled_at < ? ORDER BY cancelled_at LIMIT ?',
    );
    // where each occurrence has PINs of its own somebody must have them drawn, and nobody has for so long
    this.#forgottenBookings = database.prepare(
      `SELECT seq FROM bookings b WHERE b.unrolled_until < ? AND b.cancelled_at IS NULL AND b.pins_each = 1
         AND NOT EXISTS (SELECT 1 FROM occurrences o WHERE o.booking_seq = b.seq) ORDER BY b.unrolled_until LIMIT ?`,
    );
    this.#removeOccurrencesOf = database.prepare('DELETE FROM occurrences WHERE booking_seq = ?');
    this.#removeRevoked = database.prepare(
      'DELETE FROM invitees WHERE seq IN (SELECT seq FROM invitees WHERE revoked_at < ? ORDER BY revoked_at LIMIT ?)',
    );
    this.#removeInvitees = database.prepare('DELETE FROM invitees WHERE booking_seq = ?');
    this.#removeBooking = database.prepare('DELETE FROM bookings WHERE seq = ?');
    this.#removeDeliveries = database.prepare(
      'DELETE FROM deliveries WHERE seq IN (SELECT seq FROM deliveries WHERE failed_at < ? ORDER BY failed_at LIMIT ?)',
    );
  }

  some(retention: Retention, limit: number): Purged {
    const { recordsBefore } = retention;
    return {
      callRecords: recordsBefore === null ? 0 : this.#removeCalls.run(recordsBefore, limit).changes,
      conferenceRecords: recordsBefore === null ? 0 : this.#removeConferences.run(recordsBefore, limit).changes,
      numbers: this.#cutNumbers(retention, limit),
      ...this.#removeBooked(retention.occurrencesBefore, limit),
      invitees: this.#removeRevoked.run(retention.occurrencesBefore, limit).changes,
      deliveries: this.#removeDeliveries.run(retention.failedDeliveriesBefore, limit).changes,
      retiredPins: this.#pins.forgetRetired(limit),
    };
  }

  #cutNumbers({ numbersBefore, numberDigits }: Retention, limit: number): number {
    const rows = this.#toCut.all(numbersBefore, limit);
    for (const { seq, direction, dialled, caller } of rows) {
      const cut = caller === null ? null : maskCaller(caller, numberDigits);
      // what callers dialled is the bridge's own number; what hosts had called is somebody's
      this.#cut.run(cut, direction === 'out' ? maskCaller(dialled, numberDigits) : dialled, seq);
    }
    return rows.length;
  }

  /** With their PINs; one of them may have some hundred: so many are the limit too. */
  #removeBooked(before: number, limit: number): { readonly occurrences: number; readonly bookings: number } {
    const removed = { rows: 0, occurrences: 0, bookings: 0 };
    this.#removeOccurrences(removed, before, limit);
    for (const over of [this.#cancelledBookings, this.#forgottenBookings]) {
      for (const { seq } of removed.rows < limit ? over.all(before, limit) : []) {
        if (removed.rows >= limit) break;
        this.#removeWhole(removed, seq);
      }
    }
    return { occurrences: removed.occurrences, bookings: removed.bookings };
  }

  /** A booking that has no more of them and gets none goes too. */
  #removeOccurrences(removed: Removed, before: number, limit: number): void {
    for (const { seq, booking_seq: booking } of this.#endedOccurrences.all(before, limit)) {
      if (removed.rows >= limit) break;
      removed.rows += 1 + this.#pins.retireAll({ occurrenceSeq: seq });
      this.#removeOccurrence.run(seq);
      removed.occurrences += 1;
      if (this.#isOver.get(booking) !== undefined) this.#removeWhole(removed, booking);
    }
  }

  #removeWhole(removed: Removed, booking: number): void {
    const pins = this.#pins.retireAll({ bookingSeq: booking });
    const occurrences = this.#removeOccurrencesOf.run(booking).changes;
    removed.rows += 1 + pins + occurrences + this.#removeInvitees.run(booking).changes;
    removed.occurrences += occurrences;
    this.#removeBooking.run(booking);
    removed.bookings += 1;
  }
}
