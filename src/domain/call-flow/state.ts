import type { EntryOptions } from '../conference-options.js';
import type { CallId, LookupId, PlayId } from '../identifiers.js';
import type { KeypadState } from '../keypad/decoder.js';
import type { CallOutcome } from '../outcomes.js';
import type { Utterance } from '../prompts.js';
import type { RunningTimers } from '../timers.js';
import type { Admission, CallEvent, WaitReason } from './contract.js';

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
 *                                                                      │ PinMatched
 *                                                                      ▼
 *              Refused ◄──────────────────────────────────────────  Requesting
 *                 │                                       KeptWaiting │   │ Admitted
 *                 │                                                   ▼   │
 *                 ├────────────── Refused, waited in vain ─────── Waiting │
 *                 │                                    SentToHold  ▲   │ Admitted
 *                 │                                                │   ▼  ▼
 *                 │                                                ├─ Joining ── introduction, then JoinMixer
 *                 │                                                │     │ MixerJoined
 *                 │                                                │     ▼
 *                 │                                                └─ InConference
 *                 ▼                                                      │ Dismissed
 *              Leaving ◄─────────── last miss, entry too long, Dismissed ┘
 *                 │ farewell finished
 *                 ▼
 *               Ended ◄── CallerHungUp, MediaFailed, MoveFailed, MixerJoinFailed, Dismissed without farewell: from anywhere
 */

/** What is privately said to a caller: one message at a time, the others in a short queue. */
export interface Speech {
  /** What plays now: words, mere tones (which are no prompt), or no message. */
  readonly saying: 'words' | 'tones' | null;
  /** Messages still to be said, oldest first. */
  readonly queue: readonly (readonly Utterance[])[];
  /** When words last ended. */
  readonly quietSince: number;
}

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

/** "Please enter your PIN": the digits so far. The only place where digits of a PIN are kept. */
export interface CollectingPin {
  readonly kind: 'CollectingPin';
  readonly digits: string;
}

/** The store looks the entry up; what is keyed meanwhile means nothing. */
export interface CheckingPin {
  readonly kind: 'CheckingPin';
  readonly lookupId: LookupId;
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
}

/** Admitted: hears the introduction, then the mixer takes the caller in. */
export interface Joining {
  readonly kind: 'Joining';
  readonly admission: Admission;
  readonly phase: 'introduction' | 'entering';
  /** As the conference wants it now. */
  readonly muted: boolean;
  /** As the mixer was asked to take the caller in. */
  readonly joinedMuted: boolean;
  readonly speech: Speech;
}

/** Hears and is heard. */
export interface InConference {
  readonly kind: 'InConference';
  readonly admission: Admission;
  readonly speech: Speech;
  readonly menu: Menu | null;
}

/** A menu owns the bare digits, and leaves with `*`. Roll call, hands and screening become menus here. */
interface Menu {
  readonly kind: 'confirm-end';
}

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
  | Settling
  | Greeting
  | CollectingPin
  | CheckingPin
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
  /** Wrong PINs and silences together. */
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

/** Plain data: it can be stored, replayed and taken over. While a PIN is being keyed it holds digits of it, so it is never logged. */
export type CallState = CallStage & { readonly facts: CallFacts };

/** The timers of a call, by name. */
export type CallTimer =
  | 'settle'
  | 'accept'
  | 'first-key'
  | 'inter-digit'
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
