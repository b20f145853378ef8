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
  'booking-added',
  'booking-changed',
  'booking-cancelled',
  'invitee-added',
  'invitee-revoked',
  'invitation-sent',
  'delivery-retried',
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

export interface PrivacyStore {
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
