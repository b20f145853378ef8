import type { Clock } from '../../ports/clock.js';
import type { Peer, SipRequest, SipResponse } from './message.js';
import type { ClientTransaction, ServerTransaction } from './transaction-layer.js';
import type { TransactionTimers } from './timers.js';

/** What the four state machines of RFC 3261 section 17 have in common. */

/** What a transaction needs of the layer that holds it. */
export interface TransactionContext {
  readonly clock: Clock;
  readonly timers: TransactionTimers;
  /** TCP and TLS: nothing is retransmitted, and timers D, I, J and K are zero. */
  readonly reliable: boolean;
  /** Sends to the far end of the transaction. */
  transmit(bytes: Buffer): void;
  /** The transaction is over: the layer forgets it. Called once. */
  ended(): void;
}

/** A server transaction as the layer sees it. */
export interface ServerMachine extends ServerTransaction {
  readonly kind: 'invite' | 'nonInvite';
  /** The same request came again. */
  requestRepeated(): void;
  /** Status of the final answer; `null` before. */
  readonly finalStatus: number | null;
  /** To tag of the last answer that had one; `null` before. */
  readonly answeredTag: string | null;
  /** Ends it without another word; nothing when it is over. */
  end(): void;
}

/** A client transaction as the layer sees it. */
export interface ClientMachine extends ClientTransaction {
  responseReceived(response: SipResponse, peer: Peer): void;
  /** The transport reports that the request did not go out (RFC 3261 section 17.1.4). */
  transportFailed(): void;
  /** Ends it without a final answer; the user is told of a failed transport. */
  end(): void;
}

/** The one door between states: a move that the RFC does not draw is a mistake in the code, not in a message. */
export function stateTransition<State extends string>(
  moves: Readonly<Record<State, readonly State[]>>,
  from: State,
  to: State,
): State {
  if (!moves[from].includes(to)) throw new Error(`no move from ${from} to ${to}`);
  return to;
}

export interface ServerTransactionParts {
  readonly request: SipRequest;
  readonly peer: Peer;
  readonly context: TransactionContext;
}
