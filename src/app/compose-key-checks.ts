import { unwrapKey, WrongKey } from '../adapters/recordings/wrapped-key.js';
import { checkValueOf } from '../adapters/system/key-check.js';
import type { Recording, Store } from '../ports/store.js';

/*
 * A file of another key has the right length too. What a key is known again by is noted in the database when it is first used, or, where
 * the database is older than that, when it is first opened; from then on another one is refused as long as anything needs the right one.
 */

/** What is asked of the store. */
type KeyChecks = Pick<Store, 'keyCheck' | 'noteKeyCheck' | 'countAccounts' | 'hasSealedPins' | 'recordings'>;

/** Whether anything in the database is sealed under the bridge key. */
export const needsBridgeKey = (store: Pick<Store, 'hasSealedPins' | 'recordings'>): boolean =>
  store.recordings({ limit: 1 }).length > 0 || store.hasSealedPins();

/** Whether any PIN in the database was hashed by the PIN key. */
export const needsPinKey = (store: Pick<Store, 'countAccounts'>): boolean => store.countAccounts() > 0;

/** Name of the bridge key among those that are noted. */
const BRIDGE = 'bridge';

const pinKeyName = (version: number): string => `pin-${version}`;

/** Whether it is the key of that version that PINs are hashed by; notes it where nothing was noted or needs it. */
export const isRightPinKey = (store: KeyChecks, key: Uint8Array, version: number): boolean =>
  isRight(store, pinKeyName(version), key, { isNeeded: needsPinKey, fits: () => true });

/** Notes the key that PINs are hashed by from now on. */
export const noteNewPinKey = (store: Pick<Store, 'noteKeyCheck'>, key: Uint8Array, version: number): void =>
  store.noteKeyCheck(pinKeyName(version), checkValueOf(key));

/** Whether it is the key that things are sealed under; notes it where nothing was noted or needs it. */
export const isRightBridgeKey = (store: KeyChecks, key: Uint8Array): boolean =>
  isRight(store, BRIDGE, key, { isNeeded: needsBridgeKey, fits: () => opensNewest(store, key) });

/** What the key that things are sealed under is known again by, or `null`: nothing was noted yet. */
export const notedBridgeKey = (store: Pick<Store, 'keyCheck'>): string | null => store.keyCheck(BRIDGE);

/** Notes the key that things are sealed under from now on. */
export const noteNewBridgeKey = (store: Pick<Store, 'noteKeyCheck'>, key: Uint8Array): void =>
  store.noteKeyCheck(BRIDGE, checkValueOf(key));

/** As these, for who only looks: nothing is noted. */
export const onlyLooking = (store: KeyChecks): KeyChecks => ({
  keyCheck: (key) => store.keyCheck(key),
  noteKeyCheck: () => undefined,
  countAccounts: () => store.countAccounts(),
  hasSealedPins: () => store.hasSealedPins(),
  recordings: (filter) => store.recordings(filter),
});

/** @param fits whether what is there speaks against it, where nothing was noted */
function isRight(
  store: KeyChecks,
  name: string,
  key: Uint8Array,
  { isNeeded, fits }: { readonly isNeeded: (store: KeyChecks) => boolean; readonly fits: () => boolean },
): boolean {
  const [noted, value] = [store.keyCheck(name), checkValueOf(key)];
  if (noted === value) return true;
  if (isNeeded(store) && (noted !== null || !fits())) return false;
  store.noteKeyCheck(name, value);
  return true;
}

/** Whether the newest recording can be opened with it; there may be none. */
function opensNewest(store: KeyChecks, key: Uint8Array): boolean {
  const [newest] = store.recordings({ limit: 1 });
  return newest === undefined || opensRecording(key, newest);
}

/** Whether the recording can be opened with this bridge key. */
export function opensRecording(key: Uint8Array, { id, wrappedKey }: Recording): boolean {
  try {
    unwrapKey(key, id, wrappedKey);
    return true;
  } catch (error) {
    if (error instanceof WrongKey) return false;
    throw error;
  }
}
