import type { CallId } from '../domain/identifiers.js';
import type { Key } from '../domain/keys.js';

/**
 * The signalling port: calls that come in, are answered or refused, re-offered and hung up.
 * What holds for every adapter is written as tests in `test/conformance/signaling.ts`.
 */

export interface Source {
  readonly transport: 'udp' | 'tcp' | 'tls';
  /** IP address as text, without brackets; IPv4-mapped IPv6 addresses are given as IPv4. */
  readonly address: string;
  readonly port: number;
}

/** A refusal before the answer (RFC 3261 section 21). */
export interface Refusal {
  readonly status: 403 | 404 | 480 | 486 | 488 | 500 | 503 | 603;
  /** Seconds, for 503 (RFC 3261 section 20.33). */
  readonly retryAfter?: number;
}

/** One incoming call, told by `incomingCall` before any final answer; 100 Trying is out already. */
export interface SignalingCall {
  readonly id: CallId;
  /** What {@link Signaling.takeBack} of a later process finds this call by, or `null` where the call dies with the process. Changes only until the ACK. */
  readonly handle: string | null;
  /** Call-ID header, to find the call in traces. */
  readonly sipCallId: string;
  readonly source: Source;
  /** User parts of the request URI and of To, decoded (RFC 3261 section 19.1.2); empty where there is none. */
  readonly requestUser: string;
  readonly toUser: string;
  /** Host part of the request URI. */
  readonly requestHost: string;
  /** Caller's number or name from P-Asserted-Identity or From; `null` when anonymous (RFC 3323, RFC 3325). */
  readonly callerNumber: string | null;
  readonly callerName: string | null;
  /** SDP of the INVITE, or `null` when it had none. */
  readonly offer: string | null;
  /** Provisional answer 180, at most once needed. */
  ring(): void;
  /**
   * 200 OK with our SDP; resolves when the ACK is in, with the SDP it carried (answer to our offer) or `null`.
   * @throws {CallGone} cancelled or hung up meanwhile, or no ACK within 64*T1 (then BYE was sent).
   */
  answer(localSdp: string): Promise<string | null>;
  /** Final refusal; nothing when the call is gone already. */
  refuse(refusal: Refusal): void;
  /** Ends the call whatever its state: refusal before the answer, BYE after (waiting for the ACK as RFC 3261 section 15 wants). Never rejects; may be called twice; bounded by timer F. */
  hangUp(): Promise<void>;
  /**
   * Re-INVITE with a new SDP of ours; resolves with the far end's answer. Glare (491) is tried again. The origin line is made to
   * continue that of the SDP before (RFC 3264 section 8), since it may come from another mixer.
   * @throws {CallGone}, {ReofferRefused} or {DialogLost}
   */
  reoffer(localSdp: string): Promise<string>;
  /** In-dialog OPTIONS: whether the far end still knows the call (any answer but 481, 408 or silence). */
  probe(): Promise<boolean>;
}

/** A call of ours to someone outside. */
export interface PlaceRequest {
  readonly id: CallId;
  /** Where it is sent: the trunk's own address, or that of its proxy. */
  readonly target: { readonly transport: 'udp' | 'tcp'; readonly host: string; readonly port: number };
  /** User part of request URI and To: digits, `+` allowed first. */
  readonly user: string;
  /** User part of From, or `null`: anonymous. */
  readonly callerNumber: string | null;
  /** Our offer. */
  readonly localSdp: string;
  /** For a 401 or 407 (RFC 3261 section 22), MD5 or SHA-256 (RFC 8760); never logged. */
  readonly credentials: { readonly username: string; readonly password: string } | null;
}

/**
 * A call we have placed. What becomes of it is told to the listener: `progressed`, then `answered` or `notAnswered`; from the answer on
 * it is a call like those that come in.
 */
export type PlacedCall = Pick<SignalingCall, 'id' | 'handle' | 'sipCallId' | 'hangUp' | 'reoffer' | 'probe'>;

/** A call of a process before this one. Its `SignalingCall` says who it was even when it is over. */
export type TakenBack =
  /** Goes on. `remoteSdp`: what the far end sent last, with its re-offers that were answered meanwhile. */
  | { readonly kind: 'live'; readonly call: SignalingCall; readonly remoteSdp: string | null }
  /**
   * Its dialog is lost (the process that held it died), its audio may go on: no re-offer goes through, its end is told only where it
   * comes to be known. Hanging up is tried; a probe tells whether the far end can be shown to be there.
   */
  | { readonly kind: 'unreachable'; readonly call: SignalingCall }
  /** `at`: when, milliseconds since 1970-01-01T00:00Z; `null` where nobody saw it. */
  | {
      readonly kind: 'ended';
      readonly call: SignalingCall;
      readonly lineLost: boolean;
      readonly cause: string;
      readonly at: number | null;
    };

/** Whether new calls can come, for health. */
export interface SignalingStatus {
  readonly healthy: boolean;
  /** One line for people: what it is connected to, or what is lost. No secrets. */
  readonly detail: string;
}

/** What the signalling tells. Functions return at once and never throw, unless they return a promise. */
export interface SignalingListener {
  /** Whether requests from there are served at all: INVITEs of others get 403, other requests and repetition nothing (bounded refusals). */
  isKnownSource(source: Source): boolean;
  incomingCall(call: SignalingCall): void;
  /** CANCEL came before our answer; 487 is out already. */
  cancelled(id: CallId): void;
  /** The far end's BYE, or the line was lost: session timer, no answer to a request within a dialog (408, 481), transport gone. */
  hungUp(id: CallId, end: { readonly lineLost: boolean; readonly cause: string }): void;
  /** A call we placed rings (180, 183...). `sdp`: early media, an answer to our offer; it may change until the call is answered. */
  progressed(id: CallId, progress: { readonly status: number; readonly sdp: string | null }): void;
  /** A call we placed was answered; the ACK is out. `sdp`: the answer to our offer. */
  answered(id: CallId, sdp: string): void;
  /** A call we placed came to nothing: refused (`status`), or no answer in time (408). Nothing of it is left; not after our own hang-up. */
  notAnswered(id: CallId, end: { readonly status: number; readonly cause: string }): void;
  /** A key by SIP INFO (application/dtmf-relay or application/dtmf), once per press. */
  keyPressed(id: CallId, key: Key): void;
  /**
   * Re-INVITE or UPDATE with an offer, or re-INVITE without (`null`): resolves with our SDP for the 200.
   * Rejecting with {@link MediaOfferRefused} makes a 488, {@link MediaOfferTooSoon} a 491, anything else a 500; the call goes on as before.
   */
  mediaOffered(id: CallId, offer: string | null): Promise<string>;
  /** The ACK of a re-INVITE without offer brought the answer. Also what the far end offered while nobody here was there to be asked, and was answered. */
  mediaAnswered(id: CallId, answer: string): void;
  trouble(message: string): void;
}

export interface Signaling {
  readonly engine: 'embedded' | 'drachtio' | 'fake';
  /** @throws Error with one clear line (address in use, wrong secret, not reachable). */
  start(listener: SignalingListener): Promise<void>;
  /**
   * The calls of a process before this one, by their handles, in order; called once, after `start`. Calls that are held for this
   * process and not asked for are hung up. Until it is called no event of a held call is told, and no new call comes in.
   */
  takeBack(calls: readonly { readonly id: CallId; readonly handle: string }[]): Promise<readonly TakenBack[]>;
  status(): SignalingStatus;
  /**
   * Places a call; returns at once. It is given up after 3 minutes without a final answer. `hangUp` before the answer cancels it
   * (RFC 3261 section 9.1), also where the 200 crosses the CANCEL: then it is acknowledged and ended.
   */
  place(request: PlaceRequest): PlacedCall;
  /** Hangs up what is left and closes; bounded. */
  stop(): Promise<void>;
  /** Closes without ending a call, for the process that comes next; where calls die with the process, as {@link stop}. */
  release(): Promise<void>;
  /** Addresses really listened on, e.g. `udp:0.0.0.0:5060`. */
  listening(): readonly string[];
  /** Calls it holds now, for counting leaks: set-ups, dialogs and transactions. */
  counts(): { readonly calls: number; readonly transactions: number };
}

/** The call ended while something was being done with it. */
export class CallGone extends Error {
  override readonly name = 'CallGone';
}

/** Whatever held the dialog is gone: nothing can be said in the call, though its audio may go on. */
export class DialogLost extends Error {
  override readonly name = 'DialogLost';
}

/** The far end refused our re-offer; the call goes on as before. */
export class ReofferRefused extends Error {
  override readonly name = 'ReofferRefused';
  readonly status: number;
  constructor(status: number) {
    super(`re-offer refused with ${status}`);
    this.status = status;
  }
}

/** The bridge cannot take a re-offer: 488. */
export class MediaOfferRefused extends Error {
  override readonly name = 'MediaOfferRefused';
}

/** The bridge is still taking the answer to an offer of ours, so it cannot take one of theirs yet: 491 (RFC 3261 section 14.2). */
export class MediaOfferTooSoon extends Error {
  override readonly name = 'MediaOfferTooSoon';
}
