import { join } from 'node:path';
import { KeyLost } from '../adapters/system/key-file.js';
import { BRIDGE_KEY_FILE, loadBridgeKey } from '../adapters/system/bridge-key.js';
import { StoreUnavailable } from '../ports/store.js';
import type { Recording } from '../ports/store.js';
import type { AuditLine } from '../ports/store-privacy.js';
import {
  isRightBridgeKey,
  needsBridgeKey,
  notedBridgeKey,
  noteNewBridgeKey,
  onlyLooking,
  opensRecording,
} from './compose-key-checks.js';
import { openArchive } from './compose-recordings.js';
import type { WholeStore } from './compose-store.js';
import type { Config } from './config.js';
import { gently } from './privacy/gently.js';

/*
 * The way back when the bridge key is lost for good: what was sealed under it goes, then a new one counts. In this order, so that a
 * process that dies on the way leaves what it found, only less of it: the command is run again. Until the end nothing can be sealed by
 * whoever has no key, and what a bridge seals that has the lost one in memory still goes too, up to the last look at the PINs: what comes
 * between that and the new key is told to be unreadable when it is asked for.
 */

/** Codes looked at in one transaction: some milliseconds. */
const LOOK = 5_000;
/** How often all codes are looked through, where somebody goes on to seal some. */
const MOST_PASSES = 5;
const PAGE = 1_000;

/** What nobody can open without the lost key. */
export interface SealedAway {
  readonly sealedPins: number;
  readonly recordings: number;
}

export const bridgeKeyFile = ({ dataDirectory }: Config): string => join(dataDirectory, BRIDGE_KEY_FILE);

/**
 * What is lost with the bridge key; changes nothing.
 * @returns `right`: the key that is there opens it; `nothing`: nothing is sealed
 * @throws {KeyUnusable} the key is there and may be the right one, but cannot be read
 */
export function lostWithBridgeKey(config: Config, store: WholeStore): SealedAway | 'right' | 'nothing' {
  if (!needsBridgeKey(store)) return 'nothing';
  if (!isLost(config, store)) return 'right';
  let recordings = 0;
  for (const page of unopenable(config, store)) recordings += page.length;
  return { sealedPins: store.countSealedPins(), recordings };
}

/**
 * Destroys the sealed PINs, whose hashes stay, and the recordings that cannot be opened, in short transactions; then makes a new key, which
 * counts at once. A key of another database that is in its place becomes that of this one.
 * @param note goes into the audit trail before any of it
 * @param onForgotten told how many sealed PINs and recordings are gone so far
 * @returns what is gone
 * @throws {StoreUnavailable}: the key counts that it found, and what is gone is gone
 */
export async function forgetBridgeKey(
  config: Config,
  store: WholeStore,
  note: AuditLine,
  onForgotten: (done: number) => void,
): Promise<SealedAway> {
  const lost = notedBridgeKey(store);
  /** What is sealed under a key that somebody else made meanwhile stays. */
  const checkLost = (): void => {
    if (notedBridgeKey(store) !== lost) throw overtaken();
  };
  const whileItIsLost = <T>(line: AuditLine | null, change: () => T): T =>
    store.audited(
      () => line,
      () => {
        checkLost();
        return change();
      },
    );
  whileItIsLost(note, () => {
    // whoever was asked may have taken a while to answer
    if (!isLost(config, store)) throw overtaken();
  });
  let recordings = 0;
  const archive = openArchive(config, store);
  for (const page of unopenable(config, store)) {
    // those of the page are older than this look
    checkLost();
    for (const { id } of page) {
      if (await archive.remove(id)) recordings += 1;
      onForgotten(recordings);
    }
  }
  const sealedPins = await forgetPins(
    store,
    (change) => whileItIsLost(null, change),
    (done) => onForgotten(recordings + done),
  );
  whileItIsLost(null, () =>
    // on the disk before it counts
    noteNewBridgeKey(
      store,
      loadBridgeKey(config.dataDirectory, () => true),
    ),
  );
  store.emptyWriteAheadLog();
  return { sealedPins, recordings };
}

async function forgetPins(
  store: WholeStore,
  whileItIsLost: <T>(change: () => T) => T,
  onForgotten: (done: number) => void,
): Promise<number> {
  let sealedPins = 0;
  // a key for PINs that is changed meanwhile changes the order in which they are looked through
  for (let pass = 0; store.hasSealedPins(); pass += 1) {
    if (pass >= MOST_PASSES) throw sealedAgain();
    let after = '';
    await gently(() => {
      const { next, forgotten } = whileItIsLost(() => store.forgetSealedPins(after, LOOK));
      sealedPins += forgotten;
      onForgotten(sealedPins);
      after = next ?? '';
      return next !== null;
    });
  }
  return sealedPins;
}

/** The recordings that no key opens that is there, page by page. */
function* unopenable(config: Config, store: WholeStore): Generator<readonly Recording[]> {
  for (let after = ''; ;) {
    const page = store.recordingsById(after, PAGE);
    const key = orLost(() => loadBridgeKey(config.dataDirectory, () => false));
    yield key === null ? page : page.filter((recording) => !opensRecording(key, recording));
    if (page.length < PAGE) return;
    after = page.at(-1)?.id ?? '';
  }
}

const isLost = ({ dataDirectory }: Config, store: WholeStore): boolean => {
  const isRight = (key: Uint8Array): boolean => isRightBridgeKey(onlyLooking(store), key);
  return orLost(() => loadBridgeKey(dataDirectory, () => false, isRight)) === null;
};

function orLost<T>(load: () => T): T | null {
  try {
    return load();
  } catch (error) {
    if (error instanceof KeyLost) return null;
    throw error;
  }
}

const overtaken = (): StoreUnavailable =>
  new StoreUnavailable(
    'the bridge key was put back or made anew by somebody else meanwhile: what is sealed under it stays, and nothing more was removed',
  );

const sealedAgain = (): StoreUnavailable =>
  new StoreUnavailable(
    'PINs are being sealed under the lost key all the time, by a program that has it in memory: end that, and run this again',
  );
