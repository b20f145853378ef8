import { Temporal } from 'temporal-polyfill';

/*
 * Wall clocks of time zones, and moments: milliseconds since 1970-01-01T00:00Z. A wall clock that a zone does not have, as where it is
 * set forward, counts by the offset before; of one that it has twice the first counts (RFC 5545, section 3.3.5).
 */

/** Whether text is the name of a time zone, such as `Europe/London` or `UTC`. */
export function isTimeZone(text: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9_+/-]*$/.test(text)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: text });
    return true;
  } catch {
    return false;
  }
}

/** The zone of this machine. */
export const machineTimeZone = (): string => new Intl.DateTimeFormat().resolvedOptions().timeZone;

/** The moment of a wall clock such as `2026-03-29T09:00`. @throws RangeError it is no wall clock */
export const momentOf = (local: string, timeZone: string): number =>
  Temporal.PlainDateTime.from(local).toZonedDateTime(timeZone, { disambiguation: 'compatible' }).epochMilliseconds;

/** The wall clock at a moment, such as `2026-03-29T09:00:00`. */
export const wallTimeAt = (at: number, timeZone: string): Temporal.PlainDateTime =>
  Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone).toPlainDateTime();

/** The same to the minute, for people and for comparing: `2026-03-29T09:00`. */
export const localAt = (at: number, timeZone: string): string =>
  wallTimeAt(at, timeZone).toString({ smallestUnit: 'minute' });

/** A wall clock to the minute as people write it, in one form; `null`: it is none. */
export function readWallTime(text: string): string | null {
  if (!/^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::00)?$/.test(text)) return null;
  try {
    const read = Temporal.PlainDateTime.from(text.replace(' ', 'T'), { overflow: 'reject' });
    return read.toString({ smallestUnit: 'minute' });
  } catch {
    return null;
  }
}
