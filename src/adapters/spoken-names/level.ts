import { FRAME } from './frames.js';

/** The prompts' level while there is speech, dBFS. */
export const PROMPT_LEVEL_DB = -23;
/** Frames within this of the loudest are speech: as the prompts are measured, decibels. */
const ACTIVE_DB = 30;
/** A whisper is not made a shout, nor its noise a storm, decibels. */
const MOST_GAIN_DB = 24;
/** From here on peaks are bent, so that none reaches full scale. */
const KNEE = 0.5;
/** Cut edges are faded, samples. */
const FADE = 40;

/** Level while there is speech, dBFS. */
export function activeLevel(samples: Int16Array): number {
  const powers: number[] = [];
  for (let at = 0; at < samples.length; at += 2 * FRAME) {
    const frame = samples.subarray(at, at + 2 * FRAME);
    powers.push(frame.reduce((sum, sample) => sum + (sample / 32_768) ** 2, 0) / frame.length);
  }
  const floor = Math.max(...powers) / 10 ** (ACTIVE_DB / 10);
  const active = powers.filter((power) => power >= floor && power > 0);
  if (active.length === 0) return -96;
  return 10 * Math.log10(active.reduce((sum, power) => sum + power, 0) / active.length);
}

/** The same as loud as the prompts are, without clipping, its edges faded. */
export function levelled(samples: Int16Array): Int16Array {
  const gain = 10 ** (Math.min(MOST_GAIN_DB, PROMPT_LEVEL_DB - activeLevel(samples)) / 20);
  return samples.map((sample, index) => {
    const fade = Math.min(1, (index + 1) / FADE, (samples.length - index) / FADE);
    return Math.round(32_767 * bent((gain * fade * sample) / 32_768));
  });
}

function bent(value: number): number {
  const size = Math.abs(value);
  if (size <= KNEE) return value;
  return Math.sign(value) * (KNEE + (1 - KNEE) * 0.98 * Math.tanh((size - KNEE) / (1 - KNEE)));
}
