import type { Key, KeyMethod } from '../domain/keys.js';

/** How long after its tone an INFO may come that means the same key press: phones send it when the key is let go, milliseconds. */
const SAME_PRESS_MS = 1_500;

/**
 * One method per leg (product: section 3): tones in the audio count only until an event or INFO key is seen, and of
 * events and INFO the first one seen counts alone, for a phone that sends both.
 */
export class KeyMethods {
  #seen: KeyMethod | null;
  #lastTone: { readonly key: Key; readonly at: number } | null = null;

  /** @param seen the method keys have counted by so far. */
  constructor(seen: KeyMethod | null = null) {
    this.#seen = seen;
  }

  /** The method keys count by, or `null` before the first. */
  get seen(): KeyMethod | null {
    return this.#seen;
  }

  /** Whether the key counts, and whether tones need not be searched for any more. */
  take(key: Key, method: KeyMethod, at: number): { readonly counts: boolean; readonly stopInband: boolean } {
    if (method === 'inband') {
      if (this.#seen !== null && this.#seen !== 'inband') return { counts: false, stopInband: false };
      this.#seen = method;
      this.#lastTone = { key, at };
      return { counts: true, stopInband: false };
    }
    if (this.#seen === method) return { counts: true, stopInband: false };
    if (this.#seen !== null && this.#seen !== 'inband') return { counts: false, stopInband: false };
    this.#seen = method;
    // The first of another method may be the very press whose tone has counted already.
    const tone = this.#lastTone;
    const samePress = tone?.key === key && at - tone.at <= SAME_PRESS_MS;
    return { counts: !samePress, stopInband: method === 'info' };
  }
}
