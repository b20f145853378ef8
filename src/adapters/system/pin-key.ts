import { createHmac } from 'node:crypto';
import { join } from 'node:path';
import type { PinHasher } from '../../domain/access/pins.js';
import { KEY_BYTES, KeyUnusable, loadKey } from './key-file.js';

/** Name of the key's file in the data directory. */
export const PIN_KEY_FILE = 'pin.key';

/** Stands before every hash, so that hashes under another key or rule can be told apart one day. */
const VERSION = 'v1';

/** The PIN key is missing, damaged or readable by others; the message is one line that says what to do. */
export class PinKeyUnusable extends KeyUnusable {
  override readonly name = 'PinKeyUnusable';
}

/**
 * HMAC-SHA-256 under the bridge's key: whoever has the database alone cannot try PINs against it.
 * The key lies beside the database, in a file of its own, so that a copy of one is not a copy of both.
 */
export class PinKey implements PinHasher {
  readonly #key: Uint8Array;

  constructor(key: Uint8Array) {
    if (key.length !== KEY_BYTES) throw new RangeError(`a PIN key has ${KEY_BYTES} bytes, not ${key.length}`);
    this.#key = key;
  }

  hash(digits: string): string {
    return `${VERSION}.${createHmac('sha256', this.#key).update(digits, 'utf8').digest('hex')}`;
  }
}

/**
 * Reads `pin.key` of the data directory, or makes it.
 * @param mayCreate asked only when there is no key; says no when PINs were hashed by a key before
 * @throws {PinKeyUnusable}
 */
export function loadPinKey(dataDirectory: string, mayCreate: () => boolean): PinKey {
  const file = {
    path: join(dataDirectory, PIN_KEY_FILE),
    name: 'the PIN key',
    remedy: 'but the database holds accounts: put the key back from a backup; without it no PIN can be recognised',
  };
  try {
    return new PinKey(loadKey(file, mayCreate));
  } catch (error) {
    throw error instanceof KeyUnusable ? new PinKeyUnusable(error.message) : error;
  }
}
