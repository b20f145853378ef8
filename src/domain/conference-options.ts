/** What an account may choose about its conferences (product: section 4), and the bridge's limits (sections 1 and 2). */

import type { KeyMap } from './keypad/contract.js';

export type Role = 'host' | 'guest';

/** What the room hears when someone comes or goes. `name`: "NAME has joined"; without a name, "an unnamed caller". */
export type Announcement = 'tone' | 'name' | 'none';

/** What happens when the last host leaves (section 2). */
export type HostLeaves = 'continue' | 'end' | 'hold';

/** Where the host's report goes after a conference (section 6). */
export const HOST_REPORTS = ['none', 'mail', 'webhook', 'file'] as const;
export type HostReport = (typeof HOST_REPORTS)[number];

/** Whom hosts of an account may call, and how much (product: section 8, toll fraud). */
export interface DialOutRights {
  /** Name of the outbound trunk in the configuration. */
  readonly trunk: string;
  /** What a number must begin with, in the form it is keyed: digits. At least one. */
  readonly prefixes: readonly string[];
  readonly callsPerHour: number;
  readonly atOnce: number;
  /** Of answered time, in 24 hours. */
  readonly minutesPerDay: number;
}

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
  /** Callers say their name before they come in. */
  readonly nameOnEntry: boolean;
  /** What was said is played back: `1` keeps it, `2` records again. */
  readonly nameReview: boolean;
  /** In rooms of more callers names become tones by themselves. */
  readonly namesUpTo: number;
  /** Guests wait until a host admits them. */
  readonly lobby: boolean;
  /** Hosts may record; `automatic`: it begins by itself when the first host is in. */
  readonly recording: 'not-allowed' | 'allowed' | 'automatic';
  /** Seconds between short beeps while it is recorded; `null`: none. */
  readonly recordBeepSeconds: number | null;
  /** What is played to the room is in the recording too. */
  readonly recordAnnouncements: boolean;
  /** Hosts may call someone into the conference; `null`: they may not. */
  readonly dialOut: DialOutRights | null;
  /** Numbers and patterns of the callers who are let in, hosts too; a withheld number never is. Left out: everyone is. */
  readonly allowedCallers?: readonly string[];
  /** What becomes of the host's report after a conference; left out: as the bridge is set. */
  readonly hostReport?: HostReport;
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
  nameOnEntry: false,
  nameReview: false,
  namesUpTo: 20,
  lobby: false,
  recording: 'allowed',
  recordBeepSeconds: null,
  recordAnnouncements: false,
  dialOut: null,
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
  /** From the answer until PIN and security code must be accepted. */
  readonly acceptMs: number;
  /** How long whoever keyed an access code may say to be the host, from the end of the question. */
  readonly hostChoiceMs: number;
  /** The longest name. */
  readonly nameMs: number;
}

export const DEFAULT_ENTRY_OPTIONS: EntryOptions = {
  pinLength: 9,
  greeting: 'welcome',
  settleMs: 400,
  firstKeyMs: 10_000,
  interDigitMs: 4_000,
  tries: 3,
  acceptMs: 120_000,
  hostChoiceMs: 5_000,
  nameMs: 5_000,
};
