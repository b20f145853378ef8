/** Shortest and longest repetition looked for in speech, samples at 8 kHz: 400 Hz and 66 Hz. */
export const MIN_LAG = 20;
export const MAX_LAG = 120;

/**
 * How alike `length` samples from `a` and from `b` are: normalised cross-correlation, -1 to 1; 1 where both are silent.
 * `stride` 2 looks at every second sample.
 */
export const similarity = (samples: Int16Array, a: number, b: number, length: number, stride: number): number => {
  let product = 0;
  let energyA = 0;
  let energyB = 0;
  for (let i = 0; i < length; i += stride) {
    const left = samples[a + i] ?? 0;
    const right = samples[b + i] ?? 0;
    product += left * right;
    energyA += left * left;
    energyB += right * right;
  }
  const energy = Math.sqrt(energyA * energyB);
  if (energy > 0) return product / energy;
  return energyA === energyB ? 1 : 0;
};

/**
 * The lag at which `length` samples from `at` look most like those `lag` later (`direction` 1) or earlier (-1):
 * a coarse search, then a fine one. All samples compared must lie within the array.
 */
export const bestLag = (
  samples: Int16Array,
  at: number,
  length: number,
  direction: 1 | -1,
  minLag: number,
  maxLag: number,
): number => {
  let best = minLag;
  let most = -2;
  for (let lag = minLag; lag <= maxLag; lag += 2) {
    const found = similarity(samples, at, at + direction * lag, length, 2);
    if (found > most) {
      most = found;
      best = lag;
    }
  }
  const coarse = best;
  most = -2;
  for (let lag = Math.max(minLag, coarse - 1); lag <= Math.min(maxLag, coarse + 1); lag++) {
    const found = similarity(samples, at, at + direction * lag, length, 1);
    if (found > most) {
      most = found;
      best = lag;
    }
  }
  return best;
};
