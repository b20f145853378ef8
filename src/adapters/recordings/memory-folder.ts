import { createHash } from 'node:crypto';
import { accessSync, chmodSync, constants, lstatSync, mkdirSync, rmdirSync, statfsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** File systems that are memory: tmpfs and ramfs (linux/magic.h). */
const IN_MEMORY = new Set([0x0102_1994, 0x8584_58f6]);
const SHARED_MEMORY = '/dev/shm';
const MEGABYTE = 1024 * 1024;
/** About half an hour of one conference. */
const LEAST_FREE_BYTES = 32 * MEGABYTE;

export interface MemoryFolderOptions {
  /** `null`: one of the bridge's own below `/dev/shm`, or below `XDG_RUNTIME_DIR` where that is no memory. */
  readonly path: string | null;
  /** A folder on a disk will do: plain audio may be found there later, whatever is deleted. */
  readonly allowDisk: boolean;
  /** Two bridges on one machine have two folders. */
  readonly dataDirectory: string;
  /** `XDG_RUNTIME_DIR`, where there is one. */
  readonly runtimeDirectory: string | undefined;
}

/** Where mixers write plain audio. */
export class MemoryFolder {
  readonly path: string;
  readonly #configured: boolean;
  readonly #allowDisk: boolean;

  constructor({ path, allowDisk, dataDirectory, runtimeDirectory }: MemoryFolderOptions) {
    const own = createHash('sha256').update(dataDirectory).digest('hex').slice(0, 12);
    this.path = path ?? join(baseOf(runtimeDirectory), `partyline-${own}`);
    this.#configured = path !== null;
    this.#allowDisk = allowDisk;
  }

  /** Makes it where it is missing. @throws Error with one clear line where plain audio must not or cannot be written there. */
  prepare(): void {
    try {
      mkdirSync(this.path, { mode: 0o700 });
    } catch (error) {
      if (codeOf(error) !== 'EEXIST')
        throw new Error(`cannot make ${this.path} (${codeOf(error)}): ${REMEDY}`, { cause: error });
    }
    this.check();
    this.#checkSpace();
  }

  /** What keeps it from being used, in one line, or `null`. Makes nothing. */
  trouble(): string | null {
    try {
      this.check();
      this.#checkSpace();
      return null;
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') return error instanceof Error ? error.message : String(error);
      return this.#configured ? `${this.path} is not there: ${REMEDY}` : this.#troubleAbove();
    }
  }

  /** What keeps the bridge's own folder from being made where it is not there yet. */
  #troubleAbove(): string | null {
    const above = dirname(this.path);
    try {
      accessSync(above, constants.W_OK | constants.X_OK);
      this.#checkMemory(above);
      this.#checkSpace();
      return null;
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? codeOf(error) : null;
      if (code !== null) return `cannot make ${this.path} (${code}): ${REMEDY}`;
      return error instanceof Error ? error.message : String(error);
    }
  }

  /** Whether it is there. */
  exists(): boolean {
    return lstatSync(this.path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  }

  /** Takes it away where it is the bridge's own and empty. Never throws. */
  leave(): void {
    if (this.#configured) return;
    try {
      rmdirSync(this.path);
    } catch {
      // something is in it, for the next process; or there is none
    }
  }

  /** Bytes that may still be written. */
  freeBytes(): number {
    const { bavail, bsize } = statfsSync(this.exists() ? this.path : dirname(this.path));
    return bavail * bsize;
  }

  /** @throws Error with one clear line where it is not there, or plain audio must not be there. */
  check(): void {
    const { path } = this;
    const found = lstatSync(path);
    if (!found.isDirectory()) throw new Error(`${path} is not a directory: ${REMEDY}`);
    if (this.#configured) {
      // a mixer that runs as another user shares it by a group
      if ((found.mode & 0o007) !== 0) throw new Error(`${path} is open to everyone: chmod o= ${path}`);
    } else {
      if (found.uid !== process.geteuid?.()) throw new Error(`${path} belongs to another user: ${REMEDY}`);
      if ((found.mode & 0o077) !== 0) chmodSync(path, 0o700);
    }
    this.#checkMemory(path);
    try {
      accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    } catch (error) {
      throw new Error(`${path} cannot be written (${codeOf(error)}): ${REMEDY}`, { cause: error });
    }
  }

  #checkMemory(path: string): void {
    if (this.#allowDisk || IN_MEMORY.has(statfsSync(path).type)) return;
    throw new Error(`${path} is not in memory (a tmpfs), and plain audio must not reach a disk: ${REMEDY}`);
  }

  #checkSpace(): void {
    const free = this.freeBytes();
    if (free >= LEAST_FREE_BYTES) return;
    throw new Error(
      `only ${Math.floor(free / MEGABYTE)} MB are free at ${this.path}, and a recording needs at least ${LEAST_FREE_BYTES / MEGABYTE} (58 an hour): make the tmpfs larger`,
    );
  }
}

/** Shared memory first: it does not end with anybody's session, and is the same for whoever starts the bridge. */
function baseOf(runtimeDirectory: string | undefined): string {
  if (runtimeDirectory === undefined || runtimeDirectory === '') return SHARED_MEMORY;
  try {
    return IN_MEMORY.has(statfsSync(SHARED_MEMORY).type) ? SHARED_MEMORY : runtimeDirectory;
  } catch {
    return runtimeDirectory;
  }
}

const REMEDY = 'set recordings.memoryDir to a folder of its own on a tmpfs';

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
