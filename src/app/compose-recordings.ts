import { SealedArchive } from '../adapters/recordings/archive.js';
import { KeptAside, type Aside } from '../adapters/recordings/kept-aside.js';
import { MemoryFolder } from '../adapters/recordings/memory-folder.js';
import { SealedFolder } from '../adapters/recordings/sealed-folder.js';
import { SealedRecordings } from '../adapters/recordings/sealed-recordings.js';
import { SystemClock } from '../adapters/system/clock.js';
import type { AccountId } from '../domain/identifiers.js';
import type { RecordingArchive, Recordings } from '../ports/recordings.js';
import type { Store } from '../ports/store.js';
import { openBridgeKey, type OpenStore } from './compose-store.js';
import type { Config } from './config.js';

const PAGE = 1_000;
const MEGABYTE = 1024 * 1024;

/** Recordings as the bridge makes them. @param trouble told one line of what nobody waits for */
export function openRecordings(
  config: Config,
  { store, clock, randomness }: OpenStore,
  trouble: (message: string) => void,
): Recordings {
  const memory = memoryFolder(config);
  return new SealedRecordings({
    ...{ store, clock, randomness, trouble, memory },
    aside: keptAside(config, memory),
    sealed: new SealedFolder(config.recordings.directory),
    bridgeKey: () => openBridgeKey(config, store),
    keepMs: config.recordings.keepMs,
  });
}

/** Recordings that are sealed. */
export function openArchive(config: Config, store: Store): RecordingArchive {
  return new SealedArchive({
    store,
    clock: new SystemClock(),
    sealed: new SealedFolder(config.recordings.directory),
    aside: keptAside(config),
    bridgeKey: () => openBridgeKey(config, store),
  });
}

/** Removes the recordings of an account, keys and files, and what was kept aside of it. */
export async function removeRecordingsOf(config: Config, store: Store, id: AccountId): Promise<void> {
  const archive = openArchive(config, store);
  await keptAside(config).remove(({ accountId }) => accountId === id);
  for (;;) {
    const recordings = store.recordings({ limit: PAGE, accountId: id });
    for (const recording of recordings) await archive.remove(recording.id);
    if (recordings.length < PAGE) return;
  }
}

/** What is wrong with the folder for plain audio, where it is, and how much may still be written there, megabytes. Makes nothing. */
export function lookAtMemoryFolder(config: Config): {
  readonly path: string;
  readonly freeMb: number;
  readonly problem: string | null;
} {
  const folder = memoryFolder(config);
  const problem = folder.trouble();
  return { path: folder.path, freeMb: problem === null ? Math.floor(folder.freeBytes() / MEGABYTE) : 0, problem };
}

/** Recordings that could not be read and are in plain still, the first that is due first. @throws Error of the file system */
export const recordingsAside = (config: Config): Promise<readonly Aside[]> => keptAside(config).list();

function memoryFolder({ dataDirectory, recordings: { memoryDirectory, allowDisk } }: Config): MemoryFolder {
  const runtimeDirectory = process.env['XDG_RUNTIME_DIR'];
  return new MemoryFolder({ path: memoryDirectory, allowDisk, dataDirectory, runtimeDirectory });
}

const keptAside = (config: Config, { path } = memoryFolder(config)): KeptAside =>
  new KeptAside(path, config.recordings.keepMs);
