import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { halveRate } from '../src/adapters/embedded-media/resample.js';
import { parseWav } from '../src/adapters/embedded-media/wav.js';
import { concatenated, levelDbfs } from './sound.js';

const PROMPTS = join(import.meta.dirname, '../prompts/en');
/** Between two sentences, 150 ms. */
const PAUSE = new Int16Array(1_200);

/** A sentence of the bridge's own, 8 kHz. */
function sentence(name: string): Int16Array {
  const sound = parseWav(readFileSync(join(PROMPTS, name)));
  if (sound.kind === 'refused') throw new Error(`${name} ${sound.reason}`);
  return sound.sampleRateHz === 16_000 ? halveRate(sound.samples) : sound.samples;
}

/** Every sentence there is, in order of name, 8 kHz; read as they are asked for. */
export function* sentences(): Generator<Int16Array> {
  const names = readdirSync(PROMPTS).filter((name) => name.endsWith('.wav'));
  for (const name of names.sort()) yield sentence(name);
}

/** So many milliseconds of speech: sentences one after the other, all together at `dbfs` (RMS), 8 kHz. */
export function speech(ms: number, dbfs = -24): Int16Array {
  const said: Int16Array[] = [];
  let length = 0;
  for (const words of sentences()) {
    if (length >= ms * 8) break;
    said.push(words, PAUSE);
    length += words.length + PAUSE.length;
  }
  const whole = concatenated(...said).subarray(0, ms * 8);
  const gain = 10 ** ((dbfs - levelDbfs(whole)) / 20);
  return whole.map((sample) => Math.max(-32_768, Math.min(32_767, Math.round(sample * gain))));
}

/** The same speech by a higher or lower voice, and as much faster or slower: 1 is as it is. */
export function pitched(said: Int16Array, factor: number): Int16Array {
  return Int16Array.from({ length: Math.floor(said.length / factor) }, (_, index) => {
    const from = Math.floor(index * factor);
    const between = index * factor - from;
    return Math.round((said[from] ?? 0) * (1 - between) + (said[from + 1] ?? 0) * between);
  });
}

/** Voices from a deep one to a child's. */
export const PITCHES: readonly number[] = [0.7, 0.8, 0.88, 0.94, 1, 1.07, 1.15, 1.25, 1.4];
