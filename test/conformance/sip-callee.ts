import { makeResponse } from '../../src/adapters/embedded-sip/build.js';
import { Dialog } from '../../src/adapters/embedded-sip/dialog.js';
import { callId, cseq, header, toTag } from '../../src/adapters/embedded-sip/headers.js';
import type { SipHeader, SipRequest, SipResponse } from '../../src/adapters/embedded-sip/message.js';
import { SipTransactionLayer } from '../../src/adapters/embedded-sip/sip-transaction-layer.js';
import type { TransactionTimers } from '../../src/adapters/embedded-sip/timers.js';
import type {
  Destination,
  ServerTransaction,
  TransactionUser,
} from '../../src/adapters/embedded-sip/transaction-layer.js';
import { SystemClock } from '../../src/adapters/system/clock.js';
import { SystemRandomness } from '../../src/adapters/system/randomness.js';
import { sdp } from './sip-caller.js';

const SDP_TYPE: SipHeader = { name: 'content-type', value: 'application/sdp' };

/** The far end of calls we place, on loopback sockets of its own: does exactly what a test tells it, well or badly. */
export class SipCallee implements TransactionUser {
  readonly #layer: SipTransactionLayer;
  readonly #calls: Called[] = [];
  readonly #known: Called[] = [];
  readonly #waiting: (() => void)[] = [];
  readonly troubles: string[] = [];

  constructor(timers: TransactionTimers) {
    this.#layer = new SipTransactionLayer({
      listen: [
        { transport: 'udp', address: '127.0.0.1', port: 0 },
        { transport: 'tcp', address: '127.0.0.1', port: 0 },
      ],
      clock: new SystemClock(),
      randomness: new SystemRandomness(),
      timers,
      isKnownSource: () => true,
    });
  }

  start(): Promise<void> {
    return this.#layer.start(this);
  }

  stop(): Promise<void> {
    return this.#layer.stop();
  }

  /** Where calls to it are sent. */
  target(transport: 'udp' | 'tcp' = 'udp'): { transport: 'udp' | 'tcp'; host: string; port: number } {
    const port = this.#layer.listening().find((bound) => bound.transport === transport)?.port ?? 0;
    return { transport, host: '127.0.0.1', port };
  }

  /** The next INVITE that comes in outside a dialog. */
  async call(): Promise<Called> {
    for (;;) {
      const call = this.#calls.shift();
      if (call !== undefined) return call;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  requestReceived(transaction: ServerTransaction): void {
    const { request } = transaction;
    if (toTag(request) !== null) {
      const call = this.#known.find((one) => one.owns(request));
      if (call === undefined) transaction.respond(makeResponse(request, 481));
      else call.requested(transaction);
    } else if (request.method === 'INVITE') {
      const call = new Called(this.#layer, transaction);
      this.#known.push(call);
      this.#calls.push(call);
      for (const resolve of this.#waiting.splice(0)) resolve();
    }
  }

  inviteCancelled(invite: ServerTransaction): void {
    this.#known.find((one) => one.invite === invite)?.cancelReceived();
  }

  ackReceived(ack: SipRequest): void {
    this.#known.find((one) => one.owns(ack))?.acked(ack);
  }

  acknowledgementMissing(): void {
    this.troubles.push('no ACK to a refusal');
  }

  trouble(message: string): void {
    this.troubles.push(message);
  }
}

/** An INVITE and what comes of it. */
export class Called {
  readonly invite: ServerTransaction;
  readonly #layer: SipTransactionLayer;
  readonly #dialogs = new Map<string, Dialog>();
  /** To tags that were acknowledged, and those that were said BYE to. */
  readonly acknowledged: string[] = [];
  readonly byes: string[] = [];
  /** Requests within its dialogs, as they came, ACK and BYE left out. */
  readonly requests: SipRequest[] = [];
  /** What a request within a dialog is refused with; `null`: it is served. */
  refusal: (request: SipRequest) => { readonly status: number; readonly headers: readonly SipHeader[] } | null = () =>
    null;
  cancelled = false;
  /** What a CANCEL leads to; left alone a 487. */
  onCancel: () => void = () => this.refuse(487);
  /** The SDP that an offer is answered with, or a status. */
  answerOffer: (offer: string) => string | number = () => sdp('far', 2);
  readonly #waiting: (() => void)[] = [];

  constructor(layer: SipTransactionLayer, invite: ServerTransaction) {
    this.#layer = layer;
    this.invite = invite;
  }

  get offer(): string {
    return this.invite.request.body.toString();
  }

  header(name: string): string | null {
    return header(this.invite.request, name);
  }

  /** Provisional answer. */
  ring(status: number, early: string | null = null, tag = 'far'): void {
    this.invite.respond(this.#response(status, tag, early));
  }

  refuse(status: number, headers: readonly SipHeader[] = [], tag = 'far'): void {
    this.invite.respond(makeResponse(this.invite.request, status, null, { toTag: tag, headers }));
  }

  /** 2xx; may be said again for another branch. Resolves when it is acknowledged. */
  async accept(answer: string | null = sdp('far'), tag = 'far', headers: readonly SipHeader[] = []): Promise<void> {
    const response = this.#response(200, tag, answer, headers);
    if (this.invite.answered) this.#layer.resend(this.invite, response);
    else this.invite.respond(response);
    await this.until(() => this.acknowledged.includes(tag));
  }

  /** A request of ours within a dialog. */
  async ask(
    method: string,
    body: string | null = null,
    headers: readonly SipHeader[] = [],
    tag = 'far',
  ): Promise<SipResponse> {
    const dialog = this.#dialog(tag);
    const own = { name: 'contact', value: this.#contact() };
    const typed = body === null || headers.some(({ name }) => name === 'content-type');
    const request = dialog.request(method, {
      headers: [own, ...headers, ...(typed ? [] : [SDP_TYPE])],
      ...(body === null ? {} : { body }),
    });
    const response = await new Promise<SipResponse>((resolve, reject) => {
      this.#layer.send(request, this.#destination(dialog), {
        response: (answer) => {
          if (answer.status >= 200) resolve(answer);
        },
        failed: (cause) => reject(new Error(`${method}: ${cause}`)),
      });
    });
    if (method === 'INVITE' && response.status < 300) {
      this.#layer.sendAck(dialog.ack(cseq(request).number), this.#destination(dialog));
    }
    return response;
  }

  owns(request: SipRequest): boolean {
    if (callId(request) !== callId(this.invite.request)) return false;
    const tag = toTag(request);
    return tag !== null && this.#dialogs.has(tag);
  }

  requested(transaction: ServerTransaction): void {
    const { request } = transaction;
    const tag = toTag(request) ?? '';
    const refusal = this.refusal(request);
    if (refusal !== null) {
      transaction.respond(makeResponse(request, refusal.status, null, { headers: refusal.headers }));
    } else if (request.method === 'BYE') {
      this.byes.push(tag);
      transaction.respond(makeResponse(request, 200));
    } else {
      this.requests.push(request);
      this.#answer(transaction);
    }
    this.#wake();
  }

  acked(ack: SipRequest): void {
    this.acknowledged.push(toTag(ack) ?? '');
    this.#wake();
  }

  cancelReceived(): void {
    this.cancelled = true;
    this.onCancel();
    this.#wake();
  }

  /** Resolves when it is so; looked at whenever something came in. */
  async until(fulfilled: () => boolean): Promise<void> {
    while (!fulfilled()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #answer(transaction: ServerTransaction): void {
    const { request } = transaction;
    if (request.method !== 'INVITE') return transaction.respond(makeResponse(request, 200));
    const answer = this.answerOffer(request.body.toString());
    if (typeof answer === 'number') return transaction.respond(makeResponse(request, answer));
    const headers = [{ name: 'contact', value: this.#contact() }, SDP_TYPE];
    transaction.respond(makeResponse(request, 200, null, { headers, body: answer }));
  }

  #response(status: number, tag: string, body: string | null, headers: readonly SipHeader[] = []): SipResponse {
    this.#dialog(tag);
    return makeResponse(this.invite.request, status, null, {
      toTag: tag,
      headers: [{ name: 'contact', value: this.#contact() }, ...headers, ...(body === null ? [] : [SDP_TYPE])],
      ...(body === null ? {} : { body }),
    });
  }

  #dialog(tag: string): Dialog {
    const known = this.#dialogs.get(tag);
    if (known !== undefined) return known;
    const dialog = Dialog.ofServer(this.invite.request, tag);
    this.#dialogs.set(tag, dialog);
    return dialog;
  }

  #contact(): string {
    const { transport, localPort } = this.invite.peer;
    const port = this.#layer.listening().find((bound) => bound.transport === transport)?.port ?? localPort;
    return `<sip:far@127.0.0.1:${port}${transport === 'tcp' ? ';transport=tcp' : ''}>`;
  }

  #destination(dialog: Dialog): Destination {
    const { transport } = this.invite.peer;
    return { transport, address: dialog.nextHop.host, port: dialog.nextHop.port ?? 5060 };
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
