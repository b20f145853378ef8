import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openRecordings } from '../../../src/app/compose-recordings.js';
import { openStore } from '../../../src/app/compose-store.js';
import { loadConfig } from '../../../src/app/config.js';
import { accountId, conferenceId } from '../../../src/domain/identifiers.js';
import type { OpenRecording, Recordings } from '../../../src/ports/recordings.js';
import { noise, writeWav } from '../../sound.js';
import { CommandLine } from './command-line.js';

/** A command line whose bridge records conferences of the account Mary. */
export class RecordedAccount extends CommandLine {
  override env = {
    PARTYLINE_RECORDINGS_MEMORY_DIR: this.memoryDirectory,
    PARTYLINE_RECORDINGS_ALLOW_DISK: 'true',
  } as CommandLine['env'];
  #account = '';

  async addMary(): Promise<void> {
    this.#account = (await this.addAccount('--name', 'Mary')).id;
  }

  get memoryDirectory(): string {
    return join(this.directory, 'memory');
  }

  /** A conference of hers is recorded, as by a bridge. @returns id and plain file */
  record(ms = 1_000, part = 1): Promise<{ readonly id: string; readonly plain: Buffer }> {
    return this.#recording(part, async (recordings, open) => {
      await writeWav(open.path, noise(ms));
      const plain = readFileSync(open.path);
      await recordings.seal(open);
      return { id: open.id, plain };
    });
  }

  /** One of which the mixer wrote no WAV file. @returns its id */
  recordUnreadable(): Promise<string> {
    return this.#recording(1, async (recordings, open) => {
      writeFileSync(open.path, 'x'.repeat(100));
      await recordings.seal(open).catch(() => undefined);
      return open.id;
    });
  }

  /** One that was due a moment ago, its key and file still there. */
  due(id: string): void {
    this.withStore((store) => {
      const found = store.recording(id);
      if (found === null) throw new Error('no recording');
      store.removeRecording(id);
      store.addRecording({ ...found, dueAt: Date.now() - 1 });
    });
  }

  memory(): readonly string[] {
    return readdirSync(this.memoryDirectory);
  }

  sealed(): readonly string[] {
    return readdirSync(join(this.data, 'recordings'));
  }

  async #recording<T>(part: number, work: (recordings: Recordings, open: OpenRecording) => Promise<T>): Promise<T> {
    const { config } = loadConfig({ env: this.env, workingDirectory: this.directory });
    const stores = openStore(config);
    try {
      const recordings = openRecordings(config, stores, (message) => {
        throw new Error(message);
      });
      const of = { accountId: accountId(this.#account), conferenceId: conferenceId(this.#account) };
      return await work(recordings, recordings.begin({ ...of, conferenceRecordId: 1, part }));
    } finally {
      stores.store.close();
    }
  }
}
