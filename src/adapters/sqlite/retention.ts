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
      ...this.#removeOccurrences(retention.occurrencesBefore, limit),
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

  /** With their PINs; a booking that has no more of them and gets none goes too. One of them may have some hundred PINs: so many are the limit too. */
  #removeOccurrences(before: number, limit: number): { readonly occurrences: number; readonly bookings: number } {
    let [rows, occurrences, bookings] = [0, 0, 0];
    for (const { seq, booking_seq: booking } of this.#endedOccurrences.all(before, limit)) {
      if (rows >= limit) break;
      rows += 1 + this.#pins.retireAll({ occurrenceSeq: seq });
      this.#removeOccurrence.run(seq);
      occurrences += 1;
      if (this.#isOver.get(booking) === undefined) continue;
      rows += 1 + this.#pins.retireAll({ bookingSeq: booking }) + this.#removeInvitees.run(booking).changes;
      this.#removeBooking.run(booking);
      bookings += 1;
    }
    return { occurrences, bookings };
  }
}
