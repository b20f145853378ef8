import type { CallId } from '../identifiers.js';
import { say, sayNumber, type Utterance } from '../prompts.js';
import type { Actor } from './actor.js';
import { countWaiting } from './introduction.js';
import { countIn, countOnHold, findMember, findWaiter } from './presence.js';
import type { ConferenceFacts } from './state.js';

/** Answer to `*#`. On hold there is nothing to count; what the caller wants to know is why it goes on. */
export function countFor(facts: ConferenceFacts, { callId, role, phase }: Actor): readonly Utterance[] {
  if (findWaiter(facts, callId)?.reason === 'lobby') return [say('waiting-for-admission')];
  if (phase === 'held') return [say('host-disconnected-hold')];
  if (phase === 'waiting') return [say('still-waiting')];
  if (role === 'guest') return headCount(facts, callId);
  return [...headCount(facts, callId), ...countWaiting(countOnHold(facts)), ...turnedAway(facts.lockedOut)];
}

/** How many are in, the one who asks included. */
export function headCount(facts: ConferenceFacts, callId: CallId): readonly Utterance[] {
  const heads = countIn(facts) + (findMember(facts, callId)?.phase === 'joining' ? 1 : 0);
  return heads <= 1 ? [say('you-are-the-only-one')] : [sayNumber(heads), say('callers-in-conference')];
}

function turnedAway(lockedOut: number): readonly Utterance[] {
  if (lockedOut === 0) return [];
  return lockedOut === 1 ? [say('one-was-turned-away')] : [sayNumber(lockedOut), say('were-turned-away')];
}
