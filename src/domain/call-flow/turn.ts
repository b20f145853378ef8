import type { EntryOptions } from '../conference-options.js';
import { lookupId, playId, type CallId, type LookupId } from '../identifiers.js';
import { IDLE_KEYPAD } from '../keypad/decoder.js';
import type { Utterance } from '../prompts.js';
import { boundedMs, isRunning, NO_TIMERS, startTimer, stopTimer } from '../timers.js';
import type { Admission, CallEffect, SecondCode } from './contract.js';
import type { CallFacts, CallTimer } from './state.js';

/** One step being taken: the facts as they become and the effects so far. Lives only within `stepCall`. */
export interface Turn {
  readonly at: number;
  facts: CallFacts;
  readonly effects: CallEffect[];
}

export const firstFacts = (callId: CallId, entry: EntryOptions): CallFacts => ({
  callId,
  entry,
  timers: NO_TIMERS,
  plays: 0,
  lookups: 0,
  playing: null,
  keypad: IDLE_KEYPAD,
  gains: { hearDb: 0, speakDb: 0 },
  misses: 0,
  lookupFailures: 0,
  knownToConference: false,
  hasBeenIn: false,
  abandonedJoins: 0,
});

/** Plays in place of whatever plays. */
export function play(turn: Turn, utterances: readonly Utterance[]): void {
  const plays = turn.facts.plays + 1;
  const id = playId(`${turn.facts.callId}/${plays}`);
  turn.facts = { ...turn.facts, plays, playing: id };
  turn.effects.push({ type: 'Play', playId: id, utterances });
}

export function stopPlaying(turn: Turn): void {
  if (turn.facts.playing === null) return;
  turn.facts = { ...turn.facts, playing: null };
  turn.effects.push({ type: 'StopPlaying' });
}

/** The mixer stops what plays by itself when it takes the caller in; the finish is stale. */
export function forgetPlaying(turn: Turn): void {
  turn.facts = { ...turn.facts, playing: null };
}

export function setTimer(turn: Turn, name: CallTimer, ms: number): void {
  const { timers, timerId } = startTimer(turn.facts.timers, name);
  turn.facts = { ...turn.facts, timers };
  turn.effects.push({ type: 'SetTimer', name, timerId, ms: boundedMs(ms) });
}

export function cancelTimer(turn: Turn, name: CallTimer): void {
  if (!isRunning(turn.facts.timers, name)) return;
  dropTimer(turn, name);
}

export function cancelAllTimers(turn: Turn): void {
  for (const name of Object.keys(turn.facts.timers.running)) dropTimer(turn, name);
}

function dropTimer(turn: Turn, name: string): void {
  turn.facts = { ...turn.facts, timers: stopTimer(turn.facts.timers, name) };
  turn.effects.push({ type: 'CancelTimer', name });
}

export function lookUpPin(turn: Turn, digits: string): LookupId {
  const id = newLookup(turn);
  turn.effects.push({ type: 'LookUpPin', lookupId: id, digits });
  return id;
}

export function checkCode(
  turn: Turn,
  code: SecondCode,
  { accountId, conferenceId, booking }: Admission,
  digits: string,
): LookupId {
  const id = newLookup(turn);
  const bookingId = booking?.id ?? null;
  turn.effects.push({ type: 'CheckCode', lookupId: id, code, accountId, conferenceId, bookingId, digits });
  return id;
}

function newLookup(turn: Turn): LookupId {
  const lookups = turn.facts.lookups + 1;
  turn.facts = { ...turn.facts, lookups };
  return lookupId(`${turn.facts.callId}/lookup-${lookups}`);
}
