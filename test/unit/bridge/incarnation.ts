import type { Clock, Timer } from '../../../src/ports/clock.js';

/** One process: what it does reaches nothing any more once it is dead, and what it waits for never comes. */
export class Incarnation {
  dead = false;
  readonly #timers = new Set<Timer>();

  die(): void {
    this.dead = true;
    for (const timer of this.#timers) timer.cancel();
  }

  /** The same object as this process sees it. */
  of<T extends object>(target: T): T {
    return new Proxy(target, {
      get: (_, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        return (...given: unknown[]): unknown =>
          this.dead ? new Promise(() => undefined) : (value.apply(target, given) as unknown);
      },
    });
  }

  clock(clock: Clock): Clock {
    return {
      monotonic: () => clock.monotonic(),
      wall: () => clock.wall(),
      after: (ms, callback) => {
        const timer = clock.after(ms, () => (this.dead ? undefined : callback()));
        this.#timers.add(timer);
        return timer;
      },
    };
  }
}
