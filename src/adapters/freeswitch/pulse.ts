const LOOK_MS = 250;
/** Worst case until a frozen mixer is noticed: the sum of these and one look. */
const EVERY_MS = 1_000;
const DEADLINE_MS = 2_000;

/** Asks a mixer for a sign of life again and again, and tells once when none comes. */
export class Pulse {
  readonly #ask: () => Promise<unknown>;
  readonly #silent: () => void;
  readonly #timer: NodeJS.Timeout;
  #looked = performance.now();
  #last = performance.now();
  #asked: number | null = null;

  /** @param ask resolves when there was an answer; may reject. */
  constructor(ask: () => Promise<unknown>, silent: () => void) {
    this.#ask = ask;
    this.#silent = silent;
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const now = performance.now();
    // Time in which we stood still ourselves is not held against the mixer: its answer may lie here unread.
    const stood = now - this.#looked - LOOK_MS;
    this.#looked = now;
    if (this.#asked !== null && stood > LOOK_MS) this.#asked += stood;
    if (this.#asked !== null && now - this.#asked >= DEADLINE_MS) {
      this.stop();
      this.#silent();
    } else if (this.#asked === null && now - this.#last >= EVERY_MS) {
      this.#asked = now;
      this.#last = now;
      this.#ask().then(
        () => (this.#asked = null),
        () => undefined,
      );
    }
  }
}
