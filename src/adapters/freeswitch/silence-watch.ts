import type { CallId } from '../../domain/identifiers.js';
import type { FreeSwitchLeg } from './leg.js';

interface Silence {
  readonly received: number;
  readonly since: number;
  told: boolean;
}

export interface SilenceLimits {
  /** Milliseconds without RTP. */
  readonly silenceMs: number;
  /** The same while the caller holds. */
  readonly heldSilenceMs: number;
}

const LOOK_MAX_MS = 10_000;

/** Notices legs whose callers have not been heard for long. */
export class SilenceWatch {
  readonly #legs: () => Iterable<FreeSwitchLeg>;
  readonly #limits: SilenceLimits;
  readonly #missing: (callId: CallId, silentMs: number) => void;
  readonly #silences = new WeakMap<FreeSwitchLeg, Silence>();
  readonly #timer: NodeJS.Timeout;
  #looking = false;

  constructor(
    legs: () => Iterable<FreeSwitchLeg>,
    limits: SilenceLimits,
    missing: (callId: CallId, silentMs: number) => void,
  ) {
    this.#legs = legs;
    this.#limits = limits;
    this.#missing = missing;
    this.#timer = setInterval(() => void this.#look(), Math.min(LOOK_MAX_MS, limits.silenceMs / 6));
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    for (const leg of [...this.#legs()]) {
      const received = await leg.counters.received();
      if (received !== null && !leg.over) this.#note(leg, received);
    }
    this.#looking = false;
  }

  #note(leg: FreeSwitchLeg, received: number): void {
    const now = performance.now();
    const silence = this.#silences.get(leg);
    if (silence?.received !== received) {
      this.#silences.set(leg, { received, since: now, told: false });
      return;
    }
    const silentMs = now - silence.since;
    const { heldSilenceMs, silenceMs } = this.#limits;
    if (silence.told || silentMs < (leg.held ? heldSilenceMs : silenceMs)) return;
    silence.told = true;
    this.#missing(leg.callId, Math.round(silentMs));
  }
}
