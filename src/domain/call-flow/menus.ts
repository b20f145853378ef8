import { assertNever } from '../assert-never.js';
import { tone, type Utterance } from '../prompts.js';
import type { CallEvent } from './contract.js';
import type { ConferenceMenu, Menu } from './menu-state.js';
import type { Speech } from './speech-state.js';
import { cutShort, ended, hear, holdBack, interrupt, next, sayNow, type Background } from './speech.js';
import type { Listener } from './state.js';
import { MENU_MS } from './transitions.js';
import { cancelTimer, setTimer, type Turn } from './turn.js';

/*
 * Menus: how they begin, speak and end. What is keyed in them: `menu-keys`.
 */

/** Longest words of a menu, whatever becomes of their end. */
const LONGEST_WORDS_MS = 120_000;

export const backgroundOf = (stage: Listener): Background => (stage.kind === 'Waiting' ? 'music' : 'none');

/** Whether the menu takes all keys, and messages wait until it is over: not where its choices are codes, which may last for long. */
export function ownsKeys(menu: Menu | null): boolean {
  if (menu === null) return false;
  return menu.kind !== 'choices' || !menu.choices.some((choice) => choice.startsWith('*'));
}

type Opened = Extract<CallEvent, { type: 'MenuOpened' | 'EntryOpened' }>;

/** The menu that the conference opens. */
export function menuOf(event: Opened): ConferenceMenu {
  const { menuId, utterances } = event;
  if (event.type === 'EntryOpened') return { kind: 'entry', menuId, mostDigits: event.mostDigits, digits: '' };
  return { kind: 'choices', menuId, choices: event.choices, speaking: utterances.length > 0 };
}

/** Begins a menu in place of the one that may be open; its words at once, in place of what is being said. */
export function beginMenu<S extends Listener>(stage: S, menu: Menu, utterances: readonly Utterance[], turn: Turn): S {
  cancelTimer(turn, 'menu');
  if (utterances.length === 0) {
    const opened = { ...stage, menu };
    return ownsKeys(menu) && stage.speech.saying === null ? awaitKey(opened, turn) : opened;
  }
  if (ownsKeys(menu)) setTimer(turn, 'menu', LONGEST_WORDS_MS);
  return { ...stage, menu, speech: sayNow(turn, stage.speech, utterances) };
}

/** The words are over: so long a key is waited for. */
export function awaitKey<S extends Listener>(stage: S, turn: Turn): S {
  setTimer(turn, 'menu', MENU_MS);
  return stage;
}

/** Ends the menu's own words for a key. */
export function cutWords<S extends Listener>(stage: S, turn: Turn): S {
  const { menu } = stage;
  const silent = menu?.kind === 'choices' ? { ...menu, speaking: false } : menu;
  return { ...stage, menu: silent, speech: cutShort(turn, stage.speech) };
}

/** Something that was said has ended by itself: the words of a menu, or a message. */
export function wordsEnded<S extends Listener>(stage: S, turn: Turn): S {
  const { menu, speech } = stage;
  if (speech.saying === null) return stage;
  const speaking = menu?.kind === 'choices' && menu.speaking;
  if (speaking) turn.effects.push({ type: 'ReportMenuSpoken', menuId: menu.menuId });
  const silent = speaking ? { ...menu, speaking: false } : menu;
  const heard = { ...stage, menu: silent, speech: ended(turn, speech) };
  if (ownsKeys(menu)) return awaitKey(heard, turn);
  return { ...heard, speech: next(turn, heard.speech, backgroundOf(stage)) };
}

/** Says a message, or keeps it until the menu is over. */
export function told<S extends Listener>(stage: S, utterances: readonly Utterance[], turn: Turn): S {
  const { menu, speech } = stage;
  return { ...stage, speech: ownsKeys(menu) ? holdBack(speech, utterances) : hear(turn, speech, utterances) };
}

/** The conference closes a menu. What it says is said also where the caller has left the menu meanwhile. */
export function closeMenu<S extends Listener>(
  stage: S,
  { menuId, utterances }: Extract<CallEvent, { type: 'MenuClosed' }>,
  turn: Turn,
): S {
  const { menu } = stage;
  if (menu?.kind === 'confirm-end' && menu.over?.menuId === menuId) {
    return told({ ...stage, menu: { ...menu, over: null } }, utterances, turn);
  }
  if (menu === null || menu.kind === 'confirm-end' || menu.menuId !== menuId) return told(stage, utterances, turn);
  if (utterances.length === 0) return endMenu(stage, turn);
  const waits = !ownsKeys(menu) && !(menu.kind === 'choices' && menu.speaking);
  cancelTimer(turn, 'menu');
  const speech = waits ? hear(turn, stage.speech, utterances) : sayNow(turn, stage.speech, utterances);
  return { ...stage, menu: null, speech };
}

/** Nobody keyed anything for too long. */
export function leaveByTime<S extends Listener>(stage: S, turn: Turn): S {
  const { menu } = stage;
  if (menu === null) return stage;
  if (menu.kind !== 'confirm-end') turn.effects.push({ type: 'ReportMenuLeft', menuId: menu.menuId });
  return uncovered({ ...stage, speech: sayNow(turn, stage.speech, [tone('refused')]) }, menu, turn);
}

/** The menu is over: its words end, and what waited is said. */
export function endMenu<S extends Listener>(stage: S, turn: Turn): S {
  const { menu } = stage;
  if (menu === null) return stage;
  const closed = uncovered(stage, menu, turn);
  if (ownsKeys(closed.menu)) return { ...closed, speech: cutShort(turn, closed.speech) };
  return { ...closed, speech: goOn(stage, turn) };
}

/** What waited is said, in place of the words under way. */
function goOn(stage: Listener, turn: Turn): Speech {
  const { speech } = stage;
  switch (speech.saying) {
    case 'words':
      return interrupt(turn, speech, backgroundOf(stage));
    case 'tones':
      return speech;
    case null:
      return next(turn, speech, backgroundOf(stage));
    default:
      return assertNever(speech.saying);
  }
}

/** Takes the menu away; the one it lay over waits for its keys again. */
function uncovered<S extends Listener>(stage: S, menu: Menu, turn: Turn): S {
  cancelTimer(turn, 'menu');
  const over = menu.kind === 'confirm-end' ? menu.over : null;
  const open = { ...stage, menu: over };
  return ownsKeys(over) ? awaitKey(open, turn) : open;
}
