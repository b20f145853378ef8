import type { Clock } from '../ports/clock.js';
import type { LegStatistics, MediaEndpoint } from '../ports/media.js';
import { within } from './bounded.js';
import type { Log } from './log.js';
import { release } from './release.js';

/** Longest wait for the figures of a leg before its record is written without them, milliseconds. */
const STATISTICS_LIMIT_MS = 1_000;

/** Endpoints a call lets go of: what was recorded by them is whole only when they are released. */
export class ReleasedEndpoints {
  readonly #parts: { readonly clock: Clock; readonly log: Log };
  readonly #releasing = new Set<Promise<void>>();

  constructor(parts: { readonly clock: Clock; readonly log: Log }) {
    this.#parts = parts;
  }

  add(endpoint: MediaEndpoint): void {
    const releasing = release(endpoint, this.#parts).finally(() => this.#releasing.delete(releasing));
    this.#releasing.add(releasing);
  }

  /** All of them are released. Never rejects. */
  async all(): Promise<void> {
    await Promise.all(this.#releasing);
  }

  /** The last figures of a leg; `null`: one that is gone already has none to give, and its record says so by leaving them out. */
  async lastFigures(statistics: () => Promise<LegStatistics>): Promise<LegStatistics | null> {
    try {
      return await within(this.#parts.clock, STATISTICS_LIMIT_MS, 'leg statistics', statistics());
    } catch {
      return null;
    }
  }
}
