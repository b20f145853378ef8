/*
 * The value of an RRULE (RFC 5545, section 3.3.10), as far as its form goes: which days it means is another's to say.
 */

export type Frequency = 'YEARLY' | 'MONTHLY' | 'WEEKLY' | 'DAILY' | 'HOURLY' | 'MINUTELY';

/** Its end by date: a moment in UTC, or a wall clock in the time zone of what repeats. */
export interface RuleEnd {
  /** `YYYY-MM-DDTHH:MM:SS`. */
  readonly clock: string;
  readonly isUtc: boolean;
}

/** A rule in form. */
export interface RecurrenceRule {
  readonly frequency: Frequency;
  /** Its parts but for UNTIL, upper case, in the order given, e.g. `FREQ=WEEKLY;BYDAY=MO`. */
  readonly withoutEnd: string;
  /** At most so many occurrences, or `null`. */
  readonly count: number | null;
  readonly until: RuleEnd | null;
  /** It names hours or minutes: there may be many in a day. */
  readonly namesTimes: boolean;
}

/** Why a text is no rule, in words that go on after "the rule". */
export interface RuleProblem {
  readonly problem: string;
}

const LONGEST_RULE = 500;
const FREQUENCIES: readonly string[] = ['YEARLY', 'MONTHLY', 'WEEKLY', 'DAILY', 'HOURLY', 'MINUTELY'];
const WEEKDAY = '(?:MO|TU|WE|TH|FR|SA|SU)';

type Check = (value: string) => boolean;

const every =
  (check: Check): Check =>
  (list) =>
    list.split(',').every(check);
const from =
  (least: number, most: number): Check =>
  (text) =>
    /^\d{1,4}$/.test(text) && Number(text) >= least && Number(text) <= most;
/** 1 to `most`, also counted from the end. */
const place = (most: number): Check => {
  const counted = from(1, most);
  return (text) => counted(text.replace(/^[+-]/, ''));
};
const matching =
  (pattern: RegExp): Check =>
  (text) =>
    pattern.test(text);

const weekday = matching(new RegExp(`^(?:[+-]?(?:[1-9]|[1-4]\\d|5[0-3]))?${WEEKDAY}$`));

const PARTS: Readonly<Record<string, { readonly holds: Check; readonly wants: string }>> = {
  FREQ: { holds: (text) => FREQUENCIES.includes(text), wants: `one of ${FREQUENCIES.join(', ')}` },
  INTERVAL: { holds: from(1, 1_000), wants: 'a number from 1 to 1000' },
  COUNT: { holds: from(1, 9_999), wants: 'a number from 1 to 9999' },
  UNTIL: {
    holds: (text) => endOf(text) !== null,
    wants: 'a date such as 20261231 or a date and time such as 20261231T235959Z',
  },
  WKST: { holds: matching(new RegExp(`^${WEEKDAY}$`)), wants: 'a weekday such as MO' },
  BYDAY: { holds: every(weekday), wants: 'weekdays such as MO,WE or 1MO or -1FR' },
  BYMONTH: { holds: every(from(1, 12)), wants: 'months from 1 to 12' },
  BYMONTHDAY: { holds: every(place(31)), wants: 'days from 1 to 31, or -1 to -31 from the end' },
  BYYEARDAY: { holds: every(place(366)), wants: 'days from 1 to 366, or -1 to -366 from the end' },
  BYWEEKNO: { holds: every(place(53)), wants: 'weeks from 1 to 53, or -1 to -53 from the end' },
  BYSETPOS: { holds: every(place(366)), wants: 'places from 1 to 366, or -1 to -366 from the end' },
  BYHOUR: { holds: every(from(0, 23)), wants: 'hours from 0 to 23' },
  BYMINUTE: { holds: every(from(0, 59)), wants: 'minutes from 0 to 59' },
};

/** Reads the value of an RRULE; `RRULE:` may stand before it, and case does not matter. */
export function parseRule(text: string): RecurrenceRule | RuleProblem {
  if (text.length > LONGEST_RULE) return { problem: `is longer than ${LONGEST_RULE} characters` };
  const value = text
    .trim()
    .toUpperCase()
    .replace(/^RRULE:/, '');
  const parts = new Map<string, string>();
  for (const part of value.split(';')) {
    const [, name = '', given = ''] = /^([A-Z]+)=(.+)$/.exec(part) ?? [];
    const problem = problemOf(part, name, given, parts);
    if (problem !== null) return { problem };
    parts.set(name, given);
  }
  const frequency = parts.get('FREQ');
  if (frequency === undefined) return { problem: 'does not say how often: begin with FREQ=WEEKLY or the like' };
  const until = parts.get('UNTIL');
  const count = parts.get('COUNT');
  if (until !== undefined && count !== undefined) return { problem: 'has both COUNT and UNTIL: leave one out' };
  return {
    frequency: frequency as Frequency,
    withoutEnd: [...parts].flatMap(([name, given]) => (name === 'UNTIL' ? [] : [`${name}=${given}`])).join(';'),
    count: count === undefined ? null : Number(count),
    until: until === undefined ? null : endOf(until),
    namesTimes: parts.has('BYHOUR') || parts.has('BYMINUTE'),
  };
}

function problemOf(part: string, name: string, given: string, before: ReadonlyMap<string, string>): string | null {
  if (name === '') return `has a part that is no NAME=VALUE: "${part}"`;
  if (name === 'BYSECOND' || given === 'SECONDLY') return 'repeats within a minute: conferences begin on the minute';
  const known = Object.hasOwn(PARTS, name) ? PARTS[name] : undefined;
  if (known === undefined) return `has an unknown part ${name}: see RFC 5545, section 3.3.10`;
  if (before.has(name)) return `has ${name} twice`;
  return known.holds(given) ? null : `has ${name}=${given}, which is not ${known.wants}`;
}

/** The whole of a day without a time. */
function endOf(text: string): RuleEnd | null {
  const match = /^(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})(\d{2})(Z?))?$/.exec(text);
  if (match === null) return null;
  const [, year = '', month = '', day = '', hour = '23', minute = '59', second = '59', zone = ''] = match;
  const isDay = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day))).getUTCDate() === Number(day);
  if (!isDay || Number(month) < 1 || Number(month) > 12 || hour > '23' || minute > '59' || second > '59') return null;
  return { clock: `${year}-${month}-${day}T${hour}:${minute}:${second}`, isUtc: zone === 'Z' };
}
