import type { WaitReason } from '../call-flow/contract.js';
import type { Announcement, ConferenceOptions, Role } from '../conference-options.js';
import type { CallId, ConferenceId, MenuId, NameId, PlayId } from '../identifiers.js';
import type { ConferenceOutcome } from '../outcomes.js';
import type { Utterance } from '../prompts.js';
import type { RunningTimers } from '../timers.js';
import type { ConferenceEvent } from './contract.js';

/*
 * One conference.
 *
 *   Empty ── guest ──► WaitingForHost ── the host is in: everyone waiting is admitted ──┐
 *     │                   ▲   │ nobody left                                             │
 *     └── host arrives ───┘   ▼                                                         ▼
 *                           Closed ◄── nobody left; alone; time limit; booked end ─  InSession
 *                             ▲ ▲        (host leaves under `end`: everyone)          │   ▲ │
 *                             │ │                                                     │   │ │ host leaves
 *                             │ └── everyone has heard it ─── Closing ◄─── ## ────────┘   │ ▼ under `hold`
 *                             └──────────── nobody left, or not back in time ──────────  HostAway
 *
 * A host who was admitted but is not in yet leaves the stage as it is: only a host who is really in opens
 * the conference.
 */

/** Someone with a seat: from `Admit` on. */
export interface Member {
  readonly callId: CallId;
  readonly role: Role;
  readonly callerNumber: string | null;
  readonly name: NameId | null;
  /** By the caller's or a host's wish; see `lines.ts` for what the room hears. */
  readonly muted: boolean;
  /** The far end has its line on hold: what it plays is not for the room, and is nobody's wish to be muted. */
  readonly lineHeld: boolean;
  /** Talked while muted, and was told so: once for each time of being muted. */
  readonly toldMuted: boolean;
  /**
   * `joining`: admitted, not in yet (or on the way back from aside); `in`: in the room; `held`: on hold music, its seat kept;
   * `aside`: a host in a room aside, with someone called from there.
   */
  readonly phase: 'joining' | 'in' | 'held' | 'aside';
  /** Was in the room and has been announced, or needs not be. */
  readonly hasBeenIn: boolean;
  /** Came in from waiting with others: announced together with them. */
  readonly inBatch: boolean;
  /** Did not call, but was called by a host. */
  readonly called: boolean;
}

/** A guest outside, on hold music, without a seat: for want of a host, or in the lobby. */
export interface Waiter {
  readonly callId: CallId;
  readonly callerNumber: string | null;
  readonly name: NameId | null;
  readonly reason: WaitReason;
  readonly muted: boolean;
  readonly lineHeld: boolean;
  /** Which of all screenings was the latest of this caller; 0: none yet. */
  readonly screened: number;
  /** Was let past the lock, because this caller was in before. */
  readonly pastLock: boolean;
}

export interface Empty {
  readonly kind: 'Empty';
}

/** Guests wait; no host has been in. */
export interface WaitingForHost {
  readonly kind: 'WaitingForHost';
}

/** A host has been in; under `continue` also without one now. */
export interface InSession {
  readonly kind: 'InSession';
}

/** The last host left under `hold`: everyone is on hold music, seat, lock and mutes kept. */
export interface HostAway {
  readonly kind: 'HostAway';
  /** The grace ran out while a host was just coming in. */
  readonly graceOver: boolean;
}

/** The host ended it: the room hears so, nobody comes in any more. */
export interface Closing {
  readonly kind: 'Closing';
  readonly lastWords: PlayId;
}

export interface Closed {
  readonly kind: 'Closed';
  readonly outcome: ConferenceOutcome;
}

export type ConferenceStage = Empty | WaitingForHost | InSession | HostAway | Closing | Closed;

/** Someone of whom the room is to hear. */
export interface Announced {
  readonly callId: CallId;
  readonly name: NameId | null;
}

/** What the room has heard of comings and goings lately, and what it is still to hear. */
export interface Announcements {
  /** In place of the account's two settings, by a host's `*3`. */
  readonly chosen: Announcement | null;
  readonly joined: readonly Announced[];
  readonly left: readonly Announced[];
  /** When the latest of them came or went, ms; no more than tell a crowd. */
  readonly recent: readonly number[];
  /** The announcement that is being heard. */
  readonly sounding: PlayId | null;
  /** When the latest began, ms, and whether it was of a crowd. */
  readonly lastAt: number | null;
  readonly lastOfCrowd: boolean;
}

/** What a sentence to all is about: a newer one about the same says all there is to say. */
export type Topic = 'lock' | 'mutes' | 'recording' | 'end';

/** A sentence that all are to hear. */
export interface Saying {
  readonly topic: Topic;
  readonly words: readonly Utterance[];
}

/** Sentences to all, by a host's keys. */
export interface Sayings {
  /** The one that is being heard. */
  readonly sounding: PlayId | null;
  /** Those after it, at most one of each topic. */
  readonly pending: readonly Saying[];
}

/** What an open menu or entry is about. `subject`: the caller its keys act on. */
export type Menu =
  | { readonly kind: 'hand'; readonly subject: CallId }
  | {
      readonly kind: 'roll-call';
      readonly subject: CallId;
      /** Read so far, the subject included. */
      readonly read: readonly CallId[];
      /** Read by itself since the last key. */
      readonly onPage: number;
      /** The next one is read without a key. */
      readonly goesOn: boolean;
    }
  | { readonly kind: 'confirm-recording' }
  | { readonly kind: 'noise'; readonly subject: CallId; readonly rest: readonly CallId[] }
  | { readonly kind: 'number' }
  | { readonly kind: 'dial-out'; readonly placed: CallId }
  | { readonly kind: 'screening'; readonly subject: CallId };

/** At most one for each caller. */
export interface OpenMenu {
  readonly callId: CallId;
  readonly menuId: MenuId;
  /** None: an entry of digits. */
  readonly choices: readonly string[];
  readonly menu: Menu;
}

/** A call placed for a host, until it is brought in or given up. */
export interface Placed {
  readonly placed: CallId;
  readonly host: CallId;
  readonly number: string;
  readonly room: ConferenceId;
  readonly answered: boolean;
}

/** What `*4` has come to. */
export type GuestMutes = 'free' | 'muted' | 'may-not-unmute';

/** A guest who left a locked conference and may come back. */
interface MayReturn {
  readonly callerNumber: string;
  /** On the bridge's clock, ms. */
  readonly until: number;
}

/** What holds for a conference in every stage. */
export interface ConferenceFacts {
  readonly conferenceId: ConferenceId;
  /** The newest anyone arrived with. */
  readonly options: ConferenceOptions;
  /** In order of admission. */
  readonly members: readonly Member[];
  /** In order of arrival. */
  readonly waiting: readonly Waiter[];
  readonly locked: boolean;
  /** Callers turned away by the lock. */
  readonly lockedOut: number;
  /** Most callers in the room at once. */
  readonly peak: number;
  readonly recordStarted: boolean;
  /** More than one was in, at once or one after the other: from then on the last one is alone. */
  readonly othersHaveBeenIn: boolean;
  /** The last caller was told, and nobody has come in since. */
  readonly toldAlone: boolean;
  /** Numbers that were in once, and those that were in more often, for `readmit`. */
  readonly seenOnce: readonly string[];
  readonly seenAgain: readonly string[];
  readonly mayReturn: readonly MayReturn[];
  readonly announcements: Announcements;
  readonly sayings: Sayings;
  /** Another discreet tone is owed to the hosts. */
  readonly signalOwed: boolean;
  /** How often callers in the lobby were screened. */
  readonly screenings: number;
  readonly timers: RunningTimers;
  readonly plays: number;
  readonly menus: readonly OpenMenu[];
  /** Menus ever opened: each has an identity of its own. */
  readonly menusOpened: number;
  readonly guestMutes: GuestMutes;
  /** Guests with a raised hand, in order of raising. */
  readonly hands: readonly CallId[];
  /** `paused`: under `hold`. */
  readonly recording: 'off' | 'on' | 'paused';
  /** Hosts who wait for `LinesMeasured`. */
  readonly measuring: readonly CallId[];
  readonly placed: readonly Placed[];
  /** Calls ever placed. */
  readonly placedEver: number;
  /** The conference goes on after the last host hangs up, this once (`#0`). */
  readonly continueOnce: boolean;
  /** The last host has left, the conference goes on, and no host has come in since. */
  readonly hostless: boolean;
  /** When the booking is over, on the bridge's clock, ms; `null`: the conference has no such end. */
  readonly endsAt: number | null;
}

/** Plain data: it can be stored, replayed and taken over. */
export type ConferenceState = ConferenceStage & { readonly facts: ConferenceFacts };

/** The timers of a conference, by name. */
export type ConferenceTimer =
  | 'duration'
  | 'alone'
  | 'grace'
  | 'closing'
  | 'batch'
  | 'announce'
  | 'sounding'
  | 'saying'
  | 'signal'
  | 'beep'
  | 'five-minutes'
  | 'one-minute'
  | 'booked-end';

/** What a stage gets to see: neither late timers nor what is the same in every stage. */
export type StageEvent =
  | Exclude<
      ConferenceEvent,
      { type: 'TimerFired' } | { type: 'ShutdownRequested' } | { type: 'RoomMoved' } | { type: 'UnknownCodeKeyed' }
    >
  | { readonly at: number; readonly type: 'TimerExpired'; readonly name: string };
