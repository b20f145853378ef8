import { rm } from 'node:fs/promises';
import type { Clock } from '../../ports/clock.js';
import { RecordingUnreadable, type RecordingArchive } from '../../ports/recordings.js';
import type { Recording, Store } from '../../ports/store.js';
import { readSealed, SealBroken } from './sealed-file.js';
import type { SealedFolder } from './sealed-folder.js';
import { unwrapKey, WrongKey } from './wrapped-key.js';

export interface ArchiveParts {
  readonly store: Pick<Store, 'recording' | 'removeRecording' | 'recordingsDue'>;
  readonly clock: Clock;
  readonly sealed: SealedFolder;
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
      yield* readSealed(path, id, this.#keyOf(recording));
    } catch (error) {
      if (error instanceof SealBroken) throw new RecordingUnreadable(`recording ${id} is damaged: ${error.message}`);
      if (!isMissing(error)) throw error;
      throw new RecordingUnreadable(
        `recording ${id} has lost its file ${path}: put it back from a backup, or remove it`,
      );
    }
  }

  async remove(id: string): Promise<boolean> {
    const { store, sealed } = this.#parts;
    const removed = store.removeRecording(id);
    await rm(sealed.path(id), { force: true });
    return removed;
  }

  async purge(): Promise<{ readonly recordings: number; readonly strays: number }> {
    const { store, clock, sealed } = this.#parts;
    let recordings = 0;
    for (let batch = 0; batch < MOST_BATCHES; batch += 1) {
      const due = store.recordingsDue(clock.wall(), BATCH);
      for (const { id } of due) if (await this.remove(id)) recordings += 1;
      if (due.length < BATCH) break;
    }
    const strays = await sealed.removeStrays((id) => store.recording(id) !== null, clock.wall());
    return { recordings, strays };
  }

  /** One that is due is gone from the moment anybody asks for it. */
  async #found(id: string): Promise<Recording> {
    const { store, clock } = this.#parts;
    const recording = store.recording(id);
    if (recording === null) throw new RecordingUnreadable(`there is no recording ${id}: see partyline recording list`);
    if (recording.dueAt > clock.wall()) return recording;
    await this.remove(id);
    throw new RecordingUnreadable(
      `recording ${id} was to be kept until ${new Date(recording.dueAt).toISOString()}: it is gone`,
    );
  }

  #keyOf({ id, wrappedKey }: Recording): Uint8Array {
    const bridgeKey = this.#parts.bridgeKey();
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

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT';
