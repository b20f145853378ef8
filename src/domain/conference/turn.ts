import { DEFAULT_CONFERENCE_OPTIONS } from '../conference-options.js';
import { playId, type CallId, type ConferenceId, type PlayId } from '../identifiers.js';
import type { Utterance } from '../prompts.js';
import { boundedMs, isRunning, NO_TIMERS, startTimer, stopTimer } from '../timers.js';
import type { ConferenceEffect } from './contract.js';
import type { Announcements, ConferenceFacts, ConferenceTimer, Member, Sayings } from './state.js';

/** One step being taken: the facts as they become and the effects so far. Lives only within `stepConference`. */
export interface Turn {
  readonly at: number;
  facts: ConferenceFacts;
  readonly effects: ConferenceEffect[];
}

export const NOTHING_ANNOUNCED: Announcements = {
  chosen: null,
  joined: [],
  left: [],
  recent: [],
  sounding: null,
  lastAt: null,
  lastOfCrowd: false,
};

export const NOTHING_SAID: Sayings = { sounding: null, pending: [] };

export const firstFacts = (conferenceId: ConferenceId): ConferenceFacts => ({
  conferenceId,
  options: DEFAULT_CONFERENCE_OPTIONS,
  members: [],
  waiting: [],
  locked: false,
  lockedOut: 0,
  peak: 0,
  recordStarted: false,
  othersHaveBeenIn: false,
  toldAlone: false,
  seenOnce: [],
  seenAgain: [],
  mayReturn: [],
  announcements: NOTHING_ANNOUNCED,
  sayings: NOTHING_SAID,
  signalOwed: false,
  screenings: 0,
  timers: NO_TIMERS,
  plays: 0,
  menus: [],
  menusOpened: 0,
  guestMutes: 'free',
  hands: [],
  recording: 'off',
  measuring: [],
  placed: [],
  placedEver: 0,
  continueOnce: false,
  hostless: false,
  endsAt: null,
});

export function update(turn: Turn, changes: Partial<ConferenceFacts>): void {
  turn.facts = { ...turn.facts, ...changes };
}

export function updateMember(turn: Turn, callId: CallId, changes: Partial<Member>): void {
  update(turn, {
    members: turn.facts.members.map((member) => (member.callId === callId ? { ...member, ...changes } : member)),
  });
}

export function tell(turn: Turn, callId: CallId, utterances: readonly Utterance[]): void {
  turn.effects.push({ type: 'Tell', callId, utterances });
}

export function playToRoom(turn: Turn, utterances: readonly Utterance[]): PlayId {
  const plays = turn.facts.plays + 1;
  const id = playId(`${turn.facts.conferenceId}/${plays}`);
  update(turn, { plays });
  turn.effects.push({ type: 'PlayToRoom', playId: id, utterances });
  return id;
}

export function setTimer(turn: Turn, name: ConferenceTimer, ms: number): void {
  const { timers, timerId } = startTimer(turn.facts.timers, name);
  update(turn, { timers });
  turn.effects.push({ type: 'SetTimer', name, timerId, ms: boundedMs(ms) });
}

export function cancelTimer(turn: Turn, name: ConferenceTimer): void {
  if (isRunning(turn.facts.timers, name)) dropTimer(turn, name);
}

export function cancelAllTimers(turn: Turn): void {
  for (const name of Object.keys(turn.facts.timers.running)) dropTimer(turn, name);
}

function dropTimer(turn: Turn, name: string): void {
  update(turn, { timers: stopTimer(turn.facts.timers, name) });
  turn.effects.push({ type: 'CancelTimer', name });
}
