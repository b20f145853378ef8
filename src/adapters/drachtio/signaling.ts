import { randomUUID } from 'node:crypto';
import Srf, { type SipRequest, type SipResponse, type SipText } from 'drachtio-srf';
import { callId, type CallId } from '../../domain/identifiers.js';
import type { MixerLegs } from '../../ports/mixer-legs.js';
import type {
  PlacedCall,
  PlaceRequest,
  Signaling,
  SignalingListener,
  SignalingStatus,
  TakenBack,
} from '../../ports/signaling.js';
import { readHandle, type CallFacts, type CallHandle } from './call-handle.js';
import { DrachtioCall, type CallHost } from './call.js';
import { requestWithin, TRANSACTION_MS } from './dialog-requests.js';
import { ALLOW } from './headers.js';
import { flawOf } from './invite-flaws.js';
import { KEY_BODY_TYPES } from './info-key.js';
import { DrachtioLegs } from './legs.js';
import { Link, type LinkOptions } from './link.js';
import { LostCall, type LostHost } from './lost-call.js';
import { DrachtioPlacedCall, type PlacedCallHost } from './placed-call.js';
import { RefusalBudget } from './refusal-budget.js';
import { sourceOf } from './request-source.js';

export type DrachtioSignalingOptions = LinkOptions;

/** What drachtio-server says of a dialog it does not know. */
const NO_DIALOG = /unable to find dialog/i;
/** A handle that says nothing: a call nobody knows. */
const UNKNOWN: CallHandle = {
  dialog: '',
  facts: {
    sipCallId: '',
    source: { transport: 'udp', address: '', port: 0 },
    requestUser: '',
    toUser: '',
    requestHost: '',
    callerNumber: null,
    callerName: null,
  },
};

/** Calls left when the signalling stops are given so long to say good-bye, milliseconds. */
const STOP_MS = 5_000;

/** Signalling by drachtio-server, over the control connection of drachtio-srf. */
export class DrachtioSignaling implements Signaling {
  readonly engine = 'drachtio';
  readonly legs: MixerLegs;
  readonly #options: DrachtioSignalingOptions;
  readonly #legs = new DrachtioLegs(
    () => this.#srf,
    (work) => this.#track(work),
  );
  readonly #refusals = new RefusalBudget();
  readonly #calls = new Map<CallId, DrachtioCall | DrachtioPlacedCall>();
  /** Of a process before this one. */
  readonly #lost = new Map<CallId, LostCall>();
  /** New with every start: the library keeps what it registered with a server that is gone. */
  #srf: Srf | null = null;
  #link: Link | null = null;
  #listener: SignalingListener | null = null;
  #addresses: readonly string[] = [];
  /** Why there is no connection now. */
  #down: string | null = null;
  #transactions = 0;

  constructor(options: DrachtioSignalingOptions) {
    this.#options = options;
    this.legs = this.#legs;
  }

  async start(listener: SignalingListener): Promise<void> {
    const srf = new Srf();
    const link = new Link(srf, this.#options, {
      connected: (addresses, again) => this.#connected(addresses, again),
      lost: (reason) => {
        this.#down = reason;
        listener.trouble(`connection to drachtio-server lost (${reason}), connecting again; running calls go on`);
      },
    });
    this.#register(srf);
    this.#srf = srf;
    this.#listener = listener;
    try {
      await link.open();
      this.#link = link;
    } catch (error) {
      this.#srf = null;
      this.#listener = null;
      throw error;
    }
  }

  /** Calls a process before this one answered: what we send in them arrives, the far end's requests reach nobody. */
  takeBack(calls: readonly { readonly id: CallId; readonly handle: string }[]): Promise<readonly TakenBack[]> {
    const listener = this.#listener;
    if (listener === null) return Promise.reject(new Error('the signalling is not started'));
    return Promise.resolve(
      calls.map(({ id, handle }) => {
        const call = new LostCall(this.#lostHostFor(listener), id, handle, readHandle(handle) ?? UNKNOWN);
        this.#lost.set(id, call);
        return { kind: 'unreachable', call };
      }),
    );
  }

  /** Who it was, as far as a handle of a call says. */
  who(handle: string): CallFacts | null {
    return readHandle(handle)?.facts ?? null;
  }

  status(): SignalingStatus {
    if (this.#link === null) return { healthy: false, detail: 'not connected to drachtio-server' };
    const where = `drachtio-server at ${this.#options.host}:${this.#options.port}`;
    if (this.#down !== null) {
      return { healthy: false, detail: `connection to ${where} lost (${this.#down}), connecting again` };
    }
    const forgotten = [...this.#calls.values()].filter((call) => call.forgotten).length;
    const lost = forgotten === 0 ? '' : `; it was restarted and forgot ${forgotten} calls, whose audio goes on`;
    return { healthy: true, detail: `connected to ${where}${lost}` };
  }

  place(request: PlaceRequest): PlacedCall {
    const listener = this.#listener;
    if (listener === null) throw new Error('the signalling is not started');
    const call = new DrachtioPlacedCall(this.#placedHostFor(listener), request);
    this.#calls.set(call.id, call);
    call.start();
    return call;
  }

  async stop(): Promise<void> {
    await within(
      Promise.all([
        ...[...this.#calls.values(), ...this.#lost.values()].map((call) => call.hangUp()),
        this.#legs.endAll(),
      ]),
      STOP_MS,
    );
    this.#calls.clear();
    this.#lost.clear();
    this.#listener = null;
    this.#link?.close();
    this.#link = null;
    this.#down = null;
    this.#srf = null;
  }

  release(): Promise<void> {
    return this.stop();
  }

  listening(): readonly string[] {
    return this.#addresses;
  }

  counts(): { readonly calls: number; readonly transactions: number } {
    return { calls: this.#calls.size + this.#lost.size, transactions: this.#transactions };
  }

  #register(srf: Srf): void {
    srf.invite((request, response) => this.#invited(request, response));
    srf.options((request, response) => this.#asked(request, response));
    for (const method of ['register', 'message', 'subscribe', 'publish', 'notify', 'info'] as const) {
      srf[method]((request, response) => this.#unwanted(request, response));
    }
    srf.on('cdr:stop', (_source: unknown, _time: unknown, reason: unknown, message: SipText) => {
      this.#stoppedElsewhere(message.get('call-id'), typeof reason === 'string' ? reason : 'ended');
    });
  }

  #connected(addresses: readonly string[], again: boolean): void {
    this.#addresses = addresses.map((address) => address.replace('/', ':'));
    this.#down = null;
    if (!again) return;
    // Dialogs remember the connection they came over; what they send goes over the new one from now on.
    const socket = this.#srf?.app.client?.mapServer?.keys().next().value;
    if (socket !== undefined) {
      for (const call of this.#calls.values()) call.moveTo(socket);
      this.#legs.moveTo(socket);
    }
    this.#listener?.trouble('connected to drachtio-server again');
    void this.#restarted();
  }

  /** A drachtio-server that was restarted knows none of our dialogs; asking for one tells which of the two it is. */
  async #restarted(): Promise<void> {
    const calls = [...this.#calls.values()].filter(({ dialog }) => dialog !== null);
    const dialog = calls[0]?.dialog ?? null;
    if (dialog === null) return;
    const outcome = await this.#track(requestWithin(dialog, { method: 'OPTIONS' }, TRANSACTION_MS));
    if (outcome.kind !== 'unsent' || !NO_DIALOG.test(outcome.reason)) return;
    for (const call of calls) call.forgotten = true;
    this.#listener?.trouble(
      `drachtio-server was restarted and forgot ${calls.length} calls: their audio goes on, but nothing can be said in them`,
    );
  }

  #invited(request: SipRequest, response: SipResponse): void {
    const listener = this.#listener;
    if (listener === null) return response.send(503);
    const source = sourceOf(request);
    if (!listener.isKnownSource(source)) {
      if (this.#refusals.allows(source.address, performance.now())) return response.send(403);
      return this.#ignore(request);
    }
    const flaw = flawOf(request);
    if (flaw !== null) return response.send(flaw.status, { headers: flaw.headers });
    const call = new DrachtioCall(this.#hostFor(listener), callId(randomUUID()), request, response);
    this.#calls.set(call.id, call);
    listener.incomingCall(call);
  }

  #asked(request: SipRequest, response: SipResponse): void {
    if (this.#listener?.isKnownSource(sourceOf(request)) !== true) return this.#ignore(request);
    response.send(200, { headers: { ...ALLOW, Accept: `application/sdp, ${KEY_BODY_TYPES}` } });
  }

  #unwanted(request: SipRequest, response: SipResponse): void {
    if (this.#listener?.isKnownSource(sourceOf(request)) !== true) return this.#ignore(request);
    // An INFO outside any call belongs to a call that is gone.
    response.send(request.method === 'INFO' ? 481 : 405, { headers: ALLOW });
  }

  /** Gives no answer. drachtio-server forgets the request after a minute; the library would remember an INVITE for ever. */
  #ignore(request: SipRequest): void {
    const id = request.get('call-id');
    if (id !== undefined) this.#srf?.app.client?.mapServer?.get(request.socket)?.pendingNetworkInvites.delete(id);
  }

  /** drachtio-server tells the end of every call; it matters where the BYE could not reach us any more. */
  #stoppedElsewhere(sipCallId: string | undefined, reason: string): void {
    for (const call of this.#calls.values()) {
      if (call.sipCallId === sipCallId && call.moved) call.endedUnheard(reason);
    }
    for (const call of this.#lost.values()) {
      if (call.sipCallId === sipCallId) call.endedUnheard(reason);
    }
    this.#legs.endedUnheard(sipCallId, reason);
  }

  #hostFor(listener: SignalingListener): CallHost {
    return {
      listener,
      createUAS: (request, response, options, callback) => {
        if (this.#srf === null) callback(new Error('the signalling was stopped'));
        else this.#srf.createUAS(request, response, options, callback);
      },
      ended: (call) => void this.#calls.delete(call.id),
      track: (work) => this.#track(work),
    };
  }

  #placedHostFor(listener: SignalingListener): PlacedCallHost {
    return {
      listener,
      createUAC: (uri, options, progress) => {
        if (this.#srf === null) return Promise.reject(new Error('the signalling was stopped'));
        if (this.#down !== null) return Promise.reject(new Error('no connection to drachtio-server'));
        return this.#srf.createUAC(uri, options, progress);
      },
      ended: (call) => void this.#calls.delete(call.id),
      track: (work) => this.#track(work),
    };
  }

  #lostHostFor(listener: SignalingListener): LostHost {
    return {
      listener,
      dialog: (name) => {
        const agent = this.#srf?.app.client;
        const socket = agent?.mapServer?.keys().next().value;
        if (name === '' || agent === undefined || socket === undefined) return null;
        // The far end's requests within it come to nobody.
        return { id: name, agent, req: { socket }, handle: () => undefined };
      },
      ended: (call) => void this.#lost.delete(call.id),
      track: (work) => this.#track(work),
    };
  }

  #track<T>(work: Promise<T>): Promise<T> {
    this.#transactions++;
    return work.finally(() => this.#transactions--);
  }
}

async function within(work: Promise<unknown>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const bound = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, bound]);
  clearTimeout(timer);
}
