import type { Credentials } from '../../domain/access/digest.js';
import { assertNever } from '../../domain/assert-never.js';
import { makeResponse, type RequestParts } from './build.js';
import { ACCEPT, ALLOW, listed, SERVER, SUPPORTED, USER_AGENT } from './capabilities.js';
import { ChallengedRequest } from './challenged-request.js';
import type { Dialog } from './dialog.js';
import { cseq, header } from './headers.js';
import { answerInfo } from './info-answers.js';
import type { Peer, SipHeader, SipMessage, SipRequest, SipResponse } from './message.js';
import { nextHop } from './next-hop.js';
import { OfferClient } from './offer-client.js';
import { OfferServer } from './offer-server.js';
import { extensionFault, type OfferRequest } from './request-checks.js';
import type { SessionCore, SessionPhase, SessionUser } from './session-core.js';
import { SessionTimer } from './session-timer.js';
import type { ClientTransaction, ClientTransactionUser, Destination, ServerTransaction } from './transaction-layer.js';
import type { DialogUser, UserAgent } from './user-agent.js';

export interface SessionOptions {
  readonly agent: UserAgent;
  readonly dialog: Dialog;
  /** Where the far end's message came from. */
  readonly peer: Peer;
  /** A proxy stands between the far end and us (more than one Via). */
  readonly proxied: boolean;
  readonly contact: SipHeader;
  /** `early` for an INVITE that came in, `established` for one of ours that was accepted. */
  readonly phase: 'early' | 'established';
  readonly user: SessionUser;
  /** For a 401 or 407 to what we ask within the call; left out: they are refusals. */
  readonly credentials?: Credentials | null;
}

/** One call from its dialog on (RFC 3261 sections 12 to 15). The chart of its phases is in `session-core.ts`. */
export class Session implements SessionCore, DialogUser {
  readonly agent: UserAgent;
  readonly dialog: Dialog;
  readonly user: SessionUser;
  readonly timer: SessionTimer;
  readonly contact: SipHeader;
  localSdp: string | null = null;
  readonly #proxied: boolean;
  readonly #credentials: Credentials | null;
  readonly #server: OfferServer;
  readonly #client: OfferClient;
  #peer: Peer;
  #phase: SessionPhase;
  /** Methods the far end allows, in lower case. */
  #allowed: ReadonlySet<string> = new Set();
  /** Hung up by us before the ACK came. */
  #endWanted = false;
  #over: () => void = () => undefined;
  readonly #ended: Promise<void>;

  constructor(options: SessionOptions) {
    this.agent = options.agent;
    this.dialog = options.dialog;
    this.user = options.user;
    this.contact = options.contact;
    this.#peer = options.peer;
    this.#proxied = options.proxied;
    this.#credentials = options.credentials ?? null;
    this.#phase = options.phase;
    this.#ended = new Promise((resolve) => (this.#over = resolve));
    this.timer = new SessionTimer(this.agent.clock, {
      refreshDue: () => this.#client.refresh(),
      // RFC 4028 section 10: "the UA ... MUST ... send a BYE request".
      expired: () => this.lost('session timer expired', true),
    });
    this.#server = new OfferServer(this, () => this.#client.offering);
    this.#client = new OfferClient(this, () => this.#server.busy, options.phase === 'established');
    this.agent.register(this.dialog, this);
  }

  get phase(): SessionPhase {
    return this.#phase;
  }

  allows(method: string): boolean {
    return this.#allowed.has(method);
  }

  heard(message: SipMessage, peer: Peer): void {
    this.#peer = peer;
    if (header(message, 'allow') !== null) this.#allowed = listed(message, 'allow');
  }

  response(request: SipRequest, status: number, headers: readonly SipHeader[] = [], body?: string): SipResponse {
    // Contact belongs to what makes or keeps a dialog (RFC 3261 section 12.1.1, RFC 3311 section 5.2).
    const dialogMaking = status > 100 && status < 300 && (request.method === 'INVITE' || request.method === 'UPDATE');
    return makeResponse(request, status, null, {
      toTag: this.dialog.localTag,
      headers: [SERVER, ...(dialogMaking ? [this.contact] : []), ...headers],
      ...(body === undefined ? {} : { body }),
    });
  }

  respond(transaction: ServerTransaction, status: number, headers: readonly SipHeader[] = [], body?: string): void {
    transaction.respond(this.response(transaction.request, status, headers, body));
  }

  send(method: string, extras: Pick<RequestParts, 'headers' | 'body'>, user: ClientTransactionUser): ClientTransaction {
    if (this.#credentials === null) return this.#send(method, extras, user);
    return new ChallengedRequest(this.#credentials, extras, user, (added, takes) => this.#send(method, added, takes));
  }

  #send(
    method: string,
    extras: Pick<RequestParts, 'headers' | 'body'>,
    user: ClientTransactionUser,
  ): ClientTransaction {
    const headers = [USER_AGENT, ...(extras.headers ?? [])];
    const request = this.dialog.request(method, { ...extras, headers });
    return this.agent.layer.send(request, this.#destination(), user);
  }

  sendAck(ack: SipRequest): void {
    this.agent.layer.sendAck(ack, this.#destination());
  }

  /** With the address of ours that the far end talks to: requests from another would be a stranger's to it, or to its NAT. */
  #destination(): Destination {
    const { localAddress: address, localPort: port } = this.#peer;
    return { ...nextHop(this.dialog.nextHop, this.#peer, this.#proxied), local: { address, port } };
  }

  /** Accepts the first INVITE with 200 and `sdp`. `acknowledged` is told the SDP of the ACK. */
  accept(
    transaction: ServerTransaction,
    request: OfferRequest,
    sdp: string,
    acknowledged: (sdp: string | null) => void,
  ): void {
    this.#phase = 'accepted';
    this.#server.accept(transaction, request, sdp, {
      acknowledged: (answer) => {
        this.established();
        acknowledged(answer);
      },
      unacknowledged: () => {
        if (this.#endWanted) this.#sayGoodbye();
        else this.lost('no ACK', true);
      },
    });
  }

  established(): void {
    this.#phase = 'established';
    if (this.#endWanted) this.#sayGoodbye();
    else this.exchangeEnded();
  }

  /** Sends an offer of ours within the dialog, see {@link OfferClient.offer}. */
  offer(method: 'INVITE' | 'UPDATE', sdp: string | null): Promise<string | null> {
    return this.#client.offer(method, sdp);
  }

  exchangeEnded(): void {
    this.#client.proceed();
  }

  requestReceived(transaction: ServerTransaction): void {
    const { request, peer } = transaction;
    // RFC 3261 section 12.2.2: "If the remote sequence number was not empty, but the sequence number of the request is lower than
    // the remote sequence number, the request is out of order and MUST be rejected with a 500." An equal one is a copy.
    if (!this.dialog.acceptCseq(cseq(request).number)) {
      this.respond(transaction, 500);
      return;
    }
    this.heard(request, peer);
    if (this.#phase === 'ending' && request.method !== 'BYE') {
      this.respond(transaction, 481);
      return;
    }
    const extension = request.method === 'BYE' ? null : extensionFault(request);
    if (extension !== null) {
      this.respond(transaction, extension.status, extension.headers);
      return;
    }
    switch (request.method) {
      case 'INVITE':
        this.#server.invite(transaction);
        return;
      case 'UPDATE':
        this.#server.update(transaction);
        return;
      case 'BYE':
        this.#byeReceived(transaction);
        return;
      case 'INFO':
        this.#infoReceived(transaction);
        return;
      case 'PRACK':
        this.user.pracked(transaction);
        return;
      case 'OPTIONS':
        // Section 11.2, within a dialog: "it SHOULD be answered as it would be outside one", with no effect on the dialog.
        this.respond(transaction, 200, [ALLOW, ACCEPT, SUPPORTED]);
        return;
      default:
        this.respond(transaction, 405, [ALLOW]);
    }
  }

  ackReceived(ack: SipRequest, peer: Peer): void {
    this.heard(ack, peer);
    this.#server.acknowledge(ack, cseq(ack).number);
  }

  inviteCancelled(invite: ServerTransaction): void {
    this.#server.cancelled(invite);
  }

  end(): Promise<void> {
    switch (this.#phase) {
      case 'early':
        this.close();
        break;
      case 'accepted':
        // RFC 3261 section 15: "the callee's UA MUST NOT send a BYE on a confirmed dialog until it has received an ACK for its
        // 2xx response or until the server transaction times out."
        this.#endWanted = true;
        break;
      case 'established':
        this.#sayGoodbye();
        break;
      case 'ending':
      case 'closed':
        break;
      default:
        assertNever(this.#phase);
    }
    return this.#ended;
  }

  lost(cause: string, bye: boolean): void {
    if (this.#phase === 'ending' || this.#phase === 'closed') return;
    this.#phase = 'ending';
    this.#stop();
    try {
      // Whoever hung up already wants to hear no more of it.
      if (!this.#endWanted) this.user.ended({ lineLost: true, cause });
    } finally {
      if (bye) this.#sayGoodbye();
      else this.close();
    }
  }

  /** Forgets the call without a word to the far end. */
  close(): void {
    if (this.#phase === 'closed') return;
    this.#phase = 'closed';
    this.#stop();
    this.agent.unregister(this.dialog, this);
    this.#over();
    this.user.closed();
  }

  #sayGoodbye(): void {
    this.#phase = 'ending';
    this.#stop();
    this.send(
      'BYE',
      {},
      {
        response: (response) => {
          if (response.status >= 200) this.close();
        },
        // RFC 3261 section 15.1.1: "If the response for the BYE is a 481 or a 408 or no response at all is received for the BYE ...
        // the UAC MUST consider the session and the dialog terminated."
        failed: () => this.close(),
      },
    );
  }

  #stop(): void {
    this.timer.stop();
    this.#server.close();
    this.#client.close();
  }

  #byeReceived(transaction: ServerTransaction): void {
    const wasOurs = this.#phase === 'ending' || this.#endWanted;
    this.respond(transaction, 200);
    try {
      if (!wasOurs) this.user.ended({ lineLost: false, cause: 'far end hung up' });
    } finally {
      // Crossed BYEs: both sides are done, whatever becomes of ours (RFC 3261 section 15.1.2).
      this.close();
    }
  }

  #infoReceived(transaction: ServerTransaction): void {
    const { status, headers, key } = answerInfo(transaction.request);
    this.respond(transaction, status, headers);
    if (key !== null) this.user.keyPressed(key);
  }
}
