import { accountId, bookingId, inviteeId } from '../../domain/identifiers.js';
import type { BookedOccurrence, Booking, Invitee } from '../../ports/store-bookings.js';

/*
 * Rows of bookings and what belongs to them, as the port has them.
 */

export interface BookingRow {
  readonly seq: number;
  readonly id: string;
  readonly account_id: string;
  readonly title: string;
  readonly starts_local: string;
  readonly time_zone: string;
  readonly duration_ms: number;
  readonly rule: string | null;
  readonly pins_each: number;
  readonly personal_pins: number;
  readonly early_ms: number;
  readonly overrun_ms: number;
  readonly recording: Booking['recording'];
  readonly security_hash: string | null;
  readonly revision: number;
  readonly created_at: number;
  readonly cancelled_at: number | null;
  readonly unrolled_until: number | null;
}

export interface OccurrenceRow extends BookingRow {
  readonly starts_at: number;
  readonly ends_at: number;
  readonly occurrence_cancelled_at: number | null;
}

export interface InviteeRow {
  readonly id: string;
  readonly booking_id: string;
  readonly name: string;
  readonly email: string | null;
  readonly phone: string | null;
  readonly revoked_at: number | null;
  readonly spoken: number;
}

/** Of `bookings b JOIN accounts a`. */
export const BOOKING_COLUMNS = 'b.*, a.id AS account_id';

/** Of `occurrences o JOIN bookings b JOIN accounts a`. */
export const OCCURRENCE_COLUMNS = `${BOOKING_COLUMNS}, o.starts_at, o.ends_at, o.cancelled_at AS occurrence_cancelled_at`;

export const toBooking = (row: BookingRow): Booking => ({
  id: bookingId(row.id),
  accountId: accountId(row.account_id),
  title: row.title,
  startsLocal: row.starts_local,
  timeZone: row.time_zone,
  durationMs: row.duration_ms,
  rule: row.rule,
  pinsEach: row.pins_each === 1,
  personalPins: row.personal_pins === 1,
  earlyMs: row.early_ms,
  overrunMs: row.overrun_ms,
  recording: row.recording,
  securityCode: row.security_hash !== null,
  revision: row.revision,
  createdAt: row.created_at,
  cancelledAt: row.cancelled_at,
  unrolledUntil: row.unrolled_until,
});

/** An occurrence of a booking that is cancelled as a whole is cancelled with it. */
export const toOccurrence = (row: OccurrenceRow): BookedOccurrence => ({
  booking: toBooking(row),
  startsAt: row.starts_at,
  endsAt: row.ends_at,
  cancelledAt: row.occurrence_cancelled_at ?? row.cancelled_at,
});

export const toInvitee = (row: Omit<InviteeRow, 'booking_id'>): Invitee => ({
  id: inviteeId(row.id),
  name: row.name,
  email: row.email,
  phone: row.phone,
  revokedAt: row.revoked_at,
  spoken: row.spoken === 1,
});
