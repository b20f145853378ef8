import { randomBytes } from 'node:crypto';
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
import { dirname } from 'node:path';

/** Bytes of every key. */
export const KEY_BYTES = 32;

/** A key of the bridge in a file of its own beside the database. */
export interface KeyFile {
  readonly path: string;
  /** What it is called in messages, e.g. `the PIN key`. */
  readonly name: string;
  /** Why no new one is made, and what to do: follows "is missing". */
  readonly remedy: string;
}

/** The key is missing, damaged or readable by others; the message is one line that says what to do. */
export class KeyUnusable extends Error {
  override readonly name: string = 'KeyUnusable';
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown error';

/**
 * Reads the key, or makes it.
 * @param mayCreate asked only when there is no key; says no when something was made by a key before
 * @throws {KeyUnusable}
 */
export function loadKey(file: KeyFile, mayCreate: () => boolean): Uint8Array {
  const found = readKey(file);
  if (found !== null) return found;
  if (!mayCreate()) {
    // another process may have made the key, and something by it, just now
    const late = readKey(file);
    if (late !== null) return late;
    throw new KeyUnusable(`${file.name} ${file.path} is missing ${file.remedy}`);
  }
  return createKey(file);
}

function readKey({ path, name }: KeyFile): Uint8Array | null {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw new KeyUnusable(`cannot read ${name} ${path} (${codeOf(error)}): run as the user who owns it`);
  }
  try {
    const { mode } = fstatSync(descriptor);
    if ((mode & 0o077) !== 0) {
      throw new KeyUnusable(`${name} ${path} can be read or changed by others: chmod 600 ${path}`);
    }
    const bytes = new Uint8Array(KEY_BYTES + 1);
    const size = readSync(descriptor, bytes, 0, bytes.length, 0);
    if (size !== KEY_BYTES) {
      throw new KeyUnusable(`${name} ${path} is damaged (not ${KEY_BYTES} bytes): put it back from a backup`);
    }
    return bytes.subarray(0, KEY_BYTES);
  } catch (error) {
    if (error instanceof KeyUnusable) throw error;
    throw new KeyUnusable(`cannot read ${name} ${path} (${codeOf(error)})`);
  } finally {
    closeSync(descriptor);
  }
}

/** The key gets its name only when it is whole, so that no other process ever reads half of it. */
function createKey(file: KeyFile): Uint8Array {
  const { path, name } = file;
  const directory = dirname(path);
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
    giveToOwnerOf(directory, unnamed);
    // fails where there is a key: unlike a rename it never replaces one
    linkSync(unnamed, path);
    syncDirectory(directory);
    return key;
  } catch (error) {
    // another process was quicker: its key counts
    const other = codeOf(error) === 'EEXIST' ? readKey(file) : null;
    if (other !== null) return other;
    throw new KeyUnusable(`cannot create ${name} ${path} (${codeOf(error)})`);
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
