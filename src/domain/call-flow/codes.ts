import { assertNever } from '../assert-never.js';
import type { Key } from '../keys.js';
import { pressKey, type Keyed } from '../keypad/decoder.js';
import { completeKeyMap } from '../keypad/key-map.js';
import type { Admission } from './contract.js';
import type { Turn } from './turn.js';

/** Decodes a key by the account's map. `quietSince`: as before this key; `null` while words are said, and on the way in. */
export function keyCode(turn: Turn, admission: Admission, quietSince: number | null, key: Key): Keyed {
  const { state, keyed } = pressKey(turn.facts.keypad, key, turn.at, {
    map: completeKeyMap(admission.options.keyMap),
    role: admission.role,
    quietSince,
  });
  turn.facts = { ...turn.facts, keypad: state };
  return keyed;
}

/** A code is the conference's to answer, in words or a tone. */
export function report(turn: Turn, keyed: Keyed): void {
  switch (keyed.type) {
    case 'nothing':
      return;
    case 'action':
      turn.effects.push({ type: 'ReportAction', action: keyed.action });
      return;
    case 'unknown-code':
      turn.effects.push({ type: 'ReportUnknownCode' });
      return;
    default:
      return assertNever(keyed);
  }
}

/** Keys that begin a code also interrupt what is privately said; bare digits do nothing. */
export const bargesIn = (key: Key): boolean => key === '*' || key === '#';
