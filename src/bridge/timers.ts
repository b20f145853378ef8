import type { TimerId } from '../domain/identifiers.js';
import { boundedMs } from '../domain/timers.js';
import type { Clock, Timer } from '../ports/clock.js';

/** A timer that runs. Plain data. */
export interface PendingTimer {
  readonly name: string;
  readonly id: TimerId;
  /** On the monotonic clock, milliseconds. */
  readonly due: number;
}

/** The running timers of one state machine, by name: setting one again replaces it. */
export class Timers {
  readonly #clock: Clock;
  readonly #fired: (id: TimerId) => void;
  readonly #running = new Map<string, PendingTimer & { readonly timer: Timer }>();

  constructor(clock: Clock, fired: (id: TimerId) => void) {
    this.#clock = clock;
    this.#fired = fired;
  }

  set(name: string, id: TimerId, ms: number): void {
    this.cancel(name);
    const timer = this.#clock.after(ms, () => {
      if (this.#running.get(name)?.timer === timer) this.#running.delete(name);
      this.#fired(id);
    });
    this.#running.set(name, { name, id, due: this.#clock.monotonic() + ms, timer });
  }

  pending(): readonly PendingTimer[] {
    return Array.from(this.#running.values(), ({ name, id, due }) => ({ name, id, due }));
  }

  /** Sets timers of a process before this one with what is left of them. */
  restore(pending: readonly PendingTimer[]): void {
    const now = this.#clock.monotonic();
    for (const { name, id, due } of pending) this.set(name, id, boundedMs(due - now));
  }

  cancel(name: string): void {
    this.#running.get(name)?.timer.cancel();
    this.#running.delete(name);
  }

  cancelAll(): void {
    for (const { timer } of this.#running.values()) timer.cancel();
    this.#running.clear();
  }
}
