import type { Clock } from '../ports/clock.js';
import type { MediaEndpoint } from '../ports/media.js';
import { asError, within } from './bounded.js';
import type { CallMedia } from './call-media.js';
import { EndpointLost } from './held-endpoint.js';
import { ENDPOINT_LIMIT_MS } from './make-endpoint.js';

/** An offer of the far end that waits for an endpoint to answer it. */
interface WaitingOffer {
  readonly offer: string | null;
  readonly resolve: (sdp: string) => void;
  readonly reject: (error: Error) => void;
}

/** What a new endpoint is made from. */
export interface Basis {
  readonly sdp: string | null;
  /** The offer this is, or `null`: it is what was said last. */
  readonly waiting: WaitingOffer | null;
}

/** What the far end offers and has last said, also while its call is being moved: then its offer waits for the new endpoint. */
export class CallOffers {
  readonly #clock: Clock;
  readonly #media: CallMedia;
  readonly #told: () => void;
  #remoteSdp: string | null;
  #waiting: WaitingOffer | null = null;
  /** The endpoint is just answering an offer: until it has, none is made. */
  #answering: Promise<unknown> | null = null;
  #moving = false;
  #over = false;

  /** @param told what the far end said last has changed. */
  constructor(clock: Clock, media: CallMedia, remoteSdp: string | null, told: () => void) {
    this.#clock = clock;
    this.#media = media;
    this.#remoteSdp = remoteSdp;
    this.#told = told;
  }

  /** SDP the far end sent last, as far as it holds. */
  get remoteSdp(): string | null {
    return this.#remoteSdp;
  }

  set remoteSdp(sdp: string | null) {
    this.#remoteSdp = sdp;
    this.#told();
  }

  get isMoving(): boolean {
    return this.#moving;
  }

  /** What a new endpoint is to be made from: the offer that waits, else what was said last. */
  get basis(): Basis {
    const waiting = this.#waiting;
    return { sdp: waiting === null ? this.remoteSdp : waiting.offer, waiting };
  }

  /** The far end re-offers; `null`: it asks for our offer. @returns our SDP. */
  async take(offer: string | null): Promise<string> {
    if (this.#over || this.#waiting !== null) throw new Error('no offer can be taken now');
    const { endpoint } = this.#media;
    if (endpoint === null || this.#moving) return this.#wait(offer);
    try {
      return await this.#renegotiate(endpoint, offer);
    } catch (error) {
      if (error instanceof EndpointLost) return this.#wait(offer);
      throw error;
    }
  }

  async answered(answer: string): Promise<void> {
    this.remoteSdp = answer;
    await this.#media.during((endpoint) => endpoint.acceptAnswer(answer));
  }

  /** Another endpoint is being made. */
  begin(): void {
    this.#moving = true;
  }

  /** No endpoint can be made from this. @returns whether it was an offer, which is refused: then what was said before holds. */
  refuse({ waiting }: Basis, error: Error): boolean {
    if (waiting === null) return false;
    if (this.#waiting === waiting) this.#waiting = null;
    waiting.reject(error);
    return true;
  }

  /** Whether an offer waited and was answered with this endpoint. */
  async answerWith(endpoint: MediaEndpoint, basis: Basis): Promise<boolean> {
    await this.#answering?.catch(() => undefined);
    const waiting = this.#waiting;
    if (waiting === null) return false;
    this.#waiting = null;
    try {
      const isItsAnswer = basis.waiting === waiting;
      const sdp = isItsAnswer ? endpoint.localSdp : await this.#bounded(endpoint.renegotiate(waiting.offer));
      if (waiting.offer !== null) this.remoteSdp = waiting.offer;
      waiting.resolve(sdp);
      return true;
    } catch (error) {
      waiting.reject(asError(error));
      throw error;
    }
  }

  /** The call goes on on another endpoint: what was offered meanwhile is answered now. */
  moved(): void {
    this.#moving = false;
    const waiting = this.#waiting;
    const { endpoint } = this.#media;
    if (waiting === null || endpoint === null) return;
    this.#waiting = null;
    this.#renegotiate(endpoint, waiting.offer).then(waiting.resolve, waiting.reject);
  }

  failed(): void {
    this.#moving = false;
    this.#waiting?.reject(new Error('the call could not be moved'));
    this.#waiting = null;
  }

  end(): void {
    this.#over = true;
    this.failed();
  }

  #wait(offer: string | null): Promise<string> {
    const answered = new Promise<string>((resolve, reject) => {
      this.#waiting = { offer, resolve, reject };
    });
    const waiting = this.#waiting;
    return this.#bounded(answered).finally(() => {
      if (this.#waiting === waiting) this.#waiting = null;
    });
  }

  async #renegotiate(endpoint: MediaEndpoint, offer: string | null): Promise<string> {
    const work = this.#media.during(() => this.#bounded(endpoint.renegotiate(offer)));
    this.#answering = work;
    try {
      const sdp = await work;
      if (offer !== null) this.remoteSdp = offer;
      return sdp;
    } finally {
      if (this.#answering === work) this.#answering = null;
    }
  }

  #bounded<T>(work: Promise<T>): Promise<T> {
    return within(this.#clock, ENDPOINT_LIMIT_MS, 'renegotiating', work);
  }
}
