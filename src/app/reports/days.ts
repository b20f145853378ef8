import { Temporal } from 'temporal-polyfill';

/** One day of a time zone, or the part of it within a period. Milliseconds since the epoch; `to` is exclusive. */
export interface Day {
  /** Such as `2026-01-31`. */
  readonly day: string;
  readonly from: number;
  readonly to: number;
}

/** The days of a period in order, as long as the clocks of the time zone make each of them. */
export function* daysOf(from: number, to: number, timeZone: string): Iterable<Day> {
  let start = Temporal.Instant.fromEpochMilliseconds(from).toZonedDateTimeISO(timeZone).startOfDay();
  while (start.epochMilliseconds < to) {
    const next = start.add({ days: 1 }).startOfDay();
    yield {
      day: start.toPlainDate().toString(),
      from: Math.max(from, start.epochMilliseconds),
      to: Math.min(to, next.epochMilliseconds),
    };
    start = next;
  }
}
