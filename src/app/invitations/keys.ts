import type { ConferenceOptions, Role } from '../../domain/conference-options.js';
import { KEYPAD_ACTIONS, type KeypadAction } from '../../domain/keypad/contract.js';
import { completeKeyMap, isFor } from '../../domain/keypad/key-map.js';
import type { KeyLine } from './invitation.js';

/** In the words of an invitation: what happens when the code is keyed. */
const DOES: Readonly<Record<KeypadAction, string>> = {
  mute: 'mute yourself, and unmute',
  count: 'hear how many are in the conference',
  help: 'hear all keys',
  'raise-hand': 'raise your hand, and lower it',
  hands: 'hear the next raised hand',
  'hear-quieter': 'hear the others quieter',
  'hear-louder': 'hear the others louder',
  'speak-quieter': 'be heard quieter',
  'speak-louder': 'be heard louder',
  'volume-normal': 'both volumes back to normal',
  lock: 'lock the conference, and unlock',
  'roll-call': 'hear who is in',
  end: 'end the conference for everyone',
  'mute-all': 'mute all guests; again: they may not unmute themselves; again: unmute all',
  record: 'begin recording, and end it',
  announcements: 'announce by name, by tone, not at all',
  'admit-all': 'admit everyone in the lobby',
  screen: 'hear who is next in the lobby',
  'find-noise': 'find the line that makes noise',
  'drop-last': 'drop the guest who came last',
  continue: 'let the conference go on after you hang up',
  'dial-out': 'call somebody in',
};

/** What is of use in the account's conferences. */
function isOffered(action: KeypadAction, options: ConferenceOptions): boolean {
  switch (action) {
    case 'lock':
      return options.lockAllowed;
    case 'roll-call':
      return options.rollCall;
    case 'record':
      return options.recording !== 'not-allowed';
    case 'dial-out':
      return options.dialOut !== null;
    case 'admit-all':
    case 'screen':
      return options.lobby;
    case 'continue':
      return options.hostLeaves !== 'continue';
    default:
      return true;
  }
}

/** The keys of a role, from the account's actual map, in the order the help menu reads them. */
export function keysOf(role: Role, options: ConferenceOptions): readonly KeyLine[] {
  const map = completeKeyMap(options.keyMap);
  return KEYPAD_ACTIONS.filter(
    (action) => isFor(action, role) && isOffered(action, options) && map[action].length > 0,
  ).map((action) => ({ action, codes: map[action], does: DOES[action] }));
}
