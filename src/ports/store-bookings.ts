import type { ConferenceOptions, Role } from '../domain/conference-options.js';
import type { AccountId, BookingId, InviteeId } from '../domain/identifiers.js';
import type { NewPin, PinHash } from './store-pins.js';

/*
 * Bookings (product: section 4). All times are milliseconds since 1970-01-01T00:00Z. What holds for every adapter is in
 * `test/conformance/store-bookings.ts`.
 */

/** A single conference of an account, or a repeating one, with PINs of its own. */
export interface Booking {
  readonly id: BookingId;
  readonly accountId: AccountId;
  readonly title: string;
  /** Wall clock in `timeZone` where its first occurrence starts, e.g. `2026-03-29T09:00`. */
  readonly startsLocal: string;
  /** IANA name, e.g. `Europe/London`. */
  readonly timeZone: string;
  readonly durationMs: number;
  /** Value of an RRULE (RFC 5545, section 3.3.10), or `null`: it happens once. */
  readonly rule: string | null;
  /** Every occurrence has PINs of its own, in place of those of the series. */
  readonly pinsEach: boolean;
  /** Every invitee has a guest PIN of its own; there is none for all of them then. */
  readonly personalPins: boolean;
  /** How long before its start its PINs open it, 0 to 60 min. */
  readonly earlyMs: number;
  /** How long after its end it is closed, 0 to 6 h. */
  readonly overrunMs: number;
  /** In place of the account's option, or `null`. */
  readonly recording: ConferenceOptions['recording'] | null;
  /** It has a security code: the one that the account had when it was made. */
  readonly securityCode: boolean;
  /** Counts its changes from 0 on. */
  readonly revision: number;
  readonly createdAt: number;
  readonly cancelledAt: number | null;
  /** Its occurrences that start before then are known; `null`: all of them are. */
  readonly unrolledUntil: number | null;
}

/** A booking to be added; it keeps the security code that its account has then. */
export type NewBooking = Omit<Booking, 'securityCode' | 'revision' | 'cancelledAt'>;

export interface Occurrence {
  readonly startsAt: number;
  readonly endsAt: number;
  readonly cancelledAt: number | null;
}

/** One occurrence of one booking. */
export interface BookedOccurrence extends Occurrence {
  readonly booking: Booking;
}

export interface Invitee {
  readonly id: InviteeId;
  readonly name: string;
  readonly email: string | null;
  readonly phone: string | null;
  readonly revokedAt: number | null;
  /** How the name is said is kept. */
  readonly spoken: boolean;
}

export type NewInvitee = Omit<Invitee, 'revokedAt' | 'spoken'>;

/** PINs that open a booking, or one occurrence of it: the guest PIN for all, or one for each invitee. */
export interface BookingPins {
  /** Left out where nobody new is to be host. */
  readonly host?: NewPin;
  readonly guest?: NewPin;
  readonly invitees?: readonly { readonly id: InviteeId; readonly pin: NewPin }[];
}

export interface NewOccurrence {
  readonly startsAt: number;
  readonly endsAt: number;
  /** Its own, or `null`: those of the series open it. */
  readonly pins: BookingPins | null;
}

/** Further occurrences of a booking. */
export interface Unrolling {
  /** As the booking had it; has it changed since, somebody else has unrolled it. */
  readonly from: number;
  readonly until: number | null;
  readonly occurrences: readonly NewOccurrence[];
}

/** What an entered PIN opens of a booking, within the window of one of its occurrences. */
export interface BookingMatch {
  readonly id: BookingId;
  readonly startsAt: number;
  /** Its end and the overrun. */
  readonly endsAt: number;
  readonly recording: Booking['recording'];
  readonly inviteeId: InviteeId | null;
}

/** A guest PIN that may be printed again: sealed for `role` guest of the account, the booking and, where it is personal, the invitee. */
export interface SealedBookingPin {
  readonly role: Role;
  readonly sealed: string;
  /** `null`: of the series. */
  readonly startsAt: number | null;
  readonly inviteeId: InviteeId | null;
}

export interface OccurrenceFilter {
  readonly accountId?: AccountId;
  readonly bookingId?: BookingId;
  /** Those that end after then. */
  readonly from?: number;
  /** Those that start before then. */
  readonly to?: number;
  /** The last one of the page before. */
  readonly after?: { readonly startsAt: number; readonly bookingId: BookingId };
  /** Cancelled ones too. */
  readonly cancelled?: boolean;
  /** 1 to 10 000. */
  readonly limit: number;
}

export interface BookingStore {
  /**
   * Adds a booking with its occurrences, PINs and invitees, wholly or not at all.
   * @returns whether there was such an account; else nothing is written.
   * @throws {Duplicate}, {OutdatedHash} as `addAccount`
   */
  addBooking(
    booking: NewBooking,
    parts: {
      readonly occurrences: readonly NewOccurrence[];
      /** Of the series; `null` where each occurrence has its own. */
      readonly pins: BookingPins | null;
      readonly invitees: readonly NewInvitee[];
    },
  ): boolean;
  booking(id: BookingId): Booking | null;
  /** In order of their start, and of their booking. */
  occurrences(filter: OccurrenceFilter): readonly BookedOccurrence[];
  /** In order of being invited. */
  invitees(id: BookingId): readonly Invitee[];
  invitee(id: InviteeId): (Invitee & { readonly bookingId: BookingId }) | null;
  /**
   * Occurrences of the account's other bookings, and of this one, that happen at the same time as one of this booking that ends after
   * `from`; in order of their start, at most `limit` (1 to 10 000).
   */
  overlapping(id: BookingId, from: number, limit: number): readonly BookedOccurrence[];
  /** Its PINs stop at once, and nobody is given them for 90 days. @returns whether there was such a booking, not cancelled yet. */
  cancelBooking(id: BookingId, at: number): boolean;
  /** The occurrence's own PINs stop at once; those of the series do not open it any more. @returns whether there was such an occurrence, not cancelled yet. */
  cancelOccurrence(id: BookingId, startsAt: number, at: number): boolean;
  /**
   * Adds an invitee and, where PINs are personal, the PINs of its own.
   * @param own of the series (`startsAt` `null`) or of occurrences
   * @returns whether there was such a booking, not cancelled; else nothing is written.
   * @throws {Duplicate}, {OutdatedHash} as `addAccount`
   */
  addInvitee(
    id: BookingId,
    invitee: NewInvitee,
    own: readonly { readonly startsAt: number | null; readonly pin: NewPin }[],
  ): boolean;
  /**
   * Keeps how the name of an invitee is said, in place of what was kept before; it goes with the invitee.
   * @param sound a WAV file
   * @returns whether there was such an invitee, not revoked; else nothing is kept.
   */
  keepSpokenName(id: InviteeId, sound: Uint8Array): boolean;
  /** `null`: none is kept. */
  spokenName(id: InviteeId): Uint8Array | null;
  /** The invitee's own PINs stop at once; how the name is said is forgotten. @returns whether there was such an invitee, not revoked yet. */
  revokeInvitee(id: InviteeId, at: number): boolean;
  /**
   * Puts these PINs in the place of the ones of the same kind that the series (`startsAt` `null`) or an occurrence has: the old ones stop
   * at once for everyone not yet in.
   * @returns whether there was such a booking, not cancelled, with such an occurrence; else nothing is written.
   * @throws {Duplicate}, {OutdatedHash} as `addAccount`
   */
  replaceBookingPins(id: BookingId, startsAt: number | null, pins: BookingPins): boolean;
  /** Bookings that are not cancelled, whose PINs are of the series, and whose occurrences are known only until before then, with the shortest known first; at most `limit` (1 to 10 000). */
  bookingsToUnroll(before: number, limit: number, after?: Booking): readonly Booking[];
  /**
   * Bookings that are not cancelled, whose occurrences have PINs of their own and are known only until before then, with the shortest known
   * first; at most `limit` (1 to 10 000).
   */
  bookingsRunningOut(before: number, limit: number): readonly Booking[];
  /**
   * Adds further occurrences; those that are there already stay as they are. A booking that has none and gets no more is cancelled by that.
   * @returns `false`: the booking is gone or cancelled, or was unrolled by somebody else; nothing is written.
   * @throws {Duplicate}, {OutdatedHash} as `addAccount`
   */
  unroll(id: BookingId, unrolling: Unrolling): boolean;
  /**
   * Guest PINs of the booking that are kept sealed, of one invitee or (`null`) of all guests, of occurrences that end after `from`, at most
   * `limit` (1 to 10 000), those of the series first, then by time.
   */
  sealedBookingPins(id: BookingId, of: InviteeId | null, from: number, limit: number): readonly SealedBookingPin[];
  /** The hash of the security code the booking keeps; `null`: it has none, or there is no such booking. */
  bookingSecurityCodeOf(id: BookingId): PinHash | null;
}
