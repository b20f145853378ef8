import { cseq, header } from './headers.js';
import type { Peer, SipHeader, SipRequest, SipResponse } from './message.js';
import { serialise } from './serialise.js';
import { NamedTimers, lifetime } from './timers.js';
import type { ClientTransactionUser } from './transaction-layer.js';
import { stateTransition, type ClientMachine, type TransactionContext } from './transaction.js';

/**
 * INVITE client transaction: RFC 3261 section 17.1.1, with the Accepted state of RFC 6026 section 7.2.
 *
 *              INVITE sent
 *                  |     A: send again
 *                  v   +-+
 *            +---------+ |  B or transport error: tell the user
 *   +--------| Calling |<+---------------------------------------+
 *   |        +---------+                                         |
 *   |   1xx |    | 2xx                                           |
 *   |       v    +------------------+                            |
 *   |  +------------+  2xx          |                            |
 *   |  | Proceeding |-------------->|                            |
 *   |  +------------+  1xx: to user v                            |
 *   |       | 300-699         +----------+ 2xx: to the user      |
 *   | send ACK                | Accepted |                       |
 *   v       v                 +----------+                       |
 *  +-----------+                    | M                          |
 *  | Completed | 300-699: send ACK  |                            |
 *  +-----------+                    v                            v
 *        | D                  +------------+                     |
 *        +------------------->| Terminated |<--------------------+
 *                             +------------+
 */
type State = 'calling' | 'proceeding' | 'accepted' | 'completed' | 'terminated';

const MOVES: Readonly<Record<State, readonly State[]>> = {
  calling: ['proceeding', 'accepted', 'completed', 'terminated'],
  proceeding: ['proceeding', 'accepted', 'completed', 'terminated'],
  accepted: ['terminated'],
  completed: ['terminated'],
  terminated: [],
};

export class InviteClientTransaction implements ClientMachine {
  readonly request: SipRequest;
  readonly #context: TransactionContext;
  readonly #user: ClientTransactionUser;
  readonly #sendCancel: (cancel: SipRequest) => void;
  readonly #timers: NamedTimers<'A' | 'B' | 'D' | 'M' | 'cancelled'>;
  readonly #bytes: Buffer;
  #state: State = 'calling';
  #cancel: 'none' | 'held' | 'sent' = 'none';
  #ack: Buffer | null = null;

  /**
   * @param request with its Via; it is sent at once.
   * @param sendCancel starts the CANCEL, a transaction of its own with the same branch.
   */
  constructor(
    request: SipRequest,
    context: TransactionContext,
    user: ClientTransactionUser,
    sendCancel: (cancel: SipRequest) => void,
  ) {
    this.request = request;
    this.#context = context;
    this.#user = user;
    this.#sendCancel = sendCancel;
    this.#timers = new NamedTimers(context.clock);
    this.#bytes = serialise(request);
    context.transmit(this.#bytes);
    // Section 17.1.1.2: A repeats over unreliable transports only, B ends the waiting over all of them.
    if (!context.reliable) this.#setTimerA(context.timers.t1);
    this.#timers.set('B', lifetime(context.timers), () => this.#fail('timeout'));
  }

  get state(): State {
    return this.#state;
  }

  /** "When timer A fires, the client transaction MUST retransmit the request ... and MUST reset the timer with a value of 2*T1." */
  #setTimerA(interval: number): void {
    this.#timers.set('A', interval, () => {
      this.#context.transmit(this.#bytes);
      this.#setTimerA(2 * interval);
    });
  }

  responseReceived(response: SipResponse, peer: Peer): void {
    switch (this.#state) {
      case 'calling':
      case 'proceeding':
        this.#firstResponses(response, peer);
        return;
      case 'accepted':
        // RFC 6026 section 7.2: each further 2xx is passed on; it may be a repetition or come from another branch of a fork.
        if (response.status >= 200 && response.status < 300) this.#user.response(response, peer);
        return;
      case 'completed':
        // "Any retransmissions of the final response that are received while in the "Completed" state MUST cause the ACK
        // to be re-passed to the transport layer" (section 17.1.1.2).
        if (response.status >= 300 && this.#ack !== null) this.#context.transmit(this.#ack);
        return;
      case 'terminated':
        return;
    }
  }

  #firstResponses(response: SipResponse, peer: Peer): void {
    this.#timers.cancel('A');
    this.#timers.cancel('B');
    if (response.status < 200) {
      // "If the client transaction receives a provisional response while in the "Calling" state, it transitions to the
      // "Proceeding" state" and stops retransmitting.
      this.#moveTo('proceeding');
      if (this.#cancel === 'held') this.#cancelNow();
      this.#user.response(response, peer);
      return;
    }
    this.#timers.cancelAll();
    if (response.status < 300) {
      // RFC 6026 section 7.2: a 2xx leads to Accepted, and timer M starts.
      this.#moveTo('accepted');
      this.#timers.set('M', lifetime(this.#context.timers), () => this.#terminate());
    } else {
      // "the client transaction MUST generate an ACK request, even if the transport is reliable" (section 17.1.1.2). Timer D
      // is at least 32 s, or zero over reliable transports.
      this.#moveTo('completed');
      this.#ack = serialise(acknowledge(this.request, response));
      this.#context.transmit(this.#ack);
      if (this.#context.reliable) this.#terminate();
      else this.#timers.set('D', lifetime(this.#context.timers), () => this.#terminate());
    }
    this.#user.response(response, peer);
  }

  /** Section 9.1: "If no provisional response has been received, the CANCEL request MUST NOT be sent". */
  cancel(): void {
    if (this.#cancel !== 'none') return;
    if (this.#state === 'calling') this.#cancel = 'held';
    else if (this.#state === 'proceeding') this.#cancelNow();
  }

  /** "If there is no final response for the original request in 64*T1 seconds ... the client SHOULD then consider the original transaction cancelled" (section 9.1). */
  #cancelNow(): void {
    this.#cancel = 'sent';
    this.#timers.set('cancelled', lifetime(this.#context.timers), () => this.#fail('timeout'));
    this.#sendCancel(cancelOf(this.request));
  }

  transportFailed(): void {
    switch (this.#state) {
      case 'calling':
        // Section 17.1.4: the user is told, and the transaction is over.
        this.#fail('transport');
        return;
      case 'completed':
        // The ACK did not go out; the far end gives up by its own timer H.
        this.#terminate();
        return;
      case 'proceeding':
      case 'accepted':
      case 'terminated':
        return;
    }
  }

  end(): void {
    if (this.#state === 'calling' || this.#state === 'proceeding') this.#fail('transport');
    else if (this.#state !== 'terminated') this.#terminate();
  }

  #fail(cause: 'timeout' | 'transport'): void {
    this.#terminate();
    this.#user.failed(cause);
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

/** Headers of the INVITE that its ACK and its CANCEL repeat, in their order there. */
function inherited(invite: SipRequest): readonly SipHeader[] {
  const via = header(invite, 'via');
  return [
    ...(via === null ? [] : [{ name: 'via', value: via }]),
    { name: 'max-forwards', value: '70' },
    ...invite.headers.filter(({ name }) => name === 'route' || name === 'from' || name === 'call-id'),
  ];
}

/**
 * Section 17.1.1.3: Request-URI, Call-ID, From, Route and the top Via of the INVITE, To of the answer, and the CSeq number
 * with method ACK.
 */
export function acknowledge(invite: SipRequest, response: SipResponse): SipRequest {
  return {
    kind: 'request',
    method: 'ACK',
    uri: invite.uri,
    headers: [
      ...inherited(invite),
      { name: 'to', value: header(response, 'to') ?? '' },
      { name: 'cseq', value: `${cseq(invite).number} ACK` },
    ],
    body: Buffer.alloc(0),
  };
}

/** Section 9.1: as the ACK, but with the To of the INVITE itself, and without Require and Proxy-Require. */
export function cancelOf(invite: SipRequest): SipRequest {
  return {
    kind: 'request',
    method: 'CANCEL',
    uri: invite.uri,
    headers: [
      ...inherited(invite),
      { name: 'to', value: header(invite, 'to') ?? '' },
      { name: 'cseq', value: `${cseq(invite).number} CANCEL` },
    ],
    body: Buffer.alloc(0),
  };
}
