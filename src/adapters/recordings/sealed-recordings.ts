import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { opendir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock, Timer } from '../../ports/clock.js';
import type { Randomness } from '../../ports/randomness.js';
import type { OpenRecording, Recordings } from '../../ports/recordings.js';
import type { Store } from '../../ports/store.js';
import type { KeptAside } from './kept-aside.js';
import type { MemoryFolder } from './memory-folder.js';
import { isMissing } from './missing.js';
import { NotAudio, PlainWav } from './plain-wav.js';
import type { SealedFolder } from './sealed-folder.js';
import { writeSealed } from './sealed-file.js';
import { newKey, wrapKey } from './wrapped-key.js';

export interface SealedRecordingsParts {
  readonly store: Pick<Store, 'account' | 'addRecording' | 'recording'>;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly memory: MemoryFolder;
  readonly sealed: SealedFolder;
  /** Where goes what cannot be read. */
  readonly aside: KeptAside;
  /** The key that wraps those of recordings. @throws Error with one line that says what to do */
  readonly bridgeKey: () => Uint8Array;
  /** How long a recording is kept, milliseconds. */
  readonly keepMs: number;
  /** Trouble that nobody waits for. One line. */
  readonly trouble: (message: string) => void;
}

/** Files of ours in the memory folder: what a mixer writes, and a note beside it of what it is. Others' are left alone. */
const OURS = /^(r[0-9a-z]{20})\.(?:wav|json|json\.new)$/;
const MOST_LEFT_BEHIND = 10_000;
/** What could not be sealed, for want of room or of the key, is tried again so often, milliseconds. */
const RETRY_MS = 60_000;
/** Longest wait for what is being sealed when the bridge ends, milliseconds. */
const CLOSE_LIMIT_MS = 10_000;

/**
 * Recordings in plain in memory, then sealed on the disk (docs/recordings.md).
 *
 * Sealing takes three steps, each whole or not at all: the sealed file, its row with its key, the end of the plain file. Whatever
 * moment the process dies at, the next one finds the plain file and does again what is missing; a sealed file without a row is noise.
 */
export class SealedRecordings implements Recordings {
  readonly #parts: SealedRecordingsParts;
  /** Those this process began, as long as they are in plain: no process before it left them. */
  readonly #begun = new Set<string>();
  /** Those being sealed, by id. */
  readonly #sealing = new Map<string, Promise<void>>();
  /** Those to be tried again. */
  readonly #waiting = new Map<string, Timer>();
  #closed = false;

  constructor(parts: SealedRecordingsParts) {
    this.#parts = parts;
  }

  begin(part: Omit<OpenRecording, 'id' | 'path' | 'startedAt'>): OpenRecording {
    const { memory, sealed, bridgeKey, randomness, clock } = this.#parts;
    memory.prepare();
    sealed.prepare();
    // what could not be sealed later is not begun
    bridgeKey();
    const id = randomness.identifier('r');
    const { conferenceId, accountId, conferenceRecordId } = part;
    const open: OpenRecording = {
      ...{ id, conferenceId, accountId, conferenceRecordId, part: part.part },
      startedAt: clock.wall(),
      path: this.#plain(id),
    };
    const note = this.#note(id);
    this.#begun.add(id);
    writeFileSync(`${note}.new`, JSON.stringify(open), { mode: 0o600 });
    renameSync(`${note}.new`, note);
    return open;
  }

  abandon({ id, path }: OpenRecording): void {
    try {
      this.#forgetPlain(id, path);
    } catch (error) {
      this.#parts.trouble(`the place of a recording could not be given back: ${oneLine(error)}`);
    }
  }

  seal(recording: OpenRecording): Promise<void> {
    const running = this.#sealing.get(recording.id);
    if (running !== undefined) return running;
    const sealing = this.#seal(recording)
      .catch((error: unknown) => {
        if (this.#isThere(recording)) this.#retryLater(recording);
        throw error;
      })
      .finally(() => this.#sealing.delete(recording.id));
    this.#sealing.set(recording.id, sealing);
    return sealing;
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#waiting.values()) timer.cancel();
    this.#waiting.clear();
    let limit: Timer | null = null;
    const tooLong = new Promise<void>((resolve) => {
      limit = this.#parts.clock.after(CLOSE_LIMIT_MS, resolve);
    });
    await Promise.race([Promise.allSettled(this.#sealing.values()), tooLong]);
    (limit as Timer | null)?.cancel();
    this.#parts.memory.leave();
  }

  async sweep(open: readonly OpenRecording[]): Promise<void> {
    const { memory, sealed, store, clock, trouble } = this.#parts;
    try {
      if (memory.exists()) await this.#sweepPlain(new Set(open.map(({ id }) => id)));
      await sealed.removeUnfinished((id) => this.#sealing.has(id));
      await sealed.removeStrays((id) => store.recording(id) !== null, clock.wall());
    } catch (error) {
      trouble(`recordings left behind could not be looked through: ${oneLine(error)}`);
    }
  }

  async #seal(recording: OpenRecording): Promise<void> {
    const { store, sealed } = this.#parts;
    const { id } = recording;
    if (store.recording(id) === null) {
      let wav: PlainWav;
      try {
        wav = await PlainWav.open(recording.path);
      } catch (error) {
        if (error instanceof NotAudio) throw this.#putAside(recording, error);
        if (!isMissing(error)) throw error;
        this.#forgetPlain(id, recording.path);
        throw new Error(
          `nothing was written to ${recording.path}: the mixer must see the folder of recordings.memoryDir at the same path`,
          { cause: error },
        );
      }
      try {
        if (wav.durationMs > 0 && !(await this.#keep(recording, wav))) await rm(sealed.path(id), { force: true });
      } finally {
        await wav.close();
      }
    }
    this.#forgetPlain(id, recording.path);
  }

  /** What a host recorded is kept, whatever the mixer made of it. @returns what is to be told */
  #putAside(recording: OpenRecording, why: NotAudio): Error {
    const { store, clock, aside } = this.#parts;
    const isSomeones = store.account(recording.accountId) !== null;
    const kept = isSomeones ? aside.put(recording, clock.wall()) : null;
    this.#forgetPlain(recording.id, recording.path);
    if (kept === null) return why;
    const until = new Date(kept.dueAt).toISOString();
    return new Error(`${why.message}: it is kept aside in plain, ${kept.path}, until ${until}`, { cause: why });
  }

  /** @returns whether it belongs to anybody */
  async #keep(recording: OpenRecording, wav: PlainWav): Promise<boolean> {
    const { store, clock, sealed, bridgeKey, keepMs } = this.#parts;
    const { id, accountId, conferenceRecordId, part, startedAt } = recording;
    const wrapping = bridgeKey();
    sealed.prepare();
    const key = newKey();
    const unfinished = sealed.unfinished(id);
    try {
      await writeSealed(unfinished, id, key, wav.whole());
      await rename(unfinished, sealed.path(id));
    } catch (error) {
      // what is half sealed fills the disk only
      await rm(unfinished, { force: true });
      throw error;
    }
    await sealed.sync();
    const { durationMs } = wav;
    const stoppedAt = Math.min(clock.wall(), Math.max(startedAt + durationMs, wav.lastWrittenAt));
    return store.addRecording({
      ...{ id, accountId, conferenceRecordId, part, startedAt, durationMs },
      dueAt: stoppedAt + keepMs,
      wrappedKey: wrapKey(wrapping, id, key),
    });
  }

  #isThere({ path }: OpenRecording): boolean {
    return existsSync(path);
  }

  #retryLater(recording: OpenRecording): void {
    const { clock, trouble } = this.#parts;
    const { id } = recording;
    if (this.#closed) return;
    this.#waiting.get(id)?.cancel();
    const again = (): void => {
      this.#waiting.delete(id);
      // who failed before has told it; a failure that goes on is not news
      this.seal(recording).then(
        () => trouble(`recording ${id}, which could not be sealed before, is sealed now`),
        () => undefined,
      );
    };
    this.#waiting.set(id, clock.after(RETRY_MS, again));
  }

  async #sweepPlain(open: ReadonlySet<string>): Promise<void> {
    const { memory, trouble } = this.#parts;
    // a folder that is full is the more to be swept
    memory.check();
    const left = new Set<string>();
    for await (const { name } of await opendir(memory.path)) {
      const id = OURS.exec(name)?.[1];
      if (id !== undefined && !open.has(id) && !this.#begun.has(id)) left.add(id);
      if (left.size >= MOST_LEFT_BEHIND) break;
    }
    for (const id of left) {
      if (this.#sealing.has(id) || this.#waiting.has(id)) continue;
      try {
        const noted = await this.#noted(id);
        if (noted === null) this.#forgetPlain(id);
        else await this.seal(noted);
      } catch (error) {
        // of one that had just begun there is nothing yet
        if (!isMissing(error instanceof Error ? error.cause : null))
          trouble(`a recording was left in plain: ${oneLine(error)}`);
      }
    }
  }

  /** What its note says, or `null`: then nobody can say whose it is. */
  async #noted(id: string): Promise<OpenRecording | null> {
    try {
      const note = JSON.parse(await readFile(this.#note(id), 'utf8')) as Partial<OpenRecording> | null;
      const texts = [note?.accountId, note?.conferenceId];
      const numbers = [note?.part, note?.startedAt];
      const sound =
        note?.id === id && texts.every((text) => typeof text === 'string') && numbers.every(Number.isFinite);
      return sound ? { ...(note as OpenRecording), path: this.#plain(id) } : null;
    } catch (error) {
      if (isMissing(error) || error instanceof SyntaxError) return null;
      throw error;
    }
  }

  /**
   * The note last: without it a plain file is nobody's.
   * @param plain elsewhere than now where a process before this one was configured otherwise
   */
  #forgetPlain(id: string, plain = this.#plain(id)): void {
    const note = join(dirname(plain), `${id}.json`);
    for (const path of [plain, `${note}.new`, note]) rmSync(path, { force: true });
    this.#begun.delete(id);
  }

  #plain(id: string): string {
    return join(this.#parts.memory.path, `${id}.wav`);
  }

  #note(id: string): string {
    return join(this.#parts.memory.path, `${id}.json`);
  }
}

const oneLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replaceAll(/\s*\n\s*/g, ' ');
