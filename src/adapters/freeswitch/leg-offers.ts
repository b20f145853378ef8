import { MediaNotAcceptable } from '../../ports/media.js';
import { LegRefused, type MixerLeg } from '../../ports/mixer-legs.js';
import type { Channel } from './channel.js';
import { factsOf, keyOf, sameSession, type OfferFacts } from './offer.js';

/** A re-INVITE of the mixer's, answered here. */
const ANSWERED_MS = 3_000;
const LOOK_MS = 10;
/** Variable of FreeSWITCH's: the crypto attribute it reads by. */
const REMOTE_KEY = 'srtp_remote_audio_crypto_key';

/** What is negotiated between one caller and the mixer. */
export class LegOffers {
  /** What the caller said last, or `null` where he has said nothing yet. */
  #facts: OfferFacts | null;
  readonly #channel: Channel;
  readonly #dialog: MixerLeg;
  /** What the leg was made for, or the last answer, which may come once more. */
  #remoteSdp: string | null;
  /** The mixer's offer in a re-INVITE waits for the caller's answer. */
  #owed = false;

  /** @throws {MediaNotAcceptable} */
  constructor(channel: Channel, dialog: MixerLeg, remoteSdp: string | null) {
    this.#channel = channel;
    this.#dialog = dialog;
    this.#remoteSdp = remoteSdp;
    this.#facts = remoteSdp === null ? null : factsOf(remoteSdp);
  }

  /** The caller holds. */
  get held(): boolean {
    return this.#facts?.held ?? false;
  }

  /** Whether the caller can send keys as events, as far as he has said. */
  get telephoneEvents(): boolean {
    return this.#facts?.telephoneEvents ?? true;
  }

  /** @throws {MediaNotAcceptable} */
  async accept(answer: string): Promise<void> {
    const facts = factsOf(answer);
    const owed = this.#owed;
    this.#owed = false;
    if (owed) this.#dialog.acknowledge(answer);
    else if (facts.secure && !(await this.#hasKey(answer))) await this.#answerMixer(answer);
    // A first offer of the mixer's was acknowledged with silence: the answer follows as an offer.
    else if (this.#remoteSdp === null || !sameSession(answer, this.#remoteSdp)) await this.#offer(answer);
    this.#facts = facts;
    this.#remoteSdp = answer;
  }

  /** @throws {MediaNotAcceptable} */
  async renegotiate(offer: string | null): Promise<string> {
    const facts = offer === null ? null : factsOf(offer);
    // Its answer may bring another key, which the mixer takes in a re-INVITE of its own alone; until then its offer is what it said last.
    if (offer === null && this.#facts?.secure === true) return this.#dialog.sdp;
    const sdp = await this.#offer(offer);
    this.#owed = offer === null;
    if (facts !== null) this.#facts = facts;
    if (offer !== null) this.#remoteSdp = offer;
    return sdp;
  }

  async #offer(offer: string | null): Promise<string> {
    try {
      return await this.#dialog.renegotiate(offer);
    } catch (error) {
      throw error instanceof LegRefused ? new MediaNotAcceptable(error.message) : error;
    }
  }

  /**
   * Given an offer with another key, the mixer changes its own key too, which the far end would not get to know. So the mixer is made to
   * offer, and gets the answer as an answer. @throws Error where it does not take it.
   */
  async #answerMixer(answer: string): Promise<void> {
    const until = performance.now() + ANSWERED_MS;
    for (let asked = -Infinity; !(await this.#hasKey(answer));) {
      if (performance.now() > until) throw new Error('the mixer did not take the key of the far end');
      if (performance.now() - asked > ANSWERED_MS / 3) {
        this.#dialog.acknowledge(answer);
        await this.#channel.once(`uuid_media_reneg ${this.#channel.uuid}`);
        asked = performance.now();
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  async #hasKey(sdp: string): Promise<boolean> {
    return (await this.#channel.api(`uuid_getvar ${this.#channel.uuid} ${REMOTE_KEY}`)) === keyOf(sdp);
  }
}
