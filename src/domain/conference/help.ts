import type { Role } from '../conference-options.js';
import type { KeypadAction } from '../keypad/contract.js';
import { completeKeyMap, isFor } from '../keypad/key-map.js';
import { speakHelp } from '../keypad/spoken-code.js';
import type { Utterance } from '../prompts.js';
import type { ConferenceFacts } from './state.js';

/** What the account does without; what holds already can always be taken back: a lock, a recording. */
export function isAllowed({ options, locked, recording }: ConferenceFacts, action: KeypadAction): boolean {
  switch (action) {
    case 'lock':
      return options.lockAllowed || locked;
    case 'roll-call':
      return options.rollCall;
    case 'record':
      return options.recording !== 'not-allowed' || recording !== 'off';
    case 'dial-out':
      return options.dialOut !== null;
    default:
      return true;
  }
}

/** Made from the map as it is, of what this role may use here. */
export const helpFor = (facts: ConferenceFacts, role: Role): readonly Utterance[] =>
  speakHelp(
    completeKeyMap(facts.options.keyMap),
    (action) => isFor(action, role) && isAllowed(facts, action) && isUseful(facts, action),
  );

/** What would come to nothing here is answered, but not recommended. */
function isUseful({ options, waiting }: ConferenceFacts, action: KeypadAction): boolean {
  if (action === 'admit-all' || action === 'screen') return options.lobby || waiting.length > 0;
  if (action === 'continue') return options.hostLeaves !== 'continue';
  return true;
}
