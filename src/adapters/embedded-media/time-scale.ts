import { FRAME_SAMPLES } from './frame.js';
import { MAX_LAG, MIN_LAG, bestLag, similarity } from './pitch.js';

/** Compared to find the period. */
const WINDOW = 80;
/** Two stretches of sound are blended over 5 ms. */
const BLEND = 40;

/** Samples that must be at hand so that a frame can be shortened or drawn out by `samples`. */
export const neededToShorten = (samples: number): number => Math.max(FRAME_SAMPLES, WINDOW) + samples;
export const NEEDED_TO_STRETCH = WINDOW + MIN_LAG;

export interface PeriodFound {
  /** Length of the repetition, samples. */
  lag: number;
  /** How alike the two stretches are, -1 to 1. */
  likeness: number;
}

/** Looks in the first `available` samples of `source` for a repetition of at most `most` samples; `null` where there is no room for one. */
export const findPeriod = (source: Int16Array, available: number, most: number): PeriodFound | null => {
  const longest = Math.min(MAX_LAG, most, available - WINDOW);
  if (longest < MIN_LAG) return null;
  const lag = bestLag(source, 0, WINDOW, 1, MIN_LAG, longest);
  return { lag, likeness: similarity(source, 0, lag, WINDOW, 1) };
};

/** Makes one frame of `source`'s first 160 + `lag` samples by leaving one repetition out. */
export const shorten = (source: Int16Array, lag: number, out: Int16Array): void => {
  const blend = Math.min(BLEND, lag);
  for (let i = 0; i < FRAME_SAMPLES; i++) {
    const later = source[lag + i] ?? 0;
    const weight = (i + 1) / (blend + 1);
    out[i] = weight >= 1 ? later : Math.round((source[i] ?? 0) * (1 - weight) + later * weight);
  }
};

/** Makes one frame of `source`'s first 160 - `lag` samples by saying one repetition twice. */
export const stretch = (source: Int16Array, lag: number, out: Int16Array): void => {
  const blend = Math.min(BLEND, lag, FRAME_SAMPLES - lag);
  for (let i = 0; i < lag; i++) out[i] = source[i] ?? 0;
  for (let i = 0; i < FRAME_SAMPLES - lag; i++) {
    const again = source[i] ?? 0;
    const weight = (i + 1) / (blend + 1);
    out[lag + i] = weight >= 1 ? again : Math.round((source[lag + i] ?? 0) * (1 - weight) + again * weight);
  }
};
