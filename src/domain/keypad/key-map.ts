import type { Role } from '../conference-options.js';
import { KEYPAD_ACTIONS, type KeyMap, type KeypadAction } from './contract.js';

export const DEFAULT_KEY_MAP: KeyMap = {
  mute: ['*6'],
  count: ['*#'],
  help: ['**'],
  'raise-hand': ['*9'],
  hands: ['*9'],
  'hear-quieter': ['#4'],
  'hear-louder': ['#6'],
  'speak-quieter': ['#7'],
  'speak-louder': ['#9'],
  'volume-normal': ['#5'],
  lock: ['*5', '*7'],
  'roll-call': ['*8'],
  end: ['##'],
  'mute-all': ['*4'],
  record: ['*2'],
  announcements: ['*3'],
  'admit-all': ['#8'],
  screen: ['#1'],
  'find-noise': ['#2'],
  'drop-last': ['#3'],
  continue: ['#0'],
  'dial-out': ['*1'],
};

/** Whose an action is. Two actions of different audiences may share a code. */
type Audience = 'everyone' | Role;

const ACTION_AUDIENCE: Readonly<Record<KeypadAction, Audience>> = {
  mute: 'everyone',
  count: 'everyone',
  help: 'everyone',
  'raise-hand': 'guest',
  hands: 'host',
  'hear-quieter': 'everyone',
  'hear-louder': 'everyone',
  'speak-quieter': 'everyone',
  'speak-louder': 'everyone',
  'volume-normal': 'everyone',
  lock: 'host',
  'roll-call': 'host',
  end: 'host',
  'mute-all': 'host',
  record: 'host',
  announcements: 'host',
  'admit-all': 'host',
  screen: 'host',
  'find-noise': 'host',
  'drop-last': 'host',
  continue: 'host',
  'dial-out': 'host',
};

/** Keys in a code, at most: nobody remembers more, and the next key must come within 2.5 s. */
const LONGEST_CODE = 4;

export const isFor = (action: KeypadAction, role: Role): boolean =>
  ACTION_AUDIENCE[action] === 'everyone' || ACTION_AUDIENCE[action] === role;

/** The whole map of an account: its own codes in place of the usual ones. */
export const completeKeyMap = (own: Partial<KeyMap> | undefined): KeyMap => ({ ...DEFAULT_KEY_MAP, ...own });

/**
 * What a code does for this role. A code that is only another role's is found too: the conference
 * answers that with words, where silence would leave the caller guessing.
 */
export function actionFor(map: KeyMap, code: string, role: Role): KeypadAction | null {
  const actions = KEYPAD_ACTIONS.filter((action) => map[action].includes(code));
  return actions.find((action) => isFor(action, role)) ?? actions[0] ?? null;
}

/** Whether more keys can still make this a code of the map. */
export const beginsCode = (map: KeyMap, keys: string): boolean =>
  KEYPAD_ACTIONS.some((action) => map[action].some((code) => code.length > keys.length && code.startsWith(keys)));

/** Why a map is refused: one entry per fault, in words for whoever wrote it. */
export interface KeyMapFault {
  readonly action: KeypadAction;
  readonly code: string;
  readonly reason: string;
}

/** Every ambiguous, unreachable or unkeyable code of a map; none: the map can be used. */
export function validateKeyMap(map: KeyMap): readonly KeyMapFault[] {
  const entries = KEYPAD_ACTIONS.flatMap((action) => map[action].map((code) => ({ action, code })));
  return entries.flatMap((entry, index) => {
    const reason = misshapen(entry.code) ?? clash(entry, entries.slice(0, index), entries);
    return reason === null ? [] : [{ ...entry, reason }];
  });
}

function misshapen(code: string): string | null {
  if (!/^[0-9*#]*$/.test(code)) return `"${code}" has other keys than 0 to 9, * and #`;
  if (!/^[*#]/.test(code)) return `"${code}" does not begin with * or #: bare digits do nothing outside menus`;
  if (code.length < 2) return `"${code}" is a single key: too easily pressed by accident`;
  if (code.length > LONGEST_CODE) return `"${code}" has more than ${LONGEST_CODE} keys`;
  return null;
}

interface MapEntry {
  readonly action: KeypadAction;
  readonly code: string;
}

function clash(entry: MapEntry, earlier: readonly MapEntry[], all: readonly MapEntry[]): string | null {
  const same = earlier.find((other) => other.code === entry.code && shareRole(other.action, entry.action));
  if (same !== undefined) return `"${entry.code}" is ambiguous: it already means ${same.action}`;
  const shorter = all.find(
    (other) => other.code.length > 0 && other.code.length < entry.code.length && entry.code.startsWith(other.code),
  );
  if (shorter !== undefined) {
    return `"${entry.code}" is unreachable: "${shorter.code}" (${shorter.action}) is complete before it`;
  }
  return null;
}

function shareRole(one: KeypadAction, other: KeypadAction): boolean {
  const roles: readonly Role[] = ['host', 'guest'];
  return roles.some((role) => isFor(one, role) && isFor(other, role));
}
