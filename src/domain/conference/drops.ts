import type { CallId } from '../identifiers.js';
import { say } from '../prompts.js';
import { forgetBelongings } from './belongings.js';
import { othersGoOn } from './departure.js';
import { headCount } from './counting.js';
import { present } from './presence.js';
import type { Member } from './state.js';
import { tell, update, type Turn } from './turn.js';

/** Guests who are in or on the way in can be dropped; other hosts cannot. */
export const droppable = (turn: Turn, callId: CallId): Member | undefined =>
  present(turn.facts).find((member) => member.callId === callId && member.role === 'guest');

/** Takes a guest out of the conference in session; nothing lets a dropped caller past a lock again. */
export function drop(turn: Turn, member: Member): void {
  update(turn, { members: turn.facts.members.filter((other) => other.callId !== member.callId) });
  forgetBelongings(turn, member.callId);
  turn.effects.push({ type: 'Dismiss', callId: member.callId, outcome: 'dropped', farewell: [say('goodbye')] });
  othersGoOn(turn, member);
}

/** `#3`: the guest who joined last. */
export function dropLast(turn: Turn, host: CallId): void {
  const last = present(turn.facts).findLast((member) => member.role === 'guest');
  if (last === undefined) {
    tell(turn, host, headCount(turn.facts, host));
    return;
  }
  drop(turn, last);
  tell(turn, host, [say('last-guest-dropped')]);
}
