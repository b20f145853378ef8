import { chmodSync, chownSync, closeSync, existsSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import type { Database } from 'better-sqlite3';
import { StoreUnavailable } from '../../ports/store.js';
import { checkOrigin, migrate, SCHEMA_VERSION, UnknownSchema, versionOf } from './migrations.js';

export interface OpenOptions {
  /** Path of the database, made with its directory where missing; `:memory:` for one that nobody keeps. */
  readonly file: string;
  /** Nothing is written, made or brought up to date. */
  readonly readonly?: boolean;
  /** What time it is, milliseconds since the epoch; the clock of the system where nothing is said. */
  readonly now?: () => number;
  /** The database grows no further than so many pages of 4096 bytes: a full disk for tests. */
  readonly maximumPages?: number;
}

/** How long to wait for another process's write, milliseconds. Writes are tiny, so this is long. */
export const BUSY_TIMEOUT_MS = 2000;
/** Between two tries of what SQLite does not wait for by itself, milliseconds. */
const AGAIN_MS = 10;
/** What to do where the directory of the database cannot be made or used. */
const REMEDIES: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full, make room',
  EEXIST: 'the data directory is a file, choose another',
  ENOTDIR: 'the data directory lies in a file, choose another',
  EROFS: 'the disk is read-only, choose another data directory',
};
export const IN_MEMORY = ':memory:';

/** Opens the file and brings its schema up to date. Errors of SQLite come out as they are. */
export function openDatabase({ file, readonly = false, maximumPages }: OpenOptions): Database {
  if (file !== IN_MEMORY) {
    if (!readonly) prepareFile(file);
    else if (!existsSync(file)) throw new StoreUnavailable(`there is no database ${file}`);
    // What is too much to sort in memory goes to the disk of the database, which may be an encrypted one, instead of /var/tmp. SQLite reads
    // this once, and takes the name from such a file as soon as it is open.
    process.env['SQLITE_TMPDIR'] ??= resolve(dirname(file));
  }
  const database = new SqliteDatabase(file, {
    readonly,
    fileMustExist: file !== IN_MEMORY,
    timeout: BUSY_TIMEOUT_MS,
  });
  try {
    checkOrigin(database, file);
    database.pragma('foreign_keys = ON');
    if (readonly) {
      if (versionOf(database) < SCHEMA_VERSION) {
        throw new UnknownSchema(`${file} comes from an older Partyline: run any command that changes something first`);
      }
      return database;
    }
    keepLog(database);
    database.pragma('synchronous = NORMAL');
    // erased rows are overwritten in the file, not only forgotten
    database.pragma('secure_delete = ON');
    if (maximumPages !== undefined) database.pragma(`max_page_count = ${Math.trunc(maximumPages)}`);
    migrate(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/**
 * Writes go to a log from now on. Where another process makes that change in this moment, as two do that make the database together, SQLite
 * gives up at once instead of waiting for the lock: it is asked again for as long.
 */
function keepLog(database: Database): void {
  for (const end = performance.now() + BUSY_TIMEOUT_MS; ;) {
    try {
      database.pragma('journal_mode = WAL');
      return;
    } catch (error) {
      const isBusy = error instanceof SqliteDatabase.SqliteError && error.code === 'SQLITE_BUSY';
      if (!isBusy || performance.now() >= end) throw error;
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, AGAIN_MS);
  }
}

/**
 * Makes directory (0700) and file (0600), so that SQLite's own files beside it get the same mode.
 * @throws {StoreUnavailable}
 */
export function prepareFile(file: string): void {
  const directory = dirname(file);
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    if (!existsSync(file)) {
      closeSync(openSync(file, 'a', 0o600));
      giveToOwnerOf(directory, file);
    } else if ((statSync(file).mode & 0o077) !== 0) {
      chmodSync(file, 0o600);
    }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    const remedy = REMEDIES[code] ?? `check that ${directory} can be written`;
    throw new StoreUnavailable(`cannot open the database ${file} (${code}): ${remedy}`);
  }
}

/** What root creates in the directory of the bridge's user must stay usable by that user. */
function giveToOwnerOf(directory: string, file: string): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(directory);
  if (uid !== 0) chownSync(file, uid, gid);
}
