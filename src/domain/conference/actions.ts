import { assertNever } from '../assert-never.js';
import type { Role } from '../conference-options.js';
import type { CallId } from '../identifiers.js';
import type { KeypadAction } from '../keypad/contract.js';
import { completeKeyMap, isFor } from '../keypad/key-map.js';
import { speakHelp } from '../keypad/spoken-code.js';
import { say, sayNumber, type Utterance } from '../prompts.js';
import { endForAll } from './ending.js';
import { countWaiting } from './gate.js';
import { countIn, countOnHold, findMember, findWaiter } from './presence.js';
import type { ConferenceFacts, ConferenceStage } from './state.js';
import { playToRoom, tell, update, updateMember, type Turn } from './turn.js';

/** Who keyed a code, and from where. */
interface Actor {
  readonly callId: CallId;
  readonly role: Role;
  readonly muted: boolean;
  /** In the room or on the way in; else on hold music. */
  readonly inside: boolean;
}

/** Carries out one code: every one is answered, privately unless it concerns all. */
export function act(turn: Turn, stage: ConferenceStage, callId: CallId, action: KeypadAction): ConferenceStage {
  const actor = actorOf(turn.facts, callId);
  if (actor === null) return stage;
  if (!isFor(action, actor.role)) return answer(turn, stage, actor, [say('only-host-can-do-that')]);
  if (!isAllowed(turn.facts, action)) return answer(turn, stage, actor, [say('not-available')]);
  switch (action) {
    case 'mute':
      return toggleMute(turn, stage, actor);
    case 'count':
      return answer(turn, stage, actor, countFor(turn.facts, actor));
    case 'help':
      return answer(turn, stage, actor, helpFor(turn.facts, actor));
    case 'lock':
      return toggleLock(turn, stage, actor);
    case 'roll-call':
      return answer(turn, stage, actor, headCount(turn.facts, actor));
    case 'end':
      return endForAll(turn);
    default:
      return assertNever(action);
  }
}

export function answerUnknownCode(turn: Turn, callId: CallId): void {
  const actor = actorOf(turn.facts, callId);
  if (actor !== null) tell(turn, callId, [say('unknown-code')]);
}

function actorOf(facts: ConferenceFacts, callId: CallId): Actor | null {
  const member = findMember(facts, callId);
  if (member !== undefined) {
    const { role, muted, phase } = member;
    return { callId, role, muted, inside: phase !== 'held' };
  }
  const waiter = findWaiter(facts, callId);
  return waiter === undefined ? null : { callId, role: 'guest', muted: waiter.muted, inside: false };
}

/** What the account does without; a conference that is locked can always be unlocked. */
function isAllowed({ options, locked }: ConferenceFacts, action: KeypadAction): boolean {
  if (action === 'lock') return options.lockAllowed || locked;
  if (action === 'roll-call') return options.rollCall;
  return true;
}

function answer(turn: Turn, stage: ConferenceStage, { callId }: Actor, words: readonly Utterance[]): ConferenceStage {
  tell(turn, callId, words);
  return stage;
}

/** A caller on hold is heard by nobody; the wish holds from the moment of joining. */
function toggleMute(turn: Turn, stage: ConferenceStage, actor: Actor): ConferenceStage {
  const muted = !actor.muted;
  updateMember(turn, actor.callId, { muted });
  update(turn, {
    waiting: turn.facts.waiting.map((waiter) => (waiter.callId === actor.callId ? { ...waiter, muted } : waiter)),
  });
  if (actor.inside) turn.effects.push({ type: 'Mute', callId: actor.callId, muted });
  return answer(turn, stage, actor, [say(muted ? 'you-are-muted' : 'you-are-unmuted')]);
}

/** On hold there is nothing to count yet; what the caller wants to know is that it goes on. */
function countFor(facts: ConferenceFacts, actor: Actor): readonly Utterance[] {
  if (!actor.inside) return [say('still-waiting')];
  if (actor.role === 'guest') return headCount(facts, actor);
  return [...headCount(facts, actor), ...countWaiting(countOnHold(facts)), ...turnedAway(facts.lockedOut)];
}

/** How many are in, the one who asks included. */
function headCount(facts: ConferenceFacts, { callId }: Actor): readonly Utterance[] {
  const heads = countIn(facts) + (findMember(facts, callId)?.phase === 'in' ? 0 : 1);
  return heads <= 1 ? [say('you-are-the-only-one')] : [sayNumber(heads), say('callers-in-conference')];
}

function turnedAway(lockedOut: number): readonly Utterance[] {
  if (lockedOut === 0) return [];
  return lockedOut === 1 ? [say('one-was-turned-away')] : [sayNumber(lockedOut), say('were-turned-away')];
}

/** Made from the map as it is: what this role may use here. */
function helpFor(facts: ConferenceFacts, { role }: Actor): readonly Utterance[] {
  const map = completeKeyMap(facts.options.keyMap);
  return speakHelp(map, (action) => isFor(action, role) && isAllowed(facts, action));
}

function toggleLock(turn: Turn, stage: ConferenceStage, actor: Actor): ConferenceStage {
  const locked = !turn.facts.locked;
  update(turn, { locked });
  const words = [say(locked ? 'conference-now-locked' : 'conference-now-unlocked')];
  if (countIn(turn.facts) > 0) playToRoom(turn, words);
  if (findMember(turn.facts, actor.callId)?.phase === 'in') return stage;
  return answer(turn, stage, actor, words);
}
