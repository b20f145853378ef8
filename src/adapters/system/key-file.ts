import { randomBytes } from 'node:crypto';
import {
  chownSync,
  closeSync,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  readSync,
  renameSync,
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
  /** What else may be done where it is damaged: follows "put it back from a backup". */
  readonly otherwise?: string;
  /** Keys it may hold, one after the other; 1 where nothing is said. */
  readonly most?: number;
}

/** The key is missing, damaged or readable by others; the message is one line that says what to do. */
export class KeyUnusable extends Error {
  override readonly name: string = 'KeyUnusable';
}

/** It is missing, or another one is in its place: what was made by the right one cannot be opened without that. */
export class KeyLost extends KeyUnusable {
  override readonly name = 'KeyLost';
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown error';

/**
 * Reads the key, or makes it.
 * @param mayCreate asked only when there is no key; says no when something was made by a key before
 * @throws {KeyUnusable}
 */
export function loadKey(file: KeyFile, mayCreate: () => boolean): Uint8Array {
  const [key] = loadKeys(file, mayCreate);
  return key;
}

/** One key or more, in order. */
type Keys = readonly [Uint8Array, ...Uint8Array[]];

/** As {@link loadKey}, of a file that may hold several. @param count how many are made */
export function loadKeys(file: KeyFile, mayCreate: () => boolean, count = 1): Keys {
  const found = readKeys(file);
  if (found !== null) return found;
  if (!mayCreate()) {
    // another process may have made the key, and something by it, just now
    const late = readKeys(file);
    if (late !== null) return late;
    throw new KeyLost(`${file.name} ${file.path} is missing ${file.remedy}`);
  }
  return createKeys(file, count);
}

function readKeys({ path, name, otherwise = '', most = 1 }: KeyFile): Keys | null {
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
    const bytes = new Uint8Array(most * KEY_BYTES + 1);
    const size = readSync(descriptor, bytes, 0, bytes.length, 0);
    if (size === 0 || size % KEY_BYTES !== 0 || size > most * KEY_BYTES) {
      const wanted = most === 1 ? `${KEY_BYTES} bytes` : `1 to ${most} times ${KEY_BYTES} bytes`;
      throw new KeyUnusable(`${name} ${path} is damaged (not ${wanted}): put it back from a backup${otherwise}`);
    }
    return keysIn(bytes, size / KEY_BYTES);
  } catch (error) {
    if (error instanceof KeyUnusable) throw error;
    throw new KeyUnusable(`cannot read ${name} ${path} (${codeOf(error)})`);
  } finally {
    closeSync(descriptor);
  }
}

const keyAt = (bytes: Uint8Array, index: number): Uint8Array =>
  bytes.subarray(index * KEY_BYTES, (index + 1) * KEY_BYTES);

function keysIn(bytes: Uint8Array, count: number): Keys {
  const [first, ...others] = Array.from({ length: count }, (_, index) => keyAt(bytes, index));
  return [first ?? keyAt(bytes, 0), ...others];
}

function createKeys(file: KeyFile, count: number): Keys {
  const { path, name } = file;
  const bytes = randomBytes(count * KEY_BYTES);
  const unnamed = unnamedBeside(path);
  try {
    writeDurably(unnamed, bytes);
    // fails where there is a key: unlike a rename it never replaces one
    linkSync(unnamed, path);
    syncDirectory(dirname(path));
    return keysIn(bytes, count);
  } catch (error) {
    // another process was quicker: its key counts
    const other = codeOf(error) === 'EEXIST' ? readKeys(file) : null;
    if (other !== null) return other;
    throw new KeyUnusable(`cannot create ${name} ${path} (${codeOf(error)})`);
  } finally {
    rmSync(unnamed, { force: true });
  }
}

/** Puts these keys in place of those of the file; they are on the disk when this returns. @throws {KeyUnusable}; then the old ones stand */
export function replaceKeys({ path, name }: KeyFile, keys: readonly Uint8Array[]): void {
  const unnamed = unnamedBeside(path);
  try {
    writeDurably(unnamed, Buffer.concat(keys));
    renameSync(unnamed, path);
    syncDirectory(dirname(path));
  } catch (error) {
    throw new KeyUnusable(`cannot write ${name} ${path} (${codeOf(error)})`);
  } finally {
    rmSync(unnamed, { force: true });
  }
}

const unnamedBeside = (path: string): string => `${path}.${randomBytes(8).toString('hex')}`;

/** Keys get their name only when they are whole, so that no other process ever reads half of them. */
function writeDurably(unnamed: string, bytes: Uint8Array): void {
  const descriptor = openSync(unnamed, 'wx', 0o600);
  try {
    writeSync(descriptor, bytes);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  giveToOwnerOf(dirname(unnamed), unnamed);
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
