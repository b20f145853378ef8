import type { RefusalReason, WaitReason } from '../call-flow/contract.js';
import type { ConferenceOptions, Role } from '../conference-options.js';
import type { CallId, PlayId, TimerId } from '../identifiers.js';
import type { KeypadAction } from '../keypad/contract.js';
import type { CallOutcome, ConferenceOutcome } from '../outcomes.js';
import type { Utterance } from '../prompts.js';

/** Events of one conference; `at` is the bridge's monotonic clock in milliseconds. */
export type ConferenceEvent = { readonly at: number } & (
  | {
      readonly type: 'CallerArrived';
      readonly callId: CallId;
      readonly role: Role;
      /** The number shown, digits only, or `null` when withheld. */
      readonly callerNumber: string | null;
      /** The account's options as they stand now; the newest hold for the whole conference. */
      readonly options: ConferenceOptions;
    }
  /** The mixer has the caller: the room may be told. */
  | { readonly type: 'CallerJoined'; readonly callId: CallId }
  | { readonly type: 'CallerLeft'; readonly callId: CallId; readonly lineLost: boolean }
  | { readonly type: 'ActionRequested'; readonly callId: CallId; readonly action: KeypadAction }
  | { readonly type: 'UnknownCodeKeyed'; readonly callId: CallId }
  | { readonly type: 'PlayFinished'; readonly playId: PlayId }
  | { readonly type: 'TimerFired'; readonly timerId: TimerId }
  /** The room's mixer died, and everyone who could be is in the room on another. */
  | { readonly type: 'RoomMoved' }
  /** The bridge shuts down: everyone is told nothing and let go. */
  | { readonly type: 'ShutdownRequested' }
);

export type ConferenceEffect =
  | {
      readonly type: 'Admit';
      readonly callId: CallId;
      readonly muted: boolean;
      readonly introduction: readonly Utterance[];
    }
  | { readonly type: 'KeepWaiting'; readonly callId: CallId; readonly reason: WaitReason }
  | { readonly type: 'Refuse'; readonly callId: CallId; readonly reason: RefusalReason }
  | { readonly type: 'Tell'; readonly callId: CallId; readonly utterances: readonly Utterance[] }
  | { readonly type: 'SendToHold'; readonly callId: CallId; readonly reason: WaitReason }
  | { readonly type: 'Mute'; readonly callId: CallId; readonly muted: boolean }
  | {
      readonly type: 'Dismiss';
      readonly callId: CallId;
      readonly outcome: CallOutcome;
      readonly farewell: readonly Utterance[];
    }
  /** Mixed in for everyone in the room; plays to a room queue up; ends in one `PlayFinished`. */
  | { readonly type: 'PlayToRoom'; readonly playId: PlayId; readonly utterances: readonly Utterance[] }
  | { readonly type: 'SetTimer'; readonly name: string; readonly timerId: TimerId; readonly ms: number }
  | { readonly type: 'CancelTimer'; readonly name: string }
  /** The first caller was admitted: the conference's record begins. */
  | { readonly type: 'RecordStarted' }
  /** The last effect of every conference. */
  | {
      readonly type: 'CloseConference';
      readonly outcome: ConferenceOutcome;
      readonly peak: number;
      readonly lockedOut: number;
    };
