import { makeResponse } from './build.js';
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
 * INVITE server transaction: RFC 3261 section 17.2.1, with the Accepted state of RFC 6026 section 7.1.
 *
 *               INVITE
 *                 | tell the user; 100 after 200 ms
 *                 v          INVITE: last provisional again
 *          +------------+---+
 *          | Proceeding |<--+  101-199: send
 *          +------------+
 *      300-699 |      | 2xx
 *        send  |      | send
 *              v      v
 *  +-----------+     +----------+
 *  | Completed |     | Accepted |  INVITE: nothing; ACK: to the user
 *  +-----------+     +----------+
 *  INVITE, G: send again    | L
 *   ACK |   | H             |
 *       |   +-- tell user --+
 *       v                   v
 *  +-----------+  I  +------------+
 *  | Confirmed |---->| Terminated |
 *  +-----------+     +------------+
 */
type State = 'proceeding' | 'accepted' | 'completed' | 'confirmed' | 'terminated';

const MOVES: Readonly<Record<State, readonly State[]>> = {
  proceeding: ['accepted', 'completed', 'terminated'],
  accepted: ['terminated'],
  completed: ['confirmed', 'terminated'],
  confirmed: ['terminated'],
  terminated: [],
};

/** Section 17.2.1: a 100 is due unless the user answers within this many milliseconds. */
const TRYING_AFTER = 200;

export interface InviteServerUser {
  /** Timer H. */
  acknowledgementMissing(): void;
}

export class InviteServerTransaction implements ServerMachine {
  readonly kind = 'invite';
  readonly request: SipRequest;
  readonly peer: Peer;
  readonly #context: TransactionContext;
  readonly #user: InviteServerUser;
  readonly #timers: NamedTimers<'trying' | 'G' | 'H' | 'I' | 'L'>;
  #state: State = 'proceeding';
  #lastResponse: Buffer | null = null;
  #answeredTag: string | null = null;
  #finalStatus: number | null = null;

  constructor({ request, peer, context }: ServerTransactionParts, user: InviteServerUser) {
    this.request = request;
    this.peer = peer;
    this.#context = context;
    this.#user = user;
    this.#timers = new NamedTimers(context.clock);
    // "The server transaction MUST generate a 100 (Trying) response unless it knows that the TU will generate a
    // provisional or final response within 200 ms" (section 17.2.1).
    this.#timers.set('trying', TRYING_AFTER, () => this.respond(makeResponse(request, 100)));
  }

  get state(): State {
    return this.#state;
  }

  get answered(): boolean {
    return this.#state !== 'proceeding';
  }

  get finalStatus(): number | null {
    return this.#finalStatus;
  }

  get answeredTag(): string | null {
    return this.#answeredTag;
  }

  respond(response: SipResponse): void {
    if (this.#state !== 'proceeding') return;
    this.#timers.cancel('trying');
    this.#answeredTag = toTag(response) ?? this.#answeredTag;
    this.#lastResponse = serialise(response);
    this.#context.transmit(this.#lastResponse);
    // "The TU passes any number of provisional responses to the server transaction" (section 17.2.1).
    if (response.status < 200) return;
    this.#finalStatus = response.status;
    if (response.status < 300) this.#accept();
    else this.#complete();
  }

  /** RFC 6026 section 7.1: the transaction stays to absorb repeated INVITEs; repeating the 2xx is up to the user. */
  #accept(): void {
    this.#moveTo('accepted');
    this.#timers.set('L', lifetime(this.#context.timers), () => this.#terminate());
  }

  /** Section 17.2.1: G repeats the answer over unreliable transports, H bounds the wait for the ACK over all of them. */
  #complete(): void {
    this.#moveTo('completed');
    const { t1 } = this.#context.timers;
    if (!this.#context.reliable) this.#setTimerG(t1);
    this.#timers.set('H', lifetime(this.#context.timers), () => this.#timerH());
  }

  /** "If timer G fires, the response is passed to the transport layer once more ... MIN(2*T1, T2)" and so on, doubling. */
  #setTimerG(interval: number): void {
    this.#timers.set('G', interval, () => {
      if (this.#lastResponse !== null) this.#context.transmit(this.#lastResponse);
      this.#setTimerG(Math.min(2 * interval, this.#context.timers.t2));
    });
  }

  /** "If timer H fires while in the "Completed" state, it implies that the ACK was never received." */
  #timerH(): void {
    this.#terminate();
    this.#user.acknowledgementMissing();
  }

  requestRepeated(): void {
    switch (this.#state) {
      case 'proceeding':
      case 'completed':
        // "the most recent provisional response ... MUST be passed to the transport layer for retransmission"; in
        // Completed "the server SHOULD pass the response to the transport for retransmission".
        if (this.#lastResponse !== null) this.#context.transmit(this.#lastResponse);
        return;
      case 'accepted':
      case 'confirmed':
      case 'terminated':
        return;
    }
  }

  /** ACK with the branch of this INVITE. @returns whether it belongs to a 2xx, so that the user has to see it. */
  ackReceived(): boolean {
    switch (this.#state) {
      case 'completed':
        // "If an ACK is received while the server transaction is in the "Completed" state, the server transaction MUST
        // transition to the "Confirmed" state." Timer I is T4, or zero over reliable transports.
        this.#timers.cancelAll();
        this.#moveTo('confirmed');
        if (this.#context.reliable) this.#terminate();
        else this.#timers.set('I', this.#context.timers.t4, () => this.#terminate());
        return false;
      case 'accepted':
        // RFC 6026 section 7.1: in this state an ACK is passed on to the user, not absorbed.
        return true;
      case 'proceeding':
      case 'confirmed':
      case 'terminated':
        return false;
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
