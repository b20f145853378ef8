import type { Role } from '../../domain/conference-options.js';
import type { AccountId, BookingId, InviteeId } from '../../domain/identifiers.js';
import type { KeypadAction } from '../../domain/keypad/contract.js';

/** What an invitation says, before it is written as text, as a calendar file or as JSON (product: section 4). */
export interface Invitation {
  readonly role: Role;
  readonly accountId: AccountId;
  /** Name of the account: who invites. */
  readonly host: string;
  /** Where the host reads mail; `null`: not known. */
  readonly hostEmail: string | null;
  /** Whom it is for; `null`: whoever gets it. */
  readonly invitee: {
    readonly id: InviteeId;
    readonly name: string;
    readonly email: string | null;
    /** The invitation of this one was taken back; others may still be invited. */
    readonly isRevoked: boolean;
  } | null;
  readonly code: InvitationCode;
  /** A security code is asked for too; which one, the invitation does not know. */
  readonly securityCode: boolean;
  readonly ways: readonly WayIn[];
  readonly keys: readonly KeyLine[];
  /** `null`: the account's standing conference, open at any time. */
  readonly booking: InvitedBooking | null;
}

/** What is keyed to come in. A host's PIN cannot be read back, so an invitation never has one. */
export type InvitationCode =
  | { readonly kind: 'pin' | 'access-code'; readonly digits: string }
  /** Every occurrence has its own, by the start of the occurrence, milliseconds since the epoch. */
  | { readonly kind: 'each'; readonly digits: ReadonlyMap<number, string> }
  | { readonly kind: 'host'; readonly byAccessCode: boolean };

/** One dial-in number. */
export interface WayIn {
  /** As it is provisioned, e.g. `+442071234567` or `conference`. */
  readonly number: string;
  readonly label: string | null;
  /** `null`: not a number of the public network (E.164), so it is reached by SIP only. */
  readonly telephone: {
    readonly national: string;
    readonly international: string;
    /** ISO 3166 code of its country, `null` where it belongs to none. */
    readonly country: string | null;
    /** The reader is in that country. */
    readonly isNational: boolean;
  } | null;
  readonly sip: string;
}

export interface KeyLine {
  readonly action: KeypadAction;
  /** Aliases included. */
  readonly codes: readonly string[];
  readonly does: string;
}

export interface InvitedBooking {
  readonly id: BookingId;
  readonly title: string;
  readonly revision: number;
  readonly isCancelled: boolean;
  /** Wall clock of the first occurrence in `timeZone`, e.g. `2026-03-29T09:00`. */
  readonly startsLocal: string;
  readonly timeZone: string;
  readonly durationMs: number;
  /** Value of an RRULE, or `null`. */
  readonly rule: string | null;
  /** In order; milliseconds since the epoch. Of a long series those that are known. */
  readonly occurrences: readonly InvitedOccurrence[];
  /** The one that this is about, a reminder of it for instance; `null`: all. */
  readonly only: InvitedOccurrence | null;
}

export interface InvitedOccurrence {
  readonly startsAt: number;
  readonly endsAt: number;
  readonly isCancelled: boolean;
}

/** The code of an occurrence, or of all of them; `null`: none that may be printed. */
export function digitsFor(code: InvitationCode, occurrence: InvitedOccurrence | null): string | null {
  if (code.kind === 'host') return null;
  if (code.kind !== 'each') return code.digits;
  return occurrence === null ? null : (code.digits.get(occurrence.startsAt) ?? null);
}
