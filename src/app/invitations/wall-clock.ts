import { Temporal } from 'temporal-polyfill';

/**
 * A time on the wall clock of a zone, as the calendar library takes times of other libraries: it is asked for its parts, which no
 * zone of this machine has a say in.
 */
export class WallClock {
  readonly isValid = true;
  readonly zone = { type: 'iana' };
  readonly #local: Temporal.PlainDateTime;
  readonly #timeZone: string;

  private constructor(local: Temporal.PlainDateTime, timeZone: string) {
    this.#local = local;
    this.#timeZone = timeZone;
  }

  /** @param local e.g. `2026-03-29T09:00`; kept as it stands also where that hour does not exist */
  static at(local: string, timeZone: string): WallClock {
    return new WallClock(Temporal.PlainDateTime.from(local), timeZone);
  }

  /** @param at milliseconds since the epoch */
  static of(at: number, timeZone: string): WallClock {
    const there = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone);
    return new WallClock(there.toPlainDateTime(), timeZone);
  }

  /** It stays in its own zone: the event names that one. */
  setZone(): this {
    return this;
  }

  /** The two formats that are asked for. */
  toFormat(format: string): string {
    const { year, month, day, hour, minute, second } = this.#local;
    const two = (value: number): string => String(value).padStart(2, '0');
    if (format === 'yyyyLLdd') return `${String(year).padStart(4, '0')}${two(month)}${two(day)}`;
    return `${two(hour)}${two(minute)}${two(second)}`;
  }

  toJSDate(): Date {
    return new Date(this.#local.toZonedDateTime(this.#timeZone).epochMilliseconds);
  }

  toJSON(): string {
    return this.toJSDate().toJSON();
  }
}
