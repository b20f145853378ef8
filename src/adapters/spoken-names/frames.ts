import { SAMPLE_RATE_HZ } from './wav.js';

/** What sound is looked at in, milliseconds. */
export const FRAME_MS = 10;
export const FRAME = (FRAME_MS * SAMPLE_RATE_HZ) / 1_000;
/** Tones are told apart over two frames: 50 Hz. */
const TONE_FRAMES = 2;
/** Hum of the mains and what a handset adds below speech goes, Hz. */
const LOW_CUT_HZ = 150;
/** Nothing: what no line is quieter than, dBFS. */
const SILENCE_DB = -96;
/** This share of the sound is in one or two tones: nobody's voice. */
const TONE_SHARE = 0.85;

/**
 * Tones that a telephone may add to a name, Hz: the key that ends it, in the audio of phones that send keys so, and the echo of
 * the tone after which it is said.
 */
const TONES: readonly (readonly number[])[] = [[941, 1477], [1046.5]];

/** Level of each frame without hum, dBFS (0: a full-scale square wave). */
export function frameLevels(samples: Int16Array): number[] {
  const alpha = 1 / (1 + (2 * Math.PI * LOW_CUT_HZ) / SAMPLE_RATE_HZ);
  const levels: number[] = [];
  let [before, out] = [samples[0] ?? 0, 0];
  for (let at = 0; at + FRAME <= samples.length; at += FRAME) {
    let power = 0;
    for (let index = at; index < at + FRAME; index += 1) {
      const sample = samples[index] ?? 0;
      out = alpha * (out + sample - before);
      before = sample;
      power += out * out;
    }
    levels.push(decibels(Math.sqrt(power / FRAME) / 32_768));
  }
  return levels;
}

/** Whether each frame is one of the tones and little else. */
export function frameTones(samples: Int16Array): boolean[] {
  const frames = Math.floor(samples.length / FRAME);
  return Array.from({ length: frames }, (_, frame) => {
    const from = Math.max(0, Math.min(frame, frames - TONE_FRAMES)) * FRAME;
    const piece = samples.subarray(from, from + TONE_FRAMES * FRAME);
    const power = piece.reduce((sum, sample) => sum + sample * sample, 0);
    if (power === 0) return false;
    return TONES.some((tone) => tone.reduce((sum, hz) => sum + powerAt(piece, hz), 0) / power > TONE_SHARE);
  });
}

/** Power at one frequency, as the sum of squares of that sine alone (Goertzel). */
function powerAt(piece: Int16Array, hz: number): number {
  const turn = 2 * Math.cos((2 * Math.PI * hz) / SAMPLE_RATE_HZ);
  let [one, two] = [0, 0];
  for (const sample of piece) [one, two] = [sample + turn * one - two, one];
  return (2 * (one * one + two * two - turn * one * two)) / piece.length;
}

export const decibels = (amplitude: number): number =>
  amplitude <= 0 ? SILENCE_DB : Math.max(SILENCE_DB, 20 * Math.log10(amplitude));
