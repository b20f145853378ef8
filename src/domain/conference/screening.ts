import type { CallId } from '../identifiers.js';
import { say, tone, type Utterance } from '../prompts.js';
import { countWaiting } from './introduction.js';
import { admitWaiting, mayAdmit, turnAway } from './lobby.js';
import { closeMenu, openMenu } from './menus.js';
import { nameOf } from './names.js';
import { findWaiter } from './presence.js';
import type { ConferenceFacts, Waiter } from './state.js';
import { tell, update, type Turn } from './turn.js';

const ADMIT = '1';
const LEAVE_WAITING = '2';
const REFUSE = '3';

/**
 * `#1`: the next in the lobby. Each time one of them, who has not been screened yet or longest ago: those left waiting
 * come again after all others, and two hosts at the same time hear of different callers.
 */
export function screenNext(turn: Turn, host: CallId): void {
  if (!mayAdmit(turn, host)) {
    tell(turn, host, [tone('refused')]);
    return;
  }
  const next = nextToScreen(turn.facts);
  if (next === undefined) {
    tell(turn, host, [say('lobby-empty')]);
    return;
  }
  const screenings = turn.facts.screenings + 1;
  const screened = { ...next, screened: screenings };
  update(turn, {
    screenings,
    waiting: turn.facts.waiting.map((waiter) => (waiter === next ? screened : waiter)),
  });
  const menu = { kind: 'screening', subject: next.callId } as const;
  openMenu(turn, host, menu, [nameOf(next), say('screening-menu')], [ADMIT, LEAVE_WAITING, REFUSE]);
}

const nextToScreen = ({ waiting }: ConferenceFacts): Waiter | undefined =>
  waiting.toSorted((one, other) => one.screened - other.screened)[0];

/** A key of the menu. The host is answered with how many wait still. */
export function screeningChosen(turn: Turn, host: CallId, subject: CallId, choice: string): void {
  const waiter = findWaiter(turn.facts, subject);
  if (waiter === undefined || !mayAdmit(turn, host)) {
    closeMenu(turn, host, [tone('refused')]);
    return;
  }
  const words = decide(turn, host, waiter, choice);
  closeMenu(turn, host, [...words, ...countWaiting(turn.facts.waiting.length)]);
}

function decide(turn: Turn, host: CallId, waiter: Waiter, choice: string): readonly Utterance[] {
  if (choice === ADMIT) return admitWaiting(turn, [waiter], host) ?? [tone('done')];
  if (choice === REFUSE) turnAway(turn, waiter, host);
  return [tone('done')];
}
