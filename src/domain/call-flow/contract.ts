import type { ConferenceOptions, Role } from '../conference-options.js';
import type {
  AccountId,
  BookingId,
  ConferenceId,
  InviteeId,
  LookupId,
  MenuId,
  NameId,
  PlayId,
  TimerId,
} from '../identifiers.js';
import type { Key, KeyMethod } from '../keys.js';
import type { KeyMap, KeypadAction } from '../keypad/contract.js';
import type { CallOutcome } from '../outcomes.js';
import type { Utterance } from '../prompts.js';

/** What a recognised PIN opens. */
export interface Admission {
  readonly accountId: AccountId;
  readonly conferenceId: ConferenceId;
  /** With an access code `guest`, until the moderator PIN makes it `host`. */
  readonly role: Role;
  readonly options: ConferenceOptions;
  /** What was keyed is the access code of all: whether the caller is the host is asked. */
  readonly byAccessCode: boolean;
  /** The conference has a security code: it is asked after the PIN. */
  readonly securityCode: boolean;
  /**
   * This caller is turned away as if the conference were full: the number is blocked, or it is not one of those the account allows.
   */
  readonly blocked: boolean | 'not-allowed';
  /** `null`: it is the account's own PIN, whose conference is open at any time. */
  readonly booking: Booked | null;
}

/** The occurrence of a booking that a PIN opens. Times are wall clock, milliseconds since 1970-01-01T00:00Z. */
export interface Booked {
  readonly id: BookingId;
  readonly startsAt: number;
  /** Its end and the overrun: then everyone is disconnected. */
  readonly endsAt: number;
  /** Whose personal PIN it is, or `null`. */
  readonly inviteeId: InviteeId | null;
  /** How this invitee's name is said is known: it is not asked for. */
  readonly spoken: boolean;
}

/** A second secret of an account, besides the PIN that named it. */
export type SecondCode = 'moderator' | 'security';

/** Volumes of one line, decibels; 0: as they are. */
export interface Gains {
  /** What this caller hears. */
  readonly hearDb: number;
  /** How the room hears this caller. */
  readonly speakDb: number;
}

/** Why the conference keeps a caller outside, on hold music. */
export type WaitReason = 'no-host' | 'host-away' | 'lobby';

/** Why the conference does not take a caller. `closing`: the host is just ending it. `booking-ended`: its time was over before. */
export type RefusalReason = 'full' | 'locked' | 'closing' | 'booking-ended';

/** Events of one call; `at` is the bridge's monotonic clock in milliseconds. Past tense: they have happened. */
export type CallEvent = { readonly at: number } & (
  | { readonly type: 'CallAnswered' }
  | { readonly type: 'KeyPressed'; readonly key: Key; readonly method: KeyMethod }
  /** A play ended by itself, was stopped or replaced, or could not be played; exactly one for each `Play`. */
  | { readonly type: 'PlayFinished'; readonly playId: PlayId }
  | { readonly type: 'TimerFired'; readonly timerId: TimerId }
  | { readonly type: 'PinMatched'; readonly lookupId: LookupId; readonly admission: Admission }
  | { readonly type: 'PinMissed'; readonly lookupId: LookupId }
  /** The second code is the account's. A wrong one is `PinMissed`. */
  | { readonly type: 'CodeMatched'; readonly lookupId: LookupId }
  /**
   * What the caller keyed opens nothing any more, at the gate or while waiting: the PIN or moderator PIN was replaced or revoked, the booking
   * cancelled, the account disabled or removed. Sounds like a miss. Never of a call that was placed.
   */
  | { readonly type: 'PinStopped' }
  /** The store could not be asked; sounds like a miss but costs no try, and is tried again by the caller. */
  | { readonly type: 'PinLookupFailed'; readonly lookupId: LookupId }
  /** The recording of a name is over: `speechMs` is 0 where nothing was said. Exactly one for each `RecordName`. */
  | { readonly type: 'NameRecorded'; readonly nameId: NameId; readonly speechMs: number }
  // from the conference
  /** The first look at the gate found nothing against the caller. */
  | { readonly type: 'GateFoundOpen' }
  | { readonly type: 'KeptWaiting'; readonly reason: WaitReason }
  /** Into the conference's own room after the introduction; also from a room aside. */
  | { readonly type: 'Admitted'; readonly muted: boolean; readonly introduction: readonly Utterance[] }
  | { readonly type: 'Refused'; readonly reason: RefusalReason }
  /** Into another room without a word: aside with someone the host calls, and from there back into the conference's own. */
  | { readonly type: 'SentToRoom'; readonly room: ConferenceId; readonly muted: boolean }
  /** Something private is to be said to the caller, in or outside the room. */
  | { readonly type: 'Told'; readonly utterances: readonly Utterance[] }
  /** Out of the room and back on hold music (`hold` when the host left). */
  | { readonly type: 'SentToHold'; readonly reason: WaitReason }
  | { readonly type: 'MuteChanged'; readonly muted: boolean }
  /**
   * A menu that owns keys from now on, in place of the one that may be open: says the utterances, takes one of `choices`, each of
   * them a digit or a code such as `*2`. `*` leaves it where no choice begins with `*`; so does time, also only there: with codes for
   * choices it lasts until the conference closes it (bare digits then do nothing).
   */
  | {
      readonly type: 'MenuOpened';
      readonly menuId: MenuId;
      readonly utterances: readonly Utterance[];
      readonly choices: readonly string[];
    }
  /** An entry of digits that `#` ends, or 4 s without a key; `*` leaves it. */
  | {
      readonly type: 'EntryOpened';
      readonly menuId: MenuId;
      readonly utterances: readonly Utterance[];
      readonly mostDigits: number;
    }
  /** The menu or entry is closed by the conference, and this is said (also where the caller has left it meanwhile). */
  | { readonly type: 'MenuClosed'; readonly menuId: MenuId; readonly utterances: readonly Utterance[] }
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
  /** Asks whether a second code is the right one: `CodeMatched`, `PinMissed` or `PinLookupFailed`. */
  | {
      readonly type: 'CheckCode';
      readonly lookupId: LookupId;
      readonly code: SecondCode;
      readonly accountId: AccountId;
      /** A security code is that of the conference, where it runs. */
      readonly conferenceId: ConferenceId;
      /** A booking keeps the security code it was made with. */
      readonly bookingId: BookingId | null;
      readonly digits: string;
    }
  /** Records what the caller says, at most so long; ends in one `NameRecorded`. A name recorded before under this identity is replaced. */
  | { readonly type: 'RecordName'; readonly nameId: NameId; readonly limitMs: number }
  /** Ends the recording now: its `NameRecorded` follows. */
  | { readonly type: 'StopRecordingName'; readonly nameId: NameId }
  /** Asks the conference whether it would take the caller: it answers `GateFoundOpen` or `Refused`; or `PinStopped` comes. */
  | { readonly type: 'LookAtGate'; readonly admission: Admission }
  /** Asks the conference for a place: it answers `KeptWaiting`, `Admitted` or `Refused`; or `PinStopped` comes. */
  | { readonly type: 'RequestAdmission'; readonly admission: Admission; readonly name: NameId | null }
  | { readonly type: 'JoinMixer'; readonly conferenceId: ConferenceId; readonly muted: boolean }
  | { readonly type: 'LeaveMixer' }
  | { readonly type: 'SetMuted'; readonly muted: boolean }
  | { readonly type: 'SetGains'; readonly gains: Gains }
  /** The caller is in the conference's own room (not in one aside): the conference may now tell the room. */
  | { readonly type: 'ReportJoined' }
  /** A code of the key map was keyed in the room or while waiting for it. `keyMap`: by which this caller's codes are decoded, where it is not the usual one. */
  | { readonly type: 'ReportAction'; readonly action: KeypadAction; readonly keyMap?: Partial<KeyMap> }
  /** A code that is not in the map. */
  | { readonly type: 'ReportUnknownCode' }
  /** One of an open menu's choices. */
  | { readonly type: 'ReportChoice'; readonly menuId: MenuId; readonly choice: string }
  /** The digits of an entry, at least one; with them it is over. */
  | { readonly type: 'ReportEntry'; readonly menuId: MenuId; readonly digits: string }
  /** The words of the open menu (not of an entry) ended by themselves, no key pressed: the conference may go on reading. */
  | { readonly type: 'ReportMenuSpoken'; readonly menuId: MenuId }
  /** The menu or entry was left, by `*` or by time; or it could not be opened, where the caller is neither in a room, on the way nor waiting. */
  | { readonly type: 'ReportMenuLeft'; readonly menuId: MenuId }
  /**
   * The caller is gone from the conference's point of view: only after `RequestAdmission`, or the answer of a call that was placed (also
   * from a room aside, where the conference does not count it).
   */
  | { readonly type: 'ReportLeft'; readonly lineLost: boolean }
  /** Ends the call from our side (BYE). */
  | { readonly type: 'HangUp' }
  /** The last effect of every call: release the endpoint, write the record. */
  | { readonly type: 'CloseCall'; readonly outcome: CallOutcome };
