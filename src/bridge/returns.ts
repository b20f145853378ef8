import type { Clock } from '../ports/clock.js';

/** How often a caller whom the mixer takes out of the room is put back in so many milliseconds. */
const MOST_TRIES = 5;
const WINDOW_MS = 60_000;
/** Between two tries, milliseconds. */
const PAUSE_MS = 500;

/** Bounds the tries to put a caller back into a room. */
export class Returns {
  readonly #clock: Clock;
  #tries: readonly number[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether one more may be made; it counts as made then. */
  mayTry(): boolean {
    const now = this.#clock.monotonic();
    this.#tries = this.#tries.filter((at) => now - at < WINDOW_MS);
    if (this.#tries.length >= MOST_TRIES) return false;
    this.#tries = [...this.#tries, now];
    return true;
  }

  pause(): Promise<void> {
    return new Promise((resolve) => void this.#clock.after(PAUSE_MS, resolve));
  }
}
