import type { Database, Statement } from 'better-sqlite3';
import type { BookingId, InviteeId } from '../../domain/identifiers.js';
import type {
  BookingPins,
  BookingStore,
  NewBooking,
  NewInvitee,
  NewOccurrence,
  Unrolling,
} from '../../ports/store-bookings.js';
import type { PinTable } from './pins.js';

type Parts = Parameters<BookingStore['addBooking']>[1];

interface Live {
  readonly seq: number;
  readonly account_seq: number;
}

/** A booking whose PINs are being added. */
interface Owner {
  readonly accountSeq: number | bigint;
  readonly bookingSeq: number | bigint;
}

/** What changes bookings, their occurrences and invitees: within a transaction of the caller. */
export class BookingChanges {
  readonly #pins: PinTable;
  readonly #add: Statement;
  readonly #addOccurrence: Statement;
  readonly #addInvitee: Statement;
  readonly #live: Statement<[string], Live>;
  readonly #cancel: Statement;
  readonly #cancelOccurrence: Statement<[number, number, number], { readonly seq: number }>;
  readonly #revoke: Statement<[number, string], { readonly seq: number; readonly booking_seq: number }>;
  readonly #revised: Statement<[number]>;
  readonly #unrolled: Statement;
  readonly #endEmpty: Statement<[number, number]>;
  readonly #occurrenceSeq: Statement<[number, number], { readonly seq: number }>;
  readonly #inviteeSeq: Statement<[string], { readonly seq: number }>;
  readonly #keepSpoken: Statement<[Uint8Array, string]>;
  readonly #forgetSpoken: Statement<[number]>;

  constructor(database: Database, pins: PinTable) {
    this.#pins = pins;
    this.#add = database.prepare(
      `INSERT INTO bookings (id, account_seq, title, starts_local, time_zone, duration_ms, rule, pins_each, personal_pins, early_ms,
         overrun_ms, recording, security_hash, revision, created_at, unrolled_until)
       SELECT :id, seq, :title, :startsLocal, :timeZone, :durationMs, :rule, :pinsEach, :personalPins, :earlyMs, :overrunMs, :recording,
         (SELECT hash FROM pins WHERE account_seq = accounts.seq AND role = 'security'), 0, :createdAt, :unrolledUntil
       FROM accounts WHERE id = :accountId`,
    );
    this.#addOccurrence = database.prepare(
      'INSERT INTO occurrences (booking_seq, starts_at, ends_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
    );
    this.#addInvitee = database.prepare(
      'INSERT INTO invitees (id, booking_seq, name, email, phone) VALUES (:id, :booking, :name, :email, :phone)',
    );
    this.#live = database.prepare('SELECT seq, account_seq FROM bookings WHERE id = ? AND cancelled_at IS NULL');
    this.#cancel = database.prepare(
      'UPDATE bookings SET cancelled_at = ?, unrolled_until = NULL, revision = revision + 1 WHERE seq = ?',
    );
    this.#cancelOccurrence = database.prepare(
      `UPDATE occurrences SET cancelled_at = ? WHERE booking_seq = ? AND starts_at = ? AND cancelled_at IS NULL RETURNING seq`,
    );
    this.#revoke = database.prepare(
      'UPDATE invitees SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL RETURNING seq, booking_seq',
    );
    this.#revised = database.prepare('UPDATE bookings SET revision = revision + 1 WHERE seq = ?');
    this.#unrolled = database.prepare(
      'UPDATE bookings SET unrolled_until = :until WHERE seq = :seq AND unrolled_until = :from',
    );
    this.#endEmpty = database.prepare(
      `UPDATE bookings SET cancelled_at = ? WHERE seq = ? AND unrolled_until IS NULL
         AND NOT EXISTS (SELECT 1 FROM occurrences o WHERE o.booking_seq = bookings.seq)`,
    );
    this.#occurrenceSeq = database.prepare('SELECT seq FROM occurrences WHERE booking_seq = ? AND starts_at = ?');
    this.#inviteeSeq = database.prepare('SELECT seq FROM invitees WHERE id = ?');
    this.#keepSpoken = database.prepare(
      `INSERT INTO spoken_names (invitee_seq, sound) SELECT seq, ? FROM invitees WHERE id = ? AND revoked_at IS NULL
       ON CONFLICT (invitee_seq) DO UPDATE SET sound = excluded.sound`,
    );
    this.#forgetSpoken = database.prepare('DELETE FROM spoken_names WHERE invitee_seq = ?');
  }

  add(booking: NewBooking, { occurrences, pins, invitees }: Parts): boolean {
    const { changes } = this.#add.run({
      ...booking,
      pinsEach: booking.pinsEach ? 1 : 0,
      personalPins: booking.personalPins ? 1 : 0,
      createdAt: Math.round(booking.createdAt),
    });
    const added = changes === 0 ? undefined : this.#live.get(booking.id);
    if (added === undefined) return false;
    const owner = { accountSeq: added.account_seq, bookingSeq: added.seq };
    for (const invitee of invitees) this.#addInvitee.run({ ...invitee, booking: added.seq });
    if (pins !== null) this.#addPins(owner, null, pins);
    this.#addOccurrences(owner, occurrences);
    return true;
  }

  cancel(id: BookingId, at: number): boolean {
    const booking = this.#live.get(id);
    if (booking === undefined) return false;
    this.#cancel.run(Math.round(at), booking.seq);
    this.#pins.retireAll({ bookingSeq: booking.seq });
    return true;
  }

  cancelOccurrence(id: BookingId, startsAt: number, at: number): boolean {
    const booking = this.#live.get(id);
    const cancelled = booking && this.#cancelOccurrence.get(Math.round(at), booking.seq, startsAt);
    if (cancelled === undefined) return false;
    this.#revised.run(booking?.seq ?? 0);
    this.#pins.retireAll({ occurrenceSeq: cancelled.seq });
    return true;
  }

  addInvitee(id: BookingId, invitee: NewInvitee, own: Parameters<BookingStore['addInvitee']>[2]): boolean {
    const booking = this.#live.get(id);
    if (booking === undefined) return false;
    this.#addInvitee.run({ ...invitee, booking: booking.seq });
    this.#revised.run(booking.seq);
    const owner = { accountSeq: booking.account_seq, bookingSeq: booking.seq };
    for (const { startsAt, pin } of own) {
      const occurrence = startsAt === null ? null : this.#occurrenceSeq.get(booking.seq, startsAt);
      // An occurrence that went meanwhile needs no PIN.
      if (occurrence === undefined) continue;
      this.#addPins(owner, occurrence?.seq ?? null, { invitees: [{ id: invitee.id, pin }] });
    }
    return true;
  }

  revokeInvitee(id: InviteeId, at: number): boolean {
    const revoked = this.#revoke.get(Math.round(at), id);
    if (revoked === undefined) return false;
    this.#revised.run(revoked.booking_seq);
    this.#pins.retireAll({ inviteeSeq: revoked.seq });
    this.#forgetSpoken.run(revoked.seq);
    return true;
  }

  keepSpokenName(id: InviteeId, sound: Uint8Array): boolean {
    return this.#keepSpoken.run(sound, id).changes > 0;
  }

  replacePins(id: BookingId, startsAt: number | null, pins: BookingPins): boolean {
    const booking = this.#live.get(id);
    const occurrence = booking && startsAt !== null ? this.#occurrenceSeq.get(booking.seq, startsAt) : undefined;
    if (booking === undefined || (startsAt !== null && occurrence === undefined)) return false;
    const owner = { accountSeq: booking.account_seq, bookingSeq: booking.seq };
    const of = { ...owner, ...(occurrence === undefined ? {} : { occurrenceSeq: occurrence.seq }) };
    if (pins.host !== undefined) this.#pins.retire(of, ['host']);
    if (pins.guest !== undefined) this.#pins.retire(of, ['guest']);
    for (const { id: invitee } of pins.invitees ?? []) {
      const found = this.#inviteeSeq.get(invitee);
      if (found !== undefined) this.#pins.retire({ ...of, inviteeSeq: found.seq }, ['guest']);
    }
    this.#addPins(owner, occurrence?.seq ?? null, pins);
    this.#revised.run(booking.seq);
    return true;
  }

  unroll(id: BookingId, { from, until, occurrences }: Unrolling): boolean {
    const booking = this.#live.get(id);
    if (booking === undefined || this.#unrolled.run({ seq: booking.seq, from, until }).changes === 0) return false;
    this.#addOccurrences({ accountSeq: booking.account_seq, bookingSeq: booking.seq }, occurrences);
    if (until === null) this.#endEmpty.run(Math.round(this.#pins.now()), booking.seq);
    return true;
  }

  #addOccurrences(owner: Owner, occurrences: readonly NewOccurrence[]): void {
    for (const { startsAt, endsAt, pins } of occurrences) {
      const { changes, lastInsertRowid } = this.#addOccurrence.run(owner.bookingSeq, startsAt, endsAt);
      if (changes > 0 && pins !== null) this.#addPins(owner, lastInsertRowid, pins);
    }
  }

  #addPins(owner: Owner, occurrenceSeq: number | bigint | null, { host, guest, invitees = [] }: BookingPins): void {
    const of = { ...owner, ...(occurrenceSeq === null ? {} : { occurrenceSeq }) };
    this.#pins.add(of, { ...(host === undefined ? {} : { host }), ...(guest === undefined ? {} : { guest }) });
    for (const { id, pin } of invitees) {
      const invitee = this.#inviteeSeq.get(id);
      // One who was removed meanwhile gets none.
      if (invitee !== undefined) this.#pins.add({ ...of, inviteeSeq: invitee.seq }, { guest: pin });
    }
  }
}
