import type { Peer, SipRequest, SipResponse } from './message.js';
import { serialise } from './serialise.js';
import { NamedTimers, lifetime } from './timers.js';
import type { ClientTransactionUser } from './transaction-layer.js';
import { stateTransition, type ClientMachine, type TransactionContext } from './transaction.js';

/**
 * Non-INVITE client transaction: RFC 3261 section 17.1.2.
 *
 *            request sent
 *                 |     E: send again
 *                 v
 *            +--------+  F or transport error: tell the user
 *            | Trying |------------------------------------------+
 *            +--------+                                          |
 *         1xx |    | 200-699                                     |
 *             v    +---------------+                             |
 *      +------------+ 200-699      |    F or transport error     |
 *      | Proceeding |------------->|<-------+ tell the user      |
 *      +------------+              v                             |
 *       1xx: to the user     +-----------+  K  +------------+    |
 *       E: send again        | Completed |---->| Terminated |<---+
 *                            +-----------+     +------------+
 */
type State = 'trying' | 'proceeding' | 'completed' | 'terminated';

const MOVES: Readonly<Record<State, readonly State[]>> = {
  trying: ['proceeding', 'completed', 'terminated'],
  proceeding: ['proceeding', 'completed', 'terminated'],
  completed: ['terminated'],
  terminated: [],
};

export class NonInviteClientTransaction implements ClientMachine {
  readonly request: SipRequest;
  readonly #context: TransactionContext;
  readonly #user: ClientTransactionUser;
  readonly #timers: NamedTimers<'E' | 'F' | 'K'>;
  readonly #bytes: Buffer;
  #state: State = 'trying';

  /** @param request with its Via; it is sent at once. */
  constructor(request: SipRequest, context: TransactionContext, user: ClientTransactionUser) {
    this.request = request;
    this.#context = context;
    this.#user = user;
    this.#timers = new NamedTimers(context.clock);
    this.#bytes = serialise(request);
    context.transmit(this.#bytes);
    // Section 17.1.2.2: F ends the waiting over all transports, E repeats over unreliable ones.
    this.#timers.set('F', lifetime(context.timers), () => this.#fail('timeout'));
    if (!context.reliable) this.#setTimerE(context.timers.t1);
  }

  get state(): State {
    return this.#state;
  }

  /** Section 17.1.2.2: E starts with T1 and doubles up to T2; in Proceeding it is T2 from then on. */
  #setTimerE(interval: number): void {
    const { t2 } = this.#context.timers;
    this.#timers.set('E', interval, () => {
      this.#context.transmit(this.#bytes);
      this.#setTimerE(this.#state === 'proceeding' ? t2 : Math.min(2 * interval, t2));
    });
  }

  responseReceived(response: SipResponse, peer: Peer): void {
    switch (this.#state) {
      case 'trying':
      case 'proceeding':
        if (response.status < 200) this.#moveTo('proceeding');
        else this.#complete();
        this.#user.response(response, peer);
        return;
      case 'completed':
        // "The "Completed" state exists to buffer any additional response retransmissions that may be received".
        return;
      case 'terminated':
        return;
    }
  }

  /** "set Timer K to fire in T4 seconds for unreliable transports, and zero seconds for reliable transports". */
  #complete(): void {
    this.#timers.cancelAll();
    this.#moveTo('completed');
    if (this.#context.reliable) this.#terminate();
    else this.#timers.set('K', this.#context.timers.t4, () => this.#terminate());
  }

  /** CANCEL is for INVITE: other requests are answered at once (section 9.1). */
  cancel(): void {
    // Nothing to do.
  }

  transportFailed(): void {
    if (this.#state === 'trying' || this.#state === 'proceeding') this.#fail('transport');
  }

  end(): void {
    if (this.#state === 'trying' || this.#state === 'proceeding') this.#fail('transport');
    else if (this.#state === 'completed') this.#terminate();
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
