/**
 * Runs one state machine: an event is finished, its effects carried out, before the next is taken, even when an effect
 * brings about another event at once.
 */
export class EventQueue<Event> {
  readonly #waiting: Event[] = [];
  readonly #take: (event: Event) => void;
  readonly #limit: number;
  #running = false;

  /** @param limit events that may wait at once; beyond it something is circling and the queue throws. */
  constructor(take: (event: Event) => void, limit = 10_000) {
    this.#take = take;
    this.#limit = limit;
  }

  push(event: Event): void {
    if (this.#waiting.length >= this.#limit) throw new Error(`more than ${this.#limit} events wait in one queue`);
    this.#waiting.push(event);
    if (this.#running) return;
    this.#running = true;
    try {
      for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) this.#take(next);
    } finally {
      this.#running = false;
      // Only after a throw is anything left: those events belong to a machine that is broken now.
      this.#waiting.length = 0;
    }
  }
}
