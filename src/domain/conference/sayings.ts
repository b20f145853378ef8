import type { PlayId } from '../identifiers.js';
import { LONGEST_ANNOUNCEMENT_MS } from './announcements.js';
import type { Saying, Sayings, Topic } from './state.js';
import { cancelTimer, NOTHING_SAID, playToRoom, setTimer, update, type Turn } from './turn.js';

/*
 * What a host's key says to the whole room never piles up: one sentence is said at a time, and of every topic at most one waits, the
 * newest, in the place of the one before. So the room hears what holds in the end, however often a key is pressed.
 */

/** Longest of these sentences, after an announcement that may be heard before it: one whose finish never comes keeps back no other for ever. */
export const LONGEST_SAYING_MS = 10_000;

/** Says it to those in the room, now or after the sentence that is just being said. */
export function sayToRoom(turn: Turn, saying: Saying): void {
  const { sounding, pending } = turn.facts.sayings;
  if (sounding === null) {
    sound(turn, saying);
    return;
  }
  const waits = pending.some(({ topic }) => topic === saying.topic);
  const newest = waits ? pending.map((other) => (other.topic === saying.topic ? saying : other)) : [...pending, saying];
  remember(turn, { pending: newest });
}

/** Something newer about it was said to each by himself: what still waits is out of date. */
export function unsay(turn: Turn, topic: Topic): void {
  remember(turn, { pending: turn.facts.sayings.pending.filter((other) => other.topic !== topic) });
}

/** Something was heard by the room: if it was one of these sentences, the next is said. */
export function sayingFinished(turn: Turn, playId: PlayId): void {
  if (turn.facts.sayings.sounding === playId) sayingEnded(turn);
}

/** The sentence was heard, or must have been by now. Nothing is said to an empty room. */
export function sayingEnded(turn: Turn): void {
  cancelTimer(turn, 'saying');
  const isOccupied = turn.facts.members.some(({ phase }) => phase === 'in');
  const [next, ...pending] = isOccupied ? turn.facts.sayings.pending : [];
  remember(turn, { sounding: null, pending });
  if (next !== undefined) sound(turn, next);
}

/** The room is empty, as under `hold`. */
export function forgetSayings(turn: Turn): void {
  cancelTimer(turn, 'saying');
  update(turn, { sayings: NOTHING_SAID });
}

function sound(turn: Turn, { words }: Saying): void {
  remember(turn, { sounding: playToRoom(turn, words) });
  setTimer(turn, 'saying', LONGEST_ANNOUNCEMENT_MS + LONGEST_SAYING_MS);
}

function remember(turn: Turn, changes: Partial<Sayings>): void {
  update(turn, { sayings: { ...turn.facts.sayings, ...changes } });
}
