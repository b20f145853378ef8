import { callId as nameCall, type CallId } from '../../domain/identifiers.js';
import type { Clock } from '../../ports/clock.js';
import type { Randomness } from '../../ports/randomness.js';
import type {
  PlacedCall,
  PlaceRequest,
  Signaling,
  SignalingListener,
  SignalingStatus,
  Source,
  TakenBack,
} from '../../ports/signaling.js';
import { DEFAULT_TIMERS, type TransactionTimers } from './timers.js';
import { ACCEPT, ALLOW, SUPPORTED } from './capabilities.js';
import { NoDialog } from './dialog.js';
import { IncomingCall } from './incoming-call.js';
import type { SipRequest } from './message.js';
import { plainIp } from './addresses.js';
import { EmbeddedPlacedCall } from './placed-call.js';
import { extensionFault, readOfferRequest, schemeFault } from './request-checks.js';
import type { ListenAddress } from './layer-options.js';
import { SipTransactionLayer } from './sip-transaction-layer.js';
import type { ServerTransaction, TransactionLayer } from './transaction-layer.js';
import { UserAgent, type Advertise, type AdvertisedAddress } from './user-agent.js';

export interface SignalingLimits {
  /** Calls that may be between INVITE and ACK at once; more get 503 with Retry-After. */
  readonly callsInSetup: number;
}

const DEFAULT_LIMITS: SignalingLimits = { callsInSetup: 200 };
/** Seconds that a caller turned away by the limits, or while stopping, shall wait. */
const RETRY_AFTER = 10;

/** Whether a request is served; without one, whether a connection from there is. */
export type KnownSource = (source: Source, request?: SipRequest) => boolean;

export interface EmbeddedSignalingOptions {
  /** Addresses to listen on; port 0 lets the system choose. */
  readonly listen: readonly ListenAddress[];
  readonly clock: Clock;
  readonly randomness: Randomness;
  /** Host (and port) for Contact and Via, by the far end's address; left out: the one that the caller's INVITE came to. */
  readonly advertise?: (remoteAddress: string, transport: Source['transport']) => AdvertisedAddress | string;
  readonly limits?: Partial<SignalingLimits>;
  /** Milliseconds; RFC 3261's T1 and T2 when left out. */
  readonly timers?: TransactionTimers;
  /** Makes the transaction layer; left out: SIP over sockets. */
  readonly transactionLayer?: (isKnownSource: KnownSource) => TransactionLayer;
}

/** The signalling port inside the process: SIP by `SipTransactionLayer`, dialogs and calls from here on. */
export class EmbeddedSignaling implements Signaling {
  readonly engine = 'embedded';
  readonly #options: EmbeddedSignalingOptions;
  readonly #limits: SignalingLimits;
  readonly #layer: TransactionLayer;
  readonly #agent: UserAgent;
  readonly #calls = new Map<CallId, IncomingCall | EmbeddedPlacedCall>();
  /** Calls by the INVITE that made them, for CANCEL. */
  readonly #byInvite = new Map<ServerTransaction, IncomingCall>();
  #listener: SignalingListener | null = null;
  #stopping = false;

  constructor(options: EmbeddedSignalingOptions) {
    const timers = options.timers ?? DEFAULT_TIMERS;
    this.#options = options;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    const { listen, clock, randomness } = options;
    const advertise = advertiseBy(options.advertise);
    const isKnownSource: KnownSource = (source, request) => this.#isKnown(source, request);
    const layer = options.transactionLayer?.(isKnownSource);
    this.#layer = layer ?? new SipTransactionLayer({ listen, clock, randomness, timers, isKnownSource, advertise });
    this.#agent = new UserAgent(
      { layer: this.#layer, clock, randomness, timers, advertise },
      {
        requestReceived: (transaction) => this.#requestReceived(transaction),
        inviteCancelled: (invite) => this.#byInvite.get(invite)?.cancelled(),
        trouble: (message) => this.#listener?.trouble(message),
      },
    );
  }

  async start(listener: SignalingListener): Promise<void> {
    this.#listener = listener;
    this.#stopping = false;
    await this.#layer.start(this.#agent);
  }

  /** Calls of this engine have no handle, so that none is ever asked for. */
  takeBack(): Promise<readonly TakenBack[]> {
    return Promise.resolve([]);
  }

  status(): SignalingStatus {
    return { healthy: true, detail: 'SIP in the process' };
  }

  place(request: PlaceRequest): PlacedCall {
    const listener = this.#listener;
    if (listener === null || this.#stopping) throw new Error('the signalling is not started');
    const call = new EmbeddedPlacedCall(this.#agent, listener, request, () => void this.#calls.delete(call.id));
    this.#calls.set(call.id, call);
    call.start();
    return call;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    const hungUp = Promise.all([...this.#calls.values()].map((call) => call.hangUp()));
    // Enough for a BYE to be repeated three times; whoever has not answered by then will not.
    const patience = 8 * this.#agent.timers.t1;
    await new Promise<void>((resolve) => {
      const timer = this.#options.clock.after(patience, resolve);
      void hungUp.then(() => {
        timer.cancel();
        resolve();
      });
    });
    await this.#layer.stop();
    for (const call of [...this.#calls.values()]) call.abandon();
  }

  release(): Promise<void> {
    return this.stop();
  }

  listening(): readonly string[] {
    return this.#layer.listening().map(({ transport, address, port }) => {
      return `${transport}:${address.includes(':') ? `[${address}]` : address}:${port}`;
    });
  }

  counts(): { readonly calls: number; readonly transactions: number } {
    const { server, client } = this.#layer.counts();
    return { calls: this.#calls.size, transactions: server + client };
  }

  /** A request outside any dialog, or of a dialog we do not know (RFC 3261 section 8.2). */
  #requestReceived(transaction: ServerTransaction): void {
    const { request } = transaction;
    const listener = this.#listener;
    if (listener === null) return;
    switch (request.method) {
      case 'INVITE':
        this.#inviteReceived(transaction, listener);
        return;
      case 'OPTIONS': {
        // RFC 3261 section 11.2: "The response to an OPTIONS is constructed using the standard rules for a SIP response"; "Allow,
        // Accept, Accept-Encoding, Accept-Language, and Supported header fields SHOULD be present in a 200."
        const fault = schemeFault(request) ?? extensionFault(request);
        if (fault === null) this.#agent.reply(transaction, 200, [ALLOW, ACCEPT, SUPPORTED]);
        else this.#agent.reply(transaction, fault.status, fault.headers);
        return;
      }
      case 'ACK':
      case 'CANCEL':
        // Neither is answered here: an ACK never, a CANCEL by its transaction.
        return;
      case 'BYE':
      case 'UPDATE':
      case 'INFO':
      case 'PRACK':
        // These live within dialogs only.
        this.#agent.reply(transaction, 481);
        return;
      default:
        // Section 8.2.1: "If the UAS recognizes but does not support the method of a request, it MUST generate a 405 ... The UAS
        // MUST also add an Allow header field."
        this.#agent.reply(transaction, 405, [ALLOW]);
    }
  }

  #inviteReceived(transaction: ServerTransaction, listener: SignalingListener): void {
    const { request } = transaction;
    const scheme = schemeFault(request);
    if (scheme !== null) {
      this.#agent.reply(transaction, scheme.status);
      return;
    }
    const offer = readOfferRequest(request);
    if (offer.kind === 'fault') {
      this.#agent.reply(transaction, offer.status, offer.headers);
      return;
    }
    if (this.#stopping || this.#inSetup() >= this.#limits.callsInSetup) {
      this.#agent.reply(transaction, 503, [{ name: 'retry-after', value: String(RETRY_AFTER) }]);
      return;
    }
    // Section 8.2.6.1: 100 Trying, so that the caller stops repeating the INVITE while the bridge thinks.
    this.#agent.reply(transaction, 100);
    const id = nameCall(this.#options.randomness.identifier('c'));
    const closed = (): void => {
      this.#calls.delete(id);
      this.#byInvite.delete(transaction);
    };
    let call: IncomingCall;
    try {
      call = new IncomingCall(id, this.#agent, transaction, offer, listener, closed);
    } catch (error) {
      if (!(error instanceof NoDialog)) throw error;
      this.#agent.reply(transaction, 400);
      return;
    }
    this.#calls.set(id, call);
    this.#byInvite.set(transaction, call);
    try {
      listener.incomingCall(call);
    } catch (error) {
      call.refuse({ status: 500 });
      throw error;
    }
  }

  #isKnown(source: Source, request: SipRequest | undefined): boolean {
    try {
      if (request !== undefined && this.#agent.knows(request)) return true;
    } catch {
      // Too malformed to tell; the source decides.
    }
    // What the far end of a placed call sends over a connection of its own; its requests are looked at one by one.
    if (request === undefined && this.#isPlacedWith(source.address)) return true;
    return this.#listener?.isKnownSource({ ...source, address: plainIp(source.address) }) === true;
  }

  #isPlacedWith(address: string): boolean {
    for (const call of this.#calls.values())
      if (call instanceof EmbeddedPlacedCall && call.isWith(address)) return true;
    return false;
  }

  #inSetup(): number {
    let calls = 0;
    for (const call of this.#calls.values()) if (call.inSetup) calls += 1;
    return calls;
  }
}

function advertiseBy(advertise: EmbeddedSignalingOptions['advertise']): Advertise | undefined {
  if (advertise === undefined) return undefined;
  return (remoteAddress, transport) => {
    const chosen = advertise(remoteAddress, transport);
    return typeof chosen === 'string' ? { host: chosen } : chosen;
  };
}
