import type { CallOutcome, ConferenceOutcome } from '../outcomes.js';
import { lastSyllable, say, type Utterance } from '../prompts.js';
import { LONGEST_ANNOUNCEMENT_MS } from './announcements.js';
import { giveUpCalls } from './belongings.js';
import { endRecording } from './recording.js';
import { LONGEST_SAYING_MS } from './sayings.js';
import type { Closed, Closing, ConferenceFacts } from './state.js';
import { cancelAllTimers, NOTHING_ANNOUNCED, NOTHING_SAID, playToRoom, setTimer, update, type Turn } from './turn.js';

/** The room's last words are some 3 s; a play whose finish never comes must not keep it open. */
const LAST_WORDS_MS = 15_000;

const NOBODY_LEFT: Partial<ConferenceFacts> = {
  members: [],
  waiting: [],
  mayReturn: [],
  seenOnce: [],
  seenAgain: [],
  announcements: NOTHING_ANNOUNCED,
  sayings: NOTHING_SAID,
  menus: [],
  hands: [],
  measuring: [],
};

/** The conference is over. Whoever is still on the lists is forgotten. */
export function close(turn: Turn, outcome: ConferenceOutcome): Closed {
  endRecording(turn);
  giveUpCalls(turn);
  cancelAllTimers(turn);
  const { peak, lockedOut } = turn.facts;
  update(turn, NOBODY_LEFT);
  turn.effects.push({ type: 'CloseConference', outcome, peak, lockedOut });
  return { kind: 'Closed', outcome };
}

/** Everyone, waiting or in, is disconnected after the farewell, and the conference is over. */
export function dismissEveryone(
  turn: Turn,
  outcome: CallOutcome & ConferenceOutcome,
  farewell: readonly Utterance[],
): Closed {
  dismiss(turn, outcome, farewell);
  return close(turn, outcome);
}

/** The bridge shuts down: everyone is let go without a word. */
export function shutDown(turn: Turn): Closed {
  dismiss(turn, 'draining', []);
  return close(turn, 'shutdown');
}

function dismiss(turn: Turn, outcome: CallOutcome, farewell: readonly Utterance[]): void {
  for (const { callId } of [...turn.facts.members, ...turn.facts.waiting]) {
    turn.effects.push({ type: 'Dismiss', callId, outcome, farewell });
  }
}

/** `##`: the room hears it together, everyone else by himself; then all are disconnected. */
export function endForAll(turn: Turn): Closing | Closed {
  const farewell = [say('host-ended-conference')];
  const inRoom = turn.facts.members.filter((member) => member.phase === 'in');
  if (inRoom.length === 0) return dismissEveryone(turn, 'host-ended', farewell);
  cancelAllTimers(turn);
  const outside = [...turn.facts.members.filter((member) => member.phase !== 'in'), ...turn.facts.waiting];
  for (const { callId } of outside) turn.effects.push({ type: 'Dismiss', callId, outcome: 'host-ended', farewell });
  update(turn, { members: inRoom, waiting: [], menus: [], hands: [], measuring: [] });
  giveUpCalls(turn);
  const lastWords = playToRoom(turn, [...farewell, lastSyllable]);
  // They are heard after what the room is just hearing.
  const { announcements, sayings } = turn.facts;
  const before =
    (announcements.sounding === null ? 0 : LONGEST_ANNOUNCEMENT_MS) +
    (sayings.sounding === null ? 0 : LONGEST_SAYING_MS);
  setTimer(turn, 'closing', before + LAST_WORDS_MS);
  return { kind: 'Closing', lastWords };
}
