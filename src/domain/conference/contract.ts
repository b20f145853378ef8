import type { RefusalReason, WaitReason } from '../call-flow/contract.js';
import type { ConferenceOptions, Role } from '../conference-options.js';
import type { CallId, ConferenceId, MenuId, NameId, PlayId, TimerId } from '../identifiers.js';
import type { KeyMap, KeypadAction } from '../keypad/contract.js';
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
      /** What the caller said as a name, or `null`. */
      readonly name: NameId | null;
      /** When the conference's booking is over, on the same clock as `at`; `null`: it has no such end. */
      readonly endsAt: number | null;
    }
  /** Someone is about to say a name: whether the gate would take him. Changes nothing but what a refusal counts. */
  | {
      readonly type: 'GateLookedAt';
      readonly callId: CallId;
      readonly role: Role;
      readonly callerNumber: string | null;
      readonly options: ConferenceOptions;
    }
  /** The mixer has the caller: the room may be told. */
  | { readonly type: 'CallerJoined'; readonly callId: CallId }
  | { readonly type: 'CallerLeft'; readonly callId: CallId; readonly lineLost: boolean }
  | {
      readonly type: 'ActionRequested';
      readonly callId: CallId;
      readonly action: KeypadAction;
      /** The codes of this caller that differ from the usual ones: what the help reads. */
      readonly keyMap?: Partial<KeyMap>;
    }
  | { readonly type: 'UnknownCodeKeyed'; readonly callId: CallId }
  | { readonly type: 'ChoiceKeyed'; readonly callId: CallId; readonly menuId: MenuId; readonly choice: string }
  | { readonly type: 'EntryKeyed'; readonly callId: CallId; readonly menuId: MenuId; readonly digits: string }
  | { readonly type: 'MenuLeft'; readonly callId: CallId; readonly menuId: MenuId }
  /** The words of a menu (not of an entry) were heard to their end, and it is still open. */
  | { readonly type: 'MenuSpoken'; readonly callId: CallId; readonly menuId: MenuId }
  /** Someone muted talks: told once for each time of being muted. */
  | { readonly type: 'SpokeWhileMuted'; readonly callId: CallId }
  /** The far end put its line on hold or took it back: what it plays then is not for the room. */
  | { readonly type: 'LineHeld'; readonly callId: CallId; readonly held: boolean }
  /** Answer to `MeasureLines`: those in the room, as far as the mixer knows. */
  | { readonly type: 'LinesMeasured'; readonly callId: CallId; readonly lines: readonly MeasuredLine[] }
  /** A call placed for a host was answered. */
  | { readonly type: 'PlacedCallAnswered'; readonly placed: CallId }
  /** It came to nothing before the host brought it in: not allowed by the guards, refused or not answered, or hung up. */
  | {
      readonly type: 'PlacedCallEnded';
      readonly placed: CallId;
      readonly reason: 'not-allowed' | 'not-answered' | 'hung-up';
    }
  /** Recording came to nothing: it could not begin, or it broke off. */
  | { readonly type: 'RecordingFailed' }
  | { readonly type: 'PlayFinished'; readonly playId: PlayId }
  | { readonly type: 'TimerFired'; readonly timerId: TimerId }
  /** The room's mixer died, and everyone who could be is in the room on another. */
  | { readonly type: 'RoomMoved' }
  /** The bridge shuts down: everyone is told nothing and let go. */
  | { readonly type: 'ShutdownRequested' }
);

/** How a line sounded lately. */
export interface MeasuredLine {
  readonly callId: CallId;
  /** Mean level while there is sound, dBFS (0: full scale). */
  readonly levelDb: number;
  /** Share of the time that there was sound, 0 to 1: people pause, hold music and noise do not. */
  readonly activeShare: number;
}

export type ConferenceEffect =
  /** Answer to `GateLookedAt`; the other is `Refuse`. */
  | { readonly type: 'LetPass'; readonly callId: CallId }
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
  /** In place of the one that may be open. Where a choice begins with `*` it ends neither by `*` nor by time. */
  | {
      readonly type: 'OpenMenu';
      readonly callId: CallId;
      readonly menuId: MenuId;
      readonly utterances: readonly Utterance[];
      readonly choices: readonly string[];
    }
  | {
      readonly type: 'OpenEntry';
      readonly callId: CallId;
      readonly menuId: MenuId;
      readonly utterances: readonly Utterance[];
      readonly mostDigits: number;
    }
  | {
      readonly type: 'CloseMenu';
      readonly callId: CallId;
      readonly menuId: MenuId;
      readonly utterances: readonly Utterance[];
    }
  /** Of those in the room; ends in one `LinesMeasured` for this caller within seconds. */
  | { readonly type: 'MeasureLines'; readonly callId: CallId }
  /** This number is not let in any more, by the account's wish. */
  | { readonly type: 'BlockCaller'; readonly callId: CallId; readonly callerNumber: string }
  /**
   * Calls a number for a host, who is sent to `room` (a room aside) to hear it ring. `placed` is the name of the call to be. Ends in
   * `PlacedCallAnswered` or `PlacedCallEnded`; brought in it is admitted, and comes in as every caller; given up, it is dismissed.
   */
  | {
      readonly type: 'PlaceCall';
      readonly callId: CallId;
      readonly placed: CallId;
      readonly number: string;
      readonly room: ConferenceId;
    }
  | { readonly type: 'SendToRoom'; readonly callId: CallId; readonly room: ConferenceId; readonly muted: boolean }
  /** The room is recorded from now on, in one part or (after a pause of the mixer's) several. */
  | { readonly type: 'StartRecording'; readonly announcements: boolean }
  | { readonly type: 'PauseRecording' }
  | { readonly type: 'ResumeRecording' }
  | { readonly type: 'StopRecording' }
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
