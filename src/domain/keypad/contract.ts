/** What a code does. The other actions of the map join this list with the features they belong to. */
export const KEYPAD_ACTIONS = ['mute', 'count', 'help', 'lock', 'roll-call', 'end'] as const;
export type KeypadAction = (typeof KEYPAD_ACTIONS)[number];

/**
 * Which codes do what: one code, several (aliases), or none (the action cannot be keyed).
 * Whose action it is does not depend on the map.
 */
export type KeyMap = Readonly<Record<KeypadAction, readonly string[]>>;
