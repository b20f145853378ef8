import type { Clock, Timer } from '../ports/clock.js';

/** How often those who wait are looked at, milliseconds. */
const EVERY_MS = 2_000;
/** The most looks into the store in one go, a few milliseconds: where more wait, each is looked at less often. */
const AT_ONCE = 500;
/** A store that is slow, or locked by others, holds up calls no longer than this and one look more, milliseconds. */
const LONGEST_MS = 50;

interface Watched {
  /** @returns whether the call waits, so that the store was asked */
  lookAgain(): boolean;
}

/**
 * Looks again at what those who wait came by: commands change the database while the bridge runs and tell it nothing. Whoever comes in is
 * looked at in any case; this is so that nobody waits for nothing.
 */
export class PinWatch {
  readonly #clock: Clock;
  readonly #calls: () => readonly Watched[];
  #timer: Timer | null = null;
  #ended = false;
  /** Where the round is. */
  #next = 0;

  constructor(clock: Clock, calls: () => readonly Watched[]) {
    this.#clock = clock;
    this.#calls = calls;
  }

  /** Somebody waits: looks every two seconds until nobody does. */
  wake(): void {
    if (this.#ended) return;
    this.#timer ??= this.#clock.after(EVERY_MS, () => {
      this.#timer = null;
      if (this.#look() > 0) this.wake();
    });
  }

  /** Looks no more. */
  end(): void {
    this.#ended = true;
    this.#timer?.cancel();
    this.#timer = null;
  }

  /** @returns how many waited */
  #look(): number {
    const calls = this.#calls();
    const until = this.#clock.monotonic() + LONGEST_MS;
    const mayGoOn = (): boolean => waited === 0 || (waited < AT_ONCE && this.#clock.monotonic() < until);
    let waited = 0;
    for (let seen = 0; seen < calls.length && mayGoOn(); seen += 1) {
      this.#next = (this.#next + 1) % calls.length;
      if (calls[this.#next]?.lookAgain() === true) waited += 1;
    }
    return waited;
  }
}
