import type { Log } from '../bridge/log.js';
import type { Clock, Timer } from '../ports/clock.js';
import type { RecordingArchive, SpokenNames } from '../ports/recordings.js';
import type { PrivacyStore, Purged } from '../ports/store-privacy.js';
import type { Config } from './config.js';
import { clearFiles, finishErasing, sweep } from './privacy/erasing.js';
import { removeReportsOfErased } from './privacy/report-files.js';
import { countOf, purgeTooOld, retentionOf } from './privacy/retention.js';

/** Recordings that are due cannot be read from that moment on, whether they are removed yet or not; milliseconds between purges. */
const PURGE_MS = 600_000;
/** Looking through the whole file for what is left of erased rows is done no more often, milliseconds. */
const CLEAR_MS = 86_400_000;
/** The first time, since a bridge may be started again every night, milliseconds. */
const FIRST_CLEAR_MS = 3_600_000;
/** How often that is tried again where others read or write. */
const CLEAR_PATIENCE = 100;

export interface PurgeParts {
  readonly store: PrivacyStore;
  readonly archive: RecordingArchive;
  readonly names: Pick<SpokenNames, 'removeUnfinished'>;
  readonly clock: Clock;
  readonly config: Config;
  readonly log: Log;
}

/** What a purge did. */
export interface PurgeCounts extends Purged {
  readonly recordings: number;
  /** Sealed files without a key. */
  readonly strays: number;
  /** `live`: but for what calls that are up may still write. */
  readonly erasing: 'done' | 'live' | 'stopped';
  /** Whether anything of an account that is being erased was left to be removed. */
  readonly erased: boolean;
}

/** Removes everything that is due or too old or left of work that died, and finishes erasing what somebody began to erase. @param goesOn `false` ends it there */
export async function purge(
  {
    store,
    archive,
    clock,
    config,
  }: Pick<PurgeParts, 'store' | 'archive' | 'config'> & { readonly clock: Pick<Clock, 'wall'> },
  goesOn: () => boolean = () => true,
): Promise<PurgeCounts> {
  await sweep(store, goesOn);
  const { state: erasing, erased } = await finishErasing(store, goesOn);
  const removed = await purgeTooOld(store, retentionOf(config, clock.wall()), goesOn);
  const recordings = await archive.purge(goesOn);
  await removeReportsOfErased(store, config, goesOn);
  return { ...removed, ...recordings, erasing, erased };
}

/**
 * Purges now and from time to time, and removes names nobody finished.
 * @returns what ends it, also one that runs, resolving when none does any more
 */
export function startPurging(parts: PurgeParts): () => Promise<void> {
  const { store, names, clock, log } = parts;
  let timer: Timer | null = null;
  let stopped = false;
  let clearAt = clock.wall() + FIRST_CLEAR_MS;
  let running: Promise<void> = Promise.resolve();
  const goesOn = (): boolean => !stopped;
  const once = async (): Promise<void> => {
    await names.removeUnfinished(clock.wall());
    try {
      const { erasing, erased, ...counts } = await purge(parts, goesOn);
      const { recordings, strays, ...rows } = counts;
      if (recordings + strays + countOf(rows) > 0) log.info(counts, 'what was too old is removed');
      if (countOf(rows) > 0) store.emptyWriteAheadLog();
      // what calls left behind that ended after their account was erased is to be in no file either
      if (erased) clearAt = clock.wall();
      if (clock.wall() >= clearAt && goesOn()) {
        const cleared = await clearFiles(store, CLEAR_PATIENCE, goesOn);
        clearAt = clock.wall() + (cleared ? CLEAR_MS : PURGE_MS);
      }
      if (erasing === 'live') log.info({}, 'an account is erased wholly when its last call has ended');
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      log.error({ error: reason }, 'what is too old could not be removed');
    }
    if (!stopped) timer = clock.after(PURGE_MS, next);
  };
  const next = (): void => {
    running = once();
  };
  next();
  return async () => {
    stopped = true;
    timer?.cancel();
    await running;
  };
}
