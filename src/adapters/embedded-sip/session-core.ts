import type { Key } from '../../domain/keys.js';
import type { RequestParts } from './build.js';
import type { Dialog } from './dialog.js';
import type { Peer, SipHeader, SipMessage, SipRequest, SipResponse } from './message.js';
import type { SessionTimer } from './session-timer.js';
import type { ClientTransaction, ClientTransactionUser, ServerTransaction } from './transaction-layer.js';
import type { UserAgent } from './user-agent.js';

/**
 * What the parts of one call share: `session.ts` holds the dialog and its end, `offer-server.ts` answers INVITE and UPDATE
 * within it, `offer-client.ts` sends them.
 *
 * ```
 *   early ──our 2xx──► accepted ──ACK──► established ──BYE of ours──► ending ──its answer──► closed
 *     │                    │                  │  ▲                                              ▲
 *     └── refused, cancelled, BYE ────────────┴──│──── BYE of theirs, line lost ────────────────┘
 *                                     2xx to an INVITE of ours
 * ```
 */
export type SessionPhase = 'early' | 'accepted' | 'established' | 'ending' | 'closed';

export interface SessionEnd {
  /** True when nobody said good-bye. */
  readonly lineLost: boolean;
  /** For people, without numbers or names. */
  readonly cause: string;
}

/** Who is told what happens to a call. Functions return at once and never throw, but for rejected promises. */
export interface SessionUser {
  keyPressed(key: Key): void;
  /** An offer, or the wish for one (`null`): resolves with our SDP. `MediaOfferRefused` makes a 488, `MediaOfferTooSoon` a 491, anything else a 500. */
  mediaOffered(offer: string | null): Promise<string>;
  /** The answer to the offer that `mediaOffered(null)` made. */
  mediaAnswered(answer: string): void;
  /** PRACK (RFC 3262), answered by whoever sends reliable provisional answers. */
  pracked(transaction: ServerTransaction): void;
  /** The far end's BYE, or the line was lost; not what we ended ourselves. At most once. */
  ended(end: SessionEnd): void;
  /** Nothing of the call is left. Once. */
  closed(): void;
}

/** What the far end's messages and ours need in common. */
export interface SessionCore {
  readonly agent: UserAgent;
  readonly dialog: Dialog;
  readonly user: SessionUser;
  readonly timer: SessionTimer;
  readonly phase: SessionPhase;
  /** Contact of ours. */
  readonly contact: SipHeader;
  /** The SDP we sent last, for refreshes. */
  localSdp: string | null;
  /** Whether the far end named this method in Allow; `false` as long as it named none. */
  allows(method: string): boolean;
  /** Notes Allow, and where the message came from. */
  heard(message: SipMessage, peer: Peer): void;
  respond(transaction: ServerTransaction, status: number, headers?: readonly SipHeader[], body?: string): void;
  /** A response with To tag, Contact and Server, not yet sent. */
  response(request: SipRequest, status: number, headers?: readonly SipHeader[], body?: string): SipResponse;
  /** Sends a request within the dialog; whoever sends it minds 408 and 481 by {@link lost}. */
  send(method: string, extras: Pick<RequestParts, 'headers' | 'body'>, user: ClientTransactionUser): ClientTransaction;
  sendAck(ack: SipRequest): void;
  /** The far end is gone: told as `ended`. With `bye`, says good-bye all the same. */
  lost(cause: string, bye: boolean): void;
  /** Ends the call by BYE; told to nobody. */
  end(): Promise<void>;
  /** The 2xx to the first INVITE was acknowledged. */
  established(): void;
  /** An exchange of offer and answer ended; the next may begin. */
  exchangeEnded(): void;
}
