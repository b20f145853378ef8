import { levelled } from './level.js';
import { findSpeech } from './speech-gate.js';
import { readWav } from './wav.js';

/** More than any recording of a name, bytes: a minute of sound. */
export const MOST_NAME_BYTES = 1_000_000;

/**
 * What is said in the recording of a name, without the silence around it and as loud as the prompts are; `null`: nothing is.
 * @throws Error with one clear line where it is no WAV file of mono 16-bit PCM at 8 kHz
 */
export function saidIn(recording: Buffer): Int16Array | null {
  if (recording.length > MOST_NAME_BYTES) throw new Error('the recording is longer than any name');
  const samples = readWav(recording);
  const speech = findSpeech(samples);
  return speech === null ? null : levelled(samples.subarray(speech.from, speech.to));
}
