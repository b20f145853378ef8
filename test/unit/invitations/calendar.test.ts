import ICAL from 'ical.js';
import { describe, expect, it } from 'vitest';
import { invitationCalendar } from '../../../src/app/invitations/calendar.js';
import type { CalendarFile } from '../../../src/app/invitations/calendar.js';
import type { Invitation, InvitedBooking } from '../../../src/app/invitations/invitation.js';
import { booked, guestInvitation, occurrencesAt } from './stage.js';

const FACTS = {
  now: Date.UTC(2026, 0, 1, 12),
  organizer: { name: 'Mary "M" Murphy', email: 'conferences@example.org' },
  domain: 'conference.example.org',
};

function written(booking: InvitedBooking, more: Partial<Invitation> = {}, facts = FACTS): CalendarFile {
  return invitationCalendar(guestInvitation({ booking, ...more }), booking, facts);
}

interface Read {
  readonly calendar: ICAL.Component;
  readonly events: readonly ICAL.Event[];
  /** The one without RECURRENCE-ID. */
  readonly main: ICAL.Event;
}

/** Reads a calendar with zones from the calendar alone, as a program does that knows none. */
function read({ content }: CalendarFile): Read {
  const calendar = new ICAL.Component(ICAL.parse(content) as unknown[]);
  ICAL.TimezoneService.reset();
  for (const zone of calendar.getAllSubcomponents('vtimezone')) ICAL.TimezoneService.register(zone);
  const events = calendar.getAllSubcomponents('vevent').map((one) => new ICAL.Event(one));
  const main = events.find(({ component }) => !component.hasProperty('recurrence-id'));
  if (main === undefined) throw new Error('no event');
  return { calendar, events, main };
}

const instant = (time: ICAL.Time): number => time.toUnixTime() * 1000;

/** When it starts, expanded by the reader, at most so many times. */
function starts({ main }: Read, most: number): readonly number[] {
  const found: number[] = [];
  const all = main.iterator();
  for (let time = all.next() as ICAL.Time | undefined; time !== undefined && found.length < most;) {
    found.push(instant(time));
    time = all.next();
  }
  return found;
}

const local = (timeZone: string, ...times: readonly string[]): readonly number[] =>
  occurrencesAt(timeZone, 60, ...times).map(({ startsAt }) => startsAt);

describe('an invitation as iCalendar', () => {
  it('is one event with a name in the world, a zone of its own, who invites and whom', () => {
    const invitee = { id: 'i1' as never, name: 'Tom; "T"', email: 'tom@example.org', isRevoked: false };
    const file = written(booked('Europe/London', '2026-06-01T09:00', { revision: 3, title: 'Q2; numbers, "all"' }), {
      invitee,
    });
    const { calendar, main } = read(file);
    expect(file.method).toBe('REQUEST');
    expect(calendar.getFirstPropertyValue('method')).toBe('REQUEST');
    expect(calendar.getFirstPropertyValue('version')).toBe('2.0');
    expect(calendar.getAllSubcomponents('vtimezone')).toHaveLength(1);
    expect(main.uid).toBe('b1@conference.example.org');
    expect(main.sequence).toBe(3);
    expect(main.summary).toBe('Q2; numbers, "all"');
    expect(main.component.getFirstPropertyValue('organizer')).toBe('mailto:conferences@example.org');
    expect(main.attendees.map((one) => one.getFirstValue())).toEqual(['MAILTO:tom@example.org']);
    expect(String(main.component.getFirstPropertyValue('dtstamp'))).toBe('2026-01-01T12:00:00Z');
    expect(instant(main.startDate)).toBe(Date.UTC(2026, 5, 1, 8));
    expect(instant(main.endDate)).toBe(Date.UTC(2026, 5, 1, 9));
    expect(main.startDate.zone.tzid).toBe('Europe/London');
  });

  it('has the PIN and the one-tap line in its text, and no line longer than 75 octets', () => {
    const title = 'Réunion — 会議 '.repeat(20);
    const file = written(booked('Asia/Tokyo', '2026-06-01T09:00', { title }));
    expect(read(file).main.description).toContain('tel:+442071234567,,123456789  PIN 123 456 789\n');
    expect(read(file).main.summary).toBe(title.trim());
    expect(file.content.endsWith('END:VCALENDAR\r\n')).toBe(true);
    for (const line of file.content.split('\r\n')) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(75);
    expect(file.content.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
  });

  it.each([
    [
      'Europe/London',
      '2026-03-22T01:30',
      'FREQ=DAILY;COUNT=7',
      ['2026-03-22T01:30', '2026-03-23T01:30', '2026-03-24T01:30'],
    ],
    ['Europe/London', '2026-03-23T09:00', 'FREQ=WEEKLY;COUNT=2', ['2026-03-23T09:00', '2026-03-30T09:00']],
    ['America/New_York', '2026-10-26T09:00', 'FREQ=WEEKLY;COUNT=2', ['2026-10-26T09:00', '2026-11-02T09:00']],
    ['Australia/Lord_Howe', '2026-03-29T12:00', 'FREQ=WEEKLY;COUNT=2', ['2026-03-29T12:00', '2026-04-05T12:00']],
    [
      'Asia/Kathmandu',
      '2026-01-31T23:30',
      'FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=2',
      ['2026-01-31T23:30', '2026-02-28T23:30'],
    ],
    ['Asia/Calcutta', '2026-01-31T23:30', 'FREQ=DAILY;COUNT=2', ['2026-01-31T23:30', '2026-02-01T23:30']],
    [
      'UTC',
      '2028-02-29T10:00',
      'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;COUNT=2',
      ['2028-02-29T10:00', '2032-02-29T10:00'],
    ],
    [
      'Europe/Berlin',
      '2026-06-01T10:00',
      'FREQ=WEEKLY;UNTIL=20260615T100000',
      ['2026-06-01T10:00', '2026-06-08T10:00', '2026-06-15T10:00'],
    ],
    [
      'Pacific/Auckland',
      '2026-06-01T10:00',
      'FREQ=WEEKLY;UNTIL=20260615',
      ['2026-06-01T10:00', '2026-06-08T10:00', '2026-06-15T10:00'],
    ],
  ])('repeats in %s from %s by %s as it was booked, in the eyes of another parser', (zone, first, rule, times) => {
    const booking = booked(zone, first, { rule, occurrences: occurrencesAt(zone, 60, ...times) });
    const expanded = starts(read(written(booking)), times.length + (rule.includes('COUNT=7') ? 0 : 1));
    expect(expanded).toEqual(local(zone, ...times));
  });

  it.each([
    ['FREQ=WEEKLY;UNTIL=20260615T100000', '20260615T080000Z'],
    ['FREQ=WEEKLY;UNTIL=20260615', '20260615T215959Z'],
    ['UNTIL=20260615T080000Z;FREQ=WEEKLY', '20260615T080000Z'],
  ])('ends %s at a time in UTC, as an event in a zone must (RFC 5545 section 3.3.10)', (rule, until) => {
    const { main } = read(written(booked('Europe/Berlin', '2026-06-01T10:00', { rule })));
    const value = main.component.getFirstPropertyValue('rrule');
    expect(String((value as ICAL.Recur).until?.toICALString())).toBe(until);
  });

  it('leaves out occurrences that were cancelled', () => {
    const times = ['2026-03-23T09:00', '2026-03-30T09:00', '2026-04-06T09:00'];
    const occurrences = occurrencesAt('Europe/London', 60, ...times).map((one, at) => ({
      ...one,
      isCancelled: at === 1,
    }));
    const booking = booked('Europe/London', '2026-03-23T09:00', { rule: 'FREQ=WEEKLY;COUNT=3', occurrences });
    expect(starts(read(written(booking)), 9)).toEqual(local('Europe/London', times[0] ?? '', times[2] ?? ''));
    const inUtc = booked('UTC', '2026-03-23T09:00', {
      rule: 'FREQ=WEEKLY;COUNT=3',
      occurrences: occurrencesAt('UTC', 60, ...times).map((one, at) => ({ ...one, isCancelled: at === 0 })),
    });
    expect(starts(read(written(inUtc)), 9)).toEqual(local('UTC', times[1] ?? '', times[2] ?? ''));
  });

  it('gives each near occurrence a text of its own, where each has its own PIN', () => {
    const occurrences = occurrencesAt('America/New_York', 60, '2026-03-02T09:00', '2026-03-09T09:00');
    const digits = new Map(occurrences.map(({ startsAt }, at) => [startsAt, `11122233${at}`]));
    const booking = booked('America/New_York', '2026-03-02T09:00', { rule: 'FREQ=WEEKLY;COUNT=2', occurrences });
    const { events, main } = read(written(booking, { code: { kind: 'each', digits } }));
    const own = events.filter(({ component }) => component.hasProperty('recurrence-id'));
    expect(new Set(events.map(({ uid }) => uid)).size).toBe(1);
    expect(own.map(({ recurrenceId }) => instant(recurrenceId))).toEqual(occurrences.map(({ startsAt }) => startsAt));
    expect(own.map(({ startDate }) => instant(startDate))).toEqual(occurrences.map(({ startsAt }) => startsAt));
    expect(own.map(({ description }) => /,,(\d+)/.exec(description)?.[1])).toEqual(['111222330', '111222331']);
    expect(main.description).toContain('Each date has a PIN of its own');
    expect(main.description).not.toContain(',,');
  });

  it('folds those of its own like all others, between characters', () => {
    const occurrences = occurrencesAt('Asia/Tokyo', 60, '2026-03-02T09:00', '2026-03-09T09:00');
    const digits = new Map(occurrences.map(({ startsAt }, at) => [startsAt, `11122233${at}`]));
    // places of the cuts differ by the length of what is before
    for (const before of ['', 'a', 'ab', 'abc', 'abcd']) {
      const title = `${before}${'Réunion — 会議 📞 '.repeat(12)}`.trim();
      const booking = booked('Asia/Tokyo', '2026-03-02T09:00', { title, rule: 'FREQ=WEEKLY;COUNT=2', occurrences });
      const file = written(booking, { code: { kind: 'each', digits } });
      expect(read(file).events.map(({ summary }) => summary)).toEqual([title, title, title]);
      for (const line of file.content.split('\r\n')) {
        expect(Buffer.byteLength(line)).toBeLessThanOrEqual(75);
        expect(line).not.toMatch(/\p{Cs}/u);
      }
      expect(file.content.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
      expect(file.content.endsWith('END:VEVENT\r\nEND:VCALENDAR\r\n')).toBe(true);
    }
  });

  it('cancels by the same name with a higher number, without any PIN', () => {
    const booking = booked('Europe/London', '2026-03-23T09:00', { isCancelled: true, revision: 4 });
    const file = written(booking);
    const { calendar, main } = read(file);
    expect(file.method).toBe('CANCEL');
    expect(calendar.getFirstPropertyValue('method')).toBe('CANCEL');
    expect(main.component.getFirstPropertyValue('status')).toBe('CANCELLED');
    expect([main.uid, main.sequence]).toEqual(['b1@conference.example.org', 4]);
    expect(file.content).not.toMatch(/123456789|123 456 789/);
  });

  it('takes back the invitation of one invitee without saying that the event is off (RFC 5546 section 3.2.5)', () => {
    const booking = booked('Europe/London', '2026-03-23T09:00', { isCancelled: true, revision: 4 });
    const tom = { id: 'i1' as never, name: 'Tom', email: 'tom@example.org' };
    const taken = read(written(booking, { invitee: { ...tom, isRevoked: true } }));
    expect(taken.calendar.getFirstPropertyValue('method')).toBe('CANCEL');
    expect(taken.main.component.hasProperty('status')).toBe(false);
    expect(taken.main.attendees.map((one) => one.getFirstValue())).toEqual(['MAILTO:tom@example.org']);
    expect([taken.main.uid, taken.main.sequence]).toEqual(['b1@conference.example.org', 4]);
    const { main } = read(written(booking, { invitee: { ...tom, isRevoked: false } }));
    expect(main.component.getFirstPropertyValue('status')).toBe('CANCELLED');
  });

  it('asks an invitee by name or the host, and nobody where it is for whoever gets it (RFC 5546 section 3.2.2)', () => {
    const booking = booked('Europe/London', '2026-03-23T09:00');
    const attendees = (file: CalendarFile): readonly unknown[] => [
      file.method,
      ...read(file).main.attendees.map((one) => one.getFirstValue()),
    ];
    const byPhone = { id: 'i1' as never, name: 'Tom', email: null, isRevoked: false };
    expect(attendees(written(booking, { role: 'host' }))).toEqual(['REQUEST', 'MAILTO:mary@example.org']);
    expect(attendees(written(booking, { role: 'host', hostEmail: null }))).toEqual(['PUBLISH']);
    expect(attendees(written(booking))).toEqual(['PUBLISH']);
    expect(attendees(written(booking, { invitee: byPhone }))).toEqual(['PUBLISH']);
  });

  it('is published where there is nobody to answer to', () => {
    const booking = booked('Europe/London', '2026-03-23T09:00');
    const file = invitationCalendar(guestInvitation({ booking }), booking, { ...FACTS, organizer: null });
    expect(read(file).calendar.getFirstPropertyValue('method')).toBe('PUBLISH');
    expect(file.content).not.toContain('ORGANIZER');
  });
});
