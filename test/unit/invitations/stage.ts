import { Temporal } from 'temporal-polyfill';
import { DEFAULT_CONFERENCE_OPTIONS } from '../../../src/domain/conference-options.js';
import { accountId, bookingId } from '../../../src/domain/identifiers.js';
import type { Invitation, InvitedBooking, InvitedOccurrence } from '../../../src/app/invitations/invitation.js';
import { keysOf } from '../../../src/app/invitations/keys.js';
import { waysIn } from '../../../src/app/invitations/numbers.js';
import type { DialInNumber } from '../../../src/ports/store.js';

export const dialIn = (number: string, more: Partial<DialInNumber> = {}): DialInNumber => ({
  number,
  pinLength: 9,
  greeting: null,
  createdAt: 0,
  ...more,
});

export const LONDON = dialIn('+442071234567', { label: 'London' });
export const READER = { country: 'GB', sipDomain: 'conference.example.org' };

/** What a guest of Mary Murphy is sent. */
export const guestInvitation = (more: Partial<Invitation> = {}): Invitation => ({
  role: 'guest',
  accountId: accountId('a1'),
  host: 'Mary Murphy',
  hostEmail: 'mary@example.org',
  invitee: null,
  code: { kind: 'pin', digits: '123456789' },
  securityCode: false,
  ways: waysIn([LONDON], 9, READER),
  keys: keysOf('guest', DEFAULT_CONFERENCE_OPTIONS),
  booking: null,
  ...more,
});

/** Wall clocks in a zone, a minute apart from nothing: each `minutes` long. */
export const occurrencesAt = (timeZone: string, minutes: number, ...locals: readonly string[]): InvitedOccurrence[] =>
  locals.map((local) => {
    const startsAt = Temporal.PlainDateTime.from(local).toZonedDateTime(timeZone).epochMilliseconds;
    return { startsAt, endsAt: startsAt + minutes * 60_000, isCancelled: false };
  });

export function booked(timeZone: string, startsLocal: string, more: Partial<InvitedBooking> = {}): InvitedBooking {
  return {
    id: bookingId('b1'),
    title: 'Board meeting',
    revision: 0,
    isCancelled: false,
    startsLocal,
    timeZone,
    durationMs: 3_600_000,
    rule: null,
    occurrences: occurrencesAt(timeZone, 60, startsLocal),
    only: null,
    ...more,
  };
}
