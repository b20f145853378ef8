/** Told of a line on which nothing is heard, dBFS. */
export const SILENCE_DBFS = -96;

const FULL_SCALE = 32_768;
/** From the mean magnitude of speech or noise to its root mean square; a tone has 1.11. */
const FORM_FACTOR = 1.25;
/** A frame with anything to be heard in it: above the noise of a quiet line. */
const ACTIVE_DBFS = -50;
/** Speech while muted is louder than this, */
const SPEECH_DBFS = -45;
/** and than the noise of the line by so much, */
const ABOVE_FLOOR_DB = 9;
/** and of changing level, as syllables are: a standard deviation of 2.5 dB. Noise and tones have less than 1. */
const LEAST_VARIANCE = 2.5 ** 2;

/** Samples of one line that is listened to for speech: one every 60 ms for at most 2.5 s, of which 0.9 s must be speech. */
export const SPEECH_SAMPLES = { count: 42, everyMs: 60, least: 15 } as const;

/** @param energy mean magnitude of a frame. @returns dBFS, RMS. */
export function levelOf(energy: number): number {
  return energy <= 0 ? SILENCE_DBFS : Math.max(SILENCE_DBFS, 20 * Math.log10((energy * FORM_FACTOR) / FULL_SCALE));
}

/** Mean level while there was anything to be heard, dBFS, and the share of the time in which there was. */
export function figureOf(energies: readonly number[]): { readonly levelDb: number; readonly activeShare: number } {
  const active = energies.map(levelOf).filter((level) => level >= ACTIVE_DBFS);
  if (active.length === 0) return { levelDb: SILENCE_DBFS, activeShare: 0 };
  const power = active.reduce((sum, level) => sum + 10 ** (level / 10), 0) / active.length;
  return { levelDb: 10 * Math.log10(power), activeShare: active.length / energies.length };
}

/** Whether somebody talks on that line: loud enough for long enough, and neither noise nor a tone. */
export function soundsLikeSpeech(energies: readonly number[]): boolean {
  const levels = energies.map(levelOf);
  const floor = Math.max(SILENCE_DBFS, Math.min(...levels));
  const speech = levels.filter((level) => level > SPEECH_DBFS && level > floor + ABOVE_FLOOR_DB);
  if (speech.length < SPEECH_SAMPLES.least) return false;
  const mean = speech.reduce((sum, level) => sum + level, 0) / speech.length;
  return speech.reduce((sum, level) => sum + (level - mean) ** 2, 0) / speech.length >= LEAST_VARIANCE;
}
