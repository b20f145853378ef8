import type { AccountId } from '../domain/identifiers.js';
import type { AuditAction, AuditLine } from '../ports/store-privacy.js';

/**
 * What an administrator did, now.
 * @param subject a random id, never a name or number
 * @param detail words of the program's own, never what somebody typed
 */
export const auditLine = (
  action: AuditAction,
  subject: AccountId | string | null = null,
  detail: string | null = null,
): AuditLine => ({ at: Date.now(), action, subject, detail });

/** The same of a change that says whether it changed anything. */
export const auditLineIf =
  (...line: Parameters<typeof auditLine>): ((changed: boolean) => AuditLine | null) =>
  (changed) =>
    changed ? auditLine(...line) : null;
