import type { KeyMap, KeypadAction } from '../keypad/contract.js';
import { completeKeyMap, isFor } from '../keypad/key-map.js';
import { speakHelp } from '../keypad/spoken-code.js';
import type { Utterance } from '../prompts.js';
import type { Actor } from './actor.js';
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

/** Made from the map by which the caller's keys are decoded, of what this role may use here. */
export const helpFor = (
  facts: ConferenceFacts,
  actor: Actor,
  keyMap: Partial<KeyMap> | undefined,
): readonly Utterance[] =>
  speakHelp(
    completeKeyMap(keyMap),
    (action) => isFor(action, actor.role) && isAllowed(facts, action) && isUseful(facts, actor, action),
  );

/** What would come to nothing here is answered, but not recommended. */
function isUseful({ options, waiting }: ConferenceFacts, { phase }: Actor, action: KeypadAction): boolean {
  if (action === 'raise-hand') return phase !== 'waiting';
  if (action === 'admit-all' || action === 'screen') return options.lobby || waiting.length > 0;
  if (action === 'continue') return options.hostLeaves !== 'continue';
  return true;
}
