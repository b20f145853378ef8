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
