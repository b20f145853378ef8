import type { Clock, Timer } from '../ports/clock.js';
import type { LegStatistics } from '../ports/media.js';
import type { SignalingCall } from '../ports/signaling.js';
import { within } from './bounded.js';

/** Longest wait for the figures of a leg, milliseconds. */
const STATISTICS_LIMIT_MS = 1_000;

interface Leg {
  readonly statistics: () => Promise<LegStatistics>;
}

/**
 * Asks a silent line whether it is still there. The media tell of a silence once; a line that answered may die later in the
 * same silence (a muted telephone that sends nothing), so it is asked again for as long as no packet comes.
 */
export class LineWatch {
  readonly #call: SignalingCall;
  readonly #leg: Leg;
  readonly #clock: Clock;
  readonly #lost: () => void;
  #again: Timer | null = null;
  #asking = false;
  #over = false;

  /** @param lost nobody is there any more; told at most once. */
  constructor(call: SignalingCall, leg: Leg, clock: Clock, lost: () => void) {
    this.#call = call;
    this.#leg = leg;
    this.#clock = clock;
    this.#lost = lost;
  }

  /** Nothing has been heard for so many milliseconds: asks now, and then every so many. */
  silent(silentMs: number): void {
    if (this.#asking || this.#over) return;
    this.#again?.cancel();
    void this.#ask(silentMs);
  }

  /** The call is over. */
  end(): void {
    this.#over = true;
    this.#again?.cancel();
  }

  async #ask(silentMs: number): Promise<void> {
    this.#asking = true;
    const received = await this.#received();
    const alive = await this.#call.probe().catch(() => false);
    this.#asking = false;
    if (this.#isOver()) return;
    if (!alive) {
      this.end();
      this.#lost();
      return;
    }
    this.#again = this.#clock.after(silentMs, () => void this.#askAgain(silentMs, received));
  }

  async #askAgain(silentMs: number, before: number | null): Promise<void> {
    const received = await this.#received();
    if (received === null || received === before) this.silent(silentMs);
  }

  async #received(): Promise<number | null> {
    try {
      const statistics = this.#leg.statistics();
      return (await within(this.#clock, STATISTICS_LIMIT_MS, 'leg statistics', statistics)).packetsReceived;
    } catch {
      return null;
    }
  }

  #isOver(): boolean {
    return this.#over;
  }
}
