import { LegRefused } from '../../ports/mixer-legs.js';
import { MediaOfferRefused } from '../../ports/signaling.js';
import type { HeldCall } from './held-call.js';
import type { HeldLegs } from './held-legs.js';

/** Answers callers' offers without a control process: hold, resume, a new address. What the mixer of the caller's leg says is the answer. */
export class StandIn {
  readonly #legs: HeldLegs;

  constructor(legs: HeldLegs) {
    this.#legs = legs;
  }

  /** @throws {MediaOfferRefused}, or an Error where the call has no leg yet. */
  offered(held: HeldCall, offer: string | null): Promise<string> {
    const work = this.#renegotiate(held, offer);
    held.negotiating = work.catch(() => undefined);
    return work;
  }

  /** The ACK brought the answer to an offer made here, or one that a control process died over. */
  answered(held: HeldCall, answer: string): void {
    held.answerDue = false;
    this.#legs.newestOf(held.id)?.acknowledge(answer);
  }

  async #renegotiate(held: HeldCall, offer: string | null): Promise<string> {
    const leg = this.#legs.newestOf(held.id);
    if (leg === null) throw new Error('the call has no leg, and there is no control process');
    try {
      const sdp = await leg.renegotiate(offer);
      held.answerDue = offer === null;
      return sdp;
    } catch (error) {
      throw error instanceof LegRefused ? new MediaOfferRefused(error.message) : error;
    }
  }
}
