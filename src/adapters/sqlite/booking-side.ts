import type { Database } from 'better-sqlite3';
import type { BookingId, InviteeId } from '../../domain/identifiers.js';
import type { PinHash, PinMatch } from '../../ports/store.js';
import type {
  BookedOccurrence,
  Booking,
  BookingPins,
  BookingStore,
  Invitee,
  NewBooking,
  NewInvitee,
  OccurrenceFilter,
  SealedBookingPin,
  Unrolling,
} from '../../ports/store-bookings.js';
import { BookingChanges } from './booking-changes.js';
import { BookingTable } from './bookings.js';
import { PinMatches } from './pin-matches.js';
import type { PinTable } from './pins.js';
import { ReportSide } from './report-side.js';
import { checkLimit } from './store-base.js';

/** The store's side of bookings. */
export abstract class BookingSide extends ReportSide implements BookingStore {
  readonly #bookings: BookingTable;
  readonly #changes: BookingChanges;
  readonly #matches: PinMatches;

  protected constructor(file: string, database: Database, pins: PinTable) {
    super(file, database, pins);
    this.#bookings = new BookingTable(database);
    this.#changes = new BookingChanges(database, pins);
    this.#matches = new PinMatches(database);
  }

  findPin(hash: PinHash, at: number): PinMatch | null {
    return this.read(() => this.#matches.find(hash, at));
  }

  stillOpens(hash: PinHash, startsAt: number | null): boolean {
    return this.read(() => this.#matches.stillOpens(hash, startsAt));
  }

  addBooking(booking: NewBooking, parts: Parameters<BookingStore['addBooking']>[1]): boolean {
    return this.change(() => this.#changes.add(booking, parts));
  }

  booking(id: BookingId): Booking | null {
    return this.read(() => this.#bookings.byId(id));
  }

  occurrences(filter: OccurrenceFilter): readonly BookedOccurrence[] {
    checkLimit(filter.limit);
    return this.read(() => this.#bookings.occurrences(filter));
  }

  invitees(id: BookingId): readonly Invitee[] {
    return this.read(() => this.#bookings.invitees(id));
  }

  invitee(id: InviteeId): (Invitee & { readonly bookingId: BookingId }) | null {
    return this.read(() => this.#bookings.invitee(id));
  }

  overlapping(id: BookingId, from: number, limit: number): readonly BookedOccurrence[] {
    checkLimit(limit);
    return this.read(() => this.#bookings.overlapping(id, from, limit));
  }

  cancelBooking(id: BookingId, at: number): boolean {
    return this.change(() => this.#changes.cancel(id, at));
  }

  cancelOccurrence(id: BookingId, startsAt: number, at: number): boolean {
    return this.change(() => this.#changes.cancelOccurrence(id, startsAt, at));
  }

  addInvitee(id: BookingId, invitee: NewInvitee, own: Parameters<BookingStore['addInvitee']>[2]): boolean {
    return this.change(() => this.#changes.addInvitee(id, invitee, own));
  }

  keepSpokenName(id: InviteeId, sound: Uint8Array): boolean {
    return this.change(() => this.#changes.keepSpokenName(id, sound));
  }

  spokenName(id: InviteeId): Uint8Array | null {
    return this.read(() => this.#bookings.spokenName(id));
  }

  revokeInvitee(id: InviteeId, at: number): boolean {
    return this.change(() => this.#changes.revokeInvitee(id, at));
  }

  replaceBookingPins(id: BookingId, startsAt: number | null, pins: BookingPins): boolean {
    return this.change(() => this.#changes.replacePins(id, startsAt, pins));
  }

  bookingsToUnroll(before: number, limit: number, after?: Booking): readonly Booking[] {
    checkLimit(limit);
    return this.read(() => this.#bookings.toUnroll(before, limit, after));
  }

  bookingsRunningOut(before: number, limit: number): readonly Booking[] {
    checkLimit(limit);
    return this.read(() => this.#bookings.runningOut(before, limit));
  }

  unroll(id: BookingId, unrolling: Unrolling): boolean {
    return this.change(() => this.#changes.unroll(id, unrolling));
  }

  sealedBookingPins(id: BookingId, of: InviteeId | null, from: number, limit: number): readonly SealedBookingPin[] {
    checkLimit(limit);
    return this.read(() => this.#bookings.sealedPins(id, of, from, limit));
  }

  bookingSecurityCodeOf(id: BookingId): PinHash | null {
    return this.read(() => this.#bookings.securityCodeOf(id));
  }
}
