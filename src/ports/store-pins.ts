/*
 * PINs and codes as the store keeps them: it never sees a code itself.
 */

/** Keyed hash of a PIN: HMAC-SHA-256 under the bridge's PIN key, hex. The store never sees a PIN. */
export type PinHash = string;

/** What a PIN or code is for. */
export type CodeRole = 'host' | 'guest' | 'access' | 'moderator' | 'security';

/** A freshly drawn PIN or code as the store keeps it. */
export interface NewPin {
  readonly hash: PinHash;
  /** Digits. */
  readonly length: number;
  /** The code itself under a key outside the database (`PinSeal`), where it may be printed again; left out of all others. */
  readonly sealed?: string;
}

/** Codes that are kept sealed, and what the keys are known again by. */
export interface SealedPinStore {
  /** Whether any code is kept sealed. */
  hasSealedPins(): boolean;
  /** How many are; all of them are looked through. */
  countSealedPins(): number;
  /**
   * Destroys the sealed copies among the next codes, at most `limit` of them (1 to 10 000), in one short transaction. The codes go on to
   * work; nobody can read them back.
   * @param after empty, or where the call before said to go on
   * @returns where to go on, `null`: these were the last; and how many were destroyed
   */
  forgetSealedPins(after: string, limit: number): { readonly next: string | null; readonly forgotten: number };
  /** What a key is known again by, or `null`: nothing was noted yet. @param key its name, e.g. `pin-1` */
  keyCheck(key: string): string | null;
  /** Notes it, in place of what there was. */
  noteKeyCheck(key: string, value: string): void;
}
