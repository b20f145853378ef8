import type { EntryOptions } from '../conference-options.js';
import type { CallId, ConferenceId, LookupId, PlayId } from '../identifiers.js';
import type { KeypadState } from '../keypad/decoder.js';
import type { CallOutcome } from '../outcomes.js';
import type { Utterance } from '../prompts.js';
import type { RunningTimers } from '../timers.js';
import type { Menu, ConferenceMenu } from './menu-state.js';
import type { Speech } from './speech-state.js';
import type { Admission, CallEvent, Gains, SecondCode, WaitReason } from './contract.js';

/*
 * One caller, from answer to hang-up.
 *
 *   Ringing ── CallAnswered ──► Settling ── 400 ms ──► Greeting ── finished, or any key ──┐
 *                                   │ (a key: at once)                                    │
 *                                   └──────────────────────────────► CollectingPin ◄──────┤
 *                                                                      │       ▲          │
 *                                                  #, length or 4 s    │       │ missed, silent
 *                                                                      ▼       │ or not to be asked
 *                                                                   CheckingPin┘
 *                               access code                            │ PinMatched
 *       ChoosingRole ◄─────────────────────────────────────────────────┤
 *         │   │ *                                                      │
 *         │   └────────────► CollectingCode ◄───┐ missed, silent       │
 *         │ #, 5 s            │  (moderator)    │ or not to be asked   │
 *         │                   └──────────► CheckingCode                │
 *         │                                     │ CodeMatched          │
 *         ├─────────────────────────────────────┴──────────────────────┤
 *         │ where there is a security code: CollectingCode (security) ⇄ CheckingCode
 *         ▼                                                            │
 *       (blocked) ──► Leaving                                          │
 *                                       where names are said           │
 *       LookingAtGate ◄────────────────────────────────────────────────┤
 *         │ GateFoundOpen        2, at most twice                      │
 *         ▼                   ┌─────────────────┐                      │
 *       AskingName ──────────►│ RecordingName   │── NameRecorded ──► ReviewingName ── 1, *, 10 s ──┐
 *                             └─────────────────┘   (or at once)                                   │
 *                                                                                                  ▼
 *              Refused ◄────────────────────────────────────────────────────────────────────── Requesting
 *                 │                                                               KeptWaiting │   │ Admitted
 *                 │                                                                           ▼   │
 *                 ├──────────────────────── Refused, waited in vain ─────────────────────► Waiting│
 *                 │                                                            SentToHold  ▲   │  │ Admitted
 *                 │                                                                        │   ▼  ▼
 *                 │                                                                        ├─ Joining ◄── CallAnswered ── Placed
 *                 │                                                                        │   │   ▲    (a call of ours: no PIN)
 *                 │                                                            MixerJoined │   ▼   │ SentToRoom: aside, and back
 *                 │                                                                        └─ InConference
 *                 ▼                                                                             │ Dismissed
 *              Leaving ◄────────────────────────── last miss, entry too long, Dismissed ────────┘
 *                 │ farewell finished
 *                 ▼
 *               Ended ◄── CallerHungUp, MediaFailed, MoveFailed, MixerJoinFailed, Dismissed without farewell: from anywhere
 *
 *   CollectingPin ◄── PinStopped: from LookingAtGate and Requesting, and from Waiting where the caller was never in
 */

/** Not answered yet, or the ACK has not come. */
export interface Ringing {
  readonly kind: 'Ringing';
}

/** A short pause, so that no first syllable is lost. */
export interface Settling {
  readonly kind: 'Settling';
}

/** The dial-in number's own welcome. */
export interface Greeting {
  readonly kind: 'Greeting';
}

/** A call placed for a host, not answered yet. */
export interface Placed {
  readonly kind: 'Placed';
  readonly admission: Admission;
  /** The room where the host waits for it. */
  readonly room: ConferenceId;
  readonly muted: boolean;
}

/** "Please enter your PIN": the digits so far. */
export interface CollectingPin {
  readonly kind: 'CollectingPin';
  readonly digits: string;
}

/** The store looks the entry up; what is keyed meanwhile means nothing. */
export interface CheckingPin {
  readonly kind: 'CheckingPin';
  readonly lookupId: LookupId;
}

/** Keyed the access code of all: "If you are the host, press star now". */
export interface ChoosingRole {
  readonly kind: 'ChoosingRole';
  readonly admission: Admission;
}

/** "Please enter the moderator PIN", "the security code": as with the PIN. */
export interface CollectingCode {
  readonly kind: 'CollectingCode';
  readonly code: SecondCode;
  readonly admission: Admission;
  readonly digits: string;
}

export interface CheckingCode {
  readonly kind: 'CheckingCode';
  readonly code: SecondCode;
  readonly admission: Admission;
  readonly lookupId: LookupId;
}

/** The conference has been asked whether it would take the caller, before a name is said in vain. */
export interface LookingAtGate {
  readonly kind: 'LookingAtGate';
  readonly admission: Admission;
}

/** "After the tone, say your name", and the tone. */
export interface AskingName {
  readonly kind: 'AskingName';
  readonly admission: Admission;
  /** Recordings made so far. */
  readonly takes: number;
}

export interface RecordingName {
  readonly kind: 'RecordingName';
  readonly admission: Admission;
  /** With this one. */
  readonly takes: number;
  /** It was ended, and what became of it is still to come. */
  readonly stopped: boolean;
}

/** Hears the name and keeps it or records it again. */
export interface ReviewingName {
  readonly kind: 'ReviewingName';
  readonly admission: Admission;
  readonly takes: number;
}

/** The conference has been asked for a place. */
export interface Requesting {
  readonly kind: 'Requesting';
  readonly admission: Admission;
}

/** Outside the room, on hold music. */
export interface Waiting {
  readonly kind: 'Waiting';
  readonly admission: Admission;
  readonly reason: WaitReason;
  readonly speech: Speech;
  readonly menu: Menu | null;
}

/** Admitted: hears the introduction, then the mixer takes the caller in. Or sent to another room: taken in there without a word. */
export interface Joining {
  readonly kind: 'Joining';
  readonly admission: Admission;
  /** The conference's own, or one aside. */
  readonly room: ConferenceId;
  readonly phase: 'introduction' | 'entering';
  /** As the conference wants it now. */
  readonly muted: boolean;
  /** As the mixer was asked to take the caller in. */
  readonly joinedMuted: boolean;
  readonly speech: Speech;
  /** Opened on the way: it begins when the caller is in, with these words. */
  readonly menu: ConferenceMenu | null;
  readonly menuWords: readonly Utterance[];
}

/** Hears and is heard. */
export interface InConference {
  readonly kind: 'InConference';
  readonly admission: Admission;
  readonly room: ConferenceId;
  readonly speech: Speech;
  readonly menu: Menu | null;
}

/** Stages in which the conference talks with the caller: codes, messages and menus are the same in them. */
export type Listener = Waiting | InConference;

/** Says the farewell, then hangs up. */
export interface Leaving {
  readonly kind: 'Leaving';
  readonly outcome: CallOutcome;
}

export interface Ended {
  readonly kind: 'Ended';
  readonly outcome: CallOutcome;
}

export type CallStage =
  | Ringing
  | Placed
  | Settling
  | Greeting
  | CollectingPin
  | CheckingPin
  | ChoosingRole
  | CollectingCode
  | CheckingCode
  | LookingAtGate
  | AskingName
  | RecordingName
  | ReviewingName
  | Requesting
  | Waiting
  | Joining
  | InConference
  | Leaving
  | Ended;

/** What holds for a call in every stage. */
export interface CallFacts {
  readonly callId: CallId;
  readonly entry: EntryOptions;
  readonly timers: RunningTimers;
  /** Plays and lookups given an identity so far. */
  readonly plays: number;
  readonly lookups: number;
  /** The play under way; the finish of any other is stale. */
  readonly playing: PlayId | null;
  readonly keypad: KeypadState;
  /** Volumes as the caller has set them. */
  readonly gains: Gains;
  /** Wrong PINs and codes and silences together. */
  readonly misses: number;
  /** Lookups the store could not answer. */
  readonly lookupFailures: number;
  /** Admission was requested and the leaving not reported yet. */
  readonly knownToConference: boolean;
  /** Was in the room at least once. */
  readonly hasBeenIn: boolean;
  /** Joins given up before the mixer answered: as many answers mean nothing any more. */
  readonly abandonedJoins: number;
}

/** Plain data: it can be stored, replayed and taken over. While digits are being keyed it holds them, so it is never logged. */
export type CallState = CallStage & { readonly facts: CallFacts };

/** The timers of a call, by name. */
export type CallTimer =
  | 'settle'
  | 'accept'
  | 'first-key'
  | 'inter-digit'
  | 'host-choice'
  | 'name'
  | 'request'
  | 'reassure'
  | 'wait-limit'
  | 'introduction'
  | 'join'
  | 'menu'
  | 'farewell';

/**
 * What a stage gets to see: events whose timer, play or lookup is the current one, and neither
 * those that end the call from anywhere nor a `#` that was swallowed.
 */
export type StageEvent =
  | Exclude<
      CallEvent,
      | { type: 'TimerFired' }
      | { type: 'PlayFinished' }
      | { type: 'CallerHungUp' }
      | { type: 'MediaFailed' }
      | { type: 'MoveFailed' }
      | { type: 'Dismissed' }
    >
  | { readonly at: number; readonly type: 'TimerExpired'; readonly name: string }
  | { readonly at: number; readonly type: 'SpeechFinished' };
