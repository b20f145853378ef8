import { assertNever } from '../assert-never.js';
import type { Key } from '../keys.js';
import type { KeypadAction } from '../keypad/contract.js';
import { entryEndedByItself, type Keyed } from '../keypad/decoder.js';
import { say } from '../prompts.js';
import { bargesIn, keyCode } from './codes.js';
import type { Admission, CallEffect } from './contract.js';
import type { ChoicesMenu, EntryMenu } from './menu-state.js';
import { awaitKey, backgroundOf, beginMenu, cutWords, endMenu, leaveByTime, ownsKeys, told } from './menus.js';
import { interrupt, quietSince } from './speech.js';
import type { Listener } from './state.js';
import { cancelTimer, setTimer, type Turn } from './turn.js';
import { changeVolume, isVolume } from './volumes.js';

/** What a key does in the room and on hold music: to the open menu, or as part of a code. */
export function keyHeard<S extends Listener>(stage: S, key: Key, turn: Turn): S {
  const { menu } = stage;
  if (menu === null || !ownsKeys(menu)) return keyOutside(stage, key, turn);
  switch (menu.kind) {
    case 'confirm-end':
      return keyInConfirmation(stage, key, turn);
    case 'choices':
      return keyInChoices(stage, menu, key, turn);
    case 'entry':
      return keyInEntry(stage, menu, key, turn);
    default:
      return assertNever(menu);
  }
}

/** No menu owns the keys: codes of the map, and those an open menu takes. */
function keyOutside<S extends Listener>(stage: S, key: Key, turn: Turn): S {
  const menu = stage.menu?.kind === 'choices' ? stage.menu : null;
  const keyed = keyCode(turn, stage.admission, quietSince(stage.speech), key, menu?.choices);
  const heard = bargesIn(key) || keyed.type === 'choice' ? interrupted(stage, turn) : stage;
  if (wantsConfirmation(stage, keyed)) return confirmEnd(heard, turn);
  if (keyed.type === 'action' && isVolume(keyed.action)) return told(heard, changeVolume(turn, keyed.action), turn);
  report(turn, stage.admission, keyed, menu);
  return heard;
}

function interrupted<S extends Listener>(stage: S, turn: Turn): S {
  const { menu } = stage;
  const silent = menu?.kind === 'choices' ? { ...menu, speaking: false } : menu;
  return { ...stage, menu: silent, speech: interrupt(turn, stage.speech, backgroundOf(stage)) };
}

/** A code is the conference's to answer, in words or a tone. */
export function report(turn: Turn, admission: Admission, keyed: Keyed, menu: ChoicesMenu | null): void {
  switch (keyed.type) {
    case 'nothing':
      return;
    case 'choice':
      if (menu !== null) turn.effects.push({ type: 'ReportChoice', menuId: menu.menuId, choice: keyed.choice });
      return;
    case 'action':
      turn.effects.push(reportOf(admission, keyed.action));
      return;
    case 'unknown-code':
      turn.effects.push({ type: 'ReportUnknownCode' });
      return;
    default:
      return assertNever(keyed);
  }
}

/** Whoever asks for help is read the codes by which his own keys are decoded, whatever the account has by now. */
function reportOf({ options }: Admission, action: KeypadAction): Extract<CallEffect, { type: 'ReportAction' }> {
  const keyMap = action === 'help' ? options.keyMap : undefined;
  return { type: 'ReportAction', action, ...(keyMap === undefined ? {} : { keyMap }) };
}

/** Only a host in the room is asked. To a guest the conference says whose code it is. */
const wantsConfirmation = ({ kind, admission }: Listener, keyed: Keyed): boolean =>
  kind !== 'Waiting' &&
  keyed.type === 'action' &&
  keyed.action === 'end' &&
  admission.options.confirmHangup &&
  admission.role === 'host';

function confirmEnd<S extends Listener>(stage: S, turn: Turn): S {
  const over = stage.menu?.kind === 'confirm-end' ? stage.menu.over : stage.menu;
  return beginMenu(stage, { kind: 'confirm-end', over }, [say('confirm-host-hangup')], turn);
}

/** `#` confirms, `*` leaves, digits are the menu's and mean nothing in this one. */
function keyInConfirmation<S extends Listener>(stage: S, key: Key, turn: Turn): S {
  if (!bargesIn(key)) return stage;
  if (key === '#') turn.effects.push({ type: 'ReportAction', action: 'end' });
  return endMenu(stage, turn);
}

/**
 * The menu's digits; `*` leaves it, and is the first key of no code. Of the codes only that which ends the conference works here; a
 * digit after `#` is no choice: it was meant for a code.
 */
function keyInChoices<S extends Listener>(stage: S, menu: ChoicesMenu, key: Key, turn: Turn): S {
  if (key === '*') return leaveMenu(stage, menu, turn);
  const keyed = keyCode(turn, stage.admission, quietSince(stage.speech), key, menu.choices);
  if (keyed.type === 'choice') {
    report(turn, stage.admission, keyed, menu);
    return awaitKey(cutWords(stage, turn), turn);
  }
  const heard = key === '#' ? awaitKey(cutWords(stage, turn), turn) : stage;
  if (keyed.type !== 'action' || keyed.action !== 'end') return heard;
  if (wantsConfirmation(stage, keyed)) return confirmEnd(heard, turn);
  report(turn, stage.admission, keyed, menu);
  return heard;
}

/** `#` ends the entry, its length too; `*` leaves it. An empty one is left by `#`, as by time; it may be the first of `##`. */
function keyInEntry<S extends Listener>(stage: S, menu: EntryMenu, key: Key, turn: Turn): S {
  if (key === '*') return leaveMenu(stage, menu, turn);
  if (key === '#' && menu.digits === '') {
    keyCode(turn, stage.admission, quietSince(stage.speech), key);
    return leaveByTime(stage, turn);
  }
  if (key === '#') return enter(stage, menu, turn);
  if (!/^[0-9]$/.test(key)) return stage;
  const entry = { ...menu, digits: menu.digits + key };
  const heard = { ...cutWords(stage, turn), menu: entry };
  if (entry.digits.length >= menu.mostDigits) return entryEnded(heard, entry, turn);
  setTimer(turn, 'menu', turn.facts.entry.interDigitMs);
  return heard;
}

/** The entry ended by its length or by time: a `#` that still comes belongs to it. */
export function entryEnded<S extends Listener>(stage: S, menu: EntryMenu, turn: Turn): S {
  turn.facts = { ...turn.facts, keypad: entryEndedByItself(turn.facts.keypad, turn.at) };
  return enter(stage, menu, turn);
}

function enter<S extends Listener>(stage: S, { menuId, digits }: EntryMenu, turn: Turn): S {
  cancelTimer(turn, 'menu');
  turn.effects.push({ type: 'ReportEntry', menuId, digits });
  return endMenu(stage, turn);
}

function leaveMenu<S extends Listener>(stage: S, { menuId }: ChoicesMenu | EntryMenu, turn: Turn): S {
  turn.effects.push({ type: 'ReportMenuLeft', menuId });
  return endMenu(stage, turn);
}
