import type { CallId } from '../identifiers.js';
import { say, tone, type SpokenPrompt, type Utterance } from '../prompts.js';
import { letEveryoneIn, letIn } from './gate.js';
import { closeMenu } from './menus.js';
import { nameOf } from './names.js';
import { findMember, watchAlone } from './presence.js';
import type { Waiter } from './state.js';
import { tell, update, type Turn } from './turn.js';

/** Only a host who is in, be it aside with someone called, lets others in: until then nobody may be in. */
export function mayAdmit({ facts }: Turn, host: CallId): boolean {
  const phase = findMember(facts, host)?.phase;
  return phase === 'in' || phase === 'aside';
}

/** `#8`: everyone who waits passes the gate. */
export function admitAll(turn: Turn, host: CallId): void {
  tell(turn, host, mayAdmit(turn, host) ? admitEveryone(turn) : [tone('refused')]);
}

function admitEveryone(turn: Turn): readonly Utterance[] {
  const { waiting } = turn.facts;
  if (waiting.length === 0) return [say('lobby-empty')];
  return admitWaiting(turn, waiting, null) ?? [say('all-admitted')];
}

/**
 * The lock and the most callers hold for the lobby too, and are looked at only now, at the moment of joining.
 * @param screener the host who is answered by the menu, or `null`
 * @returns why one of them was kept out, or `null`
 */
export function admitWaiting(
  turn: Turn,
  waiters: readonly Waiter[],
  screener: CallId | null,
): readonly Utterance[] | null {
  const refused = letIn(turn, waiters, { pastLobby: true });
  for (const waiter of waiters) {
    const what = findMember(turn.facts, waiter.callId) === undefined ? 'has-left' : 'has-joined';
    endScreenings(turn, waiter, what, screener);
  }
  watchAlone(turn);
  if (refused === null) return null;
  return [say(refused === 'full' ? 'conference-full' : 'conference-locked')];
}

/** A host refuses someone who waits. */
export function turnAway(turn: Turn, waiter: Waiter, screener: CallId): void {
  update(turn, { waiting: turn.facts.waiting.filter(({ callId }) => callId !== waiter.callId) });
  const farewell = [say('not-admitted'), say('goodbye')];
  turn.effects.push({ type: 'Dismiss', callId: waiter.callId, outcome: 'refused', farewell });
  endScreenings(turn, waiter, 'has-left', screener);
  watchAlone(turn);
}

/** The account does without a lobby by now: those who wait in it come in. */
export function emptyUnusedLobby(turn: Turn): void {
  if (!turn.facts.options.lobby && turn.facts.waiting.length > 0) letEveryoneIn(turn);
}

/** A host who is just screening someone hears that another host was quicker, or that the caller gave up. */
export function endScreenings(
  turn: Turn,
  waiter: Waiter,
  what: Extract<SpokenPrompt, 'has-joined' | 'has-left'>,
  screener: CallId | null,
): void {
  for (const { callId, menu } of turn.facts.menus) {
    if (menu.kind !== 'screening' || menu.subject !== waiter.callId || callId === screener) continue;
    closeMenu(turn, callId, [nameOf(waiter), say(what)]);
  }
}
