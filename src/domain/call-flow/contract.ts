import type { ConferenceOptions, Role } from '../conference-options.js';
import type { AccountId, ConferenceId, LookupId, PlayId, TimerId } from '../identifiers.js';
import type { Key, KeyMethod } from '../keys.js';
import type { KeypadAction } from '../keypad/contract.js';
import type { CallOutcome } from '../outcomes.js';
import type { Utterance } from '../prompts.js';

/** What a recognised PIN opens. */
export interface Admission {
  readonly accountId: AccountId;
  readonly conferenceId: ConferenceId;
  readonly role: Role;
  readonly options: ConferenceOptions;
}

/** Why the conference keeps a caller outside, on hold music. */
export type WaitReason = 'no-host' | 'host-away';

/** Why the conference does not take a caller. `closing`: the host is just ending it. */
export type RefusalReason = 'full' | 'locked' | 'closing';

/** Events of one call; `at` is the bridge's monotonic clock in milliseconds. Past tense: they have happened. */
export type CallEvent = { readonly at: number } & (
  | { readonly type: 'CallAnswered' }
  | { readonly type: 'KeyPressed'; readonly key: Key; readonly method: KeyMethod }
  /** A play ended by itself, was stopped or replaced, or could not be played; exactly one for each `Play`. */
  | { readonly type: 'PlayFinished'; readonly playId: PlayId }
  | { readonly type: 'TimerFired'; readonly timerId: TimerId }
  | { readonly type: 'PinMatched'; readonly lookupId: LookupId; readonly admission: Admission }
  | { readonly type: 'PinMissed'; readonly lookupId: LookupId }
  /** The store could not be asked; sounds like a miss but costs no try, and is tried again by the caller. */
  | { readonly type: 'PinLookupFailed'; readonly lookupId: LookupId }
  // from the conference
  | { readonly type: 'KeptWaiting'; readonly reason: WaitReason }
  | { readonly type: 'Admitted'; readonly muted: boolean; readonly introduction: readonly Utterance[] }
  | { readonly type: 'Refused'; readonly reason: RefusalReason }
  /** Something private is to be said to the caller, in or outside the room. */
  | { readonly type: 'Told'; readonly utterances: readonly Utterance[] }
  /** Out of the room and back on hold music (`hold` when the host left). */
  | { readonly type: 'SentToHold'; readonly reason: WaitReason }
  | { readonly type: 'MuteChanged'; readonly muted: boolean }
  /** Says the farewell (may be empty: then at once) and hangs up. */
  | { readonly type: 'Dismissed'; readonly outcome: CallOutcome; readonly farewell: readonly Utterance[] }
  // from the media
  | { readonly type: 'MixerJoined' }
  | { readonly type: 'MixerJoinFailed' }
  | { readonly type: 'MediaFailed' }
  /** The mixer died, and the caller could not be moved to another. */
  | { readonly type: 'MoveFailed' }
  // from the signalling
  | { readonly type: 'CallerHungUp'; readonly lineLost: boolean }
);

/** What is to be done for one call. Imperative: nobody has done it yet. */
export type CallEffect =
  /** Replaces whatever this caller hears privately; ends in one `PlayFinished`. */
  | { readonly type: 'Play'; readonly playId: PlayId; readonly utterances: readonly Utterance[] }
  | { readonly type: 'StopPlaying' }
  /** `name` says which of the call's timers; setting one again replaces it. */
  | { readonly type: 'SetTimer'; readonly name: string; readonly timerId: TimerId; readonly ms: number }
  | { readonly type: 'CancelTimer'; readonly name: string }
  | { readonly type: 'LookUpPin'; readonly lookupId: LookupId; readonly digits: string }
  /** Asks the conference for a place: it answers `KeptWaiting`, `Admitted` or `Refused`. */
  | { readonly type: 'RequestAdmission'; readonly admission: Admission }
  | { readonly type: 'JoinMixer'; readonly conferenceId: ConferenceId; readonly muted: boolean }
  | { readonly type: 'LeaveMixer' }
  | { readonly type: 'SetMuted'; readonly muted: boolean }
  /** The caller is in: the conference may now tell the room. */
  | { readonly type: 'ReportJoined' }
  /** A code of the key map was keyed in the room or while waiting for it. */
  | { readonly type: 'ReportAction'; readonly action: KeypadAction }
  /** A code that is not in the map. */
  | { readonly type: 'ReportUnknownCode' }
  /** The caller is gone from the conference's point of view (only after `RequestAdmission`). */
  | { readonly type: 'ReportLeft'; readonly lineLost: boolean }
  /** Ends the call from our side (BYE). */
  | { readonly type: 'HangUp' }
  /** The last effect of every call: release the endpoint, write the record. */
  | { readonly type: 'CloseCall'; readonly outcome: CallOutcome };
