import { RRuleTemporal } from 'rrule-temporal';
import { Temporal } from 'temporal-polyfill';
import { parseRule, type RecurrenceRule } from '../../domain/access/recurrence-rule.js';
import { localAt, momentOf, wallTimeAt } from './wall-time.js';

/*
 * When a repeating booking happens. The rule is unrolled on the wall clock, as if there were one zone without changes, and every wall
 * clock is then looked up in the booking's zone: so 09:00 stays 09:00 the year round.
 */

/** A rule that means nothing, or not what it is booked for: one line that says what to do. */
export class RuleRefused extends Error {
  override readonly name = 'RuleRefused';
}

/** What repeats, or happens once. */
export interface Series {
  /** Wall clock in `timeZone`, e.g. `2026-03-29T09:00`. */
  readonly startsLocal: string;
  readonly timeZone: string;
  /** Value of an RRULE, or `null`. */
  readonly rule: string | null;
}

/** Which occurrences are asked for. Moments are milliseconds since the epoch. */
export interface Wanted {
  /** Those that start then or later. */
  readonly from: number;
  /** Those that start before then. */
  readonly until: number;
  readonly limit: number;
}

export interface Unrolled {
  readonly starts: readonly number[];
  /** All that start before then are among them (from `from` on); `null`: there are none afterwards. */
  readonly until: number | null;
}

const DAY_MS = 86_400_000;
/** Wall clocks of one moment differ by up to a day, and zones have left out a whole day. */
const MARGIN = { days: 2 };
/** Where there may be many in a day, so many days are unrolled at once. */
const DENSE_DAYS = 7;
/** Periods a rule is looked through in one go before it counts as one that never happens. */
const MOST_PERIODS = 100_000;

/** @throws {RuleRefused} */
export function checkRule(text: string): RecurrenceRule {
  const rule = parseRule(text);
  if ('problem' in rule) throw new RuleRefused(`the rule ${rule.problem}`);
  return rule;
}

/**
 * The value of a rule as it is kept: upper case, with its end as a moment in UTC, as RFC 5545 wants it beside a time zone.
 * @throws {RuleRefused} where the start is not the first occurrence, too: calendars would not agree on what is
 */
export function settledRule(text: string, startsLocal: string, timeZone: string): string {
  const rule = checkRule(text);
  const end = rule.until === null ? null : endMoment(rule, timeZone);
  const settled = end === null ? rule.withoutEnd : `${rule.withoutEnd};UNTIL=${utcForm(end)}`;
  const start = momentOf(startsLocal, timeZone);
  if (end !== null && end < start) throw new RuleRefused('the rule ends before it begins: look at its UNTIL');
  const first = firstOf(rule, startsLocal);
  if (first === null) throw new RuleRefused('by this rule it never happens: look at its parts');
  if (first !== startsLocal) {
    throw new RuleRefused(
      `${startsLocal} is not among the days of the rule: the first from then on is ${first}, book it at that`,
    );
  }
  return settled;
}

/** @throws {RuleRefused} a rule that was settled is not */
export function unroll({ startsLocal, timeZone, rule: text }: Series, { from, until, limit }: Wanted): Unrolled {
  if (text === null) {
    const start = momentOf(startsLocal, timeZone);
    return { starts: start >= from ? [start] : [], until: null };
  }
  const rule = checkRule(text);
  const end = rule.until === null ? null : endMoment(rule, timeZone);
  const starts = new Set<number>();
  let isEnough = false;
  for (const locals of localStarts(rule, startsLocal, { from, until }, timeZone)) {
    for (const local of locals) {
      const start = local.toZonedDateTime(timeZone, { disambiguation: 'compatible' }).epochMilliseconds;
      if (start >= from && start < until && (end === null || start <= end)) starts.add(start);
    }
    // One part more: where the clock is changed, what comes later by the clock may be earlier.
    if (isEnough) break;
    isEnough = starts.size > limit;
  }
  const sorted = [...starts].sort((a, b) => a - b);
  const last = sorted[limit - 1];
  if (last !== undefined && sorted.length > limit) return { starts: sorted.slice(0, limit), until: last + 1 };
  const isOver =
    (end !== null && end < until) || (rule.count !== null && !happensAfter(rule, startsLocal, until, timeZone));
  return { starts: sorted, until: isOver ? null : until };
}

const asUtc = (local: Temporal.PlainDateTime | string): Temporal.ZonedDateTime =>
  Temporal.PlainDateTime.from(local).toZonedDateTime('UTC');

const library = (rule: RecurrenceRule, startsLocal: string): RRuleTemporal =>
  translated(
    () =>
      new RRuleTemporal({
        rruleString: `RRULE:${rule.withoutEnd}`,
        dtstart: asUtc(startsLocal),
        strict: true,
        cache: false,
        maxIterations: MOST_PERIODS,
        maxCandidateEvaluations: MOST_PERIODS * 10,
      }),
  );

/** Wall clocks of the rule in and around the time that is asked for, part after part. */
function* localStarts(
  rule: RecurrenceRule,
  startsLocal: string,
  { from, until }: Omit<Wanted, 'limit'>,
  timeZone: string,
): Generator<readonly Temporal.PlainDateTime[]> {
  const unrolled = library(rule, startsLocal);
  const isDense = rule.namesTimes || rule.frequency === 'HOURLY' || rule.frequency === 'MINUTELY';
  const start = Temporal.PlainDateTime.from(startsLocal);
  const last = wallTimeAt(until, timeZone).add(MARGIN);
  const begin = wallTimeAt(from, timeZone).subtract(MARGIN);
  let next = Temporal.PlainDateTime.compare(begin, start) < 0 ? start : begin;
  while (Temporal.PlainDateTime.compare(next, last) < 0) {
    const after = next;
    next = isDense ? earlier(after.add({ days: DENSE_DAYS }), last) : last;
    const to = next;
    const locals = translated(() => unrolled.between(asUtc(after), asUtc(to), true));
    yield locals.map((local) => Temporal.PlainDateTime.from(local.toPlainDateTime().toString()));
  }
}

const earlier = (one: Temporal.PlainDateTime, other: Temporal.PlainDateTime): Temporal.PlainDateTime =>
  Temporal.PlainDateTime.compare(one, other) < 0 ? one : other;

/** The first wall clock of the rule from its start on. */
function firstOf(rule: RecurrenceRule, startsLocal: string): string | null {
  const before = asUtc(startsLocal).subtract({ seconds: 1 });
  const first = translated(() => library(rule, startsLocal).next(before));
  return first === null ? null : first.toPlainDateTime().toString({ smallestUnit: 'minute' });
}

function happensAfter(rule: RecurrenceRule, startsLocal: string, at: number, timeZone: string): boolean {
  const local = wallTimeAt(at, timeZone).subtract(MARGIN);
  return translated(() => library(rule, startsLocal).next(asUtc(local), true)) !== null;
}

function endMoment({ until }: RecurrenceRule, timeZone: string): number {
  if (until === null) return Infinity;
  return momentOf(until.clock, until.isUtc ? 'UTC' : timeZone);
}

/** `YYYYMMDDTHHMMSSZ`. */
const utcForm = (at: number): string => `${localAt(at, 'UTC').replaceAll(/[-:]/g, '')}${secondsOf(at)}Z`;
const secondsOf = (at: number): string => String(Math.floor(at / 1_000) % 60).padStart(2, '0');

/** What the library refuses is the rule's fault, as one that never happens. */
function translated<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof RuleRefused) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    const words = /iterations|evaluations/i.test(reason)
      ? 'by this rule it never happens'
      : `the rule cannot be read (${reason})`;
    throw new RuleRefused(`${words}: look at its parts`);
  }
}

/** How far ahead occurrences are known, at most, and how many of one booking. */
export const AHEAD = { ms: 400 * DAY_MS, occurrences: 1_000 } as const;
