import type { Message } from '../../ports/messages.js';
import type { Delivery } from '../../ports/store-deliveries.js';
import type { Booking } from '../../ports/store-bookings.js';
import type { CalendarFacts } from '../invitations/calendar.js';
import { invitationCalendar } from '../invitations/calendar.js';
import { accountInvitation, bookingInvitation, sipDomainOf } from '../invitations/gather.js';
import type { InvitationSource } from '../invitations/gather.js';
import { digitsFor } from '../invitations/invitation.js';
import type { Invitation } from '../invitations/invitation.js';
import { invitationJson } from '../invitations/json.js';
import { inGroups } from '../invitations/numbers.js';
import { cancellationText, invitationText } from '../invitations/text.js';
import { startInWords, upcoming } from '../invitations/when.js';

/** What a report says, in the forms channels need. */
export type RenderedReport = Pick<Message, 'subject' | 'text' | 'json'>;

export interface RenderParts {
  readonly source: () => InvitationSource;
  /** Of a conference by the number of its record; `null`: it is not there any more. */
  readonly hostReport: (recordId: number) => RenderedReport | null;
}

/** Writes what a delivery is about, as things stand now. @returns `null`: nothing is to be said any more */
export function renderDelivery({ source, hostReport }: RenderParts, delivery: Delivery): Message | null {
  const { id, kind, conferenceRecordId } = delivery;
  if (kind === 'host-report') {
    const report = conferenceRecordId === null ? null : hostReport(conferenceRecordId);
    return report === null ? null : { id, kind, ...report, short: report.subject, calendar: null };
  }
  const now = source();
  const invitation = invitationFor(now, delivery);
  return invitation === null ? null : invitationMessage(now, delivery, invitation);
}

function invitationFor(source: InvitationSource, delivery: Delivery): Invitation | null {
  const { store, now } = source;
  const { kind, accountId, bookingId, inviteeId, occurrenceAt } = delivery;
  if (bookingId === null) {
    const account = store.account(accountId);
    return account?.enabled === true ? accountInvitation(source, account, 'guest') : null;
  }
  const booking = store.booking(bookingId);
  const invitee = inviteeId === null ? null : store.invitee(inviteeId);
  if (booking === null || (inviteeId !== null && invitee === null)) return null;
  const isOff = booking.cancelledAt !== null || (invitee !== null && invitee.revokedAt !== null);
  if (kind === 'cancellation')
    return bookingInvitation(source, {
      ...delivery,
      booking: cancelled(booking, now),
      role: roleOf(delivery),
      invitee,
    });
  // a cancellation of its own tells that; the PINs of an account that is disabled open nothing
  if (isOff || store.account(accountId)?.enabled !== true) return null;
  const invitation = bookingInvitation(source, { booking, role: roleOf(delivery), invitee, occurrenceAt });
  if (invitation.booking === null || upcoming(invitation.booking, now).length === 0) return null;
  const { only } = invitation.booking;
  if (kind === 'reminder' && (only === null || only.isCancelled || only.startsAt <= now)) return null;
  return invitation;
}

/** Whom the booking's own are sent by a number or address without an invitee: the host. */
const roleOf = ({ inviteeId }: Delivery): 'host' | 'guest' => (inviteeId === null ? 'host' : 'guest');

/** For an invitee who is revoked the booking is off, whatever it is for others; revoking counted as a revision of it. */
const cancelled = (booking: Booking, now: number): Booking => ({ ...booking, cancelledAt: booking.cancelledAt ?? now });

const SUBJECTS = {
  invitation: 'Invitation',
  update: 'Changed',
  cancellation: 'Cancelled',
  reminder: 'Reminder',
} as const;

/** Each form is written when a channel asks for it: none needs all, and the calendar file of a series is long. */
function invitationMessage(source: InvitationSource, { id, kind }: Delivery, invitation: Invitation): Message {
  const { booking, host, invitee } = invitation;
  const what = booking?.title ?? `telephone conference of ${host}`;
  const isCancelled = booking !== null && booking.isCancelled;
  const subject = `${subjectOf(kind, isCancelled && invitee?.isRevoked === true)}: ${what}`;
  return {
    ...{ id, kind, subject },
    get text() {
      return isCancelled ? cancellationText(invitation, booking) : invitationText(invitation, source.now);
    },
    get calendar() {
      if (booking === null || kind === 'reminder') return null;
      return invitationCalendar(invitation, booking, calendarFacts(source));
    },
    get short() {
      return isCancelled ? `${subject} (${host})` : inShort(invitation, source.now);
    },
    get json() {
      return invitationJson(invitation);
    },
  };
}

/** @param isTakenBack the conference takes place without the reader */
function subjectOf(kind: Delivery['kind'], isTakenBack: boolean): string {
  if (kind === 'host-report') return '';
  return isTakenBack ? 'Invitation taken back' : SUBJECTS[kind];
}

/** For calendars mail comes from whoever sends it: answers go there. */
export function calendarFacts({ config, now }: InvitationSource): CalendarFacts {
  const mail = config.messages.mail;
  const from = mail?.replyTo ?? mail?.from ?? null;
  const domain = sipDomainOf(config).replace(/:\d+$/, '').replaceAll(/[[\]]/g, '');
  return { now, domain, organizer: from === null ? null : { name: from.name ?? from.address, email: from.address } };
}

/** What is needed to call, in one SMS where it fits. */
function inShort(invitation: Invitation, now: number): string {
  const { booking, host, ways, code } = invitation;
  const occurrence = booking === null ? null : (booking.only ?? upcoming(booking, now)[0] ?? null);
  const when =
    booking === null || occurrence === null
      ? ''
      : `, ${startInWords(occurrence, booking.timeZone)} ${booking.timeZone}`;
  const way = ways.find(({ telephone }) => telephone !== null) ?? ways[0];
  const call = way === undefined ? '' : ` Call ${way.telephone?.international ?? way.sip}.`;
  const digits = digitsFor(code, occurrence);
  const pin = digits === null ? '' : ` PIN ${inGroups(digits)}.`;
  return `${booking?.title ?? 'Telephone conference'} (${host})${when}.${call}${pin}`;
}
