import type { TimerId } from '../domain/identifiers.js';
import type { Clock, Timer } from '../ports/clock.js';

/** The running timers of one state machine, by name: setting one again replaces it. */
export class Timers {
  readonly #clock: Clock;
  readonly #fired: (id: TimerId) => void;
  readonly #running = new Map<string, Timer>();

  constructor(clock: Clock, fired: (id: TimerId) => void) {
    this.#clock = clock;
    this.#fired = fired;
  }

  set(name: string, id: TimerId, ms: number): void {
    this.cancel(name);
    const timer = this.#clock.after(ms, () => {
      if (this.#running.get(name) === timer) this.#running.delete(name);
      this.#fired(id);
    });
    this.#running.set(name, timer);
  }

  cancel(name: string): void {
    this.#running.get(name)?.cancel();
    this.#running.delete(name);
  }

  cancelAll(): void {
    for (const timer of this.#running.values()) timer.cancel();
    this.#running.clear();
  }
}
