import type { AccountId, CallId } from '../domain/identifiers.js';
import type { PinHash, Store } from '../ports/store.js';
import { asError } from './bounded.js';
import type { Log } from './log.js';

/** What a caller keyed to come in, as the store knows it: by this it is looked at again before the caller is in. Plain data. */
export interface KeyedPin {
  /** Of the PIN or access code. */
  readonly hash: PinHash;
  /** Start of the occurrence of a booking that it opened, wall clock, milliseconds; `null`: the account's own conference. */
  readonly startsAt: number | null;
  /** Of the moderator PIN that made the caller host; `null`: none was keyed. */
  readonly moderator: PinHash | null;
}

export interface KeyedPinParts {
  readonly store: Pick<Store, 'stillOpens' | 'codeMatches'>;
  readonly log: Log;
  /** Of the same digits under the PIN key that counts now. */
  readonly currentHash: (hash: PinHash) => PinHash;
}

/** Looks once more where the PIN key was changed between the hashing and the look. @returns what was seen, and by which hash */
export function underOneKey<T>(hashNow: () => PinHash, look: (hash: PinHash) => T): readonly [seen: T, by: PinHash] {
  const hash = hashNow();
  const seen = look(hash);
  if (Boolean(seen)) return [seen, hash];
  const again = hashNow();
  return again === hash ? [seen, hash] : [look(again), again];
}

/**
 * Whether it was stopped since it was keyed: replaced, revoked, its booking cancelled, its account disabled or removed.
 * @throws whatever the store does
 */
function isStopped({ store, currentHash }: KeyedPinParts, keyed: KeyedPin, accountId: AccountId): boolean {
  const { hash, startsAt, moderator } = keyed;
  const [opens] = underOneKey(
    () => currentHash(hash),
    (now) => store.stillOpens(now, startsAt),
  );
  if (!opens || moderator === null) return !opens;
  const [makesHost] = underOneKey(
    () => currentHash(moderator),
    (now) => store.codeMatches(accountId, 'moderator', now),
  );
  return !makesHost;
}

/** What one call keyed, looked at again. Where the store cannot be asked nobody is turned away for that; it is logged once until it answers. */
export class PinAgain {
  readonly #parts: KeyedPinParts;
  readonly #call: CallId;
  #failing = false;

  constructor(call: CallId, parts: KeyedPinParts) {
    this.#call = call;
    this.#parts = parts;
  }

  /** Never throws. */
  isStopped(keyed: KeyedPin, accountId: AccountId): boolean {
    try {
      const stopped = isStopped(this.#parts, keyed, accountId);
      this.#failing = false;
      return stopped;
    } catch (error) {
      const { log } = this.#parts;
      if (!this.#failing)
        log.error({ call: this.#call, error: asError(error).message }, 'PIN could not be looked at again');
      this.#failing = true;
      return false;
    }
  }
}
