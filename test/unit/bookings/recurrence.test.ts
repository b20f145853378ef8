import { describe, expect, it } from 'vitest';
import { RuleRefused, settledRule, unroll, type Series } from '../../../src/app/bookings/recurrence.js';
import { isTimeZone, localAt, momentOf, readWallTime } from '../../../src/app/bookings/wall-time.js';

const YEAR_MS = 366 * 86_400_000;

/** The first occurrences of a series from its start on, in UTC to the minute. */
function starts(startsLocal: string, timeZone: string, rule: string | null, limit = 4, years = 1): readonly string[] {
  const from = momentOf(startsLocal, timeZone);
  const { starts: found } = unroll({ startsLocal, timeZone, rule }, { from, until: from + years * YEAR_MS, limit });
  return found.map((at) => new Date(at).toISOString().slice(0, 16));
}

describe('a booking by the wall clock', () => {
  it.each([
    // summer time begins and ends, north and south
    ['Europe/London', '2026-03-28T09:00', 'FREQ=DAILY', ['2026-03-28T09:00', '2026-03-29T08:00', '2026-03-30T08:00']],
    ['Europe/London', '2026-10-24T09:00', 'FREQ=DAILY', ['2026-10-24T08:00', '2026-10-25T09:00', '2026-10-26T09:00']],
    [
      'America/New_York',
      '2026-03-07T09:00',
      'FREQ=DAILY',
      ['2026-03-07T14:00', '2026-03-08T13:00', '2026-03-09T13:00'],
    ],
    [
      'America/New_York',
      '2026-10-31T09:00',
      'FREQ=DAILY',
      ['2026-10-31T13:00', '2026-11-01T14:00', '2026-11-02T14:00'],
    ],
    [
      'Australia/Lord_Howe',
      '2026-04-04T09:00',
      'FREQ=DAILY',
      ['2026-04-03T22:00', '2026-04-04T22:30', '2026-04-05T22:30'],
    ],
    [
      'Australia/Lord_Howe',
      '2026-10-03T09:00',
      'FREQ=DAILY',
      ['2026-10-02T22:30', '2026-10-03T22:00', '2026-10-04T22:00'],
    ],
    [
      'America/Santiago',
      '2026-09-05T09:00',
      'FREQ=DAILY',
      ['2026-09-05T13:00', '2026-09-06T12:00', '2026-09-07T12:00'],
    ],
    // east and west of everything, and by odd minutes
    ['Asia/Kathmandu', '2026-03-28T09:00', 'FREQ=DAILY', ['2026-03-28T03:15', '2026-03-29T03:15', '2026-03-30T03:15']],
    [
      'Pacific/Kiritimati',
      '2026-03-28T00:30',
      'FREQ=DAILY',
      ['2026-03-27T10:30', '2026-03-28T10:30', '2026-03-29T10:30'],
    ],
    [
      'Pacific/Pago_Pago',
      '2026-03-28T23:30',
      'FREQ=DAILY',
      ['2026-03-29T10:30', '2026-03-30T10:30', '2026-03-31T10:30'],
    ],
    // by the week over the change
    [
      'Europe/Berlin',
      '2026-03-24T18:00',
      'FREQ=WEEKLY;BYDAY=TU',
      ['2026-03-24T17:00', '2026-03-31T16:00', '2026-04-07T16:00'],
    ],
  ])('keeps its hour in %s from %s on (%s)', (zone, start, rule, expected) => {
    expect(starts(start, zone, rule, 3)).toEqual(expected);
  });

  it.each([
    // 01:30 does not exist: the offset before, so it is 02:30 by the clock
    ['Europe/London', '2026-03-28T01:30', ['2026-03-28T01:30', '2026-03-29T01:30', '2026-03-30T00:30']],
    ['America/New_York', '2026-03-07T02:30', ['2026-03-07T07:30', '2026-03-08T07:30', '2026-03-09T06:30']],
    ['Australia/Lord_Howe', '2026-10-03T02:15', ['2026-10-02T15:45', '2026-10-03T15:45', '2026-10-04T15:15']],
    // 01:30 comes twice: the first
    ['Europe/London', '2026-10-24T01:30', ['2026-10-24T00:30', '2026-10-25T00:30', '2026-10-26T01:30']],
    ['America/New_York', '2026-10-31T01:30', ['2026-10-31T05:30', '2026-11-01T05:30', '2026-11-02T06:30']],
    ['Australia/Lord_Howe', '2026-04-04T01:45', ['2026-04-03T14:45', '2026-04-04T14:45', '2026-04-05T15:15']],
    // a day that Samoa left out: it falls on the next, once
    ['Pacific/Apia', '2011-12-28T09:00', ['2011-12-28T19:00', '2011-12-29T19:00', '2011-12-30T19:00']],
  ])('happens once where the clock is changed over it in %s from %s on', (zone, start, expected) => {
    expect(starts(start, zone, 'FREQ=DAILY', 3)).toEqual(expected);
    expect(starts(start, zone, null)).toEqual(expected.slice(0, 1));
  });

  it.each([
    [
      'a leap day, every fourth year',
      '2028-02-29T10:00',
      'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29',
      ['2028-02-29', '2032-02-29', '2036-02-29', '2040-02-29'],
    ],
    [
      'the last day of the month',
      '2028-01-31T10:00',
      'FREQ=MONTHLY;BYMONTHDAY=-1',
      ['2028-01-31', '2028-02-29', '2028-03-31', '2028-04-30'],
    ],
    [
      'only months with 31 days',
      '2026-01-31T10:00',
      'FREQ=MONTHLY',
      ['2026-01-31', '2026-03-31', '2026-05-31', '2026-07-31'],
    ],
    [
      'the last weekday',
      '2026-01-30T10:00',
      'FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1',
      ['2026-01-30', '2026-02-27', '2026-03-31', '2026-04-30'],
    ],
    [
      'the second Tuesday',
      '2026-03-10T10:00',
      'FREQ=MONTHLY;BYDAY=2TU',
      ['2026-03-10', '2026-04-14', '2026-05-12', '2026-06-09'],
    ],
    [
      'every second week from Sunday on',
      '2026-03-01T10:00',
      'FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO;WKST=SU',
      ['2026-03-01', '2026-03-02', '2026-03-15', '2026-03-16'],
    ],
    ['a count', '2026-03-02T10:00', 'FREQ=WEEKLY;COUNT=2', ['2026-03-02', '2026-03-09']],
    ['until a day, that day included', '2026-03-02T10:00', 'FREQ=WEEKLY;UNTIL=20260309', ['2026-03-02', '2026-03-09']],
    ['until a moment in UTC', '2026-03-02T10:00', 'FREQ=WEEKLY;UNTIL=20260309T095959Z', ['2026-03-02']],
  ])('repeats by rule: %s', (_, start, rule, expected) => {
    expect(starts(start, 'UTC', rule, 4, 12).map((at) => at.slice(0, 10))).toEqual(expected);
  });

  it('knows no more after a count or an end, and how far it knows else', () => {
    const series: Series = { startsLocal: '2026-03-02T10:00', timeZone: 'UTC', rule: 'FREQ=WEEKLY;COUNT=2' };
    const from = momentOf('2026-03-02T10:00', 'UTC');
    const until = from + YEAR_MS;
    expect(unroll(series, { from, until, limit: 10 })).toMatchObject({ until: null });
    expect(
      unroll({ ...series, rule: 'FREQ=WEEKLY;UNTIL=20260801T000000Z' }, { from, until, limit: 100 }).until,
    ).toBeNull();
    expect(unroll({ ...series, rule: 'FREQ=WEEKLY' }, { from, until, limit: 100 }).until).toBe(until);
    const cut = unroll({ ...series, rule: 'FREQ=WEEKLY' }, { from, until, limit: 3 });
    expect(cut.starts).toHaveLength(3);
    expect(cut.until).toBe((cut.starts.at(-1) ?? 0) + 1);
  });

  it.each(['FREQ=DAILY', 'FREQ=HOURLY;INTERVAL=5', 'FREQ=MONTHLY;BYDAY=-1SU', 'FREQ=WEEKLY;BYDAY=MO,TH;COUNT=40'])(
    'is the same unrolled in parts as in one, none missing and none twice: %s',
    (rule) => {
      const series: Series = { startsLocal: '2026-01-01T02:30', timeZone: 'America/New_York', rule };
      const begin = momentOf(series.startsLocal, series.timeZone);
      const end = begin + YEAR_MS;
      const whole = unroll(series, { from: begin, until: end, limit: 10_000 }).starts;
      const parts: number[] = [];
      for (let from: number | null = begin; from !== null && from < end;) {
        const { starts: some, until }: ReturnType<typeof unroll> = unroll(series, { from, until: end, limit: 7 });
        parts.push(...some);
        from = until;
      }
      expect(whole.length).toBeGreaterThan(10);
      expect(parts).toEqual(whole);
    },
  );
});

describe('a rule that is booked', () => {
  it('is kept upper case with its end in UTC, which calendars agree on', () => {
    expect(settledRule('rrule:freq=weekly;until=20260801;byday=mo', '2026-03-02T10:00', 'America/New_York')).toBe(
      'FREQ=WEEKLY;BYDAY=MO;UNTIL=20260802T035959Z',
    );
    expect(settledRule('FREQ=WEEKLY;UNTIL=20260801T120000Z', '2026-03-02T10:00', 'America/New_York')).toBe(
      'FREQ=WEEKLY;UNTIL=20260801T120000Z',
    );
  });

  it.each([
    ['', 'has a part that is no NAME=VALUE: ""'],
    ['BYDAY=MO', 'does not say how often'],
    ['FREQ=FORTNIGHTLY', 'which is not one of YEARLY'],
    ['FREQ=SECONDLY', 'repeats within a minute'],
    ['FREQ=DAILY;BYSECOND=30', 'repeats within a minute'],
    ['FREQ=DAILY;BYEASTER=0', 'unknown part BYEASTER'],
    ['FREQ=DAILY;constructor=1', 'unknown part CONSTRUCTOR'],
    ['FREQ=DAILY;FREQ=WEEKLY', 'has FREQ twice'],
    ['FREQ=DAILY;COUNT=3;UNTIL=20261231', 'has both COUNT and UNTIL'],
    ['FREQ=DAILY;COUNT=0', 'not a number from 1'],
    ['FREQ=MONTHLY;BYMONTHDAY=32', 'not days from 1 to 31'],
    ['FREQ=WEEKLY;BYDAY=XX', 'not weekdays'],
    ['FREQ=DAILY;UNTIL=20260230', 'not a date'],
    ['FREQ=DAILY;UNTIL=20200101', 'ends before it begins'],
    ['FREQ=DAILY;BYDAY=1MO', 'BYDAY with numeric value'],
    ['FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30', 'never happens'],
    [
      'FREQ=WEEKLY;BYDAY=TU',
      '2026-03-02T10:00 is not among the days of the rule: the first from then on is 2026-03-03T10:00',
    ],
    [`FREQ=YEARLY;BYYEARDAY=${'1,'.repeat(300)}1`, 'longer than 500'],
    ['FREQ=WEEKLY;BYSETPOS=1', /^the rule cannot be read \([^()]*\): look at its parts$/],
  ])('is refused in one line: %s', (rule, reason) => {
    const settle = (): string => settledRule(rule, '2026-03-02T10:00', 'UTC');
    expect(settle).toThrow(RuleRefused);
    expect(settle).toThrow(reason);
  });
});

describe('wall clocks and time zones', () => {
  it.each(['Europe/London', 'UTC', 'America/Argentina/Buenos_Aires', 'Etc/GMT+5'])('knows %s', (zone) => {
    expect(isTimeZone(zone)).toBe(true);
  });

  it.each(['', '+01:00', 'Mars/Olympus', 'Europe', '../UTC', 'Europe/London\n'])('knows no zone "%s"', (zone) => {
    expect(isTimeZone(zone)).toBe(false);
  });

  it('reads a wall clock to the minute, and nothing else', () => {
    expect(readWallTime('2026-03-29 09:00')).toBe('2026-03-29T09:00');
    expect(readWallTime('2028-02-29T23:59:00')).toBe('2028-02-29T23:59');
    for (const text of [
      '2026-02-29T09:00',
      '2026-03-29',
      '2026-03-29T24:00',
      '2026-03-29T09:00Z',
      '9:00',
      '2026-03-29T09:00:30',
    ]) {
      expect(readWallTime(text), text).toBeNull();
    }
  });

  it('says a moment by the clock of a zone', () => {
    expect(localAt(Date.parse('2026-03-29T00:59:00Z'), 'Europe/London')).toBe('2026-03-29T00:59');
    expect(localAt(Date.parse('2026-03-29T01:00:00Z'), 'Europe/London')).toBe('2026-03-29T02:00');
  });
});
