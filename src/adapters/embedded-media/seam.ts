import { FRAME_SAMPLES, SAMPLES_PER_MS } from './frame.js';

/** Samples over which a change is spread: 5 ms, too slow to click and too fast to be noticed. */
const LENGTH = 5 * SAMPLES_PER_MS;

/**
 * Joins what is heard where one sound takes over from another in the middle of it: the step between the two, which
 * would click, is spread over 5 ms. Every frame that is sent goes through it in order.
 */
export class Seam {
  readonly #joined = new Int16Array(FRAME_SAMPLES);
  #last = 0;
  #open = false;

  /** The next frame does not follow on the one before. */
  open(): void {
    this.#open = true;
  }

  /** @returns `frame` itself, or where it does not follow a copy that does, valid until the next call. */
  close(frame: Int16Array): Int16Array {
    const whole = this.#open ? this.#join(frame) : frame;
    this.#open = false;
    this.#last = frame[FRAME_SAMPLES - 1] ?? 0;
    return whole;
  }

  #join(frame: Int16Array): Int16Array {
    const joined = this.#joined;
    joined.set(frame);
    const step = this.#last - (frame[0] ?? 0);
    for (let i = 0; i < LENGTH; i++) {
      const sample = (frame[i] ?? 0) + Math.round(step * (1 - (i + 1) / (LENGTH + 1)));
      joined[i] = Math.max(-32_768, Math.min(32_767, sample));
    }
    return joined;
  }
}

/** Lets a frame begin at nothing, in place. */
export const fadeIn = (frame: Int16Array): void => {
  for (let i = 0; i < LENGTH; i++) frame[i] = Math.round(((frame[i] ?? 0) * (i + 1)) / (LENGTH + 1));
};

/** Lets a frame end within 5 ms, in place; the rest of it is silence. */
export const fadeOut = (frame: Int16Array): void => {
  for (let i = 0; i < LENGTH; i++) frame[i] = Math.round(((frame[i] ?? 0) * (LENGTH - i)) / (LENGTH + 1));
  frame.fill(0, LENGTH);
};
