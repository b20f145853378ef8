import type { Peer, SipRequest, SipResponse } from './message.js';

/**
 * What the dialog and call layer sees of transactions (RFC 3261 section 17, with RFC 6026's corrections): requests come in once,
 * answers go out by their transaction, requests of ours end in answers or one failure.
 */

/** A server transaction, for one request that came in. */
export interface ServerTransaction {
  readonly request: SipRequest;
  readonly peer: Peer;
  /** Sends a provisional or final answer and keeps retransmitting as the method and transport want. A second final answer is ignored. */
  respond(response: SipResponse): void;
  /** True once a final answer was given. */
  readonly answered: boolean;
}

/** A client transaction, for one request of ours. */
export interface ClientTransaction {
  readonly request: SipRequest;
  /** CANCEL by RFC 3261 section 9.1: held until a provisional answer is in; nothing after a final one. */
  cancel(): void;
}

export interface ClientTransactionUser {
  /** Every provisional and the final answer, once each; each 2xx to an INVITE of any branch, including retransmissions (the user ACKs each). */
  response(response: SipResponse, peer: Peer): void;
  /** Timer B or F, or the transport failed: exactly one ending, if no final answer came. */
  failed(cause: 'timeout' | 'transport'): void;
}

/** Where to send: an IP address and port already resolved. */
export interface Destination {
  readonly transport: 'udp' | 'tcp' | 'tls';
  readonly address: string;
  readonly port: number;
  /** Reuse this connection if it is still there (RFC 3261 section 18, RFC 5923). */
  readonly connection?: string;
  /** The address and port of ours that the far end talks to, to send from there; any that reaches the far end when left out. */
  readonly local?: { readonly address: string; readonly port: number };
}

/** What the transaction layer tells its user. */
export interface TransactionUser {
  /** Any request but ACK to a non-2xx (absorbed) and retransmissions (answered again). CANCEL has been answered 200 already. */
  requestReceived(transaction: ServerTransaction): void;
  /** CANCEL matched this still unanswered INVITE; the user answers the INVITE 487. */
  inviteCancelled(invite: ServerTransaction): void;
  /** ACK to a 2xx, which belongs to no transaction (RFC 3261 section 13.3.1.4). */
  ackReceived(ack: SipRequest, peer: Peer): void;
  /** A final answer of ours to an INVITE was never acknowledged (timer H, non-2xx). */
  acknowledgementMissing(invite: ServerTransaction): void;
  trouble(message: string): void;
}

export interface TransactionLayer {
  start(user: TransactionUser): Promise<void>;
  /** Stops timers, closes sockets and connections. */
  stop(): Promise<void>;
  /** Really bound addresses. */
  listening(): readonly {
    readonly transport: 'udp' | 'tcp' | 'tls';
    readonly address: string;
    readonly port: number;
  }[];
  /** Sends a request in a client transaction. Adds the Via with a fresh branch; everything else must be there. */
  send(request: SipRequest, destination: Destination, user: ClientTransactionUser): ClientTransaction;
  /** Sends an ACK to a 2xx, outside any transaction; adds the Via with a fresh branch. */
  sendAck(ack: SipRequest, destination: Destination): void;
  /** Sends a 2xx to INVITE again (the call layer retransmits it, RFC 3261 section 13.3.1.4). */
  resend(transaction: ServerTransaction, response: SipResponse): void;
  counts(): { readonly server: number; readonly client: number; readonly connections: number };
}
