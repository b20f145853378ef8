import type { CallId } from '../../domain/identifiers.js';
import type { TakenBackFacts } from './protocol.js';
import type { HeldCall } from './held-call.js';

/** How a call ended. */
export interface End {
  readonly lineLost: boolean;
  readonly cause: string;
}

/** Beyond it the oldest end is forgotten. */
const MAX_ENDS = 10_000;

/** The ends of calls while no control process was there to hear of them. */
export class NotedEnds {
  readonly #ends = new Map<CallId, TakenBackFacts>();

  note(held: HeldCall, { lineLost, cause }: End): void {
    this.#ends.set(held.id, { kind: 'ended', call: held.facts(), lineLost, cause, at: Date.now() });
    const oldest = this.#ends.keys().next();
    if (this.#ends.size > MAX_ENDS && oldest.done !== true) this.#ends.delete(oldest.value);
  }

  get(id: CallId): TakenBackFacts | undefined {
    return this.#ends.get(id);
  }

  clear(): void {
    this.#ends.clear();
  }
}
