import { FRAME_SAMPLES } from './frame.js';
import { SILENCE_DBFS } from './level.js';

/** Frames of the last 10 s. */
const KEPT = 500;
const FULL_SCALE_POWER = 2 ** 30;
/** A frame with anything to be heard in it: above the noise of a quiet line, -50 dBFS. */
const ACTIVE_POWER = FULL_SCALE_POWER * 10 ** (-50 / 10);

/** Speech while muted is looked for in the last 2.5 s: */
const WINDOW = 125;
/** 0.9 s of it must be speech, */
const LEAST_SPEECH = 45;
/** louder than -45 dBFS, and than the noise of the line by 9 dB, */
const SPEECH_POWER = FULL_SCALE_POWER * 10 ** (-45 / 10);
const ABOVE_FLOOR = 10 ** (9 / 10);
/** and of changing level, as syllables are: a standard deviation of 2.5 dB. Noise and tones have less than 1. */
const LEAST_VARIANCE = 2.5 ** 2;
/** The noise of the line is the quietest frame of the last 3 s, looked at in six stretches of half a second. */
const STRETCH = 25;
const STRETCHES = 6;

/** How a line sounded lately. */
export interface LineFigure {
  /** Mean level while there was anything to be heard, dBFS; {@link SILENCE_DBFS}: nothing was. */
  readonly levelDb: number;
  /** Share of the time in which there was, 0 to 1. */
  readonly activeShare: number;
}

/** Measures one caller's line, frame by frame, and hears whether he talks although nobody hears him. */
export class SpeechMeter {
  /** Mean squares of the last frames, in a ring. */
  readonly #powers = new Float32Array(KEPT);
  #next = 0;
  #count = 0;
  readonly #minima = new Float64Array(STRETCHES).fill(Infinity);
  #stretch = 0;
  #inStretch = 0;
  #watching = false;
  /** Levels of the frames of speech above {@link SILENCE_DBFS}, dB; 0: no speech. */
  readonly #window = new Float32Array(WINDOW);
  #at = 0;
  #speech = 0;
  #sum = 0;
  #squares = 0;

  /** Looks for speech from here on, anew. */
  watch(): void {
    this.#watching = true;
    this.#window.fill(0);
    this.#at = 0;
    this.#speech = 0;
    this.#sum = 0;
    this.#squares = 0;
  }

  unwatch(): void {
    this.#watching = false;
  }

  /** @param frame this tick's audio; `null`: nothing was heard. @returns whether he talks: once for each {@link watch}. */
  take(frame: Int16Array | null): boolean {
    const power = frame === null ? 0 : meanSquare(frame);
    this.#powers[this.#next] = power;
    this.#next = this.#next + 1 === KEPT ? 0 : this.#next + 1;
    if (this.#count < KEPT) this.#count += 1;
    this.#learnFloor(power);
    if (!this.#watching) return false;
    this.#weigh(power > SPEECH_POWER && power > this.#floor * ABOVE_FLOOR ? power : 0);
    if (!this.#isSpeech) return false;
    this.#watching = false;
    return true;
  }

  /** Of the last 10 s, or since the first frame. */
  figure(): LineFigure {
    let active = 0;
    let sum = 0;
    for (let i = 0; i < this.#count; i++) {
      const power = this.#powers[i] ?? 0;
      if (power < ACTIVE_POWER) continue;
      active += 1;
      sum += power;
    }
    if (active === 0) return { levelDb: SILENCE_DBFS, activeShare: 0 };
    return { levelDb: 10 * Math.log10(sum / active / FULL_SCALE_POWER), activeShare: active / this.#count };
  }

  get #floor(): number {
    let least = Infinity;
    for (let i = 0; i < STRETCHES; i++) least = Math.min(least, this.#minima[i] ?? Infinity);
    return least;
  }

  #learnFloor(power: number): void {
    if (power < (this.#minima[this.#stretch] ?? Infinity)) this.#minima[this.#stretch] = power;
    this.#inStretch += 1;
    if (this.#inStretch < STRETCH) return;
    this.#inStretch = 0;
    this.#stretch = (this.#stretch + 1) % STRETCHES;
    this.#minima[this.#stretch] = Infinity;
  }

  #weigh(power: number): void {
    const old = this.#window[this.#at] ?? 0;
    if (old > 0) this.#add(-1, old);
    this.#window[this.#at] = power === 0 ? 0 : 10 * Math.log10(power / FULL_SCALE_POWER) - SILENCE_DBFS;
    const level = this.#window[this.#at] ?? 0;
    if (level > 0) this.#add(1, level);
    this.#at = (this.#at + 1) % WINDOW;
  }

  #add(sign: 1 | -1, level: number): void {
    this.#speech += sign;
    this.#sum += sign * level;
    this.#squares += sign * level * level;
  }

  get #isSpeech(): boolean {
    if (this.#speech < LEAST_SPEECH) return false;
    const mean = this.#sum / this.#speech;
    return this.#squares / this.#speech - mean * mean >= LEAST_VARIANCE;
  }
}

const meanSquare = (frame: Int16Array): number => {
  let sum = 0;
  for (let i = 0; i < FRAME_SAMPLES; i++) {
    const sample = frame[i] ?? 0;
    sum += sample * sample;
  }
  return sum / FRAME_SAMPLES;
};
