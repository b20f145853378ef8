import { NotAllowed } from './kinds.js';
import type { Kind } from './kinds.js';
import { suggest } from './suggest.js';

/** Members of one object of a list, taken one by one; what is wrong is named by where it stands, and passwords never shown. */
export class Members {
  readonly #at: string;
  readonly #values: ReadonlyMap<string, unknown>;

  /** @throws {NotAllowed} when it is no object, or has a member that is not known */
  constructor(value: unknown, at: string, known: readonly string[]) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      // a password may stand one level too high
      throw new NotAllowed(`${at} must be an object with ${known.join(', ')}`);
    }
    this.#at = at;
    this.#values = new Map(Object.entries(value));
    for (const name of this.#values.keys()) {
      if (known.includes(name)) continue;
      const meant = suggest(name, known);
      throw new NotAllowed(`${at} has no setting ${name}${meant === null ? '' : `; did you mean ${meant}?`}`);
    }
  }

  /** @throws {NotAllowed} when it is missing and has no fallback, or is not allowed */
  take<T>(name: string, kind: Kind<T>, fallback?: T): T {
    const given = this.#values.get(name);
    if (given === undefined) {
      if (fallback === undefined) throw new NotAllowed(`${this.#at}.${name} is missing: it must be ${kind.allowed}`);
      return fallback;
    }
    const value = kind.fromJson(given);
    if (value !== undefined) return value;
    const shown = name.startsWith('secret') ? '(hidden)' : JSON.stringify(given).slice(0, 80);
    throw new NotAllowed(`${this.#at}.${name} is ${shown}, but must be ${kind.allowed}`);
  }

  /** As `take`, `null` where it is missing or `null`. */
  takeOrNull<T>(name: string, kind: Kind<T>): T | null {
    return this.#values.get(name) == null ? null : this.take(name, kind);
  }

  raw(name: string): unknown {
    return this.#values.get(name);
  }
}
