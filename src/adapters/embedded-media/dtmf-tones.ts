import type { Key } from '../../domain/keys.js';
import { SAMPLE_RATE_HZ } from './frame.js';

/** Rows and columns of the keypad, Hz (ITU-T Q.23). */
const ROWS_HZ = [697, 770, 852, 941] as const;
const COLUMNS_HZ = [1209, 1336, 1477, 1633] as const;
const KEYPAD: readonly (readonly Key[])[] = [
  ['1', '2', '3', 'A'],
  ['4', '5', '6', 'B'],
  ['7', '8', '9', 'C'],
  ['*', '0', '#', 'D'],
];
const TONES = 8;
/** A to D are on no telephone, and the tones of * are harmonics 7 and 9 of a low voice: neither is believed in front of speech. */
const isSuspect = (key: number): boolean => (key & 3) === 3 || key === 12;

/** 12.75 ms: any tone of 40 ms holds two whole blocks, any pause of 40 ms too. */
const BLOCK = 102;
const HITS_TO_BEGIN = 2;
/** With speech or noise behind it, a key has to show itself a block longer. */
const HITS_TO_BEGIN_IMPURE = 3;
const MISSES_TO_END = 2;
/** Each tone at least -36 dBFS (Q.24: -25 dBm must be heard); amplitude squared of a sine. */
const LEAST_POWER = (32_768 * 10 ** (-36 / 20)) ** 2;
/** High tone against low tone, with a decibel to spare: +4 dB and -8 dB. */
const MOST_HIGH = 10 ** (5 / 10);
const MOST_LOW = 10 ** (9 / 10);
/** The strongest tone of a group against the next: 6 dB. */
const CLEAR_OF_OTHERS = 4;
/** Share of the block's power that the two tones must have: speech has more besides. */
const PURITY = 0.88;
/** The same of a key that is suspect. */
const SUSPECT_PURITY = 0.9;
/** The same where they show themselves longer. */
const LEAST_PURITY = 0.75;
/** The same before it is known how far the tones are off their frequencies: 1.5% off, a block sees less of them. */
const PURITY_AT_FIRST = 0.65;
/** While a key lasts, a lesser share will do, so that noise or a gap of 10 ms does not cut it in two. */
const PURITY_TO_GO_ON = 0.4;
/** Second harmonic against its tone: speech has overtones, keys have not, but for the speech behind them. -12 dB. */
const MOST_OVERTONE = 10 ** (-12 / 10);
/** Nearer than this to the other tone, an overtone cannot be told from it in one block. */
const OVERTONE_APART_HZ = 120;
/** Level of each tone in one block against the block before: 4 dB. A key is steady, but a block sees the one tone in the other's place. */
const MOST_CHANGE = 2.5;
/** 2 dB where something lies behind it. */
const MOST_CHANGE_IMPURE = 1.6;
/** 1.5% must be taken, 3.5% refused (Q.24). */
const MOST_DEVIATION = 0.024;

const hzOf = (tone: number): number => (tone < 4 ? ROWS_HZ[tone] : COLUMNS_HZ[tone - 4]) ?? 0;
const COSINES = Float64Array.from({ length: TONES }, (_, tone) =>
  Math.cos((2 * Math.PI * hzOf(tone)) / SAMPLE_RATE_HZ),
);
const SINES = Float64Array.from({ length: TONES }, (_, tone) => Math.sin((2 * Math.PI * hzOf(tone)) / SAMPLE_RATE_HZ));

/**
 * Hears keys pressed as tones in the audio (ITU-T Q.23, Q.24), 8 kHz: a Goertzel filter per tone over blocks of 12.75 ms.
 * A key is told once per press, some 30 ms after it began: when two blocks in a row show it
 * alone, or three with speech behind it, and the phase between them fits its frequencies.
 *
 * How short a tone may be is left to Administrations by Q.24 (table A-1): 40 ms must be taken, and what is refused at any rate ends
 * between 20 and 25 ms (AT&T: 23 ms). Here, clean and wherever it falls into the blocks: up to 20 ms none is taken, of 23 ms a sixth (a
 * quarter with edges sharper than a telephone's), of 30 ms three in four, from 36 ms on all. To refuse all of 23 ms, purer blocks would
 * have to be asked for, and keys with noise behind them be missed.
 */
export class DtmfToneDetector {
  readonly #block = new Int16Array(BLOCK);
  #filled = 0;
  readonly #power = new Float64Array(TONES);
  readonly #powerBefore = new Float64Array(TONES);
  readonly #phase = new Float64Array(TONES);
  readonly #phaseBefore = new Float64Array(TONES);
  /** Row and column (row * 4 + column) of the last block, -1: none. */
  #candidate = -1;
  #hits = 0;
  /** Power share of the two tones in the last block, 0 to 1, when they went on steadily from the block before; else 0. */
  #purity = 0;
  #misses = 0;
  #pressed = -1;

  /** A key tone is sounding, or may just be beginning: what to keep from the room. */
  get toneHeard(): boolean {
    return this.#pressed >= 0 || this.#candidate >= 0;
  }

  /** The key whose tone is sounding was told already. */
  get keyTold(): boolean {
    return this.#pressed >= 0;
  }

  /** Takes the next frame (any length). @returns the key whose press was recognised in it, else `null`. */
  feed(frame: Int16Array): Key | null {
    let key: Key | null = null;
    for (let i = 0; i < frame.length; i++) {
      this.#block[this.#filled] = frame[i] ?? 0;
      this.#filled += 1;
      if (this.#filled === BLOCK) {
        this.#filled = 0;
        key = this.#judge() ?? key;
      }
    }
    return key;
  }

  /** Forgets what was heard: another source from here. */
  reset(): void {
    this.#filled = 0;
    this.#candidate = -1;
    this.#hits = 0;
    this.#misses = 0;
    this.#pressed = -1;
  }

  #judge(): Key | null {
    const total = meanSquare(this.#block);
    // A sine's mean square is half its amplitude squared. Most blocks of a quiet line end here.
    const found = total < LEAST_POWER / 2 ? -1 : this.#strongestPair(total);
    if (this.#pressed >= 0) {
      this.#misses = found === this.#pressed ? 0 : this.#misses + 1;
      if (this.#misses < MISSES_TO_END) {
        this.#candidate = found;
        this.#hits = found >= 0 && found !== this.#pressed ? 1 : 0;
        return null;
      }
      this.#pressed = -1;
    }
    this.#purity = found >= 0 && found === this.#candidate ? this.#steadyPurity(found, total) : 0;
    const least = isSuspect(found) ? SUSPECT_PURITY : LEAST_PURITY;
    this.#hits = this.#purity > least ? this.#hits + 1 : found >= 0 ? 1 : 0;
    this.#candidate = found;
    if (this.#hits < (this.#purity > PURITY ? HITS_TO_BEGIN : HITS_TO_BEGIN_IMPURE)) return null;
    this.#hits = 0;
    this.#misses = 0;
    this.#pressed = found;
    return KEYPAD[found >> 2]?.[found & 3] ?? null;
  }

  /** The key whose tones this block shows, or -1. `total` is the mean square of the block. */
  #strongestPair(total: number): number {
    this.#phaseBefore.set(this.#phase);
    this.#powerBefore.set(this.#power);
    for (let tone = 0; tone < TONES; tone++) this.#filter(tone);
    if (this.#pressed >= 0) {
      const both = (this.#power[this.#pressed >> 2] ?? 0) + (this.#power[4 + (this.#pressed & 3)] ?? 0);
      if (both / 2 / total > PURITY_TO_GO_ON) return this.#pressed;
    }
    const row = this.#strongest(0);
    const column = this.#strongest(4);
    if (row < 0 || column < 0) return -1;
    const low = this.#power[row] ?? 0;
    const high = this.#power[column] ?? 0;
    if (high > low * MOST_HIGH || low > high * MOST_LOW) return -1;
    if (low < LEAST_POWER || high < LEAST_POWER || (low + high) / 2 / total < PURITY_AT_FIRST) return -1;
    if (this.#overtone(column) > high * MOST_OVERTONE) return -1;
    const distinct = Math.abs(2 * hzOf(row) - hzOf(column)) > OVERTONE_APART_HZ;
    return distinct && this.#overtone(row) > low * MOST_OVERTONE ? -1 : row * 4 + column - 4;
  }

  #filter(tone: number): void {
    const cosine = COSINES[tone] ?? 0;
    const coefficient = 2 * cosine;
    let before = 0;
    let last = 0;
    for (let i = 0; i < BLOCK; i++) {
      const value = (this.#block[i] ?? 0) + coefficient * last - before;
      before = last;
      last = value;
    }
    const real = last - before * cosine;
    const imaginary = before * (SINES[tone] ?? 0);
    this.#power[tone] = ((real * real + imaginary * imaginary) * 4) / (BLOCK * BLOCK);
    this.#phase[tone] = Math.atan2(imaginary, real);
  }

  /** The strongest tone of the group from `first`, or -1 where another comes near it. */
  #strongest(first: number): number {
    let best = first;
    for (let tone = first + 1; tone < first + 4; tone++) {
      if ((this.#power[tone] ?? 0) > (this.#power[best] ?? 0)) best = tone;
    }
    for (let tone = first; tone < first + 4; tone++) {
      if (tone !== best && (this.#power[tone] ?? 0) * CLEAR_OF_OTHERS > (this.#power[best] ?? 0)) return -1;
    }
    return best;
  }

  /** Power of a tone's second harmonic. */
  #overtone(tone: number): number {
    const turn = (4 * Math.PI * hzOf(tone)) / SAMPLE_RATE_HZ;
    const coefficient = 2 * Math.cos(turn);
    let before = 0;
    let last = 0;
    for (let i = 0; i < BLOCK; i++) {
      const value = (this.#block[i] ?? 0) + coefficient * last - before;
      before = last;
      last = value;
    }
    return ((last * last + before * before - coefficient * last * before) * 4) / (BLOCK * BLOCK);
  }

  /** Share of the block's power that both tones have, where they went on from the block before at their level and in tune; else 0. */
  #steadyPurity(found: number, total: number): number {
    let both = 0;
    let change = 1;
    for (const tone of [found >> 2, 4 + (found & 3)]) {
      const power = this.#power[tone] ?? 0;
      const before = this.#powerBefore[tone] ?? 0;
      change = Math.max(change, power / before, before / power);
      if (!(change <= MOST_CHANGE)) return 0;
      const off = this.#offHz(tone);
      if (Math.abs(off) > hzOf(tone) * MOST_DEVIATION) return 0;
      both += power / seenOf(off);
    }
    const purity = both / 2 / total;
    if (purity > PURITY) return purity;
    return change <= MOST_CHANGE_IMPURE ? purity : 0;
  }

  /** How far a tone is off its frequency, from the phase it gained in one block: up to half a block's cycle (39 Hz) either way. */
  #offHz(tone: number): number {
    const expected = (2 * Math.PI * hzOf(tone) * BLOCK) / SAMPLE_RATE_HZ;
    const turned = (this.#phase[tone] ?? 0) - (this.#phaseBefore[tone] ?? 0) - expected;
    const rest = turned - 2 * Math.PI * Math.round(turned / (2 * Math.PI));
    return (rest * SAMPLE_RATE_HZ) / (2 * Math.PI * BLOCK);
  }
}

/** Share of its power that a block's filter sees of a tone so many Hz off. */
const seenOf = (offHz: number): number => {
  const x = (Math.PI * offHz * BLOCK) / SAMPLE_RATE_HZ;
  return Math.abs(x) < 1e-6 ? 1 : (Math.sin(x) / x) ** 2;
};

const meanSquare = (block: Int16Array): number => {
  let sum = 0;
  for (let i = 0; i < block.length; i++) {
    const sample = block[i] ?? 0;
    sum += sample * sample;
  }
  return sum / block.length;
};

/** Rise and fall of a key's tones: 2 ms. */
const SLOPE = 16;

/** A key's two tones, each of an amplitude of `levelDbfs` against full scale, at 8 kHz. For the test telephone. */
export const keyTone = (key: Key, durationMs: number, levelDbfs: number): Int16Array => {
  const row = KEYPAD.findIndex((keys) => keys.includes(key));
  const column = KEYPAD[row]?.indexOf(key) ?? 0;
  const amplitude = 32_767 * 10 ** (levelDbfs / 20);
  const length = Math.round((durationMs * SAMPLE_RATE_HZ) / 1000);
  return Int16Array.from({ length }, (_, i) => {
    const slope = Math.min(1, (i + 1) / SLOPE, (length - i) / SLOPE);
    const turn = (2 * Math.PI * i) / SAMPLE_RATE_HZ;
    const both = Math.sin(turn * hzOf(row)) + Math.sin(turn * hzOf(4 + column));
    return Math.max(-32_768, Math.min(32_767, Math.round(amplitude * slope * both)));
  });
};
