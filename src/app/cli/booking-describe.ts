import type { Account, Store } from '../../ports/store.js';
import type { BookedOccurrence, Booking, Invitee, Occurrence } from '../../ports/store-bookings.js';
import type { ShownPins } from '../bookings/booking-pins.js';
import { localAt } from '../bookings/wall-time.js';
import { lengthInWords } from './length-in-words.js';
import { isoTime } from './output.js';

/*
 * Bookings for people and for programs.
 */

/** Invitees that are named one by one, at most. */
const MOST_NAMED = 5;

/** Wall clock in the booking's zone, for people. */
export const when = (at: number, timeZone: string): string => localAt(at, timeZone).replace('T', ' ');

/** What programs see of a booking; its PINs are not known to the store. */
export const bookingJson = (booking: Booking): object => ({
  id: booking.id,
  accountId: booking.accountId,
  title: booking.title,
  startsLocal: booking.startsLocal,
  timeZone: booking.timeZone,
  durationMs: booking.durationMs,
  rule: booking.rule,
  pins: booking.pinsEach ? 'each' : 'series',
  personalPins: booking.personalPins,
  earlyMs: booking.earlyMs,
  overrunMs: booking.overrunMs,
  recording: booking.recording,
  securityCode: booking.securityCode,
  revision: booking.revision,
  createdAt: isoTime(booking.createdAt),
  cancelledAt: timeOrNull(booking.cancelledAt),
  knownUntil: timeOrNull(booking.unrolledUntil),
});

const timeOrNull = (at: number | null): string | null => (at === null ? null : isoTime(at));

export const occurrenceJson = ({ startsAt, endsAt, cancelledAt }: Occurrence): object => ({
  startsAt: isoTime(startsAt),
  endsAt: isoTime(endsAt),
  cancelledAt: timeOrNull(cancelledAt),
});

export const inviteeJson = ({ id, name, email, phone, revokedAt, spoken }: Invitee): object => ({
  ...{ id, name, email, phone, spoken },
  revokedAt: timeOrNull(revokedAt),
});

/** PINs that were just drawn, this once. */
export const pinsJson = (pins: readonly ShownPins[]): readonly object[] =>
  pins.map(({ startsAt, host, guest, invitees }) => ({
    startsAt: timeOrNull(startsAt),
    hostPin: host,
    guestPin: guest,
    invitees,
  }));

/** A booking for people, a line for each of its properties. */
export function bookingLines(booking: Booking, account: Account | null): readonly (readonly [string, string])[] {
  const { timeZone, rule } = booking;
  return [
    ['Booking', booking.title],
    ['Id', booking.id],
    ['Account', account === null ? booking.accountId : `${account.name} (${account.id})`],
    ['Starts', `${booking.startsLocal.replace('T', ' ')} ${timeZone}`],
    ['Lasts', lengthInWords(booking.durationMs)],
    ...(rule === null ? [] : [['Repeats', rule] as const]),
    ...(booking.pinsEach ? [['PINs', `each occurrence its own${known(booking)}`] as const] : []),
    ['Early entry', lengthInWords(booking.earlyMs)],
    ['Overrun', lengthInWords(booking.overrunMs)],
    ['Recording', booking.recording ?? 'as the account has it'],
    ['Security code', booking.securityCode ? "the account's of the day it was booked" : 'no'],
    ...(booking.cancelledAt === null ? [] : [['Cancelled', when(booking.cancelledAt, timeZone)] as const]),
  ];
}

/** Who is invited but told nothing; `null`: nobody. */
export function untold(invitees: readonly Pick<Invitee, 'name' | 'email' | 'phone'>[]): string | null {
  const names = invitees.filter(({ email, phone }) => email === null && phone === null).map(({ name }) => name);
  const more = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : '';
  if (names.length === 0) return null;
  const who = names.slice(0, MOST_NAMED).join(', ');
  return `Nothing is ever sent to ${who}${more}: there is neither a mail address nor a telephone number.`;
}

/** How far a booking's occurrences are known, where that is not all of them. */
const known = ({ unrolledUntil, timeZone }: Booking): string =>
  unrolledUntil === null
    ? ''
    : `, drawn to ${localAt(unrolledUntil, timeZone).slice(0, 10)}; further ones by booking extend`;

/** PINs that were just drawn, as a table. */
export function pinRows(
  pins: readonly ShownPins[],
  timeZone: string,
  nameOf: (id: string) => string,
): { readonly head: readonly string[]; readonly rows: readonly (readonly string[])[] } {
  const rows = pins.flatMap(({ startsAt, host, guest, invitees }) => {
    const at = startsAt === null ? 'all' : when(startsAt, timeZone);
    return [
      ...(host === null ? [] : [[at, 'host', host]]),
      ...(guest === null ? [] : [[at, 'guests', guest]]),
      ...invitees.map(({ id, pin }) => [at, nameOf(id), pin]),
    ];
  });
  return { head: ['OCCURRENCE', 'PIN OF', 'PIN'], rows };
}

export const occurrenceRow = (
  store: Store,
  { booking, startsAt, cancelledAt }: BookedOccurrence,
): readonly string[] => [
  `${when(startsAt, booking.timeZone)} ${booking.timeZone}`,
  lengthInWords(booking.durationMs),
  booking.title,
  store.account(booking.accountId)?.name ?? booking.accountId,
  booking.id,
  cancelledAt === null ? '' : 'cancelled',
];
