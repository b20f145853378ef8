import { createHmac, randomBytes } from 'node:crypto';
import {
  chownSync,
  closeSync,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { PinHasher } from '../../domain/access/pins.js';

/** Name of the key's file in the data directory. */
export const PIN_KEY_FILE = 'pin.key';

const KEY_BYTES = 32;
/** Stands before every hash, so that hashes under another key or rule can be told apart one day. */
const VERSION = 'v1';

/** The PIN key is missing, damaged or readable by others; the message is one line that says what to do. */
export class PinKeyUnusable extends Error {
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

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown error';

/**
 * Reads `pin.key` of the data directory, or makes it.
 * @param mayCreate asked only when there is no key; says no when PINs were hashed by a key before
 * @throws {PinKeyUnusable}
 */
export function loadPinKey(dataDirectory: string, mayCreate: () => boolean): PinKey {
  const path = join(dataDirectory, PIN_KEY_FILE);
  const found = readKey(path);
  if (found !== null) return new PinKey(found);
  if (!mayCreate()) {
    // another process may have made key and account just now
    const late = readKey(path);
    if (late !== null) return new PinKey(late);
    throw new PinKeyUnusable(
      `the PIN key ${path} is missing but the database holds accounts: put the key back from a backup; without it no PIN can be recognised`,
    );
  }
  return new PinKey(createKey(dataDirectory, path));
}

function readKey(path: string): Uint8Array | null {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw new PinKeyUnusable(`cannot read the PIN key ${path} (${codeOf(error)}): run as the user who owns it`);
  }
  try {
    const { mode } = fstatSync(descriptor);
    if ((mode & 0o077) !== 0) {
      throw new PinKeyUnusable(`the PIN key ${path} can be read or changed by others: chmod 600 ${path}`);
    }
    const bytes = new Uint8Array(KEY_BYTES + 1);
    const size = readSync(descriptor, bytes, 0, bytes.length, 0);
    if (size !== KEY_BYTES) {
      throw new PinKeyUnusable(`the PIN key ${path} is damaged (not ${KEY_BYTES} bytes): put it back from a backup`);
    }
    return bytes.subarray(0, KEY_BYTES);
  } catch (error) {
    if (error instanceof PinKeyUnusable) throw error;
    throw new PinKeyUnusable(`cannot read the PIN key ${path} (${codeOf(error)})`);
  } finally {
    closeSync(descriptor);
  }
}

/** The key gets its name only when it is whole, so that no other process ever reads half of it. */
function createKey(dataDirectory: string, path: string): Uint8Array {
  const key = randomBytes(KEY_BYTES);
  const unnamed = `${path}.${randomBytes(8).toString('hex')}`;
  try {
    const descriptor = openSync(unnamed, 'wx', 0o600);
    try {
      writeSync(descriptor, key);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    giveToOwnerOf(dataDirectory, unnamed);
    // fails where there is a key: unlike a rename it never replaces one
    linkSync(unnamed, path);
    syncDirectory(dataDirectory);
    return key;
  } catch (error) {
    // another process was quicker: its key counts
    const other = codeOf(error) === 'EEXIST' ? readKey(path) : null;
    if (other !== null) return other;
    throw new PinKeyUnusable(`cannot create the PIN key ${path} (${codeOf(error)})`);
  } finally {
    rmSync(unnamed, { force: true });
  }
}

/** The new name lasts only once its directory is on the disk. */
function syncDirectory(directory: string): void {
  const descriptor = openSync(directory, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** What root creates in the directory of the bridge's user must be readable by that user. */
function giveToOwnerOf(directory: string, path: string): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(directory);
  if (uid !== 0) chownSync(path, uid, gid);
}
