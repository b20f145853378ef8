import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Dialog, SipRequest, SipResponse, UacOptions } from 'drachtio-srf';
import type { CallId } from '../../domain/identifiers.js';
import { CallGone, type PlacedCall, type PlaceRequest, type SignalingListener } from '../../ports/signaling.js';
import { showHandle } from './call-handle.js';
import { CallRequests } from './call-requests.js';
import { reasonOf, sayGoodbye, sayGoodbyeAuthorized, TRANSACTION_MS } from './dialog-requests.js';
import { delay, LiveDialog } from './live-dialog.js';
import { Origin } from './origin.js';
import { PlacedInvite } from './placed-invite.js';
import { continuedTimer } from './session-expires.js';

/** What a placed call needs of the signalling it belongs to. */
export interface PlacedCallHost {
  readonly listener: SignalingListener;
  createUAC(uri: string, options: UacOptions, progress: Progress): Promise<Dialog>;
  /** Nothing of the call is left. */
  ended(call: DrachtioPlacedCall): void;
  /** Counts a transaction as long as it runs. */
  track<T>(work: Promise<T>): Promise<T>;
}

interface Progress {
  readonly cbRequest: (error: unknown, invite?: SipRequest) => void;
  readonly cbProvisional: (response: SipResponse) => void;
}

/**
 * ```
 *   calling ──2xx──► live ──hangUp()──► ending ──answer to BYE──► ended
 *      │ hangUp()     │ BYE, line lost                              ▲
 *      ├──► ending ───┼─ CANCEL answered ───────────────────────────┤
 *      └─ refused ────┴─────────────────────────────────────────────┘
 * ```
 */
type Phase = 'calling' | 'live' | 'ending' | 'ended';

/** Without a final answer a call is given up, milliseconds. */
const LIMIT_MS = 180_000;
/** A CANCEL is answered within 64*T1, kept by drachtio-server; beyond this nothing is believed to come. Milliseconds. */
const CANCEL_MS = 36_000;
/** A call of ours to someone outside. */
export class DrachtioPlacedCall implements PlacedCall {
  readonly id: CallId;
  readonly handle: string;
  readonly sipCallId: string;
  /** drachtio-server was restarted, and does not know the dialog any more. */
  forgotten = false;
  readonly #host: PlacedCallHost;
  readonly #attempts: PlacedInvite;
  readonly #requests: CallRequests;
  readonly #origin = new Origin();
  readonly #offer: string;
  #phase: Phase = 'calling';
  #invite: SipRequest | null = null;
  #limit: NodeJS.Timeout | null = null;
  #late = false;
  /** Early media of the far end, for a 2xx that brings none. */
  #early: string | null = null;
  #live: LiveDialog | null = null;
  #ending: Promise<void> | null = null;
  #settled: () => void = () => undefined;
  /** The INVITE has its final answer. */
  readonly #final = new Promise<void>((resolve) => (this.#settled = resolve));

  constructor(host: PlacedCallHost, request: PlaceRequest) {
    const { id, target, user, callerNumber, localSdp } = request;
    const { transport, host: trunk, port } = target;
    const tag = randomUUID();
    this.#host = host;
    this.id = id;
    this.sipCallId = randomUUID();
    // drachtio-server names a dialog by its Call-ID and the tag of whoever sent the INVITE.
    const facts = {
      sipCallId: this.sipCallId,
      source: { transport, address: trunk, port },
      requestUser: user,
      toUser: user,
      requestHost: trunk,
      callerNumber,
      callerName: null,
    };
    this.handle = showHandle({ dialog: `${this.sipCallId};from-tag=${tag}`, facts });
    this.#attempts = new PlacedInvite(request, this.sipCallId, tag, LIMIT_MS);
    this.#requests = new CallRequests(id, host.listener, this.#origin, () => this.#phase === 'live');
    this.#offer = this.#origin.continue(localSdp);
  }

  /** The dialog at drachtio-server, once answered. */
  get dialog(): Dialog | null {
    return this.#live?.dialog ?? null;
  }

  get moved(): boolean {
    return this.#live?.moved ?? false;
  }

  /** Sends the INVITE. Never throws: what fails is told. */
  start(): void {
    this.#limit = setTimeout(() => {
      this.#late = true;
      void this.#cancel().then(() => this.#failed(408, 'no answer in time'));
    }, LIMIT_MS).unref();
    this.#dial();
  }

  hangUp(): Promise<void> {
    this.#ending ??= this.#host.track(this.#hangUp());
    return this.#ending;
  }

  reoffer(localSdp: string): Promise<string> {
    if (this.#live === null) return Promise.reject(new CallGone('the call is over, or not answered'));
    return this.#host.track(this.#live.reoffer(localSdp));
  }

  async probe(): Promise<boolean> {
    if (this.#phase !== 'live' || this.#live === null) return this.#phase === 'calling';
    return this.#host.track(this.#live.probe());
  }

  /** What we send goes over another connection from now on. The answer to an INVITE of the old one reaches nobody: it is given up. */
  moveTo(socket: Socket): void {
    if (this.#live !== null) return this.#live.moveTo(socket);
    if (this.#invite !== null) this.#invite.socket = socket;
    void this.#cancel();
    this.#failed(503, 'the connection to drachtio-server broke');
  }

  /** The far end said BYE, and drachtio-server had nobody to give it to. */
  endedUnheard(cause: string): void {
    this.#ended({ lineLost: false, cause });
  }

  #dial(): void {
    this.#invite = null;
    const options = { ...this.#attempts.options(), localSdp: this.#offer };
    const progress: Progress = {
      cbRequest: (_error, invite) => {
        this.#invite = invite ?? null;
        // Hung up before it had left.
        if (this.#phase !== 'calling' || this.#late) this.#sendCancel();
      },
      cbProvisional: (response) => this.#progressed(response),
    };
    this.#host
      .track(this.#host.createUAC(this.#attempts.uri, options, progress))
      .then(
        (dialog) => this.#opened(dialog),
        (error: unknown) => this.#refused(error),
      )
      .catch((error: unknown) => this.#failed(500, reasonOf(error)));
  }

  #progressed({ status, body }: SipResponse): void {
    if (status <= 100 || this.#phase !== 'calling') return;
    const sdp = body === undefined || body === '' ? null : body;
    this.#early = sdp ?? this.#early;
    this.#host.listener.progressed(this.id, { status, sdp });
  }

  #opened(dialog: Dialog): void {
    this.#settled();
    if (this.#phase !== 'calling' || this.#late) {
      // The 200 crossed our CANCEL.
      const { authorizing } = this.#attempts;
      const bye =
        authorizing === null
          ? sayGoodbye(dialog, TRANSACTION_MS)
          : sayGoodbyeAuthorized(dialog, TRANSACTION_MS, authorizing());
      void this.#host.track(bye).then(() => this.#over());
      return;
    }
    this.#stopWaiting();
    this.#phase = 'live';
    this.#live = new LiveDialog(
      dialog,
      { requests: this.#requests, origin: this.#origin, ownsCallId: true, authorizing: this.#attempts.authorizing },
      { live: () => this.#phase === 'live', ended: (end) => this.#ended(end) },
    );
    this.#requests.timer = continuedTimer(dialog.res, {});
    // RFC 3261 section 13.2.1 wants the answer in the 2xx, but it is left out in the field where early media brought it.
    const theirs = dialog.res.body;
    const answer = theirs === undefined || theirs === '' ? this.#early : theirs;
    if (answer !== null) {
      dialog.remote.sdp = answer;
      this.#host.listener.answered(this.id, answer);
      return;
    }
    this.#host.listener.notAnswered(this.id, { status: 488, cause: 'answered without a session description' });
    void this.hangUp();
  }

  #refused(error: unknown): void {
    const response = responseOf(error);
    if (this.#phase === 'calling' && !this.#late && response !== null && this.#attempts.again(response, this.#invite)) {
      this.#dial();
      return;
    }
    this.#settled();
    if (this.#late) return;
    if (this.#phase === 'calling') this.#failed(response?.status ?? 503, reasonOf(error));
  }

  async #hangUp(): Promise<void> {
    if (this.#phase === 'ended' || this.#phase === 'ending') return;
    const live = this.#live;
    this.#phase = 'ending';
    if (live === null) await this.#cancel();
    else await live.sayGoodbye();
    this.#over();
  }

  /** Resolves when the INVITE has its final answer; bounded. */
  async #cancel(): Promise<void> {
    this.#sendCancel();
    await Promise.race([this.#final, delay(CANCEL_MS)]);
  }

  #sendCancel(): void {
    try {
      this.#invite?.cancel();
    } catch {
      // The connection is gone.
    }
  }

  #failed(status: number, cause: string): void {
    if (this.#phase !== 'calling') return;
    this.#over();
    this.#host.listener.notAnswered(this.id, { status, cause });
  }

  #ended(end: { readonly lineLost: boolean; readonly cause: string }): void {
    const wasLive = this.#phase === 'live';
    if (this.#phase !== 'ending') this.#over();
    if (wasLive) this.#host.listener.hungUp(this.id, end);
  }

  #over(): void {
    if (this.#phase === 'ended') return;
    this.#phase = 'ended';
    this.#stopWaiting();
    this.#settled();
    this.#host.ended(this);
  }

  #stopWaiting(): void {
    if (this.#limit !== null) clearTimeout(this.#limit);
    this.#limit = null;
  }
}

/** The final answer of an INVITE that failed, or `null` where there was none. */
function responseOf(error: unknown): SipResponse | null {
  if (typeof error !== 'object' || error === null || !('res' in error)) return null;
  const { res } = error;
  return typeof res === 'object' && res !== null && 'status' in res ? (res as SipResponse) : null;
}
