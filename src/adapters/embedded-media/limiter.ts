import { FRAME_SAMPLES } from './frame.js';

/** Loudest sample, 16 bits. */
const FULL_SCALE = 32_767;
/** Where a limited sum comes to lie. Above it the rare sample that comes before the gain is down is bent, not cut. */
const CEILING = 30_000;
/** Gain is settled for 5 ms at a time. */
const BLOCK = 40;
const BLOCKS = FRAME_SAMPLES / BLOCK;
/** After a peak the gain rises by this factor per block: 20 dB in a quarter of a second. */
const RELEASE = 1.047;
/** A peak right at the start of a frame leaves 2 ms to turn down. */
const SUDDEN = 16;

/**
 * Keeps a sum of several talkers within 16 bits without a click: it looks over the frame it is given, no further,
 * and turns the gain down in a slope before each peak and up again slowly. A frame that fits, and finds the gain at 1, is passed bit for bit.
 */
export class Limiter {
  #gain = 1;
  readonly #needed = new Float64Array(BLOCKS + 1);

  /** It turns nothing down just now. */
  get resting(): boolean {
    return this.#gain === 1;
  }

  /** Nothing passes this tick; the gain recovers meanwhile. */
  rest(): void {
    this.#gain = Math.min(1, this.#gain * RELEASE ** BLOCKS);
  }

  /** Takes the gain of another limiter over. */
  follow(other: Limiter): void {
    this.#gain = other.#gain;
  }

  /** `sum` and `out` are one frame each. */
  apply(sum: Int32Array, out: Int16Array): void {
    let most = 0;
    for (let i = 0; i < FRAME_SAMPLES; i++) {
      const magnitude = Math.abs(sum[i] ?? 0);
      if (magnitude > most) most = magnitude;
    }
    if (this.#gain === 1 && most <= FULL_SCALE) {
      for (let i = 0; i < FRAME_SAMPLES; i++) out[i] = sum[i] ?? 0;
    } else {
      this.#limit(sum, out);
    }
  }

  #limit(sum: Int32Array, out: Int16Array): void {
    for (let block = 0; block < BLOCKS; block++) {
      let peak = 0;
      for (let i = block * BLOCK; i < (block + 1) * BLOCK; i++) {
        const magnitude = Math.abs(sum[i] ?? 0);
        if (magnitude > peak) peak = magnitude;
      }
      this.#needed[block] = peak > CEILING ? CEILING / peak : 1;
    }
    this.#needed[BLOCKS] = 1;
    for (let block = 0; block < BLOCKS; block++) {
      const from = this.#gain;
      const to = Math.min(from * RELEASE, this.#needed[block] ?? 1, this.#needed[block + 1] ?? 1);
      const slope = block === 0 && to < from ? SUDDEN : BLOCK;
      for (let i = 0; i < BLOCK; i++) {
        const at = block * BLOCK + i;
        const gain = i < slope ? from + ((to - from) * (i + 1)) / slope : to;
        out[at] = bend((sum[at] ?? 0) * gain);
      }
      this.#gain = to;
    }
  }
}

/** Unchanged up to the ceiling; from there it approaches full scale and never reaches it. */
const bend = (value: number): number => {
  const magnitude = Math.abs(value);
  if (magnitude <= CEILING) return value;
  const over = (magnitude - CEILING) / (FULL_SCALE - CEILING);
  const bent = CEILING + (FULL_SCALE - CEILING) * (over / (1 + over));
  return value < 0 ? -bent : bent;
};
