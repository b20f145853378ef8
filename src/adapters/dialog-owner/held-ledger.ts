import type { CallId } from '../../domain/identifiers.js';
import { HeldCall, NOBODY, readHandle } from './held-call.js';
import type { Asked, HeldSignaling } from './held-ports.js';
import { NotedEnds } from './noted-ends.js';
import type { TakenBackFacts } from './protocol.js';

/** Which calls are held, and what became of those that are not any more. */
export class HeldLedger {
  readonly ends = new NotedEnds();
  readonly #signaling: HeldSignaling;
  readonly #incarnation: string;
  readonly #note: (message: string) => void;
  /** By the name the signalling knows. */
  readonly #calls = new Map<CallId, HeldCall>();
  /** By the name the control process knows. */
  readonly #byId = new Map<CallId, HeldCall>();

  constructor(signaling: HeldSignaling, incarnation: string, note: (message: string) => void) {
    this.#signaling = signaling;
    this.#incarnation = incarnation;
    this.#note = note;
  }

  all(): readonly HeldCall[] {
    return [...this.#calls.values()];
  }

  /** As the signalling names it. */
  ofSignaling(inner: CallId): HeldCall | undefined {
    return this.#calls.get(inner);
  }

  /** As the control process names it. */
  named(id: CallId): HeldCall | undefined {
    return this.#byId.get(id);
  }

  keep(held: HeldCall): void {
    this.#calls.set(held.call.id, held);
    this.#byId.set(held.id, held);
  }

  /** The control process knows it by another name from now on. */
  rename(held: HeldCall, id: CallId): void {
    this.#byId.delete(held.id);
    held.id = id;
    this.#byId.set(id, held);
  }

  remove(held: HeldCall): void {
    this.#calls.delete(held.call.id);
    this.#byId.delete(held.id);
  }

  /** What became of a call that a control process asks for; one that goes on counts as told to it. */
  whatBecameOf({ id, handle }: Asked): TakenBackFacts {
    const held = this.#byId.get(id);
    if (held?.answered === true && !held.ending) {
      held.told = true;
      if (held.phase === 'lost') return { kind: 'unreachable', call: held.facts() };
      return { kind: 'live', call: held.facts(), remoteSdp: held.remoteSdp };
    }
    // Without a note it ended so long ago that it is forgotten, or before it was answered; its handle says who it was.
    const who = this.#signaling.who(readHandle(handle).call) ?? NOBODY;
    const forgotten = { id, handle, ...who, offer: null };
    return this.ends.get(id) ?? { kind: 'ended', call: forgotten, lineLost: false, cause: 'ended meanwhile', at: null };
  }

  /** Calls of a dialog owner that has died are kept as lost. */
  async adopt(asked: readonly Asked[]): Promise<void> {
    const foreign = asked.filter(
      ({ id, handle }) => !this.#knows(id) && readHandle(handle).owner !== this.#incarnation,
    );
    const inner = foreign.map(({ id, handle }) => ({ id, handle: readHandle(handle).call }));
    const found = await this.#signaling.takeBack(inner);
    for (const [index, { call }] of found.entries())
      this.keep(new HeldCall(call, 'lost', foreign[index]?.handle ?? ''));
    if (found.length > 0) {
      this.#note(`the dialogs of ${found.length} calls are lost with the dialog owner that died; their audio goes on`);
    }
  }

  #knows(id: CallId): boolean {
    return this.#byId.has(id) || this.ends.get(id) !== undefined;
  }
}
