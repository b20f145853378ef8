import type { AccountId } from '../domain/identifiers.js';

/**
 * The part of the store port that is about privacy (product: section 7): what an administrator did, how long things are kept, and how
 * they are erased.
 */

/** Everything an administrator does that an audit line tells of. */
export const AUDIT_ACTIONS = [
  'account-added',
  'account-changed',
  'account-disabled',
  'account-enabled',
  'account-removed',
  'account-erased',
  'account-exported',
  'accounts-imported',
  'accounts-listed-out',
  'number-erased',
  'number-exported',
  'purged',
  'pins-rotated',
  'pins-rekeyed',
  'bridge-key-forgotten',
  'booking-added',
  'booking-changed',
  'booking-cancelled',
  'invitee-added',
  'invitee-revoked',
  'invitation-sent',
  'delivery-retried',
  'delivery-removed',
  'block-added',
  'block-removed',
  'dial-in-added',
  'dial-in-removed',
  'trunk-added',
  'trunk-removed',
  'mixer-drained',
  'mixer-undrained',
  'recording-exported',
  'recording-removed',
] as const;

export type AuditAction = (typeof AUDIT_ACTIONS)[number];

/** What an administrator did. Nothing in it names or describes a person: no name, number, address, title, PIN or pattern. */
export interface AuditLine {
  /** Milliseconds since 1970-01-01T00:00Z. */
  readonly at: number;
  readonly action: AuditAction;
  /** The random id of the account, booking, invitee or recording it was done to; `null`: none, or one that is a name or number. */
  readonly subject: string | null;
  /** A few words of the program's own, such as `3 rows` or `host, guest`; never what somebody typed. */
  readonly detail: string | null;
}

/** How long things are kept; times in milliseconds since 1970-01-01T00:00Z, before which they are too old. */
export interface Retention {
  readonly numbersBefore: number;
  /** Last digits that stay of a telephone number that is cut. */
  readonly numberDigits: number;
  /** `null`: records are kept. */
  readonly recordsBefore: number | null;
  /** When an occurrence ended, a booking was cancelled, an invitee revoked. */
  readonly occurrencesBefore: number;
  readonly failedDeliveriesBefore: number;
}

/** What was removed or cut, rows of each. */
export interface Purged {
  readonly numbers: number;
  readonly callRecords: number;
  readonly conferenceRecords: number;
  /** Occurrences of bookings, with their PINs. */
  readonly occurrences: number;
  readonly bookings: number;
  /** Those who were revoked; the others go with their booking. */
  readonly invitees: number;
  readonly deliveries: number;
  /** Hashes of PINs that may be drawn again. */
  readonly retiredPins: number;
}

/** Rows of one kind that are held on somebody, as they are stored but for keys, hashes and sealed codes. */
export interface HeldRows {
  readonly kind: string;
  readonly rows: readonly Readonly<Record<string, string | number | null>>[];
}

/** Part of what is looked through for a number; each is ended by the caller asking for the next. */
export interface NumberFindings {
  /** Where to go on, or `null`: everything was looked through. */
  readonly next: number | null;
  readonly callRecords: HeldRows['rows'];
}

export interface AuditStore {
  /**
   * Makes a change and notes it, in one transaction: neither is ever there without the other. The changes of `change` are those of this
   * store, and synchronous; what it throws undoes all of them.
   * @param line of what was done; as a function, from what `change` returned: `null` where nothing was changed
   */
  audited<T>(line: AuditLine | ((done: T) => AuditLine | null), change: () => T): T;
  /** The audit trail, oldest first, 1 to 10 000. @param filter `from` inclusive, `to` exclusive, milliseconds since the epoch; `after` the number of the last line of the page before */
  auditLines(filter: {
    readonly limit: number;
    readonly from?: number;
    readonly to?: number;
    readonly after?: number;
  }): readonly (AuditLine & { readonly number: number })[];
}

/** How what is held on people goes: for the command line and what a bridge does by itself, not for calls. */
export interface PrivacyStore {
  /**
   * Begins to erase an account: its name, address and options are gone and its PINs open nothing when this returns; the rest goes by
   * {@link eraseSome}, also after a crash.
   * @param records `keep`: under one random label for all of them; `erase`: they go too. Said again: what goes further counts.
   * @returns whether there is such an account
   */
  beginErasure(id: AccountId, records: 'keep' | 'erase'): boolean;
  /**
   * Does some of what erasures that have begun have left to do, in one short transaction of at most some `limit` rows (1 to 10 000).
   * @returns `more`: some of it went. `onwards`: nothing is left of those that were looked at, but there are others. `live`: all but for what calls
   * that are up may still write; it is done when they have ended. `done`: nothing is left now; of calls that are up and of which the store knows
   * nothing, the next round takes what they left.
   */
  eraseSome(limit: number): 'more' | 'onwards' | 'live' | 'done';
  /**
   * Accounts whose erasing began, as long as calls that were up then may still leave something; the first that began first, at most `limit`
   * (1 to 10 000). @param after 0, or the number of the last of those before
   */
  erasures(after: number, limit: number): readonly { readonly number: number; readonly accountId: AccountId }[];
  /** Removes and cuts some of what is too old, at most `limit` rows of each kind (1 to 10 000), in one short transaction. All 0: nothing is left. */
  purgeSome(retention: Retention, limit: number): Purged;

  /**
   * Clears away some of what imports and re-keyings left whose process died a minute ago or more, in one short transaction of at most some
   * `limit` rows (1 to 10 000). @returns whether there was any
   */
  sweepSome(limit: number): boolean;

  /** Everything held on an account, page by page; flat memory. The store may be changed meanwhile. */
  heldOn(id: AccountId): Iterable<HeldRows>;
  /** Records of calls from or to a number, among the next `limit` records (1 to 10 000). @param digits only digits. @param after 0, or where the look before said to go on */
  callsOfNumber(digits: string, after: number, limit: number): NumberFindings;
  /** Takes a number out of call records, invitees and deliveries, and removes its blocks, among as many rows. @returns `changed`: how many held it */
  eraseNumber(digits: string, after: number, limit: number): { readonly next: number | null; readonly changed: number };
  /**
   * What else is held on a number, page by page, `account_id` with each: `blocks` of it alone, `allowed-callers` where an account names it,
   * `invitees` whose telephone it is, and messages to it (`deliveries`). @param digits only digits
   */
  heldOnNumber(digits: string): Iterable<HeldRows>;
  /** Whether a call or conference that is up, or one to be taken over, holds it as the number of somebody in it. @param digits only digits */
  liveHoldsNumber(digits: string): boolean;

  /** Empties the write-ahead log, in which what was erased is still found. @returns `false`: somebody reads just now, and it is not empty */
  emptyWriteAheadLog(): boolean;
  /**
   * Wipes what is left of erased rows in unused parts of the next pages of the database.
   * @param after 0, or what the wipe before returned
   * @returns where to go on; `null`: all pages are done; `busy`: others write so much that this could not be done
   */
  wipeSome(after: number): number | null | 'busy';
}
