/*
 * When a booking's PINs work (product: section 4). Times are milliseconds since 1970-01-01T00:00Z.
 */

/** From when on (inclusive) and until when (exclusive). */
export interface Window {
  readonly opensAt: number;
  readonly closesAt: number;
}

/** How much earlier and later than booked a conference may be. */
export interface Margins {
  readonly earlyMs: number;
  readonly overrunMs: number;
}

/** Longest early entry and overrun, and shortest and longest booking, milliseconds. */
export const BOOKING_LIMITS = {
  earlyMs: 60 * 60_000,
  overrunMs: 6 * 3_600_000,
  shortestMs: 60_000,
  longestMs: 7 * 86_400_000,
} as const;

/** One occurrence's PINs work from early entry before its start until the overrun after its end is over. */
export const windowOf = (
  { startsAt, endsAt }: { readonly startsAt: number; readonly endsAt: number },
  { earlyMs, overrunMs }: Margins,
): Window => ({ opensAt: startsAt - earlyMs, closesAt: endsAt + overrunMs });

export const isOpen = ({ opensAt, closesAt }: Window, at: number): boolean => at >= opensAt && at < closesAt;
