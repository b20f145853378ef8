import { MAX_LAG, bestLag } from './pitch.js';
import { SAMPLES_PER_MS } from './frame.js';

/** Three of the longest pitch periods and a quarter for the seam: 50 ms. */
const HISTORY = 400;
/** Voices from 66 to 200 Hz; a higher one repeats at a multiple of its period. */
const SHORTEST_PERIOD = 40;
/** What is compared to find the period: 20 ms. */
const WINDOW = 160;
/** One period is repeated for 10 ms, two for the next 10, then three: one alone would buzz. */
const STAGE = 10 * SAMPLES_PER_MS;
const MOST_PERIODS = 3;
/** From here the stand-in fades, to nothing at {@link FADE_END}. */
const FADE_START = 10 * SAMPLES_PER_MS;
const FADE_END = 60 * SAMPLES_PER_MS;
/** The step between what was heard last and the repetition is spread over 2 ms. */
const SEAM = 16;
const LONGEST_CROSSFADE = 10 * SAMPLES_PER_MS;

/**
 * Fills gaps in speech with the last pitch periods before them, after the idea of G.711 Appendix I, but without its delay:
 * full level for 10 ms, nothing after 60 ms, and a crossfade into the real audio where it comes back.
 *
 * Everything that is heard goes through it in order: {@link heard} for real audio, {@link conceal} for gaps.
 */
export class Concealment {
  /** The last 50 ms that went out, real or made up. */
  readonly #history = new Int16Array(HISTORY);
  /** `#history` as the gap began. */
  readonly #model = new Int16Array(HISTORY);
  #period = SHORTEST_PERIOD;
  #seam = 0;
  #inGap = false;
  /** Samples made up in the present gap. */
  #made = 0;

  /** The stand-in has faded: until real audio comes, nothing is heard. */
  get faded(): boolean {
    return this.#inGap && this.#made >= FADE_END;
  }

  /** Real audio: `count` samples of `frame` from `at`. Behind a gap its beginning is blended, in place, with what was made up. */
  heard(frame: Int16Array, at: number, count: number): void {
    if (this.#inGap) {
      const quarter = this.#period >> 2;
      const length = Math.min(count, LONGEST_CROSSFADE, quarter + 32 * Math.ceil(this.#made / STAGE));
      for (let i = 0; i < length; i++) {
        const weight = (i + 1) / (length + 1);
        frame[at + i] = Math.round((frame[at + i] ?? 0) * weight + this.#next() * (1 - weight));
      }
      this.#inGap = false;
    }
    this.#remember(frame, at, count);
  }

  /** A gap: makes up `count` samples of `frame` from `at`. */
  conceal(frame: Int16Array, at: number, count: number): void {
    this.breakHere();
    if (this.faded) frame.fill(0, at, at + count);
    else for (let i = 0; i < count; i++) frame[at + i] = Math.round(this.#next());
    this.#remember(frame, at, count);
  }

  /** What is heard next does not follow on what was heard last, though nothing is missing: it will be blended in. */
  breakHere(): void {
    if (this.#inGap) return;
    this.#inGap = true;
    this.#made = 0;
    this.#model.set(this.#history);
    this.#period = bestLag(this.#model, HISTORY - WINDOW, WINDOW, -1, SHORTEST_PERIOD, MAX_LAG);
    this.#seam = (this.#model[HISTORY - 1] ?? 0) - (this.#model[HISTORY - this.#period - 1] ?? 0);
  }

  #next(): number {
    const n = this.#made;
    if (n >= FADE_END) return 0;
    this.#made = n + 1;
    const stage = Math.min(MOST_PERIODS, 1 + Math.floor(n / STAGE));
    let value = this.#repeated(stage, n);
    if (stage > 1 && n < STAGE * MOST_PERIODS) {
      const weight = (n % STAGE) / (this.#period >> 2);
      if (weight < 1) value = value * weight + this.#repeated(stage - 1, n) * (1 - weight);
    }
    if (n < SEAM) value += (this.#seam * (SEAM - n - 1)) / SEAM;
    return n < FADE_START ? value : (value * (FADE_END - n)) / (FADE_END - FADE_START);
  }

  /** Sample `n` of the last `periods` periods, repeated; the last quarter period of each round leads over to its start. */
  #repeated(periods: number, n: number): number {
    const round = periods * this.#period;
    const phase = n % round;
    const value = this.#model[HISTORY - round + phase] ?? 0;
    const quarter = this.#period >> 2;
    const weight = (phase - (round - quarter) + 1) / (quarter + 1);
    if (weight <= 0) return value;
    return value * (1 - weight) + (this.#model[HISTORY - 2 * round + phase] ?? 0) * weight;
  }

  #remember(frame: Int16Array, at: number, count: number): void {
    this.#history.copyWithin(0, count);
    for (let i = 0; i < count; i++) this.#history[HISTORY - count + i] = frame[at + i] ?? 0;
  }
}
