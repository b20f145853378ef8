import type { CallId } from '../identifiers.js';
import { say, tone } from '../prompts.js';
import type { Actor } from './actor.js';
import { setMuted } from './lines.js';
import { closeMenu, openMenu } from './menus.js';
import { nameOf } from './names.js';
import { findMember } from './presence.js';
import { signalHosts } from './signals.js';
import type { Member } from './state.js';
import { tell, update, type Turn } from './turn.js';

/** A guest's `*9`; the hosts hear that a hand goes up. Who has no seat yet has nobody to raise it to. */
export function toggleHand(turn: Turn, { callId, phase }: Actor): void {
  if (phase === 'waiting') {
    tell(turn, callId, [say('not-available')]);
    return;
  }
  const isRaised = turn.facts.hands.includes(callId);
  if (isRaised) lower(turn, callId);
  else update(turn, { hands: [...turn.facts.hands, callId] });
  tell(turn, callId, [say(isRaised ? 'hand-lowered' : 'hand-raised')]);
  if (!isRaised) signalHosts(turn);
}

function lower(turn: Turn, callId: CallId): void {
  update(turn, { hands: turn.facts.hands.filter((other) => other !== callId) });
}

/** A host's `*9`: the hand that has been up for longest. */
export function callHands(turn: Turn, host: CallId): void {
  const [first] = raised(turn);
  if (first === undefined) tell(turn, host, [say('no-hands-raised')]);
  else show(turn, host, first);
}

/** `1` unmutes, which takes the hand down; `2` leaves it up and goes on to the next, after the last one to the first. */
export function handChosen(turn: Turn, host: CallId, subject: CallId, choice: string): void {
  const hands = raised(turn);
  const member = hands.find((other) => other.callId === subject);
  if (choice === '1' && member !== undefined) {
    callUp(turn, member);
    closeMenu(turn, host, [tone('done')]);
    return;
  }
  const next = hands[hands.findIndex((other) => other.callId === subject) + 1] ?? hands[0];
  if (next === undefined) closeMenu(turn, host, [say('no-hands-raised')]);
  else show(turn, host, next);
}

function callUp(turn: Turn, { callId, muted }: Member): void {
  lower(turn, callId);
  setMuted(turn, callId, false);
  tell(turn, callId, [say(muted ? 'host-unmuted-you' : 'hand-lowered')]);
}

function show(turn: Turn, host: CallId, member: Member): void {
  openMenu(turn, host, { kind: 'hand', subject: member.callId }, [nameOf(member), say('hand-menu')], ['1', '2']);
}

const raised = (turn: Turn): readonly Member[] =>
  turn.facts.hands.flatMap((callId) => findMember(turn.facts, callId) ?? []);
