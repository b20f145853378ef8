import type { Clock } from '../../ports/clock.js';

/** How often strangers are told that they are refused before there is silence. */
export interface RefusalLimits {
  /** Per address and minute. */
  readonly perMinute: number;
  /** Addresses remembered; beyond them there is silence for new ones. */
  readonly sources: number;
}

export const DEFAULT_REFUSAL_LIMITS: RefusalLimits = { perMinute: 3, sources: 1_024 };

const MINUTE = 60_000;

interface Entry {
  readonly since: number;
  readonly told: Set<string>;
}

/**
 * Refusals are few, so that a scanner learns little and nobody can have others flooded by forged sources; and each
 * request is refused once only, whatever number of times it comes.
 */
export class Refusals {
  readonly #clock: Clock;
  readonly #limits: RefusalLimits;
  /** In the order in which they began, so the first is always the oldest. */
  readonly #entries = new Map<string, Entry>();

  constructor(clock: Clock, limits: RefusalLimits = DEFAULT_REFUSAL_LIMITS) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** Whether this request, named by `key`, is to be refused aloud; counts it if so. */
  allows(address: string, key: string): boolean {
    this.#forgetOld();
    let entry = this.#entries.get(address);
    if (entry === undefined) {
      if (this.#entries.size >= this.#limits.sources) return false;
      entry = { since: this.#clock.monotonic(), told: new Set() };
      this.#entries.set(address, entry);
    }
    if (entry.told.size >= this.#limits.perMinute || entry.told.has(key)) return false;
    entry.told.add(key);
    return true;
  }

  #forgetOld(): void {
    const limit = this.#clock.monotonic() - MINUTE;
    for (const [address, entry] of this.#entries) {
      if (entry.since > limit) return;
      this.#entries.delete(address);
    }
  }
}
