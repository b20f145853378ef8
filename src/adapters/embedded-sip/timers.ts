import type { Clock, Timer } from '../../ports/clock.js';

/**
 * The times of RFC 3261 section 17.1.1.1 from which all transaction timers follow (table 4 in appendix A), in
 * milliseconds: T1, the estimate of a round trip; T2, the longest interval between retransmissions of non-INVITE requests
 * and of answers to INVITE; T4, the longest time a message stays in the network.
 */
export interface TransactionTimers {
  readonly t1: number;
  readonly t2: number;
  readonly t4: number;
}

export const DEFAULT_TIMERS: TransactionTimers = { t1: 500, t2: 4_000, t4: 5_000 };

/** 64*T1: timers B, D, F, H, J, L and M. Timer D is asked to be at least 32 s, which this is with the usual T1. */
export function lifetime(timers: TransactionTimers): number {
  return 64 * timers.t1;
}

/** A clock whose timers run by way of `guard`, so that what one of them throws does not end the process. */
export function guardedClock(clock: Clock, guard: (action: () => void) => void): Clock {
  return {
    monotonic: () => clock.monotonic(),
    wall: () => clock.wall(),
    after: (ms, callback) => clock.after(ms, () => guard(callback)),
  };
}

/** Timers of one transaction by their letter in the RFC. Setting a running one starts it anew. */
export class NamedTimers<Name extends string> {
  readonly #clock: Clock;
  readonly #running = new Map<Name, Timer>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  set(name: Name, ms: number, fired: () => void): void {
    this.cancel(name);
    const timer = this.#clock.after(ms, () => {
      this.#running.delete(name);
      fired();
    });
    this.#running.set(name, timer);
  }

  cancel(name: Name): void {
    this.#running.get(name)?.cancel();
    this.#running.delete(name);
  }

  cancelAll(): void {
    for (const timer of this.#running.values()) timer.cancel();
    this.#running.clear();
  }
}
