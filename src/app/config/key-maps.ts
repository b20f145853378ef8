import { KEYPAD_ACTIONS, type KeyMap, type KeypadAction } from '../../domain/keypad/contract.js';
import { completeKeyMap, validateKeyMap } from '../../domain/keypad/key-map.js';
import { NotAllowed } from './kinds.js';
import type { Kind } from './kinds.js';
import { suggest } from './suggest.js';

/** Codes that differ from the usual ones, by action. */
export type OwnKeys = Partial<KeyMap>;

/** An action without a code. */
const NO_CODE = 'none';
const SHAPE = 'an object of codes by action such as {"mute": ["*6", "*0"], "end": "*00", "lock": []}';

const isAction = (name: string): name is KeypadAction => (KEYPAD_ACTIONS as readonly string[]).includes(name);

/** An action by its name. @returns what is wrong, in words, or the action */
export function readAction(name: string): { readonly action: KeypadAction } | { readonly wrong: string } {
  if (isAction(name)) return { action: name };
  const meant = suggest(name, KEYPAD_ACTIONS);
  const hint = meant === null ? `they are ${KEYPAD_ACTIONS.join(', ')}` : `did you mean ${meant}?`;
  return { wrong: `there is no action ${name}; ${hint}` };
}

/** Codes with commas or blanks between them; `none`: the action cannot be keyed. */
export const readCodes = (text: string): readonly string[] =>
  text.trim() === NO_CODE ? [] : text.split(/[\s,]+/).filter((code) => code !== '');

/** Why the codes cannot be used together with the usual ones, in one line, or `null`. */
export function keyMapTrouble(own: OwnKeys): string | null {
  const faults = validateKeyMap(completeKeyMap(own)).map(({ action, reason }) => `${action}: ${reason}`);
  return faults.length === 0 ? null : faults.join('; ');
}

function checked(own: OwnKeys): OwnKeys {
  const trouble = keyMapTrouble(own);
  if (trouble !== null) throw new NotAllowed(` cannot be used: ${trouble}`);
  return own;
}

function actionOf(name: string): KeypadAction {
  const read = readAction(name);
  if ('wrong' in read) throw new NotAllowed(`: ${read.wrong}`);
  return read.action;
}

function fromJson(value: unknown): OwnKeys | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const entries = Object.entries(value).map(([name, given]: [string, unknown]) => {
    const action = actionOf(name);
    if (typeof given === 'string') return [action, readCodes(given)] as const;
    if (Array.isArray(given) && given.every((code) => typeof code === 'string')) return [action, given] as const;
    throw new NotAllowed(`.${name} is ${JSON.stringify(given).slice(0, 80)}, but must be a code or a list of codes`);
  });
  return checked(Object.fromEntries(entries));
}

/** An action named several times has several codes. */
function fromText(text: string): OwnKeys | undefined {
  const own: Record<string, readonly string[]> = {};
  for (const part of text.split(',')) {
    const match = /^([^=]+)=(.*)$/.exec(part.trim());
    if (match === null) return undefined;
    const action = actionOf(match[1]?.trim() ?? '');
    own[action] = [...(own[action] ?? []), ...readCodes(match[2] ?? '')];
  }
  return checked(own);
}

/** The codes of the keypad. */
export const keyMap: Kind<OwnKeys> = {
  allowed: `${SHAPE}, in the environment ACTION=CODE,ACTION=CODE`,
  fromJson,
  fromText,
  show: (own) => own,
};
