import type { CallId } from '../identifiers.js';
import { forgetMenu } from './menus.js';
import { update, type Turn } from './turn.js';

/** A caller is gone: the open menu, the raised hand and what was asked for go too; a call placed is given up. */
export function forgetBelongings(turn: Turn, callId: CallId): void {
  forgetMenu(turn, callId);
  const { hands, measuring } = turn.facts;
  update(turn, {
    hands: hands.filter((other) => other !== callId),
    measuring: measuring.filter((other) => other !== callId),
  });
  giveUpCalls(turn, callId);
}

/** Whatever was placed for this host, or for all of them, and not brought in. */
export function giveUpCalls(turn: Turn, host?: CallId): void {
  const isTheirs = (other: CallId): boolean => host === undefined || other === host;
  for (const call of turn.facts.placed) {
    if (!isTheirs(call.host)) continue;
    turn.effects.push({ type: 'Dismiss', callId: call.placed, outcome: 'given-up', farewell: [] });
  }
  update(turn, { placed: turn.facts.placed.filter((call) => !isTheirs(call.host)) });
}
