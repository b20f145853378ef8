import type { CallId } from '../../domain/identifiers.js';
import type { Timer } from '../../ports/clock.js';
import {
  CallGone,
  type Refusal,
  type SignalingCall,
  type SignalingListener,
  type Source,
} from '../../ports/signaling.js';
import { askWithin } from './ask-within.js';
import { callerIdentity } from './caller-identity.js';
import { ALLOW, listed, SUPPORTED } from './capabilities.js';
import { Deferred } from './deferred.js';
import { Dialog } from './dialog.js';
import { callId, headerValues, toAddress } from './headers.js';
import type { Peer, SipHeader } from './message.js';
import { plainIp } from './addresses.js';
import { ReliableRinging, reliably } from './reliable-ringing.js';
import type { OfferRequest } from './request-checks.js';
import { Session } from './session.js';
import type { SessionEnd } from './session-core.js';
import type { ServerTransaction } from './transaction-layer.js';
import type { UserAgent } from './user-agent.js';

/** RFC 3261 section 13.3.1.1: a 180 is repeated every minute, so that no proxy takes the INVITE for forgotten; milliseconds. */
const RING_AGAIN = 60_000;

/** `invited`: no final answer yet; `accepted`: 200 is out; `over`: refused, cancelled or ended. */
type State = 'invited' | 'accepted' | 'over';

/** Where a message came from, in the port's words. */
const sourceOf = ({ transport, address, port }: Peer): Source => ({
  transport,
  address: plainIp(address),
  port,
});

/** A call that came in, as the port shows it. */
export class IncomingCall implements SignalingCall {
  readonly id: CallId;
  /** Its dialog is in this process alone. */
  readonly handle = null;
  readonly sipCallId: string;
  readonly source: Source;
  readonly requestUser: string;
  readonly toUser: string;
  readonly requestHost: string;
  readonly callerNumber: string | null;
  readonly callerName: string | null;
  readonly offer: string | null;
  readonly #agent: UserAgent;
  readonly #listener: SignalingListener;
  readonly #transaction: ServerTransaction;
  readonly #request: OfferRequest;
  readonly #session: Session;
  #state: State = 'invited';
  #answering: Deferred<string | null> | null = null;
  #rang = false;
  #ringAgain: Timer | null = null;
  #ringing: ReliableRinging | null = null;

  /**
   * Makes the early dialog; answers nothing yet.
   * @param request what was read from the INVITE.
   * @param closed called once when nothing of the call is left.
   * @throws {NoDialog} the INVITE has no usable Contact.
   */
  constructor(
    id: CallId,
    agent: UserAgent,
    transaction: ServerTransaction,
    request: OfferRequest,
    listener: SignalingListener,
    closed: () => void,
  ) {
    const invite = transaction.request;
    const caller = callerIdentity(invite);
    const dialog = Dialog.ofServer(invite, agent.newTag());
    this.id = id;
    this.sipCallId = callId(invite);
    this.source = sourceOf(transaction.peer);
    this.requestUser = invite.uri.user;
    this.toUser = toAddress(invite).uri.user;
    this.requestHost = invite.uri.host;
    this.callerNumber = caller.number;
    this.callerName = caller.name;
    this.offer = request.sdp;
    this.#agent = agent;
    this.#listener = listener;
    this.#transaction = transaction;
    this.#request = request;
    this.#session = new Session({
      agent,
      dialog,
      peer: transaction.peer,
      proxied: headerValues(invite, 'via').length > 1,
      contact: agent.contactFor(transaction.peer, invite.uri.scheme === 'sips' || dialog.nextHop.scheme === 'sips'),
      phase: 'early',
      user: {
        keyPressed: (key) => listener.keyPressed(id, key),
        mediaOffered: (offer) => listener.mediaOffered(id, offer),
        mediaAnswered: (answer) => listener.mediaAnswered(id, answer),
        pracked: (prack) => this.#pracked(prack),
        ended: (end) => this.#ended(end),
        closed,
      },
    });
    this.#session.heard(invite, transaction.peer);
  }

  /** No ACK yet: the call counts as one in setup. */
  get inSetup(): boolean {
    return this.#session.phase === 'early' || this.#session.phase === 'accepted';
  }

  ring(): void {
    if (this.#state !== 'invited' || this.#rang) return;
    this.#rang = true;
    const invite = this.#transaction.request;
    if (!listed(invite, 'require').has('100rel')) {
      this.#ringUnreliably();
      return;
    }
    // The first reliable answer to an INVITE without an offer must bring one (RFC 3261 section 13.2.1), which there is not yet
    // while it rings; and an unreliable 180 is not allowed (RFC 3262 section 3). So the caller gets none.
    if (this.offer === null) return;
    const rseq = 1 + Number(this.#agent.randomness.digits(6));
    const response = this.#session.response(invite, 180, [ALLOW, ...reliably(rseq)]);
    this.#ringing = new ReliableRinging(this.#agent, this.#transaction, response, rseq, () => {
      this.#respond(500);
      this.#finish('no PRACK');
      this.#session.close();
      this.#listener.hungUp(this.id, { lineLost: true, cause: 'no PRACK' });
    });
  }

  answer(localSdp: string): Promise<string | null> {
    switch (this.#state) {
      case 'over':
        return Promise.reject(new CallGone('the call was over before it was answered'));
      case 'accepted':
        return Promise.reject(new Error('the call is answered already'));
      case 'invited':
        this.#state = 'accepted';
        this.#stopRinging();
        break;
    }
    const answering = new Deferred<string | null>();
    this.#answering = answering;
    this.#session.accept(this.#transaction, this.#request, localSdp, (sdp) => {
      this.#answering = null;
      // An INVITE with an offer is settled by our 200; SDP in its ACK means nothing.
      answering.resolve(this.offer === null ? sdp : null);
    });
    return answering.promise;
  }

  refuse({ status, retryAfter }: Refusal): void {
    if (this.#state !== 'invited') return;
    this.#finish('refused');
    this.#respond(status, retryAfter === undefined ? [] : [{ name: 'retry-after', value: String(retryAfter) }]);
    this.#session.close();
  }

  hangUp(): Promise<void> {
    if (this.#state === 'invited') this.refuse({ status: 480 });
    else this.#finish('hung up before the ACK');
    return this.#session.end();
  }

  async reoffer(localSdp: string): Promise<string> {
    const answer = await this.#session.offer('INVITE', localSdp);
    if (answer === null) throw new CallGone('re-offer ended without an answer');
    return answer;
  }

  async probe(): Promise<boolean> {
    if (this.#state === 'invited') return true;
    const status = await askWithin(this.#session, 'OPTIONS');
    return status !== null && status !== 481 && status !== 408;
  }

  /** Forgets the call without a word to anyone: the signalling has stopped. */
  abandon(): void {
    this.#finish('signalling stopped');
    this.#session.close();
  }

  /** CANCEL of the INVITE: "the UAS SHOULD immediately respond to the INVITE with a 487" (RFC 3261 section 9.2). */
  cancelled(): void {
    if (this.#state !== 'invited') return;
    this.#finish('cancelled');
    this.#respond(487);
    this.#session.close();
    this.#listener.cancelled(this.id);
  }

  #ringUnreliably(): void {
    this.#respond(180, [ALLOW, SUPPORTED]);
    this.#ringAgain = this.#agent.clock.after(RING_AGAIN, () => this.#ringUnreliably());
  }

  #stopRinging(): void {
    this.#ringAgain?.cancel();
    this.#ringing?.stop();
  }

  #pracked(prack: ServerTransaction): void {
    // RFC 3262 section 3: "If a PRACK request is received by the UA core that does not match any unacknowledged reliable
    // provisional response, the UAS MUST respond to the PRACK with a 481." A copy of a matching one gets its 200 again.
    const matches = this.#ringing?.acknowledged(prack.request) === true;
    this.#session.respond(prack, matches ? 200 : 481);
  }

  /** The far end's BYE, or the line was lost. */
  #ended(end: SessionEnd): void {
    // RFC 3261 section 15.1.2: requests still open are answered 487; here the INVITE, by a caller who said BYE to ringing.
    if (this.#state === 'invited') this.#respond(487);
    this.#finish(end.cause);
    this.#listener.hungUp(this.id, end);
  }

  #finish(cause: string): void {
    this.#state = 'over';
    this.#stopRinging();
    this.#answering?.reject(new CallGone(cause));
    this.#answering = null;
  }

  #respond(status: number, headers: readonly SipHeader[] = []): void {
    this.#session.respond(this.#transaction, status, headers);
  }
}
