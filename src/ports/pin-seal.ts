import type { AccountId } from '../domain/identifiers.js';
import type { CodeRole } from './store.js';

/** What a sealed code belongs to: it opens for nothing else. */
export interface SealedFor {
  readonly account: AccountId;
  readonly role: CodeRole;
  /** Identifiers of the booking and the invitee whose code it is. */
  readonly booking?: string;
  readonly invitee?: string;
}

/** It was sealed under another key or for another owner, or changed since: one line that says what to do. */
export class SealUnreadable extends Error {
  override readonly name = 'SealUnreadable';
}

/** Keeps codes that may be printed again (guest PINs, access codes), unreadable to whoever has the database alone. */
export interface PinSeal {
  /** Authenticated encryption of the digits. @throws Error with one line that says what to do: no key can be had */
  seal(digits: string, owner: SealedFor): string;
  /** @throws {SealUnreadable}; Error with one line that says what to do: no key can be had */
  open(sealed: string, owner: SealedFor): string;
}
