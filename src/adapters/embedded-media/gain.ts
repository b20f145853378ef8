import { FRAME_SAMPLES } from './frame.js';
import { Limiter } from './limiter.js';

/** One thread works on one frame at a time. */
const SCRATCH = new Int32Array(FRAME_SAMPLES);

/**
 * A volume that a caller has set: turns frames louder or softer, and what would not fit into 16 bits any more down again without a click.
 * A new volume is reached within one frame. At 0 dB frames are passed bit for bit, at no cost.
 */
export class Gain {
  #now = 1;
  #wanted = 1;
  readonly #limiter = new Limiter();

  /** @param db -24 to +24; what lies beyond is taken as the end of the range. */
  set(db: number): void {
    this.#wanted = 10 ** (Math.max(-24, Math.min(24, db)) / 20);
  }

  /** Nothing passes this tick. */
  rest(): void {
    this.#now = this.#wanted;
    this.#limiter.rest();
  }

  /** @returns `frame` itself where nothing changes, else `out`, which may be the same array. */
  apply(frame: Int16Array, out: Int16Array): Int16Array {
    if (this.#now === 1 && this.#wanted === 1 && this.#limiter.resting) return frame;
    const step = (this.#wanted - this.#now) / FRAME_SAMPLES;
    for (let i = 0; i < FRAME_SAMPLES; i++) {
      SCRATCH[i] = Math.round((frame[i] ?? 0) * (this.#now + step * (i + 1)));
    }
    this.#now = this.#wanted;
    this.#limiter.apply(SCRATCH, out);
    return out;
  }
}
