import type { G711Codec } from './g711.js';

/** A good second. */
const SIZE = 8192;
const MASK = SIZE - 1;
const MISSING = 0;
const AUDIO = 1;
const QUIET = 2;
/** Room for a frame and the longest stretch compared with it. */
const SCRATCH = 400;

/**
 * Samples by their place in time: each is missing, audio, or known to be silence.
 * Everything before the reading position is missing again, which {@link take} and {@link drop} see to; the reader keeps that position.
 */
export class SampleRing {
  readonly #samples = new Int16Array(SIZE);
  readonly #kinds = new Uint8Array(SIZE);
  /** For looking ahead; its content is whoever's looked last. */
  readonly scratch = new Int16Array(SCRATCH);
  /** Behind the last sample known, or known to be lost. */
  end = 0;

  /** Everything is missing, and `end` is at `position`. */
  clear(position: number): void {
    this.#kinds.fill(MISSING);
    this.end = position;
  }

  /** Whether samples up to `end` can be held together with those from `read`. */
  fits(read: number, end: number): boolean {
    return end - read <= SIZE;
  }

  /** Decodes `length` octets of `packet` from `offset` to `position`; what lies before `read` is left out. */
  store(codec: G711Codec, packet: Uint8Array, offset: number, length: number, position: number, read: number): void {
    const skip = Math.max(0, read - position);
    const from = position + skip;
    const to = position + length;
    const first = Math.min(to - from, SIZE - (from & MASK));
    codec.decode(packet, offset + skip, first, this.#samples, from & MASK);
    codec.decode(packet, offset + skip + first, to - from - first, this.#samples, 0);
    this.#mark(from, to, AUDIO);
  }

  /** From `from` to `to` nothing was said. */
  silence(from: number, to: number): void {
    for (let at = Math.max(from, to - SIZE); at < to; at++) this.#samples[at & MASK] = 0;
    this.#mark(from, to, QUIET);
  }

  /** How many samples from `position` are known, up to `most`. */
  present(position: number, most: number): number {
    let count = 0;
    while (count < most && this.#kinds[(position + count) & MASK] !== MISSING) count++;
    return count;
  }

  /** How many samples from `position` are missing before a known one or `end`, up to `most`. */
  hole(position: number, most: number): number {
    const room = Math.min(most, this.end - position);
    let count = 0;
    while (count < room && this.#kinds[(position + count) & MASK] === MISSING) count++;
    return count;
  }

  /** Up to `end` at least it is known that nothing more is to be waited for; what is missing before it is lost. */
  extend(end: number): void {
    if (end > this.end) this.end = end;
  }

  /** How many samples from `position` are known silence, up to `most`. */
  quietRun(position: number, most: number): number {
    let count = 0;
    while (count < most && this.#kinds[(position + count) & MASK] === QUIET) count++;
    return count;
  }

  /** Copies known samples to the start of `out`. @returns whether any of them is audio. */
  peek(position: number, count: number, out: Int16Array): boolean {
    return this.#copy(position, count, out, 0);
  }

  /** Copies known samples to `out` from `at` and forgets them. @returns whether any of them is audio. */
  take(position: number, count: number, out: Int16Array, at: number): boolean {
    const audio = this.#copy(position, count, out, at);
    this.drop(position, position + count);
    return audio;
  }

  /** Forgets what lies between. */
  drop(from: number, to: number): void {
    const start = from & MASK;
    const count = Math.min(SIZE, to - from);
    this.#kinds.fill(MISSING, start, start + count);
    if (start + count > SIZE) this.#kinds.fill(MISSING, 0, start + count - SIZE);
  }

  #copy(position: number, count: number, out: Int16Array, at: number): boolean {
    let audio = false;
    for (let i = 0; i < count; i++) {
      const index = (position + i) & MASK;
      out[at + i] = this.#samples[index] ?? 0;
      if (this.#kinds[index] === AUDIO) audio = true;
    }
    return audio;
  }

  #mark(from: number, to: number, kind: number): void {
    const start = from & MASK;
    const count = Math.min(SIZE, to - from);
    this.#kinds.fill(kind, start, start + count);
    if (start + count > SIZE) this.#kinds.fill(kind, 0, start + count - SIZE);
    if (to > this.end) this.end = to;
  }
}
