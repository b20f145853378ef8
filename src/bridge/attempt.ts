import { maskCaller } from '../domain/access/callers.js';
import type { CallEvent } from '../domain/call-flow/contract.js';
import type { CallOutcome } from '../domain/outcomes.js';
import type { SignalingCall } from '../ports/signaling.js';
import type { CallRecord } from '../ports/store.js';
import type { CallEnd, CallRunner } from './call-runner.js';
import type { WithoutTime } from './without-time.js';

/** A call attempt, from its INVITE to its record. */
export interface Attempt {
  readonly call: SignalingCall;
  readonly startedAt: number;
  readonly trunk: string | null;
  cancelled: boolean;
  ended: boolean;
  /** `null` between INVITE and ACK: there is no call flow yet. */
  runner: CallRunner | null;
  /** What happened to an answered call before its flow began; told to the flow as its first events. */
  readonly missed: WithoutTime<CallEvent>[];
}

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
  readonly recordedDigits: number | null;
}

export function recordOf({ call, startedAt, trunk }: Attempt, ending: Ending): CallRecord {
  const { outcome, end, conferenceRecordId, now, recordedDigits } = ending;
  const statistics = end?.statistics ?? null;
  const expected = statistics === null ? 0 : statistics.packetsReceived + statistics.packetsLost;
  return {
    id: call.id,
    sipCallId: call.sipCallId,
    startedAt,
    answeredAt: end?.answeredAt ?? null,
    joinedAt: end?.joinedAt ?? null,
    endedAt: end?.endedAt ?? now,
    trunk,
    dialled: call.requestUser,
    caller: masked(call.callerNumber, recordedDigits),
    accountId: end?.admission?.accountId ?? null,
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
