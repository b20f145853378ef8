import { say } from '../prompts.js';
import type { CallStage, CollectingPin, Ended, Leaving } from './state.js';
import { askForPin, leave, NOT_RECOGNISED, reportLeft } from './transitions.js';
import { cancelAllTimers, setTimer, type Turn } from './turn.js';

/** Counts a miss or a silence: both draw on the same tries, of the PIN and of what is asked after it. */
export function isLastTry(turn: Turn): boolean {
  const misses = turn.facts.misses + 1;
  turn.facts = { ...turn.facts, misses };
  return misses >= turn.facts.entry.tries;
}

/**
 * What the caller came by was stopped before he was in: from wherever he is back to the question for a PIN, as if it had never opened
 * anything.
 */
export function stopPin(turn: Turn, stage: CallStage): CollectingPin | Leaving | Ended {
  const words = [say(NOT_RECOGNISED.pin)];
  if (isLastTry(turn)) return leave(turn, stage, 'wrong-pin', [...words, say('goodbye')]);
  reportLeft(turn, false);
  cancelAllTimers(turn);
  setTimer(turn, 'accept', turn.facts.entry.acceptMs);
  return askForPin(turn, words);
}
