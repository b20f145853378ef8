import { createHmac, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { PinHasher } from '../../domain/access/pins.js';
import { KEY_BYTES, KeyUnusable, loadKeys, replaceKeys } from './key-file.js';
import type { KeyFile } from './key-file.js';

/** Name of the key's file in the data directory. */
export const PIN_KEY_FILE = 'pin.key';

/** Versions there may be; each costs one more HMAC (a microsecond or two) for every PIN that is looked up. */
export const MOST_PIN_KEYS = 16;

/** The PIN key is missing, damaged or readable by others; the message is one line that says what to do. */
export class PinKeyUnusable extends KeyUnusable {
  override readonly name = 'PinKeyUnusable';
}

const oneMore = (key: Uint8Array, version: number, text: string): string =>
  `v${version}.${createHmac('sha256', key).update(text, 'utf8').digest('hex')}`;

/** Version that a hash is of; 0: it is none. */
const versionOf = (hash: string): number => Number(/^v(\d{1,2})\./.exec(hash)?.[1] ?? 0);

/**
 * HMAC-SHA-256 under the bridge's keys: whoever has the database alone cannot try PINs against it. The keys lie beside the database, in a
 * file of their own, so that a copy of one is not a copy of both.
 *
 * The hash of version 1 is `v1.` and the HMAC of the digits under the first key; that of version n is `vn.` and the HMAC of the text of
 * version n-1 under key n. So every hash can be brought to the next version without its PIN, and needs all keys from then on.
 */
export class PinKey implements PinHasher {
  #keys: readonly Uint8Array[];
  readonly #version: () => number;
  readonly #readAgain: (version: number) => readonly Uint8Array[];

  /**
   * @param keys in order of version, those that count alone: one behind them may be replaced by another
   * @param version the one that counts now
   * @param readAgain those up to a version that is not among `keys`, as they are on the disk. @throws {PinKeyUnusable}
   */
  constructor(
    keys: readonly Uint8Array[],
    version: () => number = () => keys.length,
    readAgain: (version: number) => readonly Uint8Array[] = (wanted) => upTo(wanted, keys),
  ) {
    for (const { length } of keys) {
      if (length !== KEY_BYTES) throw new RangeError(`a PIN key has ${KEY_BYTES} bytes, not ${length}`);
    }
    this.#keys = keys;
    this.#version = version;
    this.#readAgain = readAgain;
  }

  /** @throws {PinKeyUnusable} when the key that counts now is not to be had */
  hash(digits: string): string {
    return this.#hashAt(this.#version(), digits);
  }

  matches(digits: string, hash: string): boolean {
    const version = versionOf(hash);
    return version > 0 && this.#hashAt(version, digits) === hash;
  }

  current(hash: string): string {
    const from = versionOf(hash);
    return from === 0 ? hash : this.#onwards(hash, from, this.#version());
  }

  #hashAt(version: number, digits: string): string {
    return this.#onwards(digits, 0, version);
  }

  /** What a text of one version becomes in a later one. */
  #onwards(text: string, from: number, version: number): string {
    // another process has re-keyed
    if (version > this.#keys.length) this.#keys = this.#readAgain(version);
    let hash = text;
    for (let next = from + 1; next <= version; next += 1) {
      const key = this.#keys[next - 1];
      if (key !== undefined) hash = oneMore(key, next, hash);
    }
    return hash;
  }
}

/** @throws {PinKeyUnusable} where there are fewer */
function upTo(version: number, keys: readonly Uint8Array[]): readonly Uint8Array[] {
  if (version <= keys.length) return keys.slice(0, version);
  throw new PinKeyUnusable(
    `the PIN key ${PIN_KEY_FILE} has no version ${version}, which the database is under: put the newest one back from a backup`,
  );
}

const keyFile = (dataDirectory: string): KeyFile => ({
  path: join(dataDirectory, PIN_KEY_FILE),
  name: 'the PIN key',
  remedy: 'but the database holds accounts: put the key back from a backup; without it no PIN can be recognised',
  most: MOST_PIN_KEYS,
});

/**
 * Reads `pin.key` of the data directory, or makes it with as many keys as count.
 * @param mayCreate asked only when there is no key; says no when PINs were hashed by a key before
 * @param version the one that counts now, as the database says; the first where nothing is said
 * @param isRight whether a key is the one of that version; asked of each that counts, as soon as it is read
 * @throws {PinKeyUnusable}
 */
export function loadPinKey(
  dataDirectory: string,
  mayCreate: () => boolean,
  version: () => number = () => 1,
  isRight: (key: Uint8Array, version: number) => boolean = () => true,
): PinKey {
  const file = keyFile(dataDirectory);
  const read = (may: () => boolean, count = 1): readonly Uint8Array[] => translated(() => loadKeys(file, may, count));
  const checked = (counting: number, keys: readonly Uint8Array[]): readonly Uint8Array[] => {
    const known = upTo(counting, keys);
    if (known.every((key, index) => isRight(key, index + 1))) return known;
    throw new PinKeyUnusable(
      `the PIN key ${file.path} is not the one that the PINs of the database are under, so that none would be recognised: put the right one back from a backup`,
    );
  };
  // asked before the file is read: what is behind those that count by then may still be replaced
  const counting = version();
  return new PinKey(checked(counting, read(mayCreate, counting)), version, (wanted) =>
    checked(
      wanted,
      read(() => false),
    ),
  );
}

/**
 * A fresh key, to come after those up to `version`.
 * @returns the key, what turns a hash of that version, or of one before it, into one of the next, and what puts the key on the disk
 * before it returns: behind those up to `version`, in place of any that came after and was never used. To be called while nobody else does.
 * @throws {PinKeyUnusable}
 */
export function addPinKey(
  dataDirectory: string,
  version: number,
): { readonly key: Uint8Array; readonly next: (hash: string) => string; readonly keep: () => void } {
  const file = keyFile(dataDirectory);
  return translated(() => {
    const keys = loadKeys(file, () => false);
    if (keys.length < version)
      throw new KeyUnusable(`the PIN key ${file.path} lacks version ${version}: put it back from a backup`);
    if (version >= MOST_PIN_KEYS)
      throw new KeyUnusable(`the PIN key has ${MOST_PIN_KEYS} versions already, there can be no more`);
    const fresh = randomBytes(KEY_BYTES);
    return {
      key: fresh,
      next(hash) {
        const from = versionOf(hash) || version;
        const behind = keys.slice(from, version);
        const text = behind.reduce((before, key, index) => oneMore(key, from + index + 1, before), hash);
        return oneMore(fresh, version + 1, text);
      },
      keep: () => translated(() => replaceKeys(file, [...keys.slice(0, version), fresh])),
    };
  });
}

function translated<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw error instanceof KeyUnusable ? new PinKeyUnusable(error.message) : error;
  }
}
