import type { Timer } from '../../ports/clock.js';
import { CallGone, ReofferRefused } from '../../ports/signaling.js';
import { SDP_CONTENT } from './capabilities.js';
import { cseq, header } from './headers.js';
import { authorizationsOf } from './invite-attempts.js';
import type { Peer, SipRequest, SipResponse } from './message.js';
import { glareWait, offerExtras } from './offer-request.js';
import { parseMinSe, parseSessionExpires, timerOf2xx } from './session-expiry.js';
import { sdpOf } from './session-body.js';
import type { SessionCore } from './session-core.js';
import type { ClientTransaction } from './transaction-layer.js';
import { reasonOf } from './reason.js';

/** An offer of ours that waits for its turn or its answer. */
interface Offer {
  readonly method: 'INVITE' | 'UPDATE';
  /** `null`: an UPDATE that only refreshes, or an INVITE that asks for an offer. */
  readonly sdp: string | null;
  /** The answer; `null` where the request had no offer. */
  readonly resolve: (answer: string | null) => void;
  readonly reject: (error: Error) => void;
  attempts: number;
}

/** Tries of one offer, the first included; a far end that is never ready refuses. */
const MAX_ATTEMPTS = 8;
/** Longest Retry-After that is waited for, in seconds; RFC 3261 section 14.2 lets the far end choose up to 10. */
const MAX_RETRY_AFTER = 10;
/** After this many milliseconds without a final answer a re-INVITE is cancelled; nobody's telephone rings for it. */
const PATIENCE = 60_000;

/** Sends INVITE and UPDATE within a dialog, one after the other (RFC 3261 section 14.1, RFC 3311 section 5.1). */
export class OfferClient {
  readonly #core: SessionCore;
  readonly #serverBusy: () => boolean;
  /** Tie break of RFC 3261 section 14.1: whoever made the Call-ID waits longer after a 491. */
  readonly #ownsCallId: boolean;
  #queue: Offer[] = [];
  #current: Offer | null = null;
  #pause: Timer | null = null;
  #patience: Timer | null = null;
  /** The INVITE that is out, until its final answer. */
  #invite: ClientTransaction | null = null;
  /** Min-SE that a 422 asked for, in seconds. */
  #minSe: number | null = null;

  constructor(core: SessionCore, serverBusy: () => boolean, ownsCallId: boolean) {
    this.#core = core;
    this.#serverBusy = serverBusy;
    this.#ownsCallId = ownsCallId;
  }

  /** An INVITE of ours is out, or an offer. An UPDATE that only refreshes stands in no offer's way. */
  get offering(): boolean {
    return this.#current !== null && (this.#current.method === 'INVITE' || this.#current.sdp !== null);
  }

  /**
   * Sends an offer as soon as none other is under way.
   * @returns the far end's answer, or `null` where there was nothing to answer.
   * @throws {ReofferRefused} the call goes on. @throws {CallGone}
   */
  offer(method: 'INVITE' | 'UPDATE', sdp: string | null): Promise<string | null> {
    return new Promise((resolve, reject) => {
      if (this.#core.phase === 'ending' || this.#core.phase === 'closed') {
        reject(new CallGone('the call is over'));
        return;
      }
      this.#queue.push({ method, sdp, resolve, reject, attempts: 0 });
      this.proceed();
    });
  }

  /** RFC 4028 section 7.4: "It is RECOMMENDED that the UPDATE request not contain an offer"; else the same SDP once more. */
  refresh(): void {
    const core = this.#core;
    if (this.#queue.length > 0 || this.#current !== null) {
      // An offer under way refreshes just as well, unless it is refused.
      core.timer.retry();
      return;
    }
    const update = core.allows('update') || core.localSdp === null;
    this.offer(update ? 'UPDATE' : 'INVITE', update ? null : core.localSdp).catch((error: unknown) => {
      if (error instanceof CallGone) return;
      core.agent.trouble(`session refresh failed: ${reasonOf(error)}`);
      core.timer.retry();
    });
  }

  /** Sends the next offer if nothing stands in the way. Called whenever something got out of the way. */
  proceed(): void {
    if (this.#current !== null || this.#pause !== null || this.#core.phase !== 'established' || this.#serverBusy())
      return;
    const next = this.#queue.shift();
    if (next === undefined) return;
    this.#current = next;
    next.attempts += 1;
    if (next.method === 'INVITE') this.#sendInvite(next);
    else this.#sendUpdate(next);
  }

  /** The call is over. */
  close(): void {
    const open = this.#current === null ? this.#queue : [this.#current, ...this.#queue];
    this.#queue = [];
    this.#current = null;
    this.#pause?.cancel();
    this.#patience?.cancel();
    // RFC 3261 section 17.1.1.2 sets no bound to the wait after a provisional answer. A far end that answers BYE but never our
    // INVITE would be waited for without end; 64*T1 after a CANCEL it is given up (section 9.1).
    this.#invite?.cancel();
    this.#invite = null;
    for (const offer of open) offer.reject(new CallGone('the call ended before the answer'));
  }

  #sendUpdate(offer: Offer): void {
    this.#core.send('UPDATE', offerExtras(this.#core, offer.sdp, this.#minSe), {
      response: (response, peer) => {
        if (response.status < 200 || this.#current !== offer) return;
        this.#core.heard(response, peer);
        if (response.status >= 300) this.#refused(offer, response);
        else this.#accepted(offer, response, sdpOf(response));
      },
      failed: (cause) => this.#failed(offer, cause),
    });
  }

  #sendInvite(offer: Offer): void {
    const core = this.#core;
    let ack: SipRequest | null = null;
    let taken = false;
    const transaction: ClientTransaction = core.send('INVITE', offerExtras(this.#core, offer.sdp, this.#minSe), {
      response: (response, peer) => {
        if (response.status < 200) return;
        if (response.status >= 300) {
          if (this.#current === offer) this.#refused(offer, response);
          return;
        }
        // Our answer to the offer in the 2xx, which the ACK brings, is still being made.
        if (taken && ack === null) return;
        // RFC 3261 section 13.2.2.4: "The UAC core MUST generate an ACK request for each 2xx received", its repetitions
        // included, also when the call ended meanwhile.
        if (ack !== null) core.sendAck(ack);
        else if (this.#current === offer) {
          taken = true;
          this.#acknowledge(offer, transaction.request, response, peer, (made) => (ack = made));
        } else core.sendAck((ack = this.#ackOf(transaction.request, null)));
      },
      failed: (cause) => this.#failed(offer, cause),
    });
    if (this.#current !== offer) return;
    this.#invite = transaction;
    this.#patience = core.agent.clock.after(PATIENCE, () => transaction.cancel());
  }

  /** ACKs a 2xx: at once, or with our answer as soon as the user of the call has made it. */
  #acknowledge(
    offer: Offer,
    invite: SipRequest,
    response: SipResponse,
    peer: Peer,
    keep: (ack: SipRequest) => void,
  ): void {
    const core = this.#core;
    const send = (sdp: string | null): void => {
      const ack = this.#ackOf(invite, sdp);
      keep(ack);
      core.sendAck(ack);
    };
    core.heard(response, peer);
    core.dialog.refreshTarget(response);
    const theirs = sdpOf(response);
    if (offer.sdp !== null || theirs === null) {
      send(null);
      this.#accepted(offer, response, theirs);
      return;
    }
    core.user
      .mediaOffered(theirs)
      .then(
        (answer) => {
          core.localSdp = answer;
          send(answer);
          if (this.#current === offer) this.#accepted(offer, response, theirs);
        },
        () => {
          // "If the offer in the 2xx response is not acceptable ... the UAC core MUST generate a valid answer in the ACK and then
          // send a BYE immediately." There is no valid answer, so the ACK goes without.
          send(null);
          core.lost('offer in the answer to an INVITE without one not acceptable', true);
        },
      )
      .catch((error: unknown) => core.agent.trouble(`answer in an ACK failed: ${reasonOf(error)}`));
  }

  #ackOf(invite: SipRequest, sdp: string | null): SipRequest {
    const headers = authorizationsOf(invite);
    const extras = sdp === null ? { headers } : { headers: [...headers, SDP_CONTENT], body: sdp };
    return this.#core.dialog.ack(cseq(invite).number, extras);
  }

  #accepted(offer: Offer, response: SipResponse, answer: string | null): void {
    const core = this.#core;
    this.#ended();
    if (offer.method === 'UPDATE') core.dialog.refreshTarget(response);
    if (offer.sdp !== null) core.localSdp = offer.sdp;
    const granted = timerOf2xx(parseSessionExpires(header(response, 'session-expires')));
    // A far end without timers says nothing of them; if the refreshing was ours, it stays ours (RFC 4028 section 7.2).
    core.timer.run(granted ?? (core.timer.current?.weRefresh === true ? core.timer.current : null));
    if (answer === null && (offer.sdp !== null || offer.method === 'INVITE')) offer.reject(new ReofferRefused(488));
    else offer.resolve(answer);
    core.exchangeEnded();
  }

  #refused(offer: Offer, response: SipResponse): void {
    const core = this.#core;
    this.#ended();
    switch (response.status) {
      case 408:
      case 481:
        // RFC 3261 section 12.2.1.2: "If the response for a request within a dialog is a 481 or a 408, the UAC SHOULD terminate
        // the dialog." With 481 there is nobody to say good-bye to.
        offer.reject(new CallGone(`answered ${response.status}`));
        core.lost(`${offer.method} answered ${response.status}`, response.status === 408);
        return;
      case 491:
        if (this.#again(offer, glareWait(core.agent.randomness, this.#ownsCallId))) return;
        break;
      case 500: {
        const wait = Number.parseInt(header(response, 'retry-after') ?? '', 10);
        if (wait <= MAX_RETRY_AFTER && this.#again(offer, wait * 1_000)) return;
        break;
      }
      case 422: {
        // RFC 4028 section 7.3: the request is tried again with the Min-SE of the answer.
        const asked = parseMinSe(header(response, 'min-se'));
        const running = core.timer.current;
        if (asked !== null && running !== null && asked > running.interval) {
          this.#minSe = asked;
          if (this.#again(offer, 0)) return;
        }
        break;
      }
      case 405:
      case 501:
        // An UPDATE that only refreshes becomes a re-INVITE (RFC 4028 section 7.4 knows both).
        if (offer.method === 'UPDATE' && offer.sdp === null && core.localSdp !== null) {
          this.#queue.unshift({ ...offer, method: 'INVITE', sdp: core.localSdp });
          core.exchangeEnded();
          return;
        }
        break;
      default:
        break;
    }
    offer.reject(new ReofferRefused(response.status));
    core.exchangeEnded();
  }

  #failed(offer: Offer, cause: 'timeout' | 'transport'): void {
    if (this.#current !== offer) return;
    this.#ended();
    offer.reject(new CallGone(`no answer (${cause})`));
    this.#core.lost(`${offer.method} without an answer (${cause})`, true);
  }

  #ended(): void {
    this.#current = null;
    this.#invite = null;
    this.#patience?.cancel();
    this.#patience = null;
  }

  /** Puts the offer back in front for another try after a pause. @returns false when it had enough of them. */
  #again(offer: Offer, ms: number): boolean {
    if (offer.attempts >= MAX_ATTEMPTS) return false;
    this.#queue.unshift(offer);
    this.#pause = this.#core.agent.clock.after(ms, () => {
      this.#pause = null;
      this.proceed();
    });
    return true;
  }
}
