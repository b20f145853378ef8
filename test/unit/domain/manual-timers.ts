import type { TimerId } from '../../../src/domain/identifiers.js';

/** The timers a machine has set, as a bridge would keep them. */
export class ManualTimers {
  readonly #running = new Map<string, { readonly timerId: TimerId; readonly due: number }>();

  set(name: string, timerId: TimerId, due: number): void {
    this.#running.set(name, { timerId, due });
  }

  cancel(name: string): void {
    this.#running.delete(name);
  }

  get names(): readonly string[] {
    return [...this.#running.keys()];
  }

  idOf(name: string): TimerId {
    const timer = this.#running.get(name);
    if (timer === undefined) throw new Error(`no timer ${name} runs; there are ${this.names.join(', ')}`);
    return timer.timerId;
  }

  /** When the next timer is due, or `null` when none runs. */
  get nextDue(): number | null {
    const dues = [...this.#running.values()].map((timer) => timer.due);
    return dues.length === 0 ? null : Math.min(...dues);
  }

  /** Takes the earliest timer that is due by then. */
  takeDue(by: number): { readonly timerId: TimerId; readonly due: number } | null {
    const [first] = [...this.#running.entries()]
      .filter(([, timer]) => timer.due <= by)
      .sort(([, one], [, other]) => one.due - other.due);
    if (first === undefined) return null;
    this.#running.delete(first[0]);
    return first[1];
  }
}
