import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { open, opendir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ConferenceId } from '../../domain/identifiers.js';
import type { SpokenNames } from '../../ports/recordings.js';
import { MOST_NAME_BYTES, saidIn } from './name-sound.js';
import { SAMPLE_RATE_HZ, writeWav } from './wav.js';

/** What a mixer writes, and what is kept. Nothing else in the folder is touched. */
const RAW = '.raw.wav';
const KEPT = '.wav';
const PARTIAL = '.partial';
/** Longer than any recording of a name takes: what is not finished then nobody finishes, milliseconds. */
const UNFINISHED_AFTER_MS = 600_000;
const OURS = /^\.?[0-9a-f]{16}-[0-9a-f]{24}(-[0-9a-f]{8})?\./;

/** Where spoken names are kept cannot be used; one line that says what to do. */
export class NamesFolderUnusable extends Error {
  override readonly name = 'NamesFolderUnusable';
}

/**
 * Names as files of one folder, called after conference and name without telling either, and each recording anew: engines remember
 * what they played by its path. A mixer writes the recording there and reads the name again. The folder is made for its owner alone (0700, files 0600); one that is there already and is open to its group,
 * for mixers that run as another user, has files that are too (0660); one that is open to everyone is refused.
 */
export class NamesFolder implements SpokenNames {
  readonly #directory: string;
  #mode = 0o600;
  /** Files of the names there are, by name. */
  readonly #kept = new Map<string, string>();
  /** Files that a process before this one left. */
  #left: string[] = [];

  /** Makes nothing yet. */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Makes the folder where it is missing, and finds what a process before this one left. @throws {NamesFolderUnusable} */
  prepare(): void {
    const directory = this.#directory;
    try {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      const { mode } = statSync(directory);
      if ((mode & 0o007) !== 0)
        throw new NamesFolderUnusable(
          `${directory}, where spoken names are kept, is open to everyone: chmod o= ${directory}`,
        );
      this.#mode = (mode & 0o070) === 0o070 ? 0o660 : 0o600;
      this.#left = readdirSync(directory).filter((file) => OURS.test(file));
      for (const file of this.#left) {
        if (file.endsWith(KEPT) && !file.endsWith(RAW) && !file.startsWith('.')) this.#remember(file);
      }
    } catch (error) {
      if (error instanceof NamesFolderUnusable) throw error;
      throw new NamesFolderUnusable(
        `cannot use ${directory} for spoken names (${codeOf(error)}): make it writable, or set another folder`,
        { cause: error },
      );
    }
  }

  place(conference: ConferenceId, name: string): string {
    const raw = this.#raw(conference, name);
    rmSync(raw, { force: true });
    return raw;
  }

  async keep(conference: ConferenceId, name: string): Promise<number> {
    const raw = this.#raw(conference, name);
    try {
      this.#forgetFile(name);
      if ((await stat(raw)).size > MOST_NAME_BYTES) throw new Error('the recording is longer than any name');
      const said = saidIn(await readFile(raw));
      if (said === null) return 0;
      const kept = keptFile(conference, name);
      await this.#write(join(this.#directory, kept), writeWav(said));
      this.#remember(kept);
      return Math.round((1_000 * said.length) / SAMPLE_RATE_HZ);
    } catch (error) {
      throw new Error(`the name could not be kept: ${withoutPath(error)}`, { cause: error });
    } finally {
      await rm(raw, { force: true }).catch(() => undefined);
    }
  }

  lay(conference: ConferenceId, name: string, sound: Uint8Array): void {
    const kept = keptFile(conference, name);
    const path = join(this.#directory, kept);
    const partial = `${path}${PARTIAL}`;
    try {
      this.#forgetFile(name);
      writeFileSync(partial, sound, { mode: this.#mode });
      chmodSync(partial, this.#mode);
      renameSync(partial, path);
      this.#remember(kept);
    } catch (error) {
      rmSync(partial, { force: true });
      throw new Error(`the name could not be laid ready: ${withoutPath(error)}`, { cause: error });
    }
  }

  find(name: string): string | null {
    return this.#kept.get(hash(name, 24)) ?? null;
  }

  forget(conference: ConferenceId, name: string): void {
    try {
      this.#forgetFile(name);
      rmSync(this.#raw(conference, name), { force: true });
    } catch {
      // What cannot be removed now is when it is old, or at the next start.
    }
  }

  async sweep(conferences: readonly ConferenceId[]): Promise<void> {
    const living = new Set(conferences.map((conference) => hash(conference, 16)));
    const left = this.#left.splice(0);
    for (const file of left) {
      const ours = file.replace(/^\./, '');
      // what is not whole, nobody finishes any more: a name that was just said is said again
      if (!living.has(ours.slice(0, 16)) || file.endsWith(PARTIAL)) await this.#remove(file);
    }
  }

  async removeUnfinished(now: number): Promise<void> {
    try {
      for await (const { name: file } of await opendir(this.#directory)) {
        if (!OURS.test(file) || !(file.endsWith(PARTIAL) || file.endsWith(RAW))) continue;
        const age = now - (await stat(join(this.#directory, file))).mtimeMs;
        if (Math.abs(age) >= UNFINISHED_AFTER_MS) await this.#remove(file);
      }
    } catch {
      // What cannot be removed now, or is finished just now, is looked at the next time.
    }
  }

  async #remove(file: string): Promise<void> {
    const path = join(this.#directory, file);
    if (this.#kept.get(file.slice(17, 41)) === path) this.#kept.delete(file.slice(17, 41));
    await rm(path, { force: true }).catch(() => undefined);
  }

  #forgetFile(name: string): void {
    const path = this.find(name);
    this.#kept.delete(hash(name, 24));
    if (path !== null) rmSync(path, { force: true });
  }

  #remember(file: string): void {
    this.#kept.set(file.slice(17, 41), join(this.#directory, file));
  }

  #raw(conference: ConferenceId, name: string): string {
    return join(this.#directory, fileName(conference, name) + RAW);
  }

  /** Wholly or not at all. */
  async #write(path: string, content: Buffer): Promise<void> {
    const partial = `${path}${PARTIAL}`;
    try {
      const file = await open(partial, 'w', this.#mode);
      try {
        await file.writeFile(content);
      } finally {
        await file.close();
      }
      chmodSync(partial, this.#mode);
      await rename(partial, path);
    } catch (error) {
      await rm(partial, { force: true }).catch(() => undefined);
      throw error;
    }
  }
}

const hash = (text: string, digits: number): string => createHash('sha256').update(text).digest('hex').slice(0, digits);

const fileName = (conference: ConferenceId, name: string): string => `${hash(conference, 16)}-${hash(name, 24)}`;

const keptFile = (conference: ConferenceId, name: string): string =>
  `${fileName(conference, name)}-${randomBytes(4).toString('hex')}${KEPT}`;

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';

const withoutPath = (error: unknown): string => {
  if (error instanceof Error && !('code' in error)) return error.message;
  return codeOf(error);
};
