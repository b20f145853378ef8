import { InvalidArgumentError } from 'commander';

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };
const WRONG = 'It must be a date (2026-01-31), a date and time (2026-01-31T14:00), or a time ago (30m, 24h, 7d).';

/** A moment as people write it: `wholeDay` when only a date was given. */
export interface Moment {
  readonly at: number;
  readonly wholeDay: boolean;
}

/**
 * Reads a moment, on the clock of this machine unless it says its zone.
 * @param now milliseconds since the epoch, for times ago
 */
export function readMoment(text: string, now: number): Moment {
  const ago = /^(\d{1,5})([mhd])$/.exec(text);
  const unit = UNITS[ago?.[2] ?? ''];
  if (ago !== null && unit !== undefined) return { at: now - Number(ago[1]) * unit, wholeDay: false };
  const date = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2})?)(Z|[+-]\d{2}:\d{2})?)?$/.exec(text);
  if (date === null) throw new InvalidArgumentError(WRONG);
  const [, year, month, day, time, zone = ''] = date;
  // a day that the month does not have would roll over into the next
  const isDay = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day))).getUTCDate() === Number(day);
  const at = Date.parse(`${year ?? ''}-${month ?? ''}-${day ?? ''}T${time ?? '00:00'}${zone}`);
  if (!isDay || Number.isNaN(at)) throw new InvalidArgumentError(WRONG);
  return { at, wholeDay: time === undefined };
}

/** Start of the next day on the clock of this machine, also when a clock change makes the day longer or shorter. */
export function nextDay(at: number): number {
  const date = new Date(at);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + 1).getTime();
}
