import { InvalidArgumentError } from 'commander';
import { Temporal } from 'temporal-polyfill';
import { machineTimeZone, momentOf } from '../bookings/wall-time.js';

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };
const WRONG = 'It must be a date (2026-01-31), a date and time (2026-01-31T14:00), or a time ago (30m, 24h, 7d).';

/** A moment as people write it: `wholeDay` when only a date was given. */
export interface Moment {
  readonly at: number;
  readonly wholeDay: boolean;
}

/**
 * Reads a moment, on the clock of a time zone unless it says its own.
 * @param now milliseconds since the epoch, for times ago
 * @param timeZone that of this machine where nothing is said
 */
export function readMoment(text: string, now: number, timeZone: string = machineTimeZone()): Moment {
  const ago = /^(\d{1,5})([mhd])$/.exec(text);
  const unit = UNITS[ago?.[2] ?? ''];
  if (ago !== null && unit !== undefined) return { at: now - Number(ago[1]) * unit, wholeDay: false };
  const date = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2})?)(Z|[+-]\d{2}:\d{2})?)?$/.exec(text);
  if (date === null) throw new InvalidArgumentError(WRONG);
  const [, day = '', time, zone] = date;
  try {
    const local = Temporal.PlainDateTime.from(`${day}T${time ?? '00:00'}`, { overflow: 'reject' }).toString();
    const at = zone === undefined ? momentOf(local, timeZone) : Temporal.Instant.from(local + zone).epochMilliseconds;
    return { at, wholeDay: time === undefined };
  } catch {
    throw new InvalidArgumentError(WRONG);
  }
}

/** Start of the next day on the clock of the time zone, also when a clock change makes the day longer or shorter. */
export const nextDay = (at: number, timeZone: string = machineTimeZone()): number =>
  Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone).startOfDay().add({ days: 1 }).startOfDay()
    .epochMilliseconds;
