import type { Socket } from 'node:net';
import type { Dialog, SipRequest, SipResponse } from 'drachtio-srf';
import type { CallId } from '../../domain/identifiers.js';
import {
  CallGone,
  type Refusal,
  type SignalingCall,
  type SignalingListener,
  type Source,
} from '../../ports/signaling.js';
import { showHandle } from './call-handle.js';
import { callerIdentity, parseUri, uriOfHeader } from './caller-identity.js';
import { CallRequests } from './call-requests.js';
import { reasonOf, sayGoodbye, TRANSACTION_MS } from './dialog-requests.js';
import { ALLOW } from './headers.js';
import { delay, LiveDialog } from './live-dialog.js';
import { Origin } from './origin.js';
import { sourceOf } from './request-source.js';
import { answerTimer, tagsOf } from './session-expires.js';

/** What a call needs of the signalling it belongs to. */
export interface CallHost {
  readonly listener: SignalingListener;
  createUAS(
    request: SipRequest,
    response: SipResponse,
    options: { readonly localSdp: string; readonly headers: Record<string, string> },
    callback: (error: unknown, dialog?: Dialog) => void,
  ): void;
  /** Nothing of the call is left. */
  ended(call: DrachtioCall): void;
  /** Counts a transaction as long as it runs. */
  track<T>(work: Promise<T>): Promise<T>;
}

/**
 * One caller's call.
 *
 * ```
 *   offered ──answer()──► answering ──ACK──► live ──hangUp()──► ending ──answer to BYE──► ended
 *      │ refuse, CANCEL       │ BYE, no ACK, hangUp()   │ BYE, line lost                    ▲
 *      └──────────────────────┴─────────────────────────┴───────────────────────────────────┘
 * ```
 */
type Phase = 'offered' | 'answering' | 'live' | 'ending' | 'ended';

/** The ACK is due within 64*T1, kept by drachtio-server; beyond this it is not believed to come at all. Milliseconds. */
const ACK_MS = 36_000;
export class DrachtioCall implements SignalingCall {
  readonly id: CallId;
  readonly handle: string;
  readonly sipCallId: string;
  readonly source: Source;
  readonly requestUser: string;
  readonly toUser: string;
  readonly requestHost: string;
  readonly callerNumber: string | null;
  readonly callerName: string | null;
  readonly offer: string | null;
  /** drachtio-server was restarted, and does not know the dialog any more. */
  forgotten = false;
  readonly #host: CallHost;
  readonly #request: SipRequest;
  readonly #response: SipResponse;
  readonly #requests: CallRequests;
  readonly #origin = new Origin();
  #phase: Phase = 'offered';
  #rang = false;
  #live: LiveDialog | null = null;
  #answer: { resolve(sdp: string | null): void; reject(error: Error): void } | null = null;
  #acknowledged: () => void = () => undefined;
  readonly #ack = new Promise<void>((resolve) => {
    this.#acknowledged = resolve;
  });
  #ending: Promise<void> | null = null;

  constructor(host: CallHost, id: CallId, request: SipRequest, response: SipResponse) {
    this.#host = host;
    this.#request = request;
    this.#response = response;
    this.id = id;
    this.sipCallId = request.get('call-id') ?? '';
    this.source = sourceOf(request);
    const requestUri = parseUri(request.uri);
    this.requestUser = requestUri?.user ?? '';
    this.requestHost = requestUri?.host ?? '';
    this.toUser = uriOfHeader(request.get('to'))?.user ?? '';
    const caller = callerIdentity(request);
    this.callerNumber = caller.number;
    this.callerName = caller.name;
    this.offer = request.body === undefined || request.body === '' ? null : request.body;
    // drachtio-server names a dialog by its Call-ID and the tag of whoever sent the INVITE.
    const tag = /;\s*tag=([^;\s]+)/i.exec(request.get('from') ?? '')?.[1] ?? '';
    this.handle = showHandle({ dialog: `${this.sipCallId};from-tag=${tag}`, facts: this });
    this.#requests = new CallRequests(id, host.listener, this.#origin, () => this.#phase === 'live');
    request.on('cancel', () => this.#cancelled());
  }

  /** The dialog at drachtio-server, once answered. */
  get dialog(): Dialog | null {
    return this.#live?.dialog ?? null;
  }

  ring(): void {
    if (this.#phase !== 'offered' || this.#rang) return;
    this.#rang = true;
    // RFC 3262 section 3; drachtio-server sends it again until the PRACK, which the library answers.
    const reliable = tagsOf(this.#request, 'require').has('100rel');
    this.#response.send(180, reliable ? { headers: { Require: '100rel' } } : {});
  }

  answer(localSdp: string): Promise<string | null> {
    if (this.#phase !== 'offered') return Promise.reject(new CallGone('the call is over'));
    this.#phase = 'answering';
    const timer = answerTimer(this.#request);
    if ('headers' in timer) this.#requests.timer = timer.headers;
    const headers = { ...ALLOW, ...this.#requests.timer };
    return this.#host.track(
      new Promise<string | null>((resolve, reject) => {
        this.#answer = { resolve, reject };
        setTimeout(() => this.#unacknowledged(), ACK_MS).unref();
        const sdp = this.#origin.continue(localSdp);
        this.#host.createUAS(this.#request, this.#response, { localSdp: sdp, headers }, (error, dialog) => {
          if (dialog !== undefined) this.#opened(dialog);
          else if (this.#phase === 'answering')
            this.#end({ lineLost: true, cause: `not answered: ${reasonOf(error)}` });
        });
      }),
    );
  }

  refuse(refusal: Refusal): void {
    if (this.#phase !== 'offered') return;
    const headers = refusal.retryAfter === undefined ? {} : { 'Retry-After': String(refusal.retryAfter) };
    this.#response.send(refusal.status, { headers });
    this.#over();
  }

  hangUp(): Promise<void> {
    this.#ending ??= this.#hangUp();
    return this.#ending;
  }

  reoffer(localSdp: string): Promise<string> {
    if (this.#live === null) return Promise.reject(new CallGone('the call is over, or not answered'));
    return this.#host.track(this.#live.reoffer(localSdp));
  }

  async probe(): Promise<boolean> {
    if (this.#phase !== 'live' || this.#live === null) return this.#phase === 'answering' || this.#phase === 'offered';
    return this.#host.track(this.#live.probe());
  }

  get moved(): boolean {
    return this.#live?.moved ?? false;
  }

  moveTo(socket: Socket): void {
    this.#live?.moveTo(socket);
  }

  /** The far end said BYE, and drachtio-server had nobody to give it to. */
  endedUnheard(cause: string): void {
    if (this.#phase === 'answering' || this.#phase === 'live') this.#end({ lineLost: false, cause });
  }

  async #hangUp(): Promise<void> {
    switch (this.#phase) {
      case 'offered':
        this.#response.send(480);
        this.#over();
        return;
      case 'answering':
      case 'live': {
        const acknowledged = this.#phase === 'live';
        this.#phase = 'ending';
        this.#takeAnswer()?.reject(new CallGone('we hung up'));
        // RFC 3261 section 15: "the callee's UA MUST NOT send a BYE on a confirmed dialog until it has received an ACK".
        if (!acknowledged) await this.#host.track(Promise.race([this.#ack, delay(ACK_MS)]));
        if (this.#is('ending') && this.#live !== null) await this.#host.track(this.#live.sayGoodbye());
        this.#over();
        return;
      }
      case 'ending':
      case 'ended':
    }
  }

  #opened(dialog: Dialog): void {
    this.#live = new LiveDialog(
      dialog,
      { requests: this.#requests, origin: this.#origin, ownsCallId: false },
      { live: () => this.#phase === 'live', ended: (end) => this.#destroyed(end) },
    );
    dialog.once('ack', (request: SipRequest) => this.#confirmed(request));
    // A CANCEL or our own hang-up came while the 200 was on its way to drachtio-server.
    if (this.#phase === 'ended') void sayGoodbye(dialog, TRANSACTION_MS);
  }

  #confirmed(request: SipRequest): void {
    this.#acknowledged();
    if (this.#phase !== 'answering') return;
    this.#phase = 'live';
    this.#takeAnswer()?.resolve(request.body === undefined || request.body === '' ? null : request.body);
  }

  #cancelled(): void {
    // After the 200 a CANCEL changes nothing here; drachtio-server ends such a call with a BYE, told as `destroy`.
    if (this.#phase !== 'offered' && !(this.#phase === 'answering' && this.#live === null)) return;
    this.#takeAnswer()?.reject(new CallGone('cancelled'));
    this.#over();
    this.#host.listener.cancelled(this.id);
  }

  #destroyed(end: { readonly lineLost: boolean; readonly cause: string }): void {
    this.#acknowledged();
    if (this.#phase === 'ending' || this.#phase === 'ended') return this.#over();
    this.#end(end);
  }

  #unacknowledged(): void {
    if (this.#phase !== 'answering') return;
    void this.#live?.sayGoodbye();
    this.#end({ lineLost: true, cause: 'no ACK' });
  }

  #end(end: { readonly lineLost: boolean; readonly cause: string }): void {
    this.#takeAnswer()?.reject(new CallGone(end.cause));
    this.#over();
    this.#host.listener.hungUp(this.id, end);
  }

  #over(): void {
    if (this.#phase === 'ended') return;
    this.#phase = 'ended';
    this.#acknowledged();
    this.#host.ended(this);
  }

  #is(phase: Phase): boolean {
    return this.#phase === phase;
  }

  #takeAnswer(): { resolve(sdp: string | null): void; reject(error: Error): void } | null {
    const answer = this.#answer;
    this.#answer = null;
    return answer;
  }
}
