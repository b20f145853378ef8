import { menuId, type CallId, type MenuId } from '../identifiers.js';
import type { Utterance } from '../prompts.js';
import type { ConferenceFacts, Menu, OpenMenu } from './state.js';
import { update, type Turn } from './turn.js';

/** Opens a menu at a caller, in place of the one that may be open. */
export function openMenu(
  turn: Turn,
  callId: CallId,
  menu: Menu,
  utterances: readonly Utterance[],
  choices: readonly string[],
): void {
  const id = remember(turn, callId, menu, choices);
  turn.effects.push({ type: 'OpenMenu', callId, menuId: id, utterances, choices });
}

/** Opens an entry of digits at a caller, in place of the menu that may be open. */
export function openEntry(
  turn: Turn,
  callId: CallId,
  menu: Menu,
  utterances: readonly Utterance[],
  mostDigits: number,
): void {
  const id = remember(turn, callId, menu, []);
  turn.effects.push({ type: 'OpenEntry', callId, menuId: id, utterances, mostDigits });
}

/** Closes the caller's menu, if one is open, and says this as its answer. */
export function closeMenu(turn: Turn, callId: CallId, utterances: readonly Utterance[]): void {
  const open = turn.facts.menus.find((other) => other.callId === callId);
  if (open === undefined) return;
  forgetMenu(turn, callId);
  turn.effects.push({ type: 'CloseMenu', callId, menuId: open.menuId, utterances });
}

/** The caller is gone, or has left the menu: what is keyed in it means nothing any more. */
export function forgetMenu(turn: Turn, callId: CallId): void {
  update(turn, { menus: turn.facts.menus.filter((other) => other.callId !== callId) });
}

/** The caller's open menu, or `null` where this is not the identity of it. */
export const menuNamed = (facts: ConferenceFacts, callId: CallId, id: MenuId): OpenMenu | null =>
  facts.menus.find((other) => other.callId === callId && other.menuId === id) ?? null;

export const menuOf = (facts: ConferenceFacts, callId: CallId): Menu | null =>
  facts.menus.find((other) => other.callId === callId)?.menu ?? null;

function remember(turn: Turn, callId: CallId, menu: Menu, choices: readonly string[]): MenuId {
  const menusOpened = turn.facts.menusOpened + 1;
  const id = menuId(`${turn.facts.conferenceId}/menu-${menusOpened}`);
  const others = turn.facts.menus.filter((other) => other.callId !== callId);
  update(turn, { menusOpened, menus: [...others, { callId, menuId: id, choices, menu }] });
  return id;
}
