import { matchesSource } from '../domain/access/sources.js';
import type { Clock } from '../ports/clock.js';
import type { Store, Trunk } from '../ports/store.js';

/** How long the list of trunks is trusted before the store is asked again, milliseconds. */
const FRESH_MS = 1_000;

/**
 * Which trunk an address belongs to. A trunk added or removed by the command line counts within a second, without a query
 * for every packet of a flood.
 */
export class KnownSources {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #builtIn: readonly Trunk[];
  #trunks: readonly Trunk[] = [];
  #readAt = Number.NEGATIVE_INFINITY;

  /** @param builtIn trunks that exist without being provisioned, such as `local`. */
  constructor(store: Store, clock: Clock, builtIn: readonly Trunk[]) {
    this.#store = store;
    this.#clock = clock;
    this.#builtIn = builtIn;
  }

  /** Name of the trunk calls from this IP address come by, or `null`. When the store fails, the last list holds. */
  trunkOf(address: string): string | null {
    return this.#current().find((trunk) => matchesSource(trunk.sources, address))?.name ?? null;
  }

  /** Every IP address and network that calls are taken from. */
  networks(): readonly string[] {
    return this.#current().flatMap((trunk) => trunk.sources);
  }

  #current(): readonly Trunk[] {
    const now = this.#clock.monotonic();
    if (now - this.#readAt >= FRESH_MS) {
      this.#readAt = now;
      try {
        this.#trunks = this.#store.trunks().filter((trunk) => trunk.enabled);
      } catch {
        // The store tells of its own trouble; calls of known trunks go on.
      }
    }
    return [...this.#trunks, ...this.#builtIn];
  }
}
