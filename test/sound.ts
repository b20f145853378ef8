import { writeFile } from 'node:fs/promises';

/** Measurements on 8 kHz mono sound, for every test that listens. Levels are dBFS, a full-scale sine is -3. */

const SAMPLE_RATE_HZ = 8_000;
/** What a level is called when there is nothing at all. */
export const NOTHING_DBFS = -120;

/** A sine; `dbfs` is its peak against full scale. */
export function sine(hz: number, ms: number, dbfs = -10): Int16Array {
  const amplitude = 32_767 * 10 ** (dbfs / 20);
  const step = (2 * Math.PI * hz) / SAMPLE_RATE_HZ;
  return Int16Array.from({ length: Math.round(ms * 8) }, (_, index) => Math.round(amplitude * Math.sin(step * index)));
}

/** Noise with a fixed seed: unlike anything else, so that a correlation finds it and its place. */
export function noise(ms: number, dbfs = -16, seed = 1): Int16Array {
  const amplitude = 32_767 * 10 ** (dbfs / 20);
  let state = seed >>> 0 || 1;
  return Int16Array.from({ length: Math.round(ms * 8) }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return Math.round(amplitude * ((state >>> 0) / 2 ** 31 - 1));
  });
}

export function concatenated(...parts: readonly Int16Array[]): Int16Array {
  const whole = new Int16Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Writes 16-bit mono PCM. */
export async function writeWav(path: string, samples: Int16Array, sampleRateHz = SAMPLE_RATE_HZ): Promise<void> {
  const header = Buffer.alloc(44);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(36 + samples.byteLength, 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(sampleRateHz, 24);
  header.writeUInt32LE(sampleRateHz * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(samples.byteLength, 40);
  await writeFile(path, Buffer.concat([header, Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength)]));
}

/** Root mean square of everything. */
export function levelDbfs(samples: Int16Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return samples.length === 0 || sum === 0 ? NOTHING_DBFS : 10 * Math.log10(sum / samples.length / 2 ** 30);
}

/**
 * RMS level of the part at one frequency (Goertzel, over Hann windows of 50 ms, the strongest one counting), so that
 * a tone that sounds only for a while is found at its full level.
 */
export function toneDbfs(samples: Int16Array, hz: number): number {
  const size = Math.min(400, samples.length);
  let strongest = 0;
  for (let start = 0; start + size <= samples.length && size > 0; start += size / 2) {
    strongest = Math.max(strongest, tonePower(samples, start, size, hz));
  }
  return strongest === 0 ? NOTHING_DBFS : 10 * Math.log10(strongest / 2 ** 30);
}

function tonePower(samples: Int16Array, start: number, size: number, hz: number): number {
  const step = (2 * Math.PI * hz) / SAMPLE_RATE_HZ;
  const factor = 2 * Math.cos(step);
  let before = 0;
  let last = 0;
  for (let index = 0; index < size; index++) {
    const window = 0.5 - 0.5 * Math.cos((2 * Math.PI * index) / size);
    const now = (samples[start + index] ?? 0) * window + factor * last - before;
    before = last;
    last = now;
  }
  const magnitude = last * last + before * before - factor * last * before;
  // The window passes half the amplitude; a sine's power is half its amplitude squared.
  return (8 * magnitude) / (size * size);
}

/**
 * Signal to noise of a steady tone, dB: the best-fitting sine of that frequency against all that is left. Give it the
 * middle of a recording, where the tone sounds throughout.
 */
export function toneSnrDb(samples: Int16Array, hz: number): number {
  const step = (2 * Math.PI * hz) / SAMPLE_RATE_HZ;
  let cc = 0;
  let ss = 0;
  let cs = 0;
  let xc = 0;
  let xs = 0;
  let total = 0;
  for (let index = 0; index < samples.length; index++) {
    const x = samples[index] ?? 0;
    const c = Math.cos(step * index);
    const s = Math.sin(step * index);
    cc += c * c;
    ss += s * s;
    cs += c * s;
    xc += x * c;
    xs += x * s;
    total += x * x;
  }
  const determinant = cc * ss - cs * cs;
  if (determinant === 0 || total === 0) return -NOTHING_DBFS;
  const a = (xc * ss - xs * cs) / determinant;
  const b = (xs * cc - xc * cs) / determinant;
  const signal = a * xc + b * xs;
  return 10 * Math.log10(signal / Math.max(1, total - signal));
}

export interface Match {
  /** Sample of the recording at which the pattern begins best. */
  readonly at: number;
  /** Normalized correlation there: 1 is the same but for its level. */
  readonly likeness: number;
}

/** Where `pattern` begins in `samples` from `from` on, by normalized correlation over its first `compared` samples. */
export function find(samples: Int16Array, pattern: Int16Array, from = 0, compared = 1_600): Match {
  const size = Math.min(pattern.length, compared);
  let patternPower = 0;
  for (let index = 0; index < size; index++) patternPower += (pattern[index] ?? 0) ** 2;
  let power = 0;
  for (let index = 0; index < size; index++) power += (samples[from + index] ?? 0) ** 2;
  let best: Match = { at: -1, likeness: 0 };
  for (let at = from; at + size <= samples.length; at++) {
    if (power > 0) {
      let product = 0;
      for (let index = 0; index < size; index++) product += (samples[at + index] ?? 0) * (pattern[index] ?? 0);
      const likeness = product / Math.sqrt(power * patternPower);
      if (likeness > best.likeness) best = { at, likeness };
    }
    power += (samples[at + size] ?? 0) ** 2 - (samples[at] ?? 0) ** 2;
  }
  return best;
}

/** Normalized correlation of the whole `pattern` with `samples` at `at`. */
export function likeness(samples: Int16Array, pattern: Int16Array, at: number): number {
  return find(samples.subarray(at, at + pattern.length), pattern, 0, pattern.length).likeness;
}

export interface Run {
  /** Milliseconds from the start of the recording. */
  readonly atMs: number;
  readonly ms: number;
}

/** Stretches in which no sample is louder than `limit` (peak, of 32,768), at least `leastMs` long. */
export function silences(samples: Int16Array, leastMs = 5, limit = 40): readonly Run[] {
  const runs: Run[] = [];
  let start = 0;
  for (let index = 0; index <= samples.length; index++) {
    if (index < samples.length && Math.abs(samples[index] ?? 0) <= limit) continue;
    if (index - start >= leastMs * 8) runs.push({ atMs: start / 8, ms: (index - start) / 8 });
    start = index + 1;
  }
  return runs;
}
