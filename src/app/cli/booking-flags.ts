import { InvalidArgumentError } from 'commander';
import { BOOKING_LIMITS } from '../../domain/access/booking-window.js';
import { bookingId } from '../../domain/identifiers.js';
import type { Account, Store } from '../../ports/store.js';
import type { Booking, Invitee, NewInvitee } from '../../ports/store-bookings.js';
import { AccountGone } from '../bookings/make-booking.js';
import { RuleRefused } from '../bookings/recurrence.js';
import { BookingChanged } from '../bookings/unchanged.js';
import { localAt, machineTimeZone, momentOf, readWallTime } from '../bookings/wall-time.js';
import type { Config } from '../config.js';
import { PinsExhausted } from '../drawing.js';
import { PinsTooShort, pinLengthFor } from '../pin-length.js';
import { emailAddress } from './contact-flags.js';
import { Refused } from './io.js';

/*
 * What the commands about bookings read.
 */

const LONGEST_TITLE = 200;
const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** One line. */
export function titleText(text: string): string {
  const title = text.trim().normalize('NFC');
  if (title === '' || title.length > LONGEST_TITLE || /[\p{Cc}\u2028\u2029]/u.test(title)) {
    throw new InvalidArgumentError(`It must be one line of 1 to ${LONGEST_TITLE} characters.`);
  }
  return title;
}

/** Reader of a length of time such as `90m`, `1h30m` or `0`; milliseconds. */
export function lengthOfTime(leastMs: number, mostMs: number, words: string): (text: string) => number {
  return (text) => {
    const parts = text.trim() === '0' ? [] : [...text.trim().matchAll(/(\d{1,5})([mhd])/g)];
    const isWhole = text.trim() === '0' || (parts.length > 0 && parts.map(([part]) => part).join('') === text.trim());
    const ms = parts.reduce((sum, [, count, unit]) => sum + Number(count) * (UNITS[unit ?? ''] ?? NaN), 0);
    if (!isWhole || !(ms >= leastMs && ms <= mostMs)) {
      throw new InvalidArgumentError(`It must be ${words}, such as 45m or 1h30m.`);
    }
    return ms;
  };
}

export const durationOf = lengthOfTime(BOOKING_LIMITS.shortestMs, BOOKING_LIMITS.longestMs, 'from 1m to 7d');
export const earlyOf = lengthOfTime(0, BOOKING_LIMITS.earlyMs, 'from 0 to 60m');
export const overrunOf = lengthOfTime(0, BOOKING_LIMITS.overrunMs, 'from 0 to 6h');

/** A wall clock to the minute; the time zone is said elsewhere. */
export function wallTime(text: string): string {
  const local = readWallTime(text.trim());
  if (local === null) throw new InvalidArgumentError('It must be a date and time such as 2026-03-29T09:00.');
  return local;
}

/** `NAME <mail>`, `NAME <+number>`, an address alone, or a name alone. */
export function invited(text: string): Omit<NewInvitee, 'id'> {
  const whole = text.trim().normalize('NFC');
  const [, before = whole, inside = ''] = /^([^<>]*)<([^<>]+)>$/.exec(whole) ?? [];
  const address = inside === '' && before.includes('@') ? before : inside.trim();
  const phone = /^\+?[\d ()./-]{4,25}$/.test(address) ? address.replaceAll(/[^+\d]/g, '') : null;
  const email = address === '' || phone !== null ? null : emailAddress(address);
  const name = before.trim().replace(/^"(.*)"$/, '$1') || (email ?? phone ?? '');
  if (name === '' || name.length > 100 || /[<>\p{Cc}\u2028\u2029]/u.test(name)) {
    throw new InvalidArgumentError('It must be like "Ann Bell <ann@example.org>" or "Ann Bell <+442071234567>".');
  }
  return { name, email, phone };
}

export const listOfInvited = (
  text: string,
  before: readonly Omit<NewInvitee, 'id'>[] = [],
): readonly Omit<NewInvitee, 'id'>[] => [...before, invited(text)];

/** Whose clock: what is said, else the account's, else as configured. */
export const zoneOfBooking = (said: string | undefined, account: Account, config: Config): string =>
  said ?? account.timeZone ?? config.timeZone ?? machineTimeZone();

/** @throws {Refused} */
export function findBooking(store: Store, reference: string): Booking {
  const found = store.booking(bookingId(reference.trim()));
  if (found === null) throw new Refused(`there is no booking "${reference}": see partyline booking list`);
  return found;
}

/** @throws {Refused} */
export function standing(booking: Booking): Booking {
  if (booking.cancelledAt !== null) throw new Refused(`${booking.id} is cancelled`);
  return booking;
}

/** One who is not revoked. @throws {Refused} */
export function findInvitee(store: Store, booking: Booking, reference: string): Invitee {
  const invitees = store.invitees(booking.id).filter(({ revokedAt }) => revokedAt === null);
  const fold = (text: string): string => text.trim().normalize('NFC').toLowerCase();
  const found = invitees.filter(({ id, name }) => id === reference || fold(name) === fold(reference));
  const [first, ...others] = found;
  if (first === undefined) {
    throw new Refused(`nobody "${reference}" is invited: see partyline booking show ${booking.id}`);
  }
  if (others.length > 0) {
    throw new Refused(
      `${found.length} invitees are named "${reference}": say which by its id, ${found.map(({ id }) => id).join(', ')}`,
    );
  }
  return first;
}

/** The start of an occurrence that is not cancelled. @throws {Refused} */
export function findOccurrence(store: Store, booking: Booking, local: string): number {
  const at = momentOf(local, booking.timeZone);
  const [found] = store.occurrences({ bookingId: booking.id, from: at, to: at + 1, limit: 1 });
  if (found?.startsAt === at) return at;
  const [next] = store.occurrences({ bookingId: booking.id, from: at, limit: 1 });
  const remedy =
    next === undefined ? 'and none after' : `the next one after is at ${localAt(next.startsAt, booking.timeZone)}`;
  throw new Refused(`${booking.id} has no occurrence at ${local} (${booking.timeZone}), ${remedy}`);
}

/** @throws {Refused} PINs of the lengths that can be keyed would be too easy to guess */
export function pinLength({ store }: { readonly store: Store }, config: Config, adding: number): number {
  return inWords(() => pinLengthFor({ store, configured: config.entry.pinLength, adding }));
}

/** Refusals of what is below in the words they have. */
export function inWords<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    const isRefusal =
      error instanceof RuleRefused ||
      error instanceof PinsTooShort ||
      error instanceof PinsExhausted ||
      error instanceof AccountGone ||
      error instanceof BookingChanged;
    throw isRefusal ? new Refused(error.message) : error;
  }
}
