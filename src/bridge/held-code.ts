import type { PinHash } from '../ports/store.js';

/** What is asked for after the PIN of a conference that runs: as the account had it when the conference began, until it ends. */
export interface HeldCode {
  /** Keyed hash of the security code; `null`: none is asked for. */
  readonly hash: PinHash | null;
}
