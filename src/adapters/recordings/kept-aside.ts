import { renameSync, statSync, writeFileSync } from 'node:fs';
import { opendir, readFile, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { OpenRecording } from '../../ports/recordings.js';
import { isMissing } from './missing.js';

/** Beside each other: what the mixer wrote, and whose it is and until when. */
const AUDIO = '.aside';
const NOTE = '.aside.json';
const OURS = /^r[0-9a-z]{20}\.aside$/;
/** Looked at in one go; more are looked at when these are gone. */
const MOST_FILES = 10_000;

/** A plain file that could not be sealed. */
export interface Aside {
  readonly id: string;
  readonly path: string;
  /** `null`: its note cannot be read. */
  readonly accountId: string | null;
  /** Milliseconds since 1970-01-01T00:00Z. */
  readonly dueAt: number;
}

/**
 * What a mixer recorded and nobody here can read: a format other than was asked for. It stays in plain in memory, under another
 * name, as long as a recording is kept, since what a host recorded is not thrown away because a program is set up wrongly.
 */
export class KeptAside {
  readonly #directory: string;
  readonly #keepMs: number;

  /** @param keepMs how long, milliseconds */
  constructor(directory: string, keepMs: number) {
    this.#directory = directory;
    this.#keepMs = keepMs;
  }

  /**
   * Puts the plain file of a recording aside, where it is; its time runs from when it was last written.
   * @param now milliseconds since 1970-01-01T00:00Z
   * @throws Error of the file system; then it is as it was, or is put aside the next time
   */
  put({ id, accountId, path }: OpenRecording, now: number): Aside {
    const directory = dirname(path);
    const dueAt = Math.min(now, Math.round(statSync(path).mtimeMs)) + this.#keepMs;
    const aside: Aside = { id, accountId, path: join(directory, id + AUDIO), dueAt };
    writeFileSync(join(directory, id + NOTE), JSON.stringify({ accountId, dueAt }), { mode: 0o600 });
    renameSync(path, aside.path);
    return aside;
  }

  /** Those there are in the folder of now, the first that is due first; none where there is no folder. */
  async list(): Promise<readonly Aside[]> {
    const found: Aside[] = [];
    try {
      for await (const { name } of await opendir(this.#directory)) {
        if (!OURS.test(name)) continue;
        const aside = await this.#look(name.slice(0, -AUDIO.length));
        if (aside !== null) found.push(aside);
        if (found.length >= MOST_FILES) break;
      }
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
    return found.sort((a, b) => a.dueAt - b.dueAt);
  }

  /** @param isGone which of them are to be removed @returns how many were */
  async remove(isGone: (aside: Aside) => boolean): Promise<number> {
    const gone = (await this.list()).filter(isGone);
    for (const { id, path } of gone) {
      await rm(path, { force: true });
      await rm(join(this.#directory, id + NOTE), { force: true });
    }
    return gone.length;
  }

  async #look(id: string): Promise<Aside | null> {
    const path = join(this.#directory, id + AUDIO);
    try {
      const { accountId, dueAt } = noted(await readFile(join(this.#directory, id + NOTE), 'utf8').catch(() => ''));
      return { id, path, accountId, dueAt: dueAt ?? (await stat(path)).mtimeMs + this.#keepMs };
    } catch (error) {
      // removed just now
      if (isMissing(error)) return null;
      throw error;
    }
  }
}

function noted(text: string): { readonly accountId: string | null; readonly dueAt: number | null } {
  try {
    const { accountId, dueAt } = JSON.parse(text) as { readonly accountId?: unknown; readonly dueAt?: unknown };
    return {
      accountId: typeof accountId === 'string' ? accountId : null,
      dueAt: typeof dueAt === 'number' && Number.isFinite(dueAt) ? dueAt : null,
    };
  } catch {
    return { accountId: null, dueAt: null };
  }
}
