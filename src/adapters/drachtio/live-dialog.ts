import type { Socket } from 'node:net';
import type { Dialog, DialogRequest, SipRequest, SipResponse } from 'drachtio-srf';
import { CallGone, DialogLost, ReofferRefused } from '../../ports/signaling.js';
import type { CallRequests } from './call-requests.js';
import {
  requestWithin,
  sayGoodbye,
  sayGoodbyeAuthorized,
  TRANSACTION_MS,
  type Authorize,
  type Outcome,
} from './dialog-requests.js';
import { contentHeaders } from './headers.js';
import type { Origin } from './origin.js';
import { continuedTimer, continueTimer } from './session-expires.js';

/** The call that a dialog belongs to. */
export interface DialogUser {
  /** Answered, and neither side has hung up. */
  live(): boolean;
  /** The far end hung up, or it or drachtio-server ended it; `byUs` for what drachtio-server ended after our own BYE. */
  ended(end: { readonly lineLost: boolean; readonly cause: string }): void;
}

/** 491 is answered by another try after some seconds (RFC 3261 section 14.1), so often. */
const GLARE_TRIES = 6;

/** The dialog of a call at drachtio-server, whoever began it: our requests within it, and its end. */
export class LiveDialog {
  readonly dialog: Dialog;
  readonly #requests: CallRequests;
  readonly #origin: Origin;
  readonly #user: DialogUser;
  readonly #authorizing: (() => Authorize) | null;
  /** Longest and shortest pause before another try after a 491, milliseconds. */
  readonly #glare: readonly [least: number, most: number];
  #moved = false;
  #lastReoffer: Promise<unknown> = Promise.resolve();

  /**
   * @param ownsCallId we began the call: then it is ours to wait longer after a 491.
   * @param authorizing answers the challenges of one request; `null` where there is no password.
   */
  constructor(
    dialog: Dialog,
    {
      requests,
      origin,
      ownsCallId,
      authorizing = null,
    }: {
      readonly requests: CallRequests;
      readonly origin: Origin;
      readonly ownsCallId: boolean;
      readonly authorizing?: (() => Authorize) | null;
    },
    user: DialogUser,
  ) {
    this.dialog = dialog;
    this.#requests = requests;
    this.#origin = origin;
    this.#user = user;
    this.#authorizing = authorizing;
    this.#glare = ownsCallId ? [2_100, 4_000] : [0, 2_000];
    requests.attach(dialog);
    dialog.once('destroy', (request: SipRequest | undefined, reason: unknown) => {
      // What drachtio-server ended by itself (no ACK, no refresh, no answer to a refresh) comes as a request of our own.
      const lineLost = request?.source === 'application';
      user.ended({ lineLost, cause: lineLost && typeof reason === 'string' ? reason : 'BYE' });
    });
  }

  /** The connection to drachtio-server is another one now; what the far end sends within this call reaches nobody. */
  get moved(): boolean {
    return this.#moved;
  }

  /** What we send goes over another connection from now on. */
  moveTo(socket: Socket): void {
    this.#moved = true;
    this.dialog.req.socket = socket;
  }

  /** BYE; bounded, never rejects. */
  sayGoodbye(): Promise<void> {
    const { dialog } = this;
    if (this.#authorizing === null) return sayGoodbye(dialog, TRANSACTION_MS);
    return sayGoodbyeAuthorized(dialog, TRANSACTION_MS, this.#authorizing());
  }

  /** See {@link SignalingCall.reoffer}. */
  reoffer(localSdp: string): Promise<string> {
    const work = this.#lastReoffer.then(() => this.#reoffer(localSdp));
    this.#lastReoffer = work.catch(() => undefined);
    return work;
  }

  async probe(): Promise<boolean> {
    const outcome = await this.#ask({ method: 'OPTIONS' });
    if (outcome.kind === 'response' && !isGone(outcome.response)) return true;
    this.#lost(outcome.kind === 'unsent' ? outcome.reason : 'no answer to OPTIONS');
    return false;
  }

  async #reoffer(next: string): Promise<string> {
    const { dialog } = this;
    for (let attempt = 1; ; attempt++) {
      await this.#requests.idle();
      if (!this.#user.live()) throw new CallGone('the call is over');
      this.#requests.offering = true;
      const localSdp = this.#origin.continue(next);
      const headers = { Contact: dialog.local.contact, ...continueTimer(this.#requests.timer), ...contentHeaders };
      const reinvite = { method: 'INVITE', body: localSdp, headers };
      const outcome = await this.#ask(reinvite).finally(() => {
        this.#requests.offering = false;
      });
      if (outcome.kind === 'unsent') throw new DialogLost(`not sent: ${outcome.reason}`);
      if (outcome.kind === 'silence') throw new CallGone('no answer');
      const { status, body } = outcome.response;
      if (status < 300) {
        dialog.local.sdp = localSdp;
        this.#requests.timer = continuedTimer(outcome.response, this.#requests.timer);
        return body ?? '';
      }
      if (isGone(outcome.response)) {
        this.#lost(`no answer to a re-INVITE (${status})`);
        throw new CallGone(`the far end is gone (${status})`);
      }
      if (status !== 491 || attempt === GLARE_TRIES) throw new ReofferRefused(status);
      const [least, most] = this.#glare;
      await delay(least + Math.random() * (most - least));
    }
  }

  #ask(request: DialogRequest): Promise<Outcome> {
    return requestWithin(this.dialog, request, TRANSACTION_MS, undefined, this.#authorizing?.());
  }

  /** RFC 3261 section 12.2.1.2: nobody is there any more; the BYE is for drachtio-server, which would keep the dialog. */
  #lost(cause: string): void {
    if (!this.#user.live()) return;
    void this.sayGoodbye();
    this.#user.ended({ lineLost: true, cause });
  }
}

/** The far end does not know the call, or does not answer; a 503 of drachtio-server's own means that it could not be reached. */
function isGone(response: SipResponse): boolean {
  return (
    response.status === 408 || response.status === 481 || (response.status === 503 && response.source_address === '')
  );
}

export function delay(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
