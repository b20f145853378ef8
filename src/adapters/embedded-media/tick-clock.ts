import { FRAME_SAMPLES, SAMPLES_PER_MS } from './frame.js';

/** Ticks looked back on, twice, for the one that was least late. */
const WINDOW = 8;

/**
 * The even time of uneven ticks: a timer fires late, never early, so the least late of the last few tells when they are due.
 * In samples; follows within 16 ticks when ticks were left out.
 */
export class TickClock {
  #ticks = 0;
  #leastNow = Infinity;
  #leastBefore = Infinity;

  /** When the last tick was due, samples on the scale of `nowMs * 8`; `null` before the first. */
  get position(): number | null {
    const least = Math.min(this.#leastNow, this.#leastBefore);
    return least === Infinity ? null : this.#ticks * FRAME_SAMPLES + least;
  }

  tick(nowMs: number): void {
    this.#ticks += 1;
    if (this.#ticks % WINDOW === 0) {
      this.#leastBefore = this.#leastNow;
      this.#leastNow = Infinity;
    }
    this.#leastNow = Math.min(this.#leastNow, nowMs * SAMPLES_PER_MS - this.#ticks * FRAME_SAMPLES);
  }
}
