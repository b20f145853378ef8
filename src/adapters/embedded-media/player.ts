import { SAMPLES_PER_MS } from './frame.js';

const FADE_SAMPLES = 5 * SAMPLES_PER_MS;

/**
 * Plays sounds one after the other, sample next to sample: no gap between two items nor where the last one loops.
 * The sounds are shared with the cache and never written to.
 */
export class Player {
  readonly #sounds: readonly Int16Array[];
  readonly #loopLast: boolean;
  #item = 0;
  #position = 0;
  #stopping = false;
  #finished = false;

  /** `sounds`: mono, 8 kHz. `loopLast`: the last sound repeats until {@link stop}; where it is empty, it does not. */
  constructor(sounds: readonly Int16Array[], loopLast: boolean) {
    this.#sounds = sounds;
    this.#loopLast = loopLast && (sounds.at(-1)?.length ?? 0) > 0;
  }

  /** Nothing more will come. */
  get finished(): boolean {
    return this.#finished;
  }

  /** The next frame fades to nothing within 5 ms and is the last. */
  stop(): void {
    this.#stopping = true;
  }

  /**
   * Fills `out` with what comes next, padded with silence where the last sound ends within it.
   * @returns whether `out` was filled; `false` once there was nothing left, and `out` is then all zeros.
   */
  pull(out: Int16Array): boolean {
    const filled = this.#finished
      ? 0
      : this.#fill(out, this.#stopping ? Math.min(FADE_SAMPLES, out.length) : out.length);
    out.fill(0, filled);
    if (this.#stopping) {
      for (let i = 0; i < filled; i++) out[i] = Math.round(((out[i] ?? 0) * (FADE_SAMPLES - i)) / FADE_SAMPLES);
      this.#finished = true;
    }
    return filled > 0;
  }

  #fill(out: Int16Array, wanted: number): number {
    let filled = 0;
    while (filled < wanted) {
      const sound = this.#sounds[this.#item];
      if (sound === undefined) {
        this.#finished = true;
        break;
      }
      const count = Math.min(wanted - filled, sound.length - this.#position);
      for (let i = 0; i < count; i++) out[filled + i] = sound[this.#position + i] ?? 0;
      filled += count;
      this.#position += count;
      if (this.#position >= sound.length) {
        this.#position = 0;
        if (!(this.#loopLast && this.#item === this.#sounds.length - 1)) this.#item += 1;
      }
    }
    if (this.#item >= this.#sounds.length) this.#finished = true;
    return filled;
  }
}
