import { InvalidArgumentError, Option } from 'commander';
import type { KeypadAction } from '../../domain/keypad/contract.js';
import { keyMapTrouble, readAction, readCodes } from '../config/key-maps.js';
import type { OwnKeys } from '../config/key-maps.js';
import { Refused } from './io.js';

/** One `--key`: an action and its codes; `null`: the usual ones. */
export interface KeyChange {
  readonly action: KeypadAction;
  readonly codes: readonly string[] | null;
}

export const keyOption = (): Option =>
  new Option(
    '--key <action=codes>',
    'codes of an action, with commas between them, none, or usual; may be given several times',
  ).argParser<readonly KeyChange[]>((text, before: readonly KeyChange[] | undefined) => [
    ...(before ?? []),
    readKey(text),
  ]);

function readKey(text: string): KeyChange {
  const match = /^([^=]+)=(.+)$/.exec(text.trim());
  if (match === null) throw new InvalidArgumentError('It must be ACTION=CODES, such as mute=*6,*0.');
  const read = readAction(match[1]?.trim() ?? '');
  if ('wrong' in read) throw new InvalidArgumentError(`For ${match[1]}: ${read.wrong}.`);
  const codes = match[2]?.trim() ?? '';
  return { action: read.action, codes: codes === 'usual' ? null : readCodes(codes) };
}

/** The codes as they are with these changes. @throws {Refused} with the reasons why they cannot be used */
export function applyKeys(own: OwnKeys | undefined, changes: readonly KeyChange[]): OwnKeys {
  let keys: OwnKeys = own ?? {};
  for (const { action, codes } of changes) {
    const others = Object.fromEntries(Object.entries(keys).filter(([name]) => name !== action));
    keys = codes === null ? others : { ...others, [action]: codes };
  }
  const trouble = keyMapTrouble(keys);
  if (trouble !== null) throw new Refused(`these keys cannot be used: ${trouble}`);
  return keys;
}

/** For people: what differs from the usual keys. */
export function describeKeys(own: OwnKeys | undefined): string {
  const entries = Object.entries(own ?? {});
  if (entries.length === 0) return 'as usual';
  return entries.map(([action, codes]) => `${action} ${codes.length === 0 ? 'none' : codes.join(' ')}`).join('; ');
}
