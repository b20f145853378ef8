import type { Role } from '../conference-options.js';
import type { Key } from '../keys.js';
import type { KeyMap, KeypadAction } from './contract.js';
import { actionFor, beginsCode } from './key-map.js';

/** Longest pause between the keys of a code. */
const CODE_GAP_MS = 2_500;
/** Longest pause before the last key of a code that ends the conference, where all its keys are the same, as of `##`. */
const SAME_KEY_GAP_MS = 1_000;
/** How long an entry that ended by itself waits for the `#` its caller still presses. */
const SWALLOW_MS = 3_000;

/** What one caller has keyed so far. */
export interface KeypadState {
  /** The keys of a code begun, or nothing. */
  readonly code: string;
  /** When the last of them was pressed. */
  readonly lastAt: number;
  /** Whether all of them were pressed after the last prompt or menu ended. */
  readonly begunInQuiet: boolean;
  /** Until when one `#` still belongs to an entry that ended by itself. */
  readonly swallowHashUntil: number | null;
}

export const IDLE_KEYPAD: KeypadState = { code: '', lastAt: 0, begunInQuiet: false, swallowHashUntil: null };

export interface KeypadContext {
  readonly map: KeyMap;
  readonly role: Role;
  /** When the last private prompt or menu ended; `null` while one speaks. */
  readonly quietSince: number | null;
  /** What an open menu takes: digits and codes, which come before those of the map. */
  readonly choices?: readonly string[];
}

/** What a key came to: nothing (yet), a choice of the open menu, a code of the map, or one that is in neither. */
export type Keyed =
  | { readonly type: 'nothing' }
  | { readonly type: 'choice'; readonly choice: string }
  | { readonly type: 'action'; readonly action: KeypadAction }
  | { readonly type: 'unknown-code' };

/** An entry ended by its length or by time: its caller may still press the `#` that was asked for. */
export const entryEndedByItself = (state: KeypadState, at: number): KeypadState => ({
  ...state,
  swallowHashUntil: at + SWALLOW_MS,
});

/**
 * Takes away the one `#` that belongs to an entry that ended by itself, before anything else looks at the key:
 * it interrupts nothing, enters nothing and is never the first of `##`. Digits before it change nothing (a PIN
 * keyed too long); the `#` of a code begun with `*` is no such `#`.
 */
export function swallowHash(state: KeypadState, key: Key, at: number): { state: KeypadState; swallowed: boolean } {
  const { swallowHashUntil } = state;
  if (swallowHashUntil === null) return { state, swallowed: false };
  if (at > swallowHashUntil) return { state: { ...state, swallowHashUntil: null }, swallowed: false };
  if (key !== '#' || hasBegun(state, at)) return { state, swallowed: false };
  return { state: { ...state, swallowHashUntil: null }, swallowed: true };
}

/** Decodes one key pressed outside entries. */
export function pressKey(
  state: KeypadState,
  key: Key,
  at: number,
  context: KeypadContext,
): { state: KeypadState; keyed: Keyed } {
  if (isIgnored(key)) return { state, keyed: { type: 'nothing' } };

  const { map, role, quietSince, choices = [] } = context;
  const begun = begin(state, key, at, quietSince !== null);
  const code = hasBegun(state, at) ? state.code + key : key;
  if (choices.includes(code)) return { state: cleared(state), keyed: { type: 'choice', choice: code } };
  if (code === key) return { state: begun, keyed: { type: 'nothing' } };

  const action = actionFor(map, code, role);
  if (action === 'end' && !mayEnd(state, code, at, quietSince)) return { state: begun, keyed: { type: 'nothing' } };
  if (action !== null) return { state: cleared(state), keyed: { type: 'action', action } };
  if (beginsCode(map, code) || choices.some((choice) => choice.startsWith(code))) {
    const begunInQuiet = wasQuiet(state, quietSince);
    return { state: { ...state, code, lastAt: at, begunInQuiet }, keyed: { type: 'nothing' } };
  }
  // A stray * or # must not spoil the code that follows it.
  if (begun.code !== '') return { state: begun, keyed: { type: 'nothing' } };
  return { state: begun, keyed: { type: 'unknown-code' } };
}

const isIgnored = (key: Key): boolean => key === 'A' || key === 'B' || key === 'C' || key === 'D';

const hasBegun = (state: KeypadState, at: number): boolean => state.code !== '' && at - state.lastAt <= CODE_GAP_MS;

const cleared = (state: KeypadState): KeypadState => ({ ...state, code: '', begunInQuiet: false });

function begin(state: KeypadState, key: Key, at: number, quiet: boolean): KeypadState {
  if (key !== '*' && key !== '#') return cleared(state);
  return { ...state, code: key, lastAt: at, begunInQuiet: quiet };
}

/** A conference ends only by keys that were all pressed after the last prompt or menu ended, the same one twice close together: never by accident. */
function mayEnd(state: KeypadState, code: string, at: number, quietSince: number | null): boolean {
  const gapMs = new Set(code).size === 1 ? SAME_KEY_GAP_MS : CODE_GAP_MS;
  return wasQuiet(state, quietSince) && at - state.lastAt <= gapMs;
}

/** Whether nothing has been said since before the first key of the code begun. */
const wasQuiet = ({ begunInQuiet, lastAt }: KeypadState, quietSince: number | null): boolean =>
  quietSince !== null && begunInQuiet && lastAt >= quietSince;
