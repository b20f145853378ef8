import { toTag } from './headers.js';
import type { Peer, SipRequest, SipResponse } from './message.js';
import { serialise } from './serialise.js';
import { NamedTimers, lifetime } from './timers.js';
import {
  stateTransition,
  type ServerMachine,
  type ServerTransactionParts,
  type TransactionContext,
} from './transaction.js';

/**
 * Non-INVITE server transaction: RFC 3261 section 17.2.2.
 *
 *        request
 *           | tell the user
 *           v
 *      +--------+  1xx   +------------+
 *      | Trying |------->| Proceeding |  request, 1xx: send
 *      +--------+        +------------+
 *           | 200-699          | 200-699
 *           v                  v
 *          +--------------------+  request: send again
 *          |     Completed      |
 *          +--------------------+
 *                    | J
 *                    v
 *              +------------+
 *              | Terminated |
 *              +------------+
 */
type State = 'trying' | 'proceeding' | 'completed' | 'terminated';

const MOVES: Readonly<Record<State, readonly State[]>> = {
  trying: ['proceeding', 'completed', 'terminated'],
  proceeding: ['proceeding', 'completed', 'terminated'],
  completed: ['terminated'],
  terminated: [],
};

export class NonInviteServerTransaction implements ServerMachine {
  readonly kind = 'nonInvite';
  readonly request: SipRequest;
  readonly peer: Peer;
  readonly #context: TransactionContext;
  readonly #timers: NamedTimers<'unanswered' | 'J'>;
  #state: State = 'trying';
  #lastResponse: Buffer | null = null;
  #answeredTag: string | null = null;
  #finalStatus: number | null = null;

  constructor({ request, peer, context }: ServerTransactionParts) {
    this.request = request;
    this.peer = peer;
    this.#context = context;
    this.#timers = new NamedTimers(context.clock);
    // The far end gives up after 64*T1 (timer F), so an answer later than that is of use to nobody (RFC 4320 section 3).
    this.#timers.set('unanswered', lifetime(context.timers), () => this.#terminate());
  }

  get state(): State {
    return this.#state;
  }

  get answered(): boolean {
    return this.#state === 'completed' || this.#state === 'terminated';
  }

  get finalStatus(): number | null {
    return this.#finalStatus;
  }

  get answeredTag(): string | null {
    return this.#answeredTag;
  }

  respond(response: SipResponse): void {
    // "Any other final responses passed by the TU to the server transaction MUST be discarded while in the "Completed"
    // state" (section 17.2.2).
    if (this.answered) return;
    this.#answeredTag = toTag(response) ?? this.#answeredTag;
    this.#lastResponse = serialise(response);
    this.#context.transmit(this.#lastResponse);
    if (response.status < 200) {
      this.#moveTo('proceeding');
      return;
    }
    this.#finalStatus = response.status;
    this.#complete();
  }

  /** "set Timer J to fire in 64*T1 seconds for unreliable transports, and zero seconds for reliable transports". */
  #complete(): void {
    this.#timers.cancelAll();
    this.#moveTo('completed');
    if (this.#context.reliable) this.#terminate();
    else this.#timers.set('J', lifetime(this.#context.timers), () => this.#terminate());
  }

  requestRepeated(): void {
    switch (this.#state) {
      case 'trying':
        // "Once in the "Trying" state, any further request retransmissions are discarded."
        return;
      case 'proceeding':
      case 'completed':
        // "the most recently sent provisional response MUST be passed to the transport layer for retransmission"; in
        // Completed the same with the final response.
        if (this.#lastResponse !== null) this.#context.transmit(this.#lastResponse);
        return;
      case 'terminated':
        return;
    }
  }

  end(): void {
    if (this.#state !== 'terminated') this.#terminate();
  }

  #terminate(): void {
    this.#timers.cancelAll();
    this.#moveTo('terminated');
    this.#context.ended();
  }

  #moveTo(state: State): void {
    this.#state = stateTransition(MOVES, this.#state, state);
  }
}
