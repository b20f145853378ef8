import { say, type SpokenPrompt, type Utterance } from '../prompts.js';
import type { KeypadAction } from './contract.js';

/** The second half of a help sentence: "press star six" ... "to mute or unmute your line". */
export const HELP_SENTENCES: Readonly<Record<KeypadAction, SpokenPrompt>> = {
  mute: 'help-mute',
  count: 'help-count',
  help: 'help-menu',
  lock: 'help-lock',
  'roll-call': 'help-roll-call',
  end: 'help-end',
};

/** A code as it is read out: "press", "star", "6". */
export function speakCode(code: string): readonly Utterance[] {
  const parts = code.match(/[*#]|[0-9]+/g) ?? [];
  const keys = parts.map((part): Utterance => {
    if (part === '*') return say('star');
    if (part === '#') return say('hash');
    return { kind: 'digits', digits: part };
  });
  return [say('press'), ...keys];
}
