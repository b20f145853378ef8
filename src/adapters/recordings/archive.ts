import { rm } from 'node:fs/promises';
import { accountId as accountOf } from '../../domain/identifiers.js';
import type { Clock } from '../../ports/clock.js';
import { RecordingUnreadable, type RecordingArchive } from '../../ports/recordings.js';
import type { Recording, Store } from '../../ports/store.js';
import type { Aside, KeptAside } from './kept-aside.js';
import { readSealed, SealBroken } from './sealed-file.js';
import type { SealedFolder } from './sealed-folder.js';
import { unwrapKey, WrongKey } from './wrapped-key.js';

export interface ArchiveParts {
  readonly store: Pick<Store, 'account' | 'recording' | 'removeRecording' | 'recordingsDue'>;
  readonly clock: Clock;
  readonly sealed: SealedFolder;
  readonly aside: KeptAside;
  /** @throws Error with one line that says what to do */
  readonly bridgeKey: () => Uint8Array;
}

/** Removed at a time, between which others have their turn; and at most by one purge. */
const BATCH = 50;
const MOST_BATCHES = 200;

/** Sealed recordings, from the moment they are sealed until they are gone. */
export class SealedArchive implements RecordingArchive {
  readonly #parts: ArchiveParts;

  constructor(parts: ArchiveParts) {
    this.#parts = parts;
  }

  async *open(id: string): AsyncGenerator<Uint8Array> {
    const { sealed } = this.#parts;
    const recording = await this.#found(id);
    const path = sealed.path(id);
    try {
      for await (const piece of readSealed(path, id, this.#keyOf(recording))) {
        // whoever reads slowly reads no further than others
        if (this.#isDue(recording)) await this.#found(id);
        yield piece;
      }
    } catch (error) {
      if (error instanceof SealBroken) throw new RecordingUnreadable(`recording ${id} is damaged: ${error.message}`);
      const code = codeOfFiles(error);
      if (code === null) throw error;
      // removed just now, or due: then that is the reason
      await this.#found(id);
      throw new RecordingUnreadable(
        code === 'ENOENT'
          ? `recording ${id} has lost its file ${path}: put it back from a backup, or remove it`
          : `recording ${id} cannot be read from ${path} (${code}): run as the user who owns it`,
      );
    }
  }

  async remove(id: string): Promise<boolean> {
    const { store, sealed } = this.#parts;
    const removed = store.removeRecording(id);
    await rm(sealed.path(id), { force: true });
    return removed;
  }

  async purge(goesOn: () => boolean = () => true): Promise<{ readonly recordings: number; readonly strays: number }> {
    const { store, clock, sealed, aside } = this.#parts;
    let recordings = 0;
    for (let batch = 0; batch < MOST_BATCHES; batch += 1) {
      const due = store.recordingsDue(clock.wall(), BATCH);
      for (const { id } of due) {
        if (!goesOn()) return { recordings, strays: 0 };
        if (await this.remove(id)) recordings += 1;
      }
      if (due.length < BATCH) break;
    }
    recordings += await aside.remove((one) => one.dueAt <= clock.wall() || this.#isNobodys(one));
    const strays = await sealed.removeStrays((id) => store.recording(id) !== null, clock.wall());
    return { recordings, strays };
  }

  /** One that is due is gone from the moment anybody asks for it. */
  async #found(id: string): Promise<Recording> {
    const recording = this.#parts.store.recording(id);
    if (recording === null) throw new RecordingUnreadable(`there is no recording ${id}: see partyline recording list`);
    if (!this.#isDue(recording)) return recording;
    await this.remove(id);
    throw new RecordingUnreadable(
      `recording ${id} was to be kept until ${new Date(recording.dueAt).toISOString()}: it is gone`,
    );
  }

  #isDue({ dueAt }: Recording): boolean {
    return dueAt <= this.#parts.clock.wall();
  }

  /** Its account was removed where this folder is not seen, or just as it was put aside. */
  #isNobodys({ accountId }: Aside): boolean {
    return accountId !== null && this.#parts.store.account(accountOf(accountId)) === null;
  }

  #bridgeKey(): Uint8Array {
    try {
      return this.#parts.bridgeKey();
    } catch (error) {
      throw new RecordingUnreadable(error instanceof Error ? error.message : String(error), { cause: error });
    }
  }

  #keyOf({ id, wrappedKey }: Recording): Uint8Array {
    const bridgeKey = this.#bridgeKey();
    try {
      return unwrapKey(bridgeKey, id, wrappedKey);
    } catch (error) {
      if (!(error instanceof WrongKey)) throw error;
      throw new RecordingUnreadable(
        `recording ${id} was sealed under another bridge key: put that one back from a backup`,
      );
    }
  }
}

/** What the file system says, or `null` where it is another's error. */
const codeOfFiles = (error: unknown): string | null =>
  error instanceof Error && 'syscall' in error && 'code' in error ? String(error.code) : null;
