import { join } from 'node:path';
import { KeyLost, loadKey } from './key-file.js';

/** Name of the key's file in the data directory. */
export const BRIDGE_KEY_FILE = 'bridge.key';

/** What there is to do where no backup has it. */
const LOST_FOR_GOOD = 'run partyline key forget-bridge, which says what goes with it and makes a new one';

/**
 * The key that wraps the key of every recording, and from which the one is derived that PINs are sealed under: `bridge.key` of the data
 * directory, made where it is missing. Outside the database, so that a copy of that opens none of them.
 * @param mayCreate asked only when there is no key; says no when something was wrapped by a key before
 * @param isRight whether it is the one that things were wrapped by
 * @throws {KeyUnusable}; {KeyLost} where it is missing or another one
 */
export function loadBridgeKey(
  dataDirectory: string,
  mayCreate: () => boolean,
  isRight: (key: Uint8Array) => boolean = () => true,
): Uint8Array {
  const file = {
    path: join(dataDirectory, BRIDGE_KEY_FILE),
    name: 'the bridge key',
    remedy: `but the database holds recordings or PINs sealed under it, which cannot be read without it: put the key back from a backup, or, where it is lost for good, ${LOST_FOR_GOOD}`,
    otherwise: `, or, where it is lost for good, move the file away and ${LOST_FOR_GOOD}`,
  };
  const key = loadKey(file, mayCreate);
  if (isRight(key)) return key;
  throw new KeyLost(
    `the bridge key ${file.path} is not the one that recordings and PINs of the database are sealed under, so that none can be opened: put the right one back from a backup, or, where it is lost for good, ${LOST_FOR_GOOD}`,
  );
}
