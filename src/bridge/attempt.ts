import { maskCaller } from '../domain/access/callers.js';
import type { Admission, CallEvent } from '../domain/call-flow/contract.js';
import type { CallOutcome } from '../domain/outcomes.js';
import type { MediaEndpoint } from '../ports/media.js';
import type { SignalingCall } from '../ports/signaling.js';
import type { CallRecord } from '../ports/store.js';
import type { CallMemory } from './call-memory.js';
import type { CallEnd } from './call-parts.js';
import type { CallRunner } from './call-runner.js';
import type { WithoutTime } from './without-time.js';

/** What a record says of a call from its INVITE on. Plain data; the caller as configured, masked. */
export type CallIdentity = Pick<
  CallRecord,
  'id' | 'direction' | 'sipCallId' | 'startedAt' | 'trunk' | 'dialled' | 'caller'
>;

/** Of a call of ours: whom it was placed for, and when it was answered (wall clock, milliseconds). Plain data. */
export interface PlacedFor {
  readonly admission: Admission;
  readonly answeredAt: number | null;
}

/** A call attempt, from its INVITE to its record. */
export interface Attempt {
  readonly call: SignalingCall;
  readonly identity: CallIdentity;
  /** Number it was answered for, a label for the mixer's own records. */
  label: string;
  cancelled: boolean;
  /** The endpoint of a set-up was lost since it was last asked for. */
  endpointLost: boolean;
  ended: boolean;
  /** Another process's from now on. */
  letGo: boolean;
  /** What the flow begins with once the ACK is in; `null` before the answer. */
  answering: { readonly endpoint: MediaEndpoint; readonly memory: CallMemory } | null;
  /** `null` between INVITE and ACK: there is no call flow yet. */
  runner: CallRunner | null;
  /** A call of ours that is not answered: who takes what is told to its flow, which there is none of yet. */
  placing: { told(event: WithoutTime<CallEvent>): void } | null;
  /** What its record needs where no flow can say it; `null`: it came in, or was taken back. */
  placedFor: PlacedFor | null;
  /** What happened to an answered call before its flow began; told to the flow as its first events. */
  readonly missed: WithoutTime<CallEvent>[];
}

export const newAttempt = (call: SignalingCall, identity: CallIdentity, label = ''): Attempt => ({
  call,
  identity,
  label,
  cancelled: false,
  endpointLost: false,
  ended: false,
  letGo: false,
  answering: null,
  runner: null,
  placing: null,
  placedFor: null,
  missed: [],
});

/** The Call-ID of a call of ours is known when it has left. */
export const named = ({ identity, call }: Attempt): CallIdentity => ({ ...identity, sipCallId: call.sipCallId });

/** Why a call is gone before its flow began, or `null` when nobody said so. */
export function outcomeBeforeFlow({ cancelled, missed }: Attempt): CallOutcome | null {
  if (cancelled) return 'cancelled';
  for (const event of missed) {
    if (event.type === 'Dismissed') return event.outcome;
    if (event.type === 'CallerHungUp') return event.lineLost ? 'line-lost' : 'abandoned';
  }
  return null;
}

/** How an attempt ended, as far as it got. */
interface Ending {
  readonly outcome: CallOutcome;
  readonly end: CallEnd | null;
  readonly conferenceRecordId: number | null;
  /** Wall clock, milliseconds; a call that had a flow ended before its endpoint was released. */
  readonly now: number;
}

export function recordOf(identity: CallIdentity, { outcome, end, conferenceRecordId, now }: Ending): CallRecord {
  const statistics = end?.statistics ?? null;
  const expected = statistics === null ? 0 : statistics.packetsReceived + statistics.packetsLost;
  return {
    ...identity,
    answeredAt: end?.answeredAt ?? null,
    joinedAt: end?.joinedAt ?? null,
    endedAt: end?.endedAt ?? now,
    accountId: end?.admission?.accountId ?? null,
    bookingId: end?.admission?.booking?.id ?? null,
    inviteeId: end?.admission?.booking?.inviteeId ?? null,
    conferenceRecordId,
    role: end?.admission?.role ?? null,
    outcome,
    keyMethod: end?.keyMethod ?? null,
    codec: statistics?.codec ?? null,
    mixer: end?.mixer ?? null,
    packetLoss: statistics === null || expected <= 0 ? null : Math.max(0, statistics.packetsLost) / expected,
    jitterMs: statistics?.jitterMs ?? null,
  };
}

export const masked = (caller: string | null, keep: number | null): string | null =>
  caller === null ? null : maskCaller(caller, keep);

/** @param recordedDigits digits of the caller's number that a record keeps; `null`: all. */
export function identityOf(
  call: SignalingCall,
  startedAt: number,
  trunk: string | null,
  recordedDigits: number | null,
): CallIdentity {
  const { id, sipCallId, requestUser, callerNumber } = call;
  return {
    id,
    direction: 'in',
    sipCallId,
    startedAt,
    trunk,
    dialled: requestUser,
    caller: masked(callerNumber, recordedDigits),
  };
}
