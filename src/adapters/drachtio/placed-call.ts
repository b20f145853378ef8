import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Dialog, SipRequest, SipResponse, SipText, UacOptions } from 'drachtio-srf';
import { DigestAnswers, type Credentials, type DigestRequest } from '../../domain/access/digest.js';
import type { CallId } from '../../domain/identifiers.js';
import { CallGone, type PlacedCall, type PlaceRequest, type SignalingListener } from '../../ports/signaling.js';
import { showHandle } from './call-handle.js';
import { CallRequests } from './call-requests.js';
import { reasonOf, sayGoodbye, sayGoodbyeAuthorized, TRANSACTION_MS, type Authorize } from './dialog-requests.js';
import { ALLOW, contentHeaders } from './headers.js';
import { delay, LiveDialog } from './live-dialog.js';
import { Origin } from './origin.js';
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
/** Asked for with every call placed (RFC 4028 section 4 recommends it), seconds. */
const SESSION_EXPIRES = 1_800;
/** How often a longer session timer is asked for (RFC 4028 section 7.3). */
const MOST_LONGER = 2;

const AUTHORIZATIONS: ReadonlyMap<number, readonly [challenge: string, answer: string]> = new Map([
  [401, ['www-authenticate', 'Authorization']],
  [407, ['proxy-authenticate', 'Proxy-Authorization']],
]);

/** A call of ours to someone outside. */
export class DrachtioPlacedCall implements PlacedCall {
  readonly id: CallId;
  readonly handle: string;
  readonly sipCallId: string;
  /** drachtio-server was restarted, and does not know the dialog any more. */
  forgotten = false;
  readonly #host: PlacedCallHost;
  readonly #request: PlaceRequest;
  readonly #uri: string;
  readonly #digest: DigestAnswers;
  readonly #requests: CallRequests;
  readonly #origin = new Origin();
  readonly #offer: string;
  #headers: Record<string, string>;
  /** Where another try after a challenge goes: to whoever challenged us, also where the name of the trunk has several addresses. */
  #proxy: string | null = null;
  #phase: Phase = 'calling';
  #invite: SipRequest | null = null;
  #longer = 0;
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
    const { id, target, user, callerNumber, localSdp, credentials } = request;
    const { transport, host: trunk, port } = target;
    const tag = randomUUID();
    this.#host = host;
    this.#request = request;
    this.id = id;
    this.sipCallId = randomUUID();
    const where = trunk.includes(':') && !trunk.startsWith('[') ? `[${trunk}]` : trunk;
    this.#uri = `sip:${user}@${where}:${port}${transport === 'tcp' ? ';transport=tcp' : ''}`;
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
    this.#digest = answersFor(credentials);
    this.#requests = new CallRequests(id, host.listener, this.#origin, () => this.#phase === 'live');
    this.#offer = this.#origin.continue(localSdp);
    this.#headers = {
      ...ALLOW,
      ...contentHeaders,
      // drachtio-server writes its own address for `localhost`.
      From:
        callerNumber === null
          ? `"Anonymous" <sip:anonymous@anonymous.invalid>;tag=${tag}`
          : `<sip:${callerNumber}@localhost>;tag=${tag}`,
      'Call-ID': this.sipCallId,
      // Reliable provisional answers (RFC 3262) are not asked for: without them nobody can offer anything before the answer.
      Supported: 'timer',
      // RFC 3261 section 13.2.1: the far end gives up by then too, also where this process died over it.
      Expires: String(LIMIT_MS / 1_000),
      'Session-Expires': String(SESSION_EXPIRES),
      // RFC 3323 section 4.2, for the trunk that knows our number by its account.
      ...(callerNumber === null ? { Privacy: 'id' } : {}),
    };
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
    const options = {
      headers: { ...this.#headers },
      localSdp: this.#offer,
      ...(this.#proxy === null ? {} : { proxy: this.#proxy }),
    };
    const progress: Progress = {
      cbRequest: (_error, invite) => {
        this.#invite = invite ?? null;
        // Hung up before it had left.
        if (this.#phase !== 'calling' || this.#late) this.#sendCancel();
      },
      cbProvisional: (response) => this.#progressed(response),
    };
    this.#host
      .track(this.#host.createUAC(this.#uri, options, progress))
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
      const authorizing = this.#authorizing();
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
      { requests: this.#requests, origin: this.#origin, ownsCallId: true, authorizing: this.#authorizing() },
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
    if (this.#phase === 'calling' && !this.#late && response !== null && this.#prepareAgain(response)) {
      this.#dial();
      return;
    }
    this.#settled();
    if (this.#late) return;
    if (this.#phase === 'calling') this.#failed(response?.status ?? 503, reasonOf(error));
  }

  /** RFC 3261 section 22.2, RFC 4028 section 7.3. @returns whether another INVITE may succeed. */
  #prepareAgain(response: SipResponse): boolean {
    const added = response.status === 422 ? this.#prolonged(response) : this.#authorization(response);
    if (added === null || this.#invite === null) return false;
    const { invite } = { invite: this.#invite };
    const number = Number.parseInt(invite.get('cseq') ?? '1', 10);
    const from = invite.get('from') ?? this.#headers['From'] ?? '';
    this.#headers = { ...this.#headers, ...added, From: from, CSeq: `${number + 1} INVITE` };
    if (response.source_address !== '') {
      const { transport } = this.#request.target;
      this.#proxy = `sip:${response.source_address}:${response.source_port};transport=${transport}`;
    }
    return true;
  }

  #authorization(response: SipResponse): Record<string, string> | null {
    // The request URI as drachtio-server wrote it.
    return authorization(this.#digest, response, { method: 'INVITE', uri: this.#invite?.uri ?? this.#uri });
  }

  /** For requests within the call; `null` where there is no password. */
  #authorizing(): (() => Authorize) | null {
    const { credentials } = this.#request;
    if (credentials === null) return null;
    return () => {
      const digest = answersFor(credentials);
      return (response, { method, uri }) => authorization(digest, response, { method, uri });
    };
  }

  #prolonged(response: SipText): Record<string, string> | null {
    const asked = /^\s*(\d{1,9})/.exec(response.get('min-se') ?? '')?.[1];
    const ours = Number(this.#headers['Session-Expires']);
    if (asked === undefined || Number(asked) <= ours || this.#longer >= MOST_LONGER) return null;
    this.#longer += 1;
    return { 'Session-Expires': asked, 'Min-SE': asked };
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

const answersFor = (credentials: Credentials | null): DigestAnswers =>
  new DigestAnswers(
    credentials,
    (algorithm, text) =>
      createHash(algorithm === 'MD5' ? 'md5' : 'sha256')
        .update(text)
        .digest('hex'),
    () => randomBytes(16).toString('hex'),
  );

function authorization(
  digest: DigestAnswers,
  response: SipResponse,
  request: DigestRequest,
): Record<string, string> | null {
  const names = AUTHORIZATIONS.get(response.status);
  const challenge = names === undefined ? undefined : response.get(names[0]);
  if (names === undefined || challenge === undefined) return null;
  const value = digest.answer(response.status, [challenge], request);
  return value === null ? null : { [names[1]]: value };
}

/** The final answer of an INVITE that failed, or `null` where there was none. */
function responseOf(error: unknown): SipResponse | null {
  if (typeof error !== 'object' || error === null || !('res' in error)) return null;
  const { res } = error;
  return typeof res === 'object' && res !== null && 'status' in res ? (res as SipResponse) : null;
}
