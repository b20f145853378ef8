import type { CallId } from '../../domain/identifiers.js';
import type { Key } from '../../domain/keys.js';
import type { LegRequest } from '../../ports/mixer-legs.js';
import type { PlaceRequest, Refusal, SignalingCall, SignalingStatus } from '../../ports/signaling.js';

/**
 * What the control process and the dialog owner say to each other. Both must speak the same version: it grows whenever a message
 * changes its meaning, and either side refuses another one with a line that says which is which.
 */
export const PROTOCOL_VERSION = 2;

/** A call, without what can be done with it. */
export type CallFacts = Omit<
  SignalingCall,
  'ring' | 'answer' | 'refuse' | 'hangUp' | 'reoffer' | 'probe' | 'handle'
> & {
  readonly handle: string;
};

export interface Welcome {
  readonly version: number;
  /** Another with every start of a dialog owner. */
  readonly incarnation: string;
  readonly state: OwnerState;
}

/** What the dialog owner's own signalling says of itself. */
export interface OwnerState extends SignalingStatus {
  readonly listening: readonly string[];
}

/** What it shows of itself to anyone at its socket. */
export interface OwnerSigns {
  readonly version: number;
  /** A control process is there. */
  readonly serving: boolean;
  readonly state: OwnerState;
}

export type TakenBackFacts =
  | { readonly kind: 'live'; readonly call: CallFacts; readonly remoteSdp: string | null }
  | { readonly kind: 'unreachable'; readonly call: CallFacts }
  | {
      readonly kind: 'ended';
      readonly call: CallFacts;
      readonly lineLost: boolean;
      readonly cause: string;
      readonly at: number | null;
    };

export interface LegFacts {
  readonly handle: string;
  readonly channel: string;
  readonly sdp: string;
}

interface OfCall {
  readonly id: CallId;
}

interface OfLeg {
  readonly handle: string;
}

/** Asked by the control process. Errors are those of the ports. */
export interface ControlRequests {
  readonly hello: { params: { readonly version: number; readonly sources: readonly string[] }; result: Welcome };
  /** Answered without hello, too. */
  readonly ping: { params: object; result: OwnerSigns };
  readonly takeBack: {
    params: { readonly calls: readonly { readonly id: CallId; readonly handle: string }[] };
    result: readonly TakenBackFacts[];
  };
  readonly answer: { params: OfCall & { readonly sdp: string }; result: string | null };
  /** What becomes of it is told; with its Call-ID. */
  readonly place: { params: PlaceRequest; result: string };
  readonly hangUp: { params: OfCall; result: null };
  readonly reoffer: { params: OfCall & { readonly sdp: string }; result: string };
  readonly probe: { params: OfCall; result: boolean };
  readonly placeLeg: { params: LegRequest; result: LegFacts };
  readonly takeBackLeg: { params: OfLeg; result: LegFacts | null };
  readonly renegotiateLeg: { params: OfLeg & { readonly offer: string | null }; result: string };
  readonly endLeg: { params: OfLeg; result: null };
}

/** Told by the control process. */
export interface ControlNotices {
  /** Addresses and networks that are served, from now on. */
  readonly sources: { readonly sources: readonly string[] };
  readonly ring: OfCall;
  readonly refuse: OfCall & { readonly refusal: Refusal };
  readonly acknowledgeLeg: OfLeg & { readonly answer: string };
}

/** Asked by the dialog owner. */
export interface OwnerRequests {
  readonly mediaOffered: { params: OfCall & { readonly offer: string | null }; result: string };
}

/** Told by the dialog owner. */
export interface OwnerNotices {
  readonly state: OwnerState;
  readonly incomingCall: CallFacts;
  readonly cancelled: OfCall;
  readonly progressed: OfCall & { readonly status: number; readonly sdp: string | null };
  /** From now on it can be taken back, by this handle. */
  readonly answered: OfCall & { readonly sdp: string; readonly handle: string };
  readonly notAnswered: OfCall & { readonly status: number; readonly cause: string };
  readonly hungUp: OfCall & { readonly lineLost: boolean; readonly cause: string };
  readonly keyPressed: OfCall & { readonly key: Key };
  readonly mediaAnswered: OfCall & { readonly answer: string };
  readonly legEnded: OfLeg & { readonly reason: string };
  readonly trouble: { readonly message: string };
}
