import type { CallId } from '../identifiers.js';
import { say } from '../prompts.js';
import { findMember, findWaiter } from './presence.js';
import type { Member, Waiter } from './state.js';
import { tell, update, updateMember, type Turn } from './turn.js';

/** Whether the room is not to hear a line: by somebody's wish, or as long as the far end has it on hold. */
export const isSilent = ({ muted, lineHeld }: Pick<Member | Waiter, 'muted' | 'lineHeld'>): boolean =>
  muted || lineHeld;

/** Mutes or unmutes a caller, in or outside; what is said about it is the asker's to say. */
export function setMuted(turn: Turn, callId: CallId, muted: boolean): void {
  change(turn, callId, { muted });
}

/** The far end put its line on hold or took it back; the caller is told nothing, who does not hear it anyway. */
export function lineHeld(turn: Turn, callId: CallId, held: boolean): void {
  change(turn, callId, { lineHeld: held });
}

/** A caller on hold is heard by nobody; what changes there holds from the moment of joining. */
function change(turn: Turn, callId: CallId, changes: Partial<Pick<Member, 'muted' | 'lineHeld'>>): void {
  const member = findMember(turn.facts, callId);
  if (member === undefined) {
    if (findWaiter(turn.facts, callId) === undefined) return;
    const waiting = turn.facts.waiting.map((waiter) => (waiter.callId === callId ? { ...waiter, ...changes } : waiter));
    update(turn, { waiting });
    return;
  }
  const changed = { ...member, ...changes };
  const toldMuted = member.toldMuted && changed.muted;
  updateMember(turn, callId, { ...changes, toldMuted });
  if (member.phase === 'held' || isSilent(changed) === isSilent(member)) return;
  turn.effects.push({ type: 'Mute', callId, muted: isSilent(changed) });
}

/** Someone talks into a muted line, and is told once for each time of being muted; not where it is the line that is held. */
export function spokeWhileMuted(turn: Turn, callId: CallId): void {
  const member = findMember(turn.facts, callId);
  if (member?.phase !== 'in' || !member.muted || member.lineHeld || member.toldMuted) return;
  updateMember(turn, callId, { toldMuted: true });
  tell(turn, callId, [say('you-are-muted')]);
}
