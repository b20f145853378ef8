import type { CallId } from '../../domain/identifiers.js';
import type { TakenBackFacts } from './protocol.js';
import type { HeldCall } from './held-call.js';

/** How a call ended. */
export interface End {
  readonly lineLost: boolean;
  readonly cause: string;
}

/** After so long a control process that was told has read it, milliseconds. */
const READ_MS = 10_000;
/** Beyond it the oldest end is forgotten. */
const MAX_ENDS = 10_000;

/** The ends of calls that no control process has heard of, as far as is known. */
export class NotedEnds {
  readonly #ends = new Map<CallId, TakenBackFacts>();

  /** @param told whether a control process that was told of it is there; asked later. */
  note(held: HeldCall, { lineLost, cause }: End, told: () => boolean): void {
    const end: TakenBackFacts = { kind: 'ended', call: held.facts(), lineLost, cause, at: Date.now() };
    this.#ends.set(held.id, end);
    if (told()) {
      setTimeout(() => {
        if (told() && this.#ends.get(held.id) === end) this.#ends.delete(held.id);
      }, READ_MS).unref();
    }
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
