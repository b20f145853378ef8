import { isIPv6 } from 'node:net';
import type { CallId } from '../../domain/identifiers.js';
import { CallGone, type PlacedCall, type PlaceRequest, type SignalingListener } from '../../ports/signaling.js';
import { plainIp } from './addresses.js';
import { ClientCall } from './client-call.js';
import type { ClientCallEvents } from './invitation.js';
import type { SipHeader } from './message.js';
import { reasonOf } from './reason.js';
import { resolveHost } from './resolve-host.js';
import { makeUri } from './uri.js';
import type { UserAgent } from './user-agent.js';

/** Without a final answer a call is given up, milliseconds. */
const LIMIT_MS = 180_000;
/** The far end gives up by then too (RFC 3261 section 13.2.1): also where this process died over it. */
const EXPIRES: SipHeader = { name: 'expires', value: String(LIMIT_MS / 1_000) };
/** What a name of a trunk may take to be found, milliseconds. */
const LOOKUP_MS = 10_000;
/** Asked for with every call placed (RFC 4028 section 4 recommends it), seconds. */
const SESSION_EXPIRES = '1800';
/**
 * Reliable provisional answers (RFC 3262) are not asked for: early media needs none, and without them nobody can offer anything
 * before the answer (RFC 3311 section 5.1).
 */
const SUPPORTED: SipHeader = { name: 'supported', value: 'timer' };
/** RFC 3323 section 4.2, for the trunk that knows our number by its account. */
const PRIVATE: SipHeader = { name: 'privacy', value: 'id' };

/**
 * ```
 *   finding ──address──► calling ──2xx──► live ──BYE──► over
 *      │ hangUp, no address  │ refused, hangUp              ▲
 *      └─────────────────────┴──────────────────────────────┘
 * ```
 */
type Phase = 'finding' | 'calling' | 'live' | 'over';

/** A call of ours to someone outside. */
export class EmbeddedPlacedCall implements PlacedCall {
  readonly id: CallId;
  /** Its dialog is in this process alone. */
  readonly handle = null;
  readonly sipCallId: string;
  /** It was none that came in. */
  readonly inSetup = false;
  readonly #agent: UserAgent;
  readonly #listener: SignalingListener;
  readonly #request: PlaceRequest;
  readonly #closed: () => void;
  #phase: Phase = 'finding';
  #call: ClientCall | null = null;
  #address: string | null = null;
  /** Hung up by us: nothing is told any more. */
  #silent = false;
  /** Early media of the far end, for a 2xx that brings none. */
  #early: string | null = null;

  /** @param closed called once when nothing of the call is left. */
  constructor(agent: UserAgent, listener: SignalingListener, request: PlaceRequest, closed: () => void) {
    this.id = request.id;
    this.sipCallId = agent.randomness.identifier('c');
    this.#agent = agent;
    this.#listener = listener;
    this.#request = request;
    this.#closed = closed;
  }

  /** Finds the far end's address and sends the INVITE. Never throws: what fails is told. */
  start(): void {
    const { host, transport } = this.#request.target;
    const own = this.#agent.layer.listening().filter((bound) => bound.transport === transport);
    if (own.length === 0) {
      queueMicrotask(() => this.#failed(503, `this bridge does not listen on ${transport}`));
      return;
    }
    const late = this.#agent.clock.after(LOOKUP_MS, () => this.#failed(503, 'address of the trunk not found in time'));
    resolveHost(host, own.every(({ address }) => isIPv6(address)) ? 6 : 4)
      .then((address) => this.#invite(address))
      .catch((error: unknown) => this.#failed(503, `not sent: ${reasonOf(error)}`))
      .finally(() => late.cancel());
  }

  /** Whether what comes from this address may be the far end's. */
  isWith(address: string): boolean {
    return this.#phase !== 'over' && this.#address !== null && plainIp(address) === plainIp(this.#address);
  }

  async hangUp(): Promise<void> {
    this.#silent = true;
    if (this.#call === null) this.#over();
    else await this.#call.hangUp();
  }

  async reoffer(localSdp: string): Promise<string> {
    if (this.#phase !== 'live' || this.#call === null) throw new CallGone('the call is not answered, or over');
    return this.#call.reinvite(localSdp);
  }

  async probe(): Promise<boolean> {
    if (this.#phase !== 'live' || this.#call === null) return this.#phase !== 'over';
    const status = await this.#call.ask('OPTIONS');
    return status !== null && status !== 481 && status !== 408;
  }

  /** Forgets the call without a word to anyone: the signalling has stopped. */
  abandon(): void {
    this.#silent = true;
    this.#over();
  }

  #invite(address: string): void {
    if (this.#phase !== 'finding') return;
    const { target, user, callerNumber, localSdp, credentials } = this.#request;
    const { transport, port } = target;
    this.#address = address;
    this.#phase = 'calling';
    const parameters = new Map(transport === 'tcp' ? [['transport', 'tcp']] : []);
    const uri = makeUri({ user, host: target.host, port, parameters });
    const peer = this.#agent.peerAt({ transport, address, port });
    const { localAddress, localPort } = peer;
    // From the address of ours that Contact names.
    const destination = { transport, address, port, local: { address: localAddress, port: localPort } };
    const from =
      callerNumber === null ? null : makeUri({ user: callerNumber, host: this.#agent.ownAddress(peer).host });
    this.#call = new ClientCall(
      this.#agent,
      uri,
      destination,
      {
        target: uri.raw,
        localSdp,
        ...(from === null ? {} : { from: `<${from.raw}>` }),
        headers: [...(from === null ? [PRIVATE] : []), EXPIRES, { name: 'session-expires', value: SESSION_EXPIRES }],
        credentials,
        limitMs: LIMIT_MS,
        supported: SUPPORTED,
        callId: this.sipCallId,
        events: this.#events(),
      },
      () => this.#over(),
    );
    this.#call.start();
  }

  #events(): ClientCallEvents {
    const { id } = this;
    const listener = this.#listener;
    return {
      provisional: (status, sdp) => this.#progressed(status, sdp),
      accepted: (sdp) => this.#answered(sdp),
      refused: (status, cause) => this.#failed(status, cause),
      over: ({ by, cause }) => {
        if (!this.#silent) listener.hungUp(id, { lineLost: by === 'line', cause });
      },
      offered: (offer) => listener.mediaOffered(id, offer),
      reanswered: (answer) => listener.mediaAnswered(id, answer),
      keyPressed: (key) => listener.keyPressed(id, key),
    };
  }

  #progressed(status: number, sdp: string | null): void {
    if (this.#silent) return;
    this.#early = sdp ?? this.#early;
    this.#listener.progressed(this.id, { status, sdp });
  }

  #answered(sdp: string | null): void {
    this.#phase = 'live';
    if (this.#silent) return;
    // RFC 3261 section 13.2.1 wants the answer in the 2xx, but it is left out in the field where early media brought it.
    const answer = sdp ?? this.#early;
    if (answer !== null) return this.#listener.answered(this.id, answer);
    this.#silent = true;
    this.#listener.notAnswered(this.id, { status: 488, cause: 'answered without a session description' });
    void this.hangUp();
  }

  #failed(status: number, cause: string): void {
    if (this.#phase === 'over') return;
    this.#over();
    if (!this.#silent) this.#listener.notAnswered(this.id, { status, cause });
  }

  #over(): void {
    if (this.#phase === 'over') return;
    this.#phase = 'over';
    this.#closed();
  }
}
