import type { Dialog, SipRequest, SipResponse } from 'drachtio-srf';
import type { CallId } from '../../domain/identifiers.js';
import { MediaOfferRefused, MediaOfferTooSoon, type SignalingListener } from '../../ports/signaling.js';
import { ALLOW, contentHeaders } from './headers.js';
import { KEY_BODY_TYPES, readInfo } from './info-key.js';
import type { Origin } from './origin.js';
import { answerTimer, TOO_SHORT_HEADERS, type TimerHeaders } from './session-expires.js';

/** An offer of the far end that the bridge does not answer in this time gets a 500. Milliseconds. */
const OFFER_MS = 20_000;
/** The ACK of a 200 is not believed to come after 64*T1 and a little, milliseconds. */
const ACK_MS = 36_000;

/** What the far end asks within a call: new media, keys, whether we are there. */
export class CallRequests {
  /** An offer of ours is on its way: theirs gets 491 (RFC 3261 section 14.2). */
  offering = false;
  /** Session timer as it was last agreed upon, where we answered. */
  timer: TimerHeaders = {};
  readonly #id: CallId;
  readonly #listener: SignalingListener;
  readonly #origin: Origin;
  readonly #live: () => boolean;
  /** Offers of theirs that are being answered. */
  #answering: Promise<void> | null = null;
  /** A 200 went out with an offer of ours; the ACK brings the answer, until then. Milliseconds of `performance.now()`. */
  #answerDue = -Infinity;

  constructor(id: CallId, listener: SignalingListener, origin: Origin, live: () => boolean) {
    this.#id = id;
    this.#listener = listener;
    this.#origin = origin;
    this.#live = live;
  }

  /** Resolves when no offer of theirs is being answered. */
  async idle(): Promise<void> {
    while (this.#answering !== null) await this.#answering;
  }

  attach(dialog: Dialog): void {
    const original = dialog.handle.bind(dialog);
    // The library would answer an INVITE by the SDP it last saw, and overwrites what it remembers before we agree.
    dialog.handle = (request, response) => {
      if (request.method === 'INVITE') this.#offered(dialog, request, response);
      else original(request, response);
    };
    dialog.on('ack', (request: SipRequest) => this.#acknowledged(request));
    dialog.on('update', (request: SipRequest, response: SipResponse) => this.#updated(dialog, request, response));
    dialog.on('info', (request: SipRequest, response: SipResponse) => this.#info(request, response));
    dialog.on('options', (_request: SipRequest, response: SipResponse) => {
      response.send(200, { headers: { ...ALLOW, Accept: `application/sdp, ${KEY_BODY_TYPES}` } });
    });
    for (const method of ['refer', 'message', 'notify', 'publish', 'subscribe']) {
      dialog.on(method, (_request: SipRequest, response: SipResponse) => response.send(405, { headers: ALLOW }));
    }
  }

  #offered(dialog: Dialog, request: SipRequest, response: SipResponse): void {
    const headers = { Contact: dialog.local.contact };
    this.#take(dialog, request, response, headers, request.body === '' ? null : (request.body ?? null));
  }

  #updated(dialog: Dialog, request: SipRequest, response: SipResponse): void {
    if (request.body !== undefined && request.body !== '') {
      this.#take(dialog, request, response, { Contact: dialog.local.contact }, request.body);
      return;
    }
    // Without SDP it refreshes the session timer or the address, nothing more.
    const timer = answerTimer(request);
    if ('tooShort' in timer) response.send(422, { headers: TOO_SHORT_HEADERS });
    else {
      this.timer = timer.headers;
      response.send(200, { headers: { ...ALLOW, ...timer.headers, Contact: dialog.local.contact } });
    }
  }

  #take(
    dialog: Dialog,
    request: SipRequest,
    response: SipResponse,
    headers: Record<string, string>,
    offer: string | null,
  ): void {
    const timer = answerTimer(request);
    if ('tooShort' in timer) return response.send(422, { headers: TOO_SHORT_HEADERS });
    if (this.offering) return response.send(491);
    // RFC 3261 section 14.2: a second INVITE before the first is answered gets 500 and a Retry-After of 0 to 10 s.
    if (this.#answering !== null || performance.now() < this.#answerDue) {
      const retryAfter = String(Math.floor(Math.random() * 10));
      return response.send(500, { headers: { 'Retry-After': retryAfter } });
    }
    this.#answering = this.#answer(dialog, response, { ...ALLOW, ...headers }, timer.headers, offer).finally(() => {
      this.#answering = null;
    });
  }

  async #answer(
    dialog: Dialog,
    response: SipResponse,
    headers: Record<string, string>,
    timer: TimerHeaders,
    offer: string | null,
  ): Promise<void> {
    try {
      const answer = await bounded(this.#listener.mediaOffered(this.#id, offer));
      if (!this.#live()) {
        response.send(481);
        return;
      }
      const sdp = this.#origin.continue(answer);
      dialog.local.sdp = sdp;
      if (offer === null) this.#answerDue = performance.now() + ACK_MS;
      else dialog.remote.sdp = offer;
      this.timer = timer;
      response.send(200, { body: sdp, headers: { ...headers, ...timer, ...contentHeaders } });
    } catch (error) {
      response.send(statusFor(error));
    }
  }

  #acknowledged(request: SipRequest): void {
    if (performance.now() >= this.#answerDue) return;
    this.#answerDue = -Infinity;
    if (request.body === undefined || request.body === '') return;
    this.#listener.mediaAnswered(this.#id, request.body);
  }

  #info(request: SipRequest, response: SipResponse): void {
    const read = readInfo(request.get('content-type'), request.body ?? '');
    if ('refuse' in read) {
      response.send(read.refuse, read.refuse === 415 ? { headers: { Accept: KEY_BODY_TYPES } } : {});
      return;
    }
    response.send(200);
    if (read.key !== null && this.#live()) this.#listener.keyPressed(this.#id, read.key);
  }
}

const statusFor = (error: unknown): number => {
  if (error instanceof MediaOfferTooSoon) return 491;
  return error instanceof MediaOfferRefused ? 488 : 500;
};

function bounded(work: Promise<string>): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('the offer was not answered in time')), OFFER_MS);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
