/** What an account may choose about its conferences (product: section 4), and the bridge's limits (sections 1 and 2). */

import type { KeyMap } from './keypad/contract.js';

export type Role = 'host' | 'guest';

/** What the room hears when someone comes or goes. Names come with name recording. */
export type Announcement = 'tone' | 'none';

/** What happens when the last host leaves (section 2). */
export type HostLeaves = 'continue' | 'end' | 'hold';

export interface ConferenceOptions {
  readonly entry: Announcement;
  readonly exit: Announcement;
  readonly hostLeaves: HostLeaves;
  /** Seconds a conference is held for a host who left under `hold`. */
  readonly graceSeconds: number;
  readonly lockAllowed: boolean;
  readonly readmit: boolean;
  readonly rollCall: boolean;
  /** Most callers at once, hosts included; a host always fits. `null`: no limit. */
  readonly maxCallers: number | null;
  /** Guests come in muted; they may unmute themselves. */
  readonly muteGuestsOnEntry: boolean;
  /** `##` wants a third `#` to confirm. */
  readonly confirmHangup: boolean;
  /** Seconds a caller waits for the first host before goodbye. */
  readonly waitLimitSeconds: number;
  /** Seconds between reassurances while waiting. */
  readonly reassureSeconds: number;
  /** Seconds the last caller may stay alone once others have been in. */
  readonly aloneLimitSeconds: number;
  /** Seconds a conference may last. */
  readonly durationLimitSeconds: number;
  /** Codes that differ from `DEFAULT_KEY_MAP`, by action; checked by `validateKeyMap` where they are set. */
  readonly keyMap?: Partial<KeyMap>;
}

export const DEFAULT_CONFERENCE_OPTIONS: ConferenceOptions = {
  entry: 'tone',
  exit: 'tone',
  hostLeaves: 'continue',
  graceSeconds: 120,
  lockAllowed: true,
  readmit: false,
  rollCall: true,
  maxCallers: null,
  muteGuestsOnEntry: false,
  confirmHangup: false,
  waitLimitSeconds: 3600,
  reassureSeconds: 60,
  aloneLimitSeconds: 900,
  durationLimitSeconds: 43_200,
};

/** How a caller is let in by PIN; the numbers are milliseconds unless the name says otherwise. */
export interface EntryOptions {
  /** Digits in a PIN at this dial-in number: an entry ends by itself at this length. */
  readonly pinLength: number;
  /** Name of the greeting to play first, or `null`. */
  readonly greeting: string | null;
  /** Pause between the ACK and the first prompt, so that no first syllable is lost. */
  readonly settleMs: number;
  readonly firstKeyMs: number;
  readonly interDigitMs: number;
  /** Misses and silences together before goodbye. */
  readonly tries: number;
  /** From the answer until a PIN must be accepted. */
  readonly acceptMs: number;
}

export const DEFAULT_ENTRY_OPTIONS: EntryOptions = {
  pinLength: 9,
  greeting: 'welcome',
  settleMs: 400,
  firstKeyMs: 10_000,
  interDigitMs: 4_000,
  tries: 3,
  acceptMs: 120_000,
};
