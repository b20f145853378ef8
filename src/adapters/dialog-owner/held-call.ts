import type { CallId } from '../../domain/identifiers.js';
import type { SignalingCall } from '../../ports/signaling.js';
import type { CallFacts } from './protocol.js';

/**
 * Where a held call is.
 *
 * ```
 *   waiting ⇄ offered ──answer()──► answered          lost: answered by a dialog owner that has died
 *                  placed ──by them───┘
 * ```
 * `waiting`: no control process knows of it, or none does any more. `placed`: by the control process that is there now; without it the
 * call is given up.
 */
export type HeldPhase = 'waiting' | 'offered' | 'placed' | 'answered' | 'lost';

/** One call as the dialog owner holds it. */
export class HeldCall {
  readonly call: SignalingCall;
  readonly handle: string;
  /** As the control process knows it; another when it is told to the next one as new. */
  id: CallId;
  phase: HeldPhase;
  /** Told to a control process under its present name. */
  told = false;
  /** What the far end sent last. */
  remoteSdp: string | null;
  /** Until the ACK of the 200 is in. */
  acknowledged: Promise<unknown> = Promise.resolve();
  /** An offer of the far end's that is being answered without a control process. */
  negotiating: Promise<unknown> = Promise.resolve();
  /** The answer to our offer, made without a control process, is due by an ACK. */
  answerDue = false;
  /** A control process has hung up: for the next one it is over. */
  ending = false;
  /** While it waits for a control process. */
  patience: NodeJS.Timeout | null = null;

  constructor(call: SignalingCall, phase: HeldPhase, handle: string) {
    this.call = call;
    this.id = call.id;
    this.phase = phase;
    this.handle = handle;
    this.remoteSdp = call.offer;
  }

  /** Answered, whoever did it: it outlives a control process. */
  get answered(): boolean {
    return this.phase === 'answered' || this.phase === 'lost';
  }

  facts(): CallFacts {
    const { id, handle, call } = this;
    const { sipCallId, source, requestUser, toUser, requestHost, callerNumber, callerName, offer } = call;
    return { id, handle, sipCallId, source, requestUser, toUser, requestHost, callerNumber, callerName, offer };
  }
}

/** A call of which nothing is known. */
export const NOBODY: Omit<CallFacts, 'id' | 'handle' | 'offer'> = {
  sipCallId: '',
  source: { transport: 'udp', address: '', port: 0 },
  requestUser: '',
  toUser: '',
  requestHost: '',
  callerNumber: null,
  callerName: null,
};

/** Text a call is found by: which dialog owner answered it, and its handle there. */
export function showHandle(incarnation: string, inner: string | null): string {
  return JSON.stringify({ owner: incarnation, call: inner ?? '' });
}

/** What cannot be read belongs to no dialog owner. */
export function readHandle(text: string): { readonly owner: string; readonly call: string } {
  try {
    const value = JSON.parse(text) as { owner?: unknown; call?: unknown } | null;
    if (typeof value?.owner === 'string' && typeof value.call === 'string')
      return { owner: value.owner, call: value.call };
  } catch {
    // Not ours.
  }
  return { owner: '', call: '' };
}
