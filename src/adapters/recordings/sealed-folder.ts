import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';

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
    const names = this.#names(UNFINISHED).filter((name) => !isBeingSealed(name.slice(0, -UNFINISHED.length)));
    for (const name of names) await rm(join(this.#directory, name), { force: true });
  }

  /**
   * Removes sealed files without a key: what was removed, and what a process that died had not come to note.
   * @param isKept whether there is a row of it
   * @param now milliseconds since 1970-01-01T00:00Z
   * @returns how many
   */
  async removeStrays(isKept: (id: string) => boolean, now: number): Promise<number> {
    const strays = this.#names(SEALED)
      .filter((name) => !isKept(name.slice(0, -SEALED.length)) && this.#isOld(name, now))
      .slice(0, MOST_STRAYS);
    for (const name of strays) await rm(join(this.#directory, name), { force: true });
    return strays.length;
  }

  #names(suffix: string): readonly string[] {
    try {
      return readdirSync(this.#directory).filter((name) => name.endsWith(suffix));
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
      throw error;
    }
  }

  #isOld(name: string, now: number): boolean {
    const found = statSync(join(this.#directory, name), { throwIfNoEntry: false });
    return found !== undefined && Math.abs(now - found.mtimeMs) >= STRAY_AFTER_MS;
  }
}
