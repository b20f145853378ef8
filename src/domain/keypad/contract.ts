/** What a code does (product: section 3), in the order the help menu reads them. */
export const KEYPAD_ACTIONS = [
  'mute',
  'count',
  'help',
  'raise-hand', // a guest's *9
  'hands', // a host's *9
  'hear-quieter',
  'hear-louder',
  'speak-quieter',
  'speak-louder',
  'volume-normal',
  'lock',
  'roll-call',
  'end',
  'mute-all',
  'record',
  'announcements',
  'admit-all',
  'screen',
  'find-noise',
  'drop-last',
  'continue',
  'dial-out',
] as const;
export type KeypadAction = (typeof KEYPAD_ACTIONS)[number];

/**
 * Which codes do what: one code, several (aliases), or none (the action cannot be keyed).
 * Whose action it is does not depend on the map.
 */
export type KeyMap = Readonly<Record<KeypadAction, readonly string[]>>;
