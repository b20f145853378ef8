import { mkdirSync } from 'node:fs';
import { open, opendir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing } from './missing.js';

const SEALED = '.sealed';
const UNFINISHED = '.sealing';
/** A sealed file has its row within milliseconds; one without it for so long is nobody's. */
const STRAY_AFTER_MS = 600_000;
const MOST_STRAYS = 1_000;

/** Sealed recordings in the data directory, 0700. */
export class SealedFolder {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  prepare(): void {
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
  }

  path(id: string): string {
    return join(this.#directory, `${id}${SEALED}`);
  }

  /** Where it is written; it gets its name when it is whole. */
  unfinished(id: string): string {
    return join(this.#directory, `${id}${UNFINISHED}`);
  }

  /** New names last only once their directory is on the disk. */
  async sync(): Promise<void> {
    const directory = await open(this.#directory, 'r');
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  }

  /** Those a process before this one did not finish. @param isBeingSealed by this one */
  async removeUnfinished(isBeingSealed: (id: string) => boolean): Promise<void> {
    for await (const { id, path } of this.#files(UNFINISHED)) {
      if (!isBeingSealed(id)) await rm(path, { force: true });
    }
  }

  /**
   * Removes sealed files without a key: what was removed, and what a process that died had not come to note.
   * @param isKept whether there is a row of it
   * @param now milliseconds since 1970-01-01T00:00Z
   * @returns how many
   */
  async removeStrays(isKept: (id: string) => boolean, now: number): Promise<number> {
    let strays = 0;
    for await (const { id, path } of this.#files(SEALED)) {
      if (isKept(id) || !(await isOld(path, now))) continue;
      await rm(path, { force: true });
      strays += 1;
      if (strays >= MOST_STRAYS) break;
    }
    return strays;
  }

  /** Read some at a time, so that others have their turn between; none where there is no folder. */
  async *#files(suffix: string): AsyncGenerator<{ readonly id: string; readonly path: string }> {
    try {
      for await (const { name } of await opendir(this.#directory)) {
        if (name.endsWith(suffix)) yield { id: name.slice(0, -suffix.length), path: join(this.#directory, name) };
      }
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }
}

async function isOld(path: string, now: number): Promise<boolean> {
  try {
    return Math.abs(now - (await stat(path)).mtimeMs) >= STRAY_AFTER_MS;
  } catch (error) {
    // removed just now
    if (isMissing(error)) return false;
    throw error;
  }
}
