import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { PinHasher } from '../domain/access/pins.js';
import type { Clock } from '../ports/clock.js';
import type { PinSeal } from '../ports/pin-seal.js';
import type { Randomness } from '../ports/randomness.js';
import type { AuditLine } from '../ports/store-privacy.js';
import { StoreUnavailable } from '../ports/store.js';
import type { Store } from '../ports/store.js';
import type { PrivacyStore } from '../ports/store-privacy.js';
import { DirectoryHold } from '../adapters/sqlite/directory-hold.js';
import { UnknownSchema } from '../adapters/sqlite/migrations.js';
import { SqliteStore } from '../adapters/sqlite/sqlite-store.js';
import { AesPinSeal } from '../adapters/system/aes-pin-seal.js';
import { BRIDGE_KEY_FILE, loadBridgeKey } from '../adapters/system/bridge-key.js';
import { SystemClock } from '../adapters/system/clock.js';
import { KeyUnusable } from '../adapters/system/key-file.js';
import { addPinKey, loadPinKey, PIN_KEY_FILE } from '../adapters/system/pin-key.js';
import { SystemRandomness } from '../adapters/system/randomness.js';
import type { Config } from './config.js';
import {
  isRightBridgeKey,
  isRightPinKey,
  needsBridgeKey,
  needsPinKey,
  notedBridgeKey,
  noteNewPinKey,
  onlyLooking,
} from './compose-key-checks.js';

/** All of the store. */
export type WholeStore = Store & PrivacyStore;

/** The store with what belongs to it; the one who opened it closes `store`. */
export interface OpenStore {
  readonly store: WholeStore;
  readonly pins: PinHasher;
  readonly seal: PinSeal;
  readonly clock: Clock;
  readonly randomness: Randomness;
}

/**
 * Opens database and PIN key of the data directory, and makes what is missing.
 * @throws {StoreUnavailable}, {UnknownSchema} or {PinKeyUnusable}: one line that says what to do
 */
export function openStore(config: Config): OpenStore {
  const store = SqliteStore.open({ file: config.databaseFile });
  try {
    const pins = loadPinKey(
      config.dataDirectory,
      () => !needsPinKey(store),
      () => store.pinKeyVersion(),
      (key, version) => isRightPinKey(store, key, version),
    );
    const seal = new AesPinSeal(
      () => openBridgeKey(config, store),
      () => notedBridgeKey(store),
    );
    return { store, pins, seal, clock: new SystemClock(), randomness: new SystemRandomness() };
  } catch (error) {
    store.close();
    throw error;
  }
}

/**
 * Puts all PINs and codes under a new key; the key is on the disk before any of them is.
 * @returns its version
 * @throws {PinKeyUnusable}, {StoreUnavailable}; then nothing was changed
 */
export const rekeyPins = ({ dataDirectory }: Config, store: Store, note?: AuditLine): number =>
  store.rekeyPins((counting) => {
    const { key, next, keep } = addPinKey(dataDirectory, counting);
    return {
      next,
      keep() {
        keep();
        // in the transaction from which on it counts
        noteNewPinKey(store, key, counting + 1);
      },
    };
  }, note);

/** The bridge key, made where it is missing and nothing was sealed under one. @throws {KeyUnusable} */
export const openBridgeKey = ({ dataDirectory }: Config, store: Store): Uint8Array =>
  loadBridgeKey(
    dataDirectory,
    () => !needsBridgeKey(store),
    (key) => isRightBridgeKey(store, key),
  );

/**
 * Opens the database to look things up or change them, without the PIN key. Where there is no database yet nothing is
 * made: an empty one stands in, which nobody keeps.
 * @throws {StoreUnavailable} or {UnknownSchema}
 */
export function openExistingStore(config: Config): WholeStore {
  return SqliteStore.open({ file: hasDatabase(config) ? config.databaseFile : ':memory:' });
}

/**
 * Whether there is a database. A directory that may not be looked into is not an empty one.
 * @throws {StoreUnavailable}
 */
export function hasDatabase({ databaseFile }: Config): boolean {
  try {
    statSync(databaseFile);
    return true;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    if (code === 'ENOENT') return false;
    throw new StoreUnavailable(`cannot open the database ${databaseFile} (${code}): run as the user who owns it`);
  }
}

/** Ends with the process at the latest. */
export interface Hold {
  release(): void;
}

/**
 * Takes the data directory for this bridge alone, and makes it where it is missing.
 * @returns `null` when another bridge runs with it
 * @throws {StoreUnavailable}
 */
export function holdDataDirectory({ dataDirectory }: Config): Hold | null {
  return DirectoryHold.take(dataDirectory);
}

/** Whether a bridge runs with the data directory. @throws {StoreUnavailable} */
export function isDataDirectoryHeld({ dataDirectory }: Config): boolean {
  return DirectoryHold.isTaken(dataDirectory);
}

/** What is wrong with the PIN key, in one line, or `null`. Makes and notes nothing. @param store `null`: there is no database */
export function checkPinKey(config: Config, store: Store | null): string | null {
  const needed = store !== null && needsPinKey(store);
  if (!needed && !existsSync(join(config.dataDirectory, PIN_KEY_FILE))) return null;
  return refusalOf(() =>
    loadPinKey(
      config.dataDirectory,
      () => false,
      () => store?.pinKeyVersion() ?? 1,
      (key, version) => store === null || isRightPinKey(onlyLooking(store), key, version),
    ),
  );
}

/** What is wrong with the bridge key, in one line, or `null`. Makes and notes nothing. @param store `null`: there is no database */
export function checkBridgeKey({ dataDirectory }: Config, store: Store | null): string | null {
  // where no PIN is kept sealed all are looked through to find that out
  if (!existsSync(join(dataDirectory, BRIDGE_KEY_FILE)) && (store === null || !needsBridgeKey(store))) return null;
  return refusalOf(() =>
    loadBridgeKey(
      dataDirectory,
      () => false,
      (key) => store === null || isRightBridgeKey(onlyLooking(store), key),
    ),
  );
}

function refusalOf(load: () => unknown): string | null {
  try {
    load();
    return null;
  } catch (error) {
    if (error instanceof KeyUnusable) return error.message;
    throw error;
  }
}

/** Whether an error of these functions is a refusal made for people, one line that says what to do. */
export const isStoreRefusal = (error: unknown): boolean =>
  error instanceof UnknownSchema || error instanceof KeyUnusable;
