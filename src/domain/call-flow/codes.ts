import type { Key } from '../keys.js';
import { pressKey, type Keyed } from '../keypad/decoder.js';
import { completeKeyMap } from '../keypad/key-map.js';
import type { Admission } from './contract.js';
import type { Turn } from './turn.js';

/**
 * Decodes a key by the account's map. `quietSince`: as before this key; `null` while words are said, and on the way in. `choices`: what
 * an open menu takes.
 */
export function keyCode(
  turn: Turn,
  admission: Admission,
  quietSince: number | null,
  key: Key,
  choices: readonly string[] = [],
): Keyed {
  const { state, keyed } = pressKey(turn.facts.keypad, key, turn.at, {
    map: completeKeyMap(admission.options.keyMap),
    role: admission.role,
    quietSince,
    choices,
  });
  turn.facts = { ...turn.facts, keypad: state };
  return keyed;
}

/** Keys that begin a code also interrupt what is privately said; bare digits do nothing. */
export const bargesIn = (key: Key): boolean => key === '*' || key === '#';
