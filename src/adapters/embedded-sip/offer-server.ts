import { MediaOfferRefused, MediaOfferTooSoon } from '../../ports/signaling.js';
import { AcceptedInvite } from './accepted-invite.js';
import { ALLOW, SDP_CONTENT, SUPPORTED } from './capabilities.js';
import type { SipHeader, SipRequest } from './message.js';
import { readOfferRequest, timerHeaders, type OfferRequest } from './request-checks.js';
import { sdpOf } from './session-body.js';
import type { SessionCore } from './session-core.js';
import type { ServerTransaction } from './transaction-layer.js';
import { reasonOf } from './reason.js';

/** What an accepted INVITE leads to. */
export interface AcceptanceUser {
  /** The ACK is in, with its SDP. */
  acknowledged(sdp: string | null): void;
  unacknowledged(): void;
}

/** A request whose SDP the user of the call is still making up. */
interface Deciding {
  readonly transaction: ServerTransaction;
  readonly request: OfferRequest;
}

/**
 * Answers the far end's INVITE and UPDATE within a dialog (RFC 3261 section 14.2, RFC 3311 section 5.2), and carries every 2xx
 * to an INVITE to its ACK.
 */
export class OfferServer {
  readonly #core: SessionCore;
  /** Whether an INVITE or an offer of ours is out, or about to be acknowledged. */
  readonly #offering: () => boolean;
  #deciding: Deciding | null = null;
  #accepted: AcceptedInvite | null = null;
  /** The far end's next INVITE is in and stands before what waits on our side. */
  #taking = false;

  constructor(core: SessionCore, offering: () => boolean) {
    this.#core = core;
    this.#offering = offering;
  }

  /** An exchange begun by the far end is not over, so none of ours may begin (RFC 3261 section 14.1). */
  get busy(): boolean {
    return this.#taking || this.#deciding !== null || this.#accepted !== null;
  }

  /**
   * Accepts an INVITE: 200 with `sdp`, repeated until the ACK.
   * @param request what was read from the INVITE; without SDP in it, `sdp` is our offer.
   */
  accept(transaction: ServerTransaction, request: OfferRequest, sdp: string, user: AcceptanceUser): void {
    const core = this.#core;
    const headers = [ALLOW, SUPPORTED, ...timerHeaders(request.timer), SDP_CONTENT];
    const response = core.response(transaction.request, 200, headers, sdp);
    core.localSdp = sdp;
    const accepted = new AcceptedInvite(core.agent, transaction, response, request.sdp === null, {
      acknowledged: (ack) => {
        this.#accepted = null;
        user.acknowledged(ack === null ? null : sdpOf(ack));
        core.exchangeEnded();
      },
      unacknowledged: () => {
        this.#accepted = null;
        user.unacknowledged();
      },
    });
    this.#accepted = accepted;
    this.#runTimer(request);
  }

  /** ACK to a 2xx of ours. */
  acknowledge(ack: SipRequest, number: number): void {
    if (this.#accepted?.cseq === number) this.#accepted.acknowledged(ack);
  }

  invite(transaction: ServerTransaction): void {
    const core = this.#core;
    if (core.phase === 'early' || this.#deciding !== null) {
      // RFC 3261 section 14.2: "A UAS that receives a second INVITE before it sends the final response to a first INVITE with
      // a lower CSeq sequence number on the same dialog MUST return a 500 ... and MUST include a Retry-After header field
      // with a randomly chosen value of between 0 and 10 seconds."
      core.respond(transaction, 500, [this.#retryAfter()]);
      return;
    }
    // RFC 3261 section 14.2: "A UAS that receives an INVITE on a dialog while an INVITE it had sent on that dialog is in progress
    // MUST return a 491"; the same while the answer to an offer of ours is to come by an ACK (RFC 5407 section 3.1.4).
    if (this.#offering() || this.#accepted?.answerDue === true) {
      core.respond(transaction, 491);
      return;
    }
    if (!this.#acknowledgedByNext()) {
      core.respond(transaction, 481);
      return;
    }
    this.#decide(transaction, (request, sdp) => {
      core.dialog.refreshTarget(transaction.request);
      this.accept(transaction, request, sdp, {
        acknowledged: (answer) => {
          if (request.sdp === null && answer !== null) core.user.mediaAnswered(answer);
        },
        unacknowledged: () => core.lost('no ACK', true),
      });
    });
  }

  /**
   * The far end begins the next INVITE, so it has our 2xx to the one before; only its ACK was lost. Offers of ours that waited
   * for that ACK go on waiting, for this INVITE now.
   * @returns false when the call ends by it, having been hung up before the ACK.
   */
  #acknowledgedByNext(): boolean {
    this.#taking = true;
    this.#accepted?.acknowledged(null);
    this.#taking = false;
    return this.#core.phase === 'established';
  }

  update(transaction: ServerTransaction): void {
    const core = this.#core;
    if (this.#deciding?.transaction.request.method === 'UPDATE') {
      // RFC 3311 section 5.2: "If an UPDATE is received before the UAS has generated a final response to a previous UPDATE on the
      // same dialog, the UAS MUST return a 500 response to the new UPDATE, and MUST include a Retry-After header field."
      core.respond(transaction, 500, [this.#retryAfter()]);
      return;
    }
    const request = readOfferRequest(transaction.request);
    if (request.kind === 'fault') {
      core.respond(transaction, request.status, request.headers);
      return;
    }
    if (request.sdp === null) {
      this.#answerUpdate(transaction, request, null);
      return;
    }
    if (core.phase === 'early' || this.#deciding !== null) {
      // "If the UAS has received an offer in a previous UPDATE, PRACK, or INVITE ... and has not generated an answer ... 500."
      core.respond(transaction, 500, [this.#retryAfter()]);
      return;
    }
    if (this.#offering() || this.#accepted !== null) {
      // "If an UPDATE is received that contains an offer, and the UAS has generated an offer ... to which it has not yet
      // received an answer, the UAS MUST reject the UPDATE with a 491." Before the ACK we ask for patience in the same way.
      core.respond(transaction, 491);
      return;
    }
    this.#decide(transaction, (_, sdp) => {
      core.localSdp = sdp;
      this.#answerUpdate(transaction, request, sdp);
      core.exchangeEnded();
    });
  }

  /** CANCEL of a re-INVITE still being decided: "487 to the original request" (RFC 3261 section 9.2). The call goes on. */
  cancelled(invite: ServerTransaction): void {
    this.#core.respond(invite, 487);
    if (this.#deciding?.transaction !== invite) return;
    this.#deciding = null;
    this.#core.exchangeEnded();
  }

  /** The call is over: what is open is answered 487 (RFC 3261 section 15.1.2), what waits for an ACK waits no more. */
  close(): void {
    this.#accepted?.withdraw();
    this.#accepted = null;
    if (this.#deciding !== null) this.#core.respond(this.#deciding.transaction, 487);
    this.#deciding = null;
  }

  /** Asks the user of the call for an SDP, and answers with it or with a refusal. */
  #decide(transaction: ServerTransaction, accept: (request: OfferRequest, sdp: string) => void): void {
    const core = this.#core;
    const request = readOfferRequest(transaction.request);
    if (request.kind === 'fault') {
      core.respond(transaction, request.status, request.headers);
      core.exchangeEnded();
      return;
    }
    if (transaction.request.method === 'INVITE') core.respond(transaction, 100);
    const deciding: Deciding = { transaction, request };
    this.#deciding = deciding;
    const settle = (action: () => void): void => {
      // Cancelled or hung up meanwhile: the request has its answer.
      if (this.#deciding !== deciding) return;
      this.#deciding = null;
      action();
    };
    core.user
      .mediaOffered(request.sdp)
      .then(
        (sdp) => settle(() => accept(request, sdp)),
        (error: unknown) =>
          settle(() => {
            const status = statusFor(error);
            if (status === 500) core.agent.trouble(`offer not taken: ${reasonOf(error)}`);
            core.respond(transaction, status);
            core.exchangeEnded();
          }),
      )
      .catch((error: unknown) => core.agent.trouble(`answer to an offer failed: ${reasonOf(error)}`));
  }

  #answerUpdate(transaction: ServerTransaction, request: OfferRequest, sdp: string | null): void {
    const core = this.#core;
    core.dialog.refreshTarget(transaction.request);
    const headers = [ALLOW, SUPPORTED, ...timerHeaders(request.timer)];
    if (sdp === null) core.respond(transaction, 200, headers);
    else core.respond(transaction, 200, [...headers, SDP_CONTENT], sdp);
    this.#runTimer(request);
  }

  /** As answerer: whoever is named `uas` is us. */
  #runTimer({ timer }: OfferRequest): void {
    // Until the call is accepted there is no session that could expire.
    if (this.#core.phase === 'early') return;
    this.#core.timer.run(
      timer.kind === 'none' ? null : { interval: timer.interval, weRefresh: timer.refresher === 'uas' },
    );
  }

  #retryAfter(): SipHeader {
    return { name: 'retry-after', value: this.#core.agent.randomness.digits(1) };
  }
}

const statusFor = (error: unknown): number => {
  if (error instanceof MediaOfferTooSoon) return 491;
  return error instanceof MediaOfferRefused ? 488 : 500;
};
