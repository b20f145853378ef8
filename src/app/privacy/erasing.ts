import type { PrivacyStore } from '../../ports/store-privacy.js';
import { gently } from './gently.js';

/** Rows of one short transaction: some milliseconds. */
const BATCH = 500;
/** Records looked through at a time, without a lock. */
const LOOK = 5_000;

/** How far erasing came; `live`: but for what calls that are up may still write. */
interface Erased {
  readonly state: 'done' | 'live' | 'stopped';
  /** Whether anything was left to do. */
  readonly erased: boolean;
}

/** Does what erasures that have begun have left to do. */
export async function finishErasing(store: Pick<PrivacyStore, 'eraseSome'>, goesOn?: () => boolean): Promise<Erased> {
  const progress: { state: Erased['state']; erased: boolean } = { state: 'stopped', erased: false };
  await gently(() => {
    const state = store.eraseSome(BATCH);
    if (state === 'more') progress.erased = true;
    else if (state !== 'onwards') progress.state = state;
    return progress.state === 'stopped';
  }, goesOn);
  return progress;
}

/** Clears away what imports and re-keyings left that died on the way. */
export const sweep = (store: Pick<PrivacyStore, 'sweepSome'>, goesOn?: () => boolean): Promise<boolean> =>
  gently(() => store.sweepSome(BATCH), goesOn);

/** Takes a number out of everything. @returns how many rows held it */
export async function eraseNumber(store: Pick<PrivacyStore, 'eraseNumber'>, digits: string): Promise<number> {
  let after: number | null = 0;
  let changed = 0;
  await gently(() => {
    const looked = store.eraseNumber(digits, after ?? 0, LOOK);
    changed += looked.changed;
    after = looked.next;
    return after !== null;
  });
  return changed;
}

/**
 * Takes what was erased out of the files: out of pages where a copy stayed, and out of the write-ahead log.
 * @param patience how often to try again where others read or write
 * @returns `false`: somebody reads or writes so long that it could not be done
 */
export async function clearFiles(
  store: Pick<PrivacyStore, 'emptyWriteAheadLog' | 'wipeSome'>,
  patience: number,
  goesOn?: () => boolean,
): Promise<boolean> {
  const progress: { after: number | null; triesLeft: number } = { after: 0, triesLeft: patience };
  const isDone = (): boolean => {
    if (progress.after !== null) {
      const next = store.wipeSome(progress.after);
      if (next === 'busy') progress.triesLeft -= 1;
      else progress.after = next;
      return false;
    }
    if (store.emptyWriteAheadLog()) return true;
    progress.triesLeft -= 1;
    return false;
  };
  let cleared = false;
  await gently(() => {
    cleared = isDone();
    return !cleared && progress.triesLeft >= 0;
  }, goesOn);
  return cleared;
}
