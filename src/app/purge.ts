import type { Log } from '../bridge/log.js';
import type { Clock, Timer } from '../ports/clock.js';
import type { RecordingArchive, SpokenNames } from '../ports/recordings.js';

/** Recordings that are due cannot be read from that moment on, whether they are removed yet or not; milliseconds between purges. */
const PURGE_MS = 600_000;

/** Removes recordings that are due, and names nobody finished, now and from time to time. @returns what ends it, also one that runs, resolving when none does any more */
export function startPurging(
  archive: RecordingArchive,
  names: Pick<SpokenNames, 'removeUnfinished'>,
  clock: Clock,
  log: Log,
): () => Promise<void> {
  let timer: Timer | null = null;
  let stopped = false;
  let running: Promise<void> = Promise.resolve();
  const purge = async (): Promise<void> => {
    await names.removeUnfinished(clock.wall());
    try {
      const { recordings, strays } = await archive.purge(() => !stopped);
      if (recordings + strays > 0) log.info({ recordings, strays }, 'recordings that were due are removed');
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      log.error({ error: reason }, 'recordings that are due could not be removed');
    }
    if (!stopped) timer = clock.after(PURGE_MS, next);
  };
  const next = (): void => {
    running = purge();
  };
  next();
  return async () => {
    stopped = true;
    timer?.cancel();
    await running;
  };
}
