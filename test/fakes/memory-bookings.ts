import { isOpen, windowOf } from '../../src/domain/access/booking-window.js';
import type { AccountId, BookingId, InviteeId } from '../../src/domain/identifiers.js';
import { Duplicate, type CodeRole, type NewPin, type PinHash } from '../../src/ports/store.js';
import type {
  BookedOccurrence,
  Booking,
  BookingMatch,
  BookingPins,
  BookingStore,
  Invitee,
  NewBooking,
  NewInvitee,
  NewOccurrence,
  Occurrence,
  OccurrenceFilter,
  SealedBookingPin,
  Unrolling,
} from '../../src/ports/store-bookings.js';
import { MemoryReports } from './memory-reports.js';

/** What a PIN of a booking opens. */
export interface PinOfBooking {
  readonly bookingId: BookingId;
  /** `null`: any of its occurrences. */
  readonly startsAt: number | null;
  readonly inviteeId: InviteeId | null;
}

export interface BookedPin extends NewPin {
  readonly id: AccountId;
  readonly role: CodeRole;
  /** `null`: it is the account's own. */
  readonly of: PinOfBooking | null;
}

interface Kept {
  booking: Booking;
  readonly securityCode: PinHash | null;
  occurrences: Occurrence[];
  invitees: Invitee[];
}

function checkLimit(limit: number): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > 10_000) throw new RangeError(`limit ${limit}`);
}

/** Bookings without a disk. */
export abstract class MemoryBookings extends MemoryReports implements BookingStore {
  #all: Kept[] = [];
  readonly #spoken = new Map<InviteeId, Uint8Array>();

  /** Milliseconds since the epoch. */
  protected abstract now(): number;
  protected abstract hasAccount(id: AccountId): boolean;
  protected abstract allPins(): readonly BookedPin[];
  protected abstract isTaken(hash: PinHash): boolean;
  protected abstract keepPins(pins: readonly BookedPin[]): void;
  protected abstract retirePins(which: (pin: BookedPin) => boolean): void;
  abstract securityCodeOf(id: AccountId): PinHash | null;

  addBooking(added: NewBooking, { occurrences, pins, invitees }: Parameters<BookingStore['addBooking']>[1]): boolean {
    this.checkWorks();
    if (!this.hasAccount(added.accountId)) return false;
    const securityCode = this.securityCodeOf(added.accountId);
    const whole = { createdAt: Math.round(added.createdAt), revision: 0, cancelledAt: null };
    const kept: Kept = {
      booking: { ...structuredClone(added), ...whole, securityCode: securityCode !== null },
      securityCode,
      occurrences: [],
      invitees: invitees.map((one) => ({ ...one, revokedAt: null, spoken: false })),
    };
    if (this.#find(added.id) !== undefined) throw new Duplicate('taken already');
    this.#keep(kept, occurrences, pins);
    this.#all.push(kept);
    return true;
  }

  booking(id: BookingId): Booking | null {
    this.checkWorks();
    return this.#find(id)?.booking ?? null;
  }

  occurrences({
    accountId,
    bookingId,
    from,
    to,
    after,
    cancelled,
    limit,
  }: OccurrenceFilter): readonly BookedOccurrence[] {
    checkLimit(limit);
    this.checkWorks();
    const index = this.#all.findIndex(({ booking }) => booking.id === after?.bookingId);
    const place = (one: BookedOccurrence): number =>
      this.#all.findIndex(({ booking }) => booking.id === one.booking.id);
    return this.#booked()
      .filter(({ booking }) => accountId === undefined || booking.accountId === accountId)
      .filter(({ booking }) => bookingId === undefined || booking.id === bookingId)
      .filter(({ endsAt }) => from === undefined || endsAt > from)
      .filter(({ startsAt }) => to === undefined || startsAt < to)
      .filter((one) => cancelled === true || one.cancelledAt === null)
      .filter(
        (one) =>
          after === undefined ||
          one.startsAt > after.startsAt ||
          (one.startsAt === after.startsAt && place(one) > index),
      )
      .slice(0, limit);
  }

  invitees(id: BookingId): readonly Invitee[] {
    this.checkWorks();
    return [...(this.#find(id)?.invitees ?? [])];
  }

  invitee(id: InviteeId): (Invitee & { readonly bookingId: BookingId }) | null {
    this.checkWorks();
    for (const { booking, invitees } of this.#all) {
      const found = invitees.find((one) => one.id === id);
      if (found !== undefined) return { ...found, bookingId: booking.id };
    }
    return null;
  }

  overlapping(id: BookingId, from: number, limit: number): readonly BookedOccurrence[] {
    checkLimit(limit);
    this.checkWorks();
    const live = this.#booked().filter(({ cancelledAt }) => cancelledAt === null);
    const mine = live.filter(({ booking, endsAt }) => booking.id === id && endsAt > from);
    const is = (one: BookedOccurrence, other: BookedOccurrence): boolean =>
      one.booking.id === other.booking.id && one.startsAt === other.startsAt;
    const overlap = (one: Occurrence, other: Occurrence): boolean =>
      one.startsAt < other.endsAt && other.startsAt < one.endsAt;
    return live
      .filter((other) =>
        mine.some((one) => one.booking.accountId === other.booking.accountId && !is(one, other) && overlap(one, other)),
      )
      .slice(0, limit);
  }

  cancelBooking(id: BookingId, at: number): boolean {
    const kept = this.#live(id);
    if (kept === undefined) return false;
    this.#revise(kept, { cancelledAt: Math.round(at), unrolledUntil: null });
    this.retirePins(({ of }) => of?.bookingId === id);
    return true;
  }

  cancelOccurrence(id: BookingId, startsAt: number, at: number): boolean {
    const kept = this.#live(id);
    const found = kept?.occurrences.find((one) => one.startsAt === startsAt && one.cancelledAt === null);
    if (kept === undefined || found === undefined) return false;
    kept.occurrences = kept.occurrences.map((one) => (one === found ? { ...one, cancelledAt: Math.round(at) } : one));
    this.#revise(kept, {});
    this.retirePins(({ of }) => of?.bookingId === id && of.startsAt === startsAt);
    return true;
  }

  addInvitee(id: BookingId, invitee: NewInvitee, own: Parameters<BookingStore['addInvitee']>[2]): boolean {
    const kept = this.#live(id);
    if (kept === undefined) return false;
    const pins = own
      .filter(({ startsAt }) => startsAt === null || kept.occurrences.some((one) => one.startsAt === startsAt))
      .map(({ startsAt, pin }) => this.#pin(kept, startsAt, 'guest', pin, invitee.id));
    this.#checkFree(pins);
    kept.invitees.push({ ...invitee, revokedAt: null, spoken: false });
    this.keepPins(pins);
    this.#revise(kept, {});
    return true;
  }

  keepSpokenName(id: InviteeId, sound: Uint8Array): boolean {
    this.checkWorks();
    const kept = this.#all.find(({ invitees }) => invitees.some((one) => one.id === id && one.revokedAt === null));
    if (kept === undefined) return false;
    kept.invitees = kept.invitees.map((one) => (one.id === id ? { ...one, spoken: true } : one));
    this.#spoken.set(id, sound);
    return true;
  }

  spokenName(id: InviteeId): Uint8Array | null {
    this.checkWorks();
    return this.#spoken.get(id) ?? null;
  }

  revokeInvitee(id: InviteeId, at: number): boolean {
    this.checkWorks();
    const kept = this.#all.find(({ invitees }) => invitees.some((one) => one.id === id && one.revokedAt === null));
    if (kept === undefined) return false;
    const revoked = { revokedAt: Math.round(at), spoken: false };
    kept.invitees = kept.invitees.map((one) => (one.id === id ? { ...one, ...revoked } : one));
    this.#spoken.delete(id);
    this.#revise(kept, {});
    this.retirePins(({ of }) => of?.inviteeId === id);
    return true;
  }

  replaceBookingPins(id: BookingId, startsAt: number | null, pins: BookingPins): boolean {
    const kept = this.#live(id);
    const isThere = startsAt === null || kept?.occurrences.some((one) => one.startsAt === startsAt) === true;
    if (kept === undefined || !isThere) return false;
    const fresh = this.#pinsOf(kept, startsAt, pins);
    this.#checkFree(fresh);
    this.retirePins(({ of, role }) =>
      fresh.some(
        (pin) =>
          of?.bookingId === id && of.startsAt === startsAt && of.inviteeId === pin.of?.inviteeId && role === pin.role,
      ),
    );
    this.keepPins(fresh);
    this.#revise(kept, {});
    return true;
  }

  bookingsRunningOut(before: number, limit: number): readonly Booking[] {
    checkLimit(limit);
    this.checkWorks();
    const until = ({ unrolledUntil }: Booking): number => unrolledUntil ?? Infinity;
    return this.#all
      .map(({ booking }) => booking)
      .filter((one) => until(one) < before && one.cancelledAt === null && one.pinsEach)
      .sort((a, b) => until(a) - until(b))
      .slice(0, limit);
  }

  bookingsToUnroll(before: number, limit: number, after?: Booking): readonly Booking[] {
    checkLimit(limit);
    this.checkWorks();
    const until = ({ unrolledUntil }: Booking): number => unrolledUntil ?? Infinity;
    const waiting = this.#all
      .map(({ booking }) => booking)
      .filter((one) => until(one) < before && one.cancelledAt === null && !one.pinsEach);
    const sorted = waiting.sort((a, b) => until(a) - until(b));
    const place = (one: Booking): number => this.#all.findIndex(({ booking }) => booking.id === one.id);
    const isAfter = (one: Booking, other: Booking): boolean =>
      until(one) > until(other) || (until(one) === until(other) && place(one) > place(other));
    return sorted.filter((one) => after === undefined || isAfter(one, after)).slice(0, limit);
  }

  unroll(id: BookingId, { from, until, occurrences }: Unrolling): boolean {
    const kept = this.#live(id);
    if (kept?.booking.unrolledUntil !== from) return false;
    this.#keep(kept, occurrences, null);
    const isOver = until === null && kept.occurrences.length === 0;
    kept.booking = {
      ...kept.booking,
      unrolledUntil: until,
      cancelledAt: isOver ? Math.round(this.now()) : kept.booking.cancelledAt,
    };
    return true;
  }

  sealedBookingPins(id: BookingId, whose: InviteeId | null, from: number, limit: number): readonly SealedBookingPin[] {
    checkLimit(limit);
    this.checkWorks();
    const kept = this.#find(id);
    const open = (startsAt: number | null): boolean =>
      startsAt === null ||
      kept?.occurrences.some((one) => one.startsAt === startsAt && one.endsAt > from && one.cancelledAt === null) ===
        true;
    return this.allPins()
      .flatMap(({ of, role, sealed }) =>
        of?.bookingId !== id || sealed === undefined || role !== 'guest' || of.inviteeId !== whose || !open(of.startsAt)
          ? []
          : [{ role, sealed, startsAt: of.startsAt, inviteeId: of.inviteeId }],
      )
      .sort((a, b) => (a.startsAt ?? 0) - (b.startsAt ?? 0))
      .slice(0, limit);
  }

  bookingSecurityCodeOf(id: BookingId): PinHash | null {
    this.checkWorks();
    return this.#find(id)?.securityCode ?? null;
  }

  /** What a PIN of a booking opens now, or `null`. */
  protected mayOpen({ bookingId, inviteeId }: PinOfBooking, startsAt: number): boolean {
    const kept = this.#live(bookingId);
    if (kept === undefined || kept.invitees.some((one) => one.id === inviteeId && one.revokedAt !== null)) return false;
    return kept.occurrences.some((one) => one.cancelledAt === null && one.startsAt === startsAt);
  }

  protected openedBy(
    { bookingId, startsAt, inviteeId }: PinOfBooking,
    at: number,
  ): (BookingMatch & { securityCode: boolean }) | null {
    const kept = this.#live(bookingId);
    if (kept === undefined || kept.invitees.some((one) => one.id === inviteeId && one.revokedAt !== null)) return null;
    const { booking } = kept;
    const open = kept.occurrences
      .filter((one) => one.cancelledAt === null && (startsAt === null || one.startsAt === startsAt))
      .filter((one) => isOpen(windowOf(one, booking), at))
      .sort((a, b) => b.startsAt - a.startsAt);
    const found = open.find((one) => one.startsAt <= at && one.endsAt > at) ?? open[0];
    if (found === undefined) return null;
    const { recording, overrunMs, securityCode } = booking;
    return {
      id: bookingId,
      startsAt: found.startsAt,
      endsAt: found.endsAt + overrunMs,
      recording,
      inviteeId,
      securityCode,
    };
  }

  protected forgetBookings(of: AccountId): void {
    for (const { booking, invitees } of this.#all) {
      if (booking.accountId === of) for (const { id } of invitees) this.#spoken.delete(id);
    }
    this.#all = this.#all.filter(({ booking }) => booking.accountId !== of);
  }

  #find(id: BookingId): Kept | undefined {
    return this.#all.find(({ booking }) => booking.id === id);
  }

  #live(id: BookingId): Kept | undefined {
    this.checkWorks();
    const kept = this.#find(id);
    return kept?.booking.cancelledAt === null ? kept : undefined;
  }

  #booked(): BookedOccurrence[] {
    return this.#all
      .flatMap(({ booking, occurrences }) =>
        occurrences.map((one) => ({ ...one, booking, cancelledAt: one.cancelledAt ?? booking.cancelledAt })),
      )
      .sort((a, b) => a.startsAt - b.startsAt);
  }

  #revise(kept: Kept, changes: Partial<Booking>): void {
    kept.booking = { ...kept.booking, ...changes, revision: kept.booking.revision + 1 };
  }

  #keep(kept: Kept, occurrences: readonly NewOccurrence[], series: BookingPins | null): void {
    const fresh = occurrences.filter(({ startsAt }) => !kept.occurrences.some((one) => one.startsAt === startsAt));
    const own = [{ startsAt: null, pins: series }, ...fresh];
    const pins = own.flatMap(({ startsAt, pins: given }) => this.#pinsOf(kept, startsAt, given));
    this.#checkFree(pins);
    this.keepPins(pins);
    kept.occurrences.push(...fresh.map(({ startsAt, endsAt }) => ({ startsAt, endsAt, cancelledAt: null })));
  }

  #pinsOf(kept: Kept, startsAt: number | null, pins: BookingPins | null): readonly BookedPin[] {
    const { host, guest, invitees = [] } = pins ?? {};
    return [
      ...(host === undefined ? [] : [this.#pin(kept, startsAt, 'host', host, null)]),
      ...(guest === undefined ? [] : [this.#pin(kept, startsAt, 'guest', guest, null)]),
      ...invitees.map(({ id, pin }) => this.#pin(kept, startsAt, 'guest', pin, id)),
    ];
  }

  #pin(
    { booking }: Kept,
    startsAt: number | null,
    role: CodeRole,
    pin: NewPin,
    inviteeId: InviteeId | null,
  ): BookedPin {
    return { ...pin, id: booking.accountId, role, of: { bookingId: booking.id, startsAt, inviteeId } };
  }

  #checkFree(pins: readonly BookedPin[]): void {
    const hashes = new Set(pins.map(({ hash }) => hash));
    if (hashes.size < pins.length || [...hashes].some((hash) => this.isTaken(hash)))
      throw new Duplicate('taken already');
  }
}
