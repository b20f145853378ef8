/** Refusals one source gets within the window before it gets nothing any more. */
const PER_SOURCE = 3;
const WINDOW_MS = 60_000;
/** Sources remembered; beyond it the oldest is forgotten. */
const MAX_SOURCES = 1_000;

/** Bounds what unknown sources are told: the first few refusals, then silence, so that a scanner learns and costs little. */
export class RefusalBudget {
  readonly #spent = new Map<string, { since: number; count: number }>();

  /** Whether `address` may be told another refusal. @param now milliseconds, monotonic. */
  allows(address: string, now: number): boolean {
    const entry = this.#spent.get(address);
    if (entry === undefined || now - entry.since > WINDOW_MS) {
      this.#spent.delete(address);
      if (this.#spent.size >= MAX_SOURCES) {
        const oldest = this.#spent.keys().next();
        if (oldest.done !== true) this.#spent.delete(oldest.value);
      }
      this.#spent.set(address, { since: now, count: 1 });
      return true;
    }
    entry.count++;
    return entry.count <= PER_SOURCE;
  }
}
