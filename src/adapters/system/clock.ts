import type { Clock, Timer } from '../../ports/clock.js';

/** The longest time a timer of Node can be set to; anything longer would fire at once. */
const LONGEST_MS = 2 ** 31 - 1;

/** From the start of this process back to the machine's own zero. */
const ORIGIN_MS = Number(process.hrtime.bigint()) / 1e6 - performance.now();

/** The machine's own clocks. */
export class SystemClock implements Clock {
  monotonic(): number {
    return ORIGIN_MS + performance.now();
  }

  wall(): number {
    return Date.now();
  }

  /** @throws RangeError for a time that is negative, not finite, or beyond 2^31-1 ms (about 24 days) */
  after(ms: number, callback: () => void): Timer {
    if (!(ms >= 0 && ms <= LONGEST_MS)) {
      throw new RangeError(`a timer takes 0 to ${LONGEST_MS} ms, not ${ms}`);
    }
    const timeout = setTimeout(callback, ms);
    return { cancel: () => clearTimeout(timeout) };
  }
}
