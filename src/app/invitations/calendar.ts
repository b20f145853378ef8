import ical, { ICalCalendarMethod, ICalEvent, ICalEventStatus, ICalEventTransparency } from 'ical-generator';
import type { ICalCalendar, ICalEventData } from 'ical-generator';
import { Temporal } from 'temporal-polyfill';
import { tzlib_get_ical_block } from 'timezones-ical-library';
import { folded } from './fold.js';
import { digitsFor } from './invitation.js';
import type { Invitation, InvitedBooking, InvitedOccurrence } from './invitation.js';
import { cancellationText, invitationText } from './text.js';
import { WallClock } from './wall-clock.js';
import { inGroups, tapToCall } from './numbers.js';
import { upcoming } from './when.js';

/** Occurrences with a text of their own in one file, at most: those to come first. */
const MOST_OVERRIDES = 100;

/** Who sends it, and when. */
export interface CalendarFacts {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** What answers go to; `null`: nobody, so that no answer is asked for. */
  readonly organizer: { readonly name: string; readonly email: string } | null;
  /** What identifiers end with, so that they are unique in the world, e.g. the domain of SIP. */
  readonly domain: string;
}

/** A calendar object and what is to be done with it (RFC 5546). */
export interface CalendarFile {
  readonly method: 'REQUEST' | 'CANCEL' | 'PUBLISH';
  readonly content: string;
}

/**
 * A booking as an iCalendar object (RFC 5545): one event, its rule in its own time zone, cancelled occurrences as exceptions; where each
 * occurrence has its own PIN, an event of its own for each that is near (RECURRENCE-ID). Its UID stays, and SEQUENCE counts its changes.
 * @returns lines ended by CRLF, none longer than 75 octets
 */
export function invitationCalendar(
  invitation: Invitation,
  booking: InvitedBooking,
  facts: CalendarFacts,
): CalendarFile {
  const method = booking.isCancelled ? 'CANCEL' : attendeeOf(invitation, facts) === null ? 'PUBLISH' : 'REQUEST';
  const zone = zoneOf(booking.timeZone);
  const calendar = ical({
    prodId: { company: 'Partyline', product: 'Partyline', language: 'EN' },
    method: ICalCalendarMethod[method],
    // the name is left to the events: with one here, stamps would not be in UTC
    timezone: { name: null, generator: (name) => (name === zone?.name ? zone.block : null) },
  });
  const own = addEvents(calendar, invitation, booking, facts, zone?.name ?? null);
  const whole = calendar.toString();
  // those of occurrences are the most of it, and are folded here in a fraction of the time that the library needs
  const end = whole.lastIndexOf('END:VCALENDAR');
  return { method, content: `${whole.slice(0, end)}${folded(own.join(''))}${whole.slice(end)}\r\n` };
}

/** The VTIMEZONE, and the name that it has for itself: an older name of the same zone would find none. `null`: UTC */
function zoneOf(timeZone: string): { readonly name: string; readonly block: string } | null {
  const [block, parameter] = tzlib_get_ical_block(timeZone);
  const name = parameter?.replace(/^TZID=/, '');
  if (block === undefined || name === undefined || name === 'Etc/UTC') return null;
  return { name, block };
}

/** @returns the events of single occurrences, which are to follow: lines ended by CRLF */
function addEvents(
  calendar: ICalCalendar,
  invitation: Invitation,
  booking: InvitedBooking,
  facts: CalendarFacts,
  zone: string | null,
): readonly string[] {
  const { occurrences, rule } = booking;
  const first = occurrences[0];
  const common = commonOf(invitation, booking, facts, zone);
  const at = (time: number): WallClock | Date =>
    zone === null ? new Date(time) : WallClock.of(time, booking.timeZone);
  const timesOf = ({ startsAt, endsAt }: InvitedOccurrence): { start: WallClock | Date; end: WallClock | Date } => ({
    start: at(startsAt),
    end: at(endsAt),
  });
  if (rule === null) {
    if (first === undefined) return [];
    calendar.createEvent({ ...common, ...timesOf(first), description: describe(invitation, first, facts.now) });
    return [];
  }
  const starts = startOfSeries(booking, zone);
  calendar.createEvent({
    ...common,
    start: starts.start,
    end: starts.end,
    repeating: repeating(booking, zone),
    description: describe(invitation, null, facts.now),
  });
  if (invitation.code.kind !== 'each' || booking.isCancelled) return [];
  return upcoming(booking, facts.now)
    .slice(0, MOST_OVERRIDES)
    .filter((one) => digitsFor(invitation.code, one) !== null)
    .map((one) => {
      const description = describe(invitation, one, facts.now);
      const data = { ...common, ...timesOf(one), recurrenceId: at(one.startsAt), description };
      return new ICalEvent(data, calendar).toString();
    });
}

/** Whom it is for. A REQUEST names at least one (RFC 5546 section 3.2.2); others of the booking are nobody's business. */
function attendeeOf(
  { role, host, hostEmail, invitee }: Invitation,
  { organizer }: CalendarFacts,
): { readonly name: string; readonly email: string } | null {
  if (organizer === null) return null;
  if (invitee !== null) return invitee.email === null ? null : { name: invitee.name, email: invitee.email };
  return role === 'host' && hostEmail !== null ? { name: host, email: hostEmail } : null;
}

function commonOf(
  invitation: Invitation,
  booking: InvitedBooking,
  facts: CalendarFacts,
  zone: string | null,
): Omit<ICalEventData, 'start'> {
  const { ways } = invitation;
  const { now, organizer, domain } = facts;
  const attendee = attendeeOf(invitation, facts);
  const way = ways.find(({ telephone }) => telephone !== null) ?? ways[0];
  const location = way === undefined ? null : (way.telephone?.international ?? way.sip);
  return {
    id: `${booking.id}@${domain}`,
    sequence: booking.revision,
    stamp: new Date(now),
    timezone: zone,
    summary: plain(booking.title),
    status: statusOf(invitation, booking),
    transparency: ICalEventTransparency.OPAQUE,
    ...(location === null ? {} : { location: plain(location) }),
    ...(organizer === null ? {} : { organizer: { name: parameter(organizer.name), email: organizer.email } }),
    ...(attendee === null ? {} : { attendees: [{ ...attendee, name: parameter(attendee.name), rsvp: false }] }),
  };
}

/** One who alone is not invited any more is told so by CANCEL without a STATUS: the event takes place (RFC 5546 section 3.2.5). */
function statusOf({ invitee }: Invitation, { isCancelled }: InvitedBooking): ICalEventStatus | null {
  if (!isCancelled) return ICalEventStatus.CONFIRMED;
  return invitee?.isRevoked === true ? null : ICalEventStatus.CANCELLED;
}

/** The master of a series: on the wall clock as it was booked, so that the rule goes on from there; else its first occurrence. */
function startOfSeries(
  booking: InvitedBooking,
  zone: string | null,
): { readonly start: WallClock | Date; readonly end: WallClock | Date } {
  const { startsLocal, timeZone, durationMs, occurrences } = booking;
  const booked = Temporal.PlainDateTime.from(startsLocal).toZonedDateTime(timeZone).epochMilliseconds;
  const first = occurrences[0]?.startsAt ?? booked;
  if (zone === null) return { start: new Date(first), end: new Date(first + durationMs) };
  const start = first === booked ? WallClock.at(startsLocal, timeZone) : WallClock.of(first, timeZone);
  return { start, end: WallClock.of(first + durationMs, timeZone) };
}

/** RRULE and EXDATE. Where DTSTART has a zone, UNTIL is in UTC (RFC 5545 section 3.3.10). */
function repeating({ rule, timeZone, occurrences }: InvitedBooking, zone: string | null): string {
  const inUtc = (rule ?? '').replace(
    /(^|;)UNTIL=(\d{8})(T\d{6})?(Z?)(?=;|$)/i,
    (whole, before: string, day: string, time: string | undefined, z: string) =>
      z !== '' ? whole : `${before}UNTIL=${untilInUtc(day, time, timeZone)}`,
  );
  const cancelled = occurrences.filter(({ isCancelled }) => isCancelled);
  if (cancelled.length === 0) return `RRULE:${inUtc}`;
  const stamps = cancelled.map(({ startsAt }) => stampOf(startsAt, zone === null ? null : timeZone));
  return `RRULE:${inUtc}\r\nEXDATE${zone === null ? '' : `;TZID=${zone}`}:${stamps.join(',')}`;
}

/** A day alone counts to its end. */
function untilInUtc(day: string, time: string | undefined, timeZone: string): string {
  const local = Temporal.PlainDateTime.from(`${day}${time ?? 'T235959'}`);
  return stampOf(local.toZonedDateTime(timeZone).epochMilliseconds, null);
}

function stampOf(at: number, timeZone: string | null): string {
  const clock = WallClock.of(at, timeZone ?? 'UTC');
  return `${clock.toFormat('yyyyLLdd')}T${clock.toFormat('HHmmss')}${timeZone === null ? 'Z' : ''}`;
}

/** The text of an entry: what to dial first, as calendars on telephones make that line one to tap. */
function describe(invitation: Invitation, occurrence: InvitedOccurrence | null, now: number): string {
  const { booking, code, ways } = invitation;
  if (booking?.isCancelled === true) return plain(cancellationText(invitation, booking));
  const digits = digitsFor(code, occurrence);
  const only = code.kind === 'each' && occurrence !== null ? occurrence : null;
  const text = invitationText(booking === null ? invitation : { ...invitation, booking: { ...booking, only } }, now);
  const way = ways.find(({ telephone }) => telephone !== null);
  const tap = way === undefined || digits === null ? [] : [`${tapToCall(way, digits)}  PIN ${inGroups(digits)}`, ''];
  return plain([...tap, text].join('\n'));
}

/** Text without control characters, which RFC 5545 section 3.1 has none of; line ends stay. */
const plain = (text: string): string => text.replaceAll(/(?!\n)\p{Cc}/gu, ' ').trimEnd();

/** A quoted parameter holds no quotes (RFC 5545 section 3.2). */
const parameter = (text: string): string => plain(text).replaceAll(/["\n\\]/g, "'");
