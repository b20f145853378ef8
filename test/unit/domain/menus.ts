import type { CallEvent } from '../../../src/domain/call-flow/contract.js';
import { menuId, type MenuId } from '../../../src/domain/identifiers.js';
import { say, type SpokenPrompt } from '../../../src/domain/prompts.js';
import { Caller } from './caller.js';
import type { WithoutTime } from './words.js';

export const opened = (
  name: string,
  choices: readonly string[],
  ...prompts: readonly SpokenPrompt[]
): WithoutTime<CallEvent> => ({
  type: 'MenuOpened',
  menuId: menuId(name),
  utterances: prompts.map(say),
  choices,
});
export const entry = (name: string, mostDigits = 15): WithoutTime<CallEvent> => ({
  type: 'EntryOpened',
  menuId: menuId(name),
  utterances: [say('enter-number-to-dial')],
  mostDigits,
});
export const closed = (name: string, ...prompts: readonly SpokenPrompt[]): WithoutTime<CallEvent> => ({
  type: 'MenuClosed',
  menuId: menuId(name),
  utterances: prompts.map(say),
});

/** A host with a menu of digits, whose words have been heard. */
export function inMenu(): Caller {
  const caller = inWords();
  caller.finish();
  return caller;
}

/** The words of the menu are being said. */
export function inWords(): Caller {
  const caller = new Caller().inRoom('host');
  caller.happen(opened('m1', ['1', '2'], 'roll-call-menu'));
  return caller;
}

export function inEntry(mostDigits?: number): Caller {
  const caller = new Caller().inRoom('host');
  caller.happen(entry('e1', mostDigits));
  return caller;
}

/** With codes for choices. */
export function aside(): Caller {
  const caller = new Caller().inRoom('host');
  caller.happen(opened('m1', ['*2', '*3'], 'dial-out-menu'));
  return caller;
}

export const choices = (caller: Caller) =>
  caller.did('ReportChoice').map(({ menuId: id, choice }) => `${id}:${choice}`);
export const left = (caller: Caller): readonly MenuId[] => caller.did('ReportMenuLeft').map(({ menuId: id }) => id);
export const actions = (caller: Caller) => caller.did('ReportAction').map(({ action }) => action);
