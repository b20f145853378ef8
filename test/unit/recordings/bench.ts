import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SealedArchive } from '../../../src/adapters/recordings/archive.js';
import { KeptAside } from '../../../src/adapters/recordings/kept-aside.js';
import { MemoryFolder } from '../../../src/adapters/recordings/memory-folder.js';
import { SealedFolder } from '../../../src/adapters/recordings/sealed-folder.js';
import { SealedRecordings } from '../../../src/adapters/recordings/sealed-recordings.js';
import { SqliteStore } from '../../../src/adapters/sqlite/sqlite-store.js';
import { loadBridgeKey } from '../../../src/adapters/system/bridge-key.js';
import { SystemRandomness } from '../../../src/adapters/system/randomness.js';
import { DEFAULT_CONFERENCE_OPTIONS } from '../../../src/domain/conference-options.js';
import { accountId, conferenceId } from '../../../src/domain/identifiers.js';
import type { OpenRecording } from '../../../src/ports/recordings.js';
import { pin } from '../../conformance/store-stage.js';
import type { Store } from '../../../src/ports/store.js';
import { ManualClock } from '../../fakes/manual-clock.js';
import { noise, writeWav } from '../../sound.js';

export const DAY_MS = 86_400_000;

/** What a conference of the account `a1` says of a part of its recording. */
export const PART = {
  conferenceId: conferenceId('a1'),
  accountId: accountId('a1'),
  conferenceRecordId: 7,
  part: 1,
} as const;

/** Recordings on real files with a real store, all in one directory. */
export class RecordingBench {
  readonly directory: string;
  readonly data: string;
  readonly clock = new ManualClock();
  memory: MemoryFolder;
  readonly sealed: SealedFolder;
  /** What was told without being asked for. */
  readonly troubles: string[] = [];
  readonly #stores: Store[] = [];
  store: Store;
  recordings: SealedRecordings;
  archive: SealedArchive;

  /** @param directory of a bench before this one, whose process died */
  constructor(directory = mkdtempSync(join(tmpdir(), 'partyline-recordings-'))) {
    this.directory = directory;
    this.data = join(directory, 'data');
    this.memory = new MemoryFolder({
      path: join(directory, 'memory'),
      allowDisk: true,
      dataDirectory: this.data,
      runtimeDirectory: undefined,
    });
    this.sealed = new SealedFolder(join(this.data, 'recordings'));
    this.store = this.#opened();
    if (this.store.countAccounts() === 0) this.addAccount('a1');
    this.archive = this.#newArchive();
    this.recordings = this.#newRecordings(this.store);
  }

  addAccount(id: string): void {
    const account = { id: accountId(id), name: id, enabled: true, options: DEFAULT_CONFERENCE_OPTIONS, createdAt: 1 };
    this.store.addAccount(account, { host: pin(`${id}-host`), guest: pin(`${id}-guest`) });
  }

  /** Another process takes the place of the one before. @param store as it sees the store @param memory where it has plain audio */
  restart(store: (real: Store) => Store = (real) => real, memory = this.memory): void {
    this.memory = memory;
    this.store = this.#opened();
    this.recordings = this.#newRecordings(store(this.store));
    this.archive = this.#newArchive();
  }

  /** A part whose mixer has written so much noise. */
  async recorded(ms = 1_000, part: Partial<typeof PART> = {}): Promise<OpenRecording> {
    const open = this.recordings.begin({ ...PART, ...part });
    await writeWav(open.path, noise(ms));
    return open;
  }

  /** The whole of a recording. */
  async read(id: string): Promise<Buffer> {
    const pieces: Uint8Array[] = [];
    for await (const piece of this.archive.open(id)) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  get aside(): KeptAside {
    return new KeptAside(this.memory.path, 30 * DAY_MS);
  }

  inMemory(): readonly string[] {
    return list(this.memory.path);
  }

  onDisk(): readonly string[] {
    return list(join(this.data, 'recordings'));
  }

  dispose(): void {
    for (const store of this.#stores) store.close();
    rmSync(this.directory, { recursive: true, force: true });
  }

  #opened(): Store {
    const store = SqliteStore.open({ file: join(this.data, 'partyline.db') });
    this.#stores.push(store);
    return store;
  }

  readonly #bridgeKey = (): Uint8Array =>
    loadBridgeKey(this.data, () => this.store.recordings({ limit: 1 }).length === 0);

  #newRecordings(store: Store): SealedRecordings {
    const { clock, memory, sealed, troubles } = this;
    return new SealedRecordings({
      ...{ store, clock, memory, sealed, aside: this.aside },
      randomness: new SystemRandomness(),
      bridgeKey: this.#bridgeKey,
      keepMs: 30 * DAY_MS,
      trouble: (message) => void troubles.push(message),
    });
  }

  #newArchive(): SealedArchive {
    const { store, clock, sealed, aside } = this;
    return new SealedArchive({ store, clock, sealed, aside, bridgeKey: this.#bridgeKey });
  }
}

function list(directory: string): readonly string[] {
  try {
    return readdirSync(directory).sort();
  } catch {
    return [];
  }
}
