import type { Admission } from '../domain/call-flow/contract.js';
import type { Story } from '../domain/call-flow/story.js';
import type { ConferenceEvent } from '../domain/conference/contract.js';
import type { CallId, ConferenceId, NameId } from '../domain/identifiers.js';
import type { KeyMethod } from '../domain/keys.js';
import type { CallOutcome } from '../domain/outcomes.js';
import type { Utterance } from '../domain/prompts.js';
import type { Clock } from '../ports/clock.js';
import type { LegStatistics, Media, MixerName, PlayItem } from '../ports/media.js';
import type { SpokenNames } from '../ports/recordings.js';
import type { SignalingCall } from '../ports/signaling.js';
import type { Moves } from './moves.js';
import type { SaidName } from './name-recorder.js';
import type { PinLookupParts } from './pin-lookup.js';
import type { WithoutTime } from './without-time.js';

/** What a call is run with, and whom it tells. */
export interface CallDependencies extends PinLookupParts {
  readonly clock: Clock;
  readonly engine: Media;
  readonly moves: Moves;
  readonly resolve: (utterances: readonly Utterance[]) => readonly PlayItem[];
  readonly placeRoom: (room: ConferenceId, near?: MixerName) => MixerName | null;
  /** The caller asks the conference for a place; it comes into being where it was not. */
  readonly arriveAtConference: (admission: Admission, name: NameId | null) => void;
  /** Whether the conference would take the caller: it answers, or at once there is none yet. */
  readonly lookAtGate: (admission: Admission) => void;
  readonly toConference: (id: ConferenceId, event: WithoutTime<ConferenceEvent>) => void;
  /** The caller came by a PIN of another conference than before: the call belongs to the record of that one no more. */
  readonly leaveRecord: () => void;
  readonly names: SpokenNames;
  /** The name of a caller who did not come in is nobody's any more. */
  readonly forgetName: (said: SaidName) => void;
  /** The caller is brought into this room, and taken out of the one before; `null`: is in none. */
  readonly inRoom: (id: CallId, room: ConferenceId | null) => void;
  /** The caller waits, and was never in: what was keyed is looked at again from time to time. */
  readonly waits: () => void;
  /** Something that a snapshot of the call tells has changed. */
  readonly changed: () => void;
  /** Milliseconds since the INVITE, by the wall clock. */
  readonly sinceStart: () => number;
  /** The last word of a call: its record's data. */
  readonly closed: (end: CallEnd) => void;
}

/** What a call leaves behind. Times are wall clock, milliseconds. */
export interface CallEnd {
  readonly outcome: CallOutcome;
  /** `null`: a call of ours that was not. */
  readonly answeredAt: number | null;
  readonly joinedAt: number | null;
  readonly endedAt: number;
  readonly admission: Admission | null;
  readonly keyMethod: KeyMethod | null;
  readonly statistics: LegStatistics | null;
  readonly mixer: string | null;
  /** What happened; `null`: there was no flow that could tell. */
  readonly story: Story | null;
}

/** A call to be run: its number is a label for the mixer's own records. */
export interface CallBasis {
  readonly call: SignalingCall;
  readonly label: string;
  /** What the far end said last. */
  readonly remoteSdp: string | null;
}
