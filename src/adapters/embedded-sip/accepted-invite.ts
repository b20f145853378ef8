import type { Timer } from '../../ports/clock.js';
import { cseq } from './headers.js';
import type { SipRequest, SipResponse } from './message.js';
import type { ServerTransaction } from './transaction-layer.js';
import type { UserAgent } from './user-agent.js';

/** What becomes of a 2xx: exactly one of these is called, unless the 2xx is withdrawn. */
export interface AcceptedInviteUser {
  /** `null`: the far end showed by a later INVITE that it has our 2xx (RFC 5407 section 3.1.4). */
  acknowledged(ack: SipRequest | null): void;
  /** 64*T1 went by without an ACK. */
  unacknowledged(): void;
}

/**
 * A 2xx to an INVITE on its way to its ACK (RFC 3261 section 13.3.1.4): sent again after T1, then after twice as long each
 * time up to T2, for 64*T1 altogether, over every transport, since a proxy further on may use UDP.
 */
export class AcceptedInvite {
  readonly cseq: number;
  /** The 2xx carried our offer, so that the ACK has to bring the answer. */
  readonly answerDue: boolean;
  readonly #agent: UserAgent;
  readonly #transaction: ServerTransaction;
  readonly #response: SipResponse;
  readonly #user: AcceptedInviteUser;
  readonly #started: number;
  #interval: number;
  #timer: Timer | null = null;
  #done = false;

  constructor(
    agent: UserAgent,
    transaction: ServerTransaction,
    response: SipResponse,
    answerDue: boolean,
    user: AcceptedInviteUser,
  ) {
    this.cseq = cseq(transaction.request).number;
    this.answerDue = answerDue;
    this.#agent = agent;
    this.#transaction = transaction;
    this.#response = response;
    this.#user = user;
    this.#started = agent.clock.monotonic();
    this.#interval = agent.timers.t1;
    transaction.respond(response);
    this.#schedule();
  }

  acknowledged(ack: SipRequest | null): void {
    if (this.#done) return;
    this.withdraw();
    this.#user.acknowledged(ack);
  }

  /** Stops: the call is over, and nobody waits for the ACK. */
  withdraw(): void {
    this.#done = true;
    this.#timer?.cancel();
  }

  #schedule(): void {
    const left = this.#started + this.#agent.giveUpAfter - this.#agent.clock.monotonic();
    this.#timer = this.#agent.clock.after(Math.max(0, Math.min(this.#interval, left)), () => this.#fired(left));
  }

  #fired(left: number): void {
    if (this.#done) return;
    if (left <= this.#interval) {
      // "If the server retransmits the 2xx response for 64*T1 seconds without receiving an ACK, the dialog is confirmed, but
      // the session SHOULD be terminated. This is accomplished with a BYE."
      this.#done = true;
      this.#user.unacknowledged();
      return;
    }
    this.#agent.layer.resend(this.#transaction, this.#response);
    // "It doubles for each retransmission until it reaches T2 seconds, at which point it remains at that value."
    this.#interval = Math.min(2 * this.#interval, this.#agent.timers.t2);
    this.#schedule();
  }
}
