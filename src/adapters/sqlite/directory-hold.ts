import { existsSync } from 'node:fs';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import type { Database } from 'better-sqlite3';
import { translated } from './errors.js';
import { prepareFile } from './open-database.js';

/** Its file in the data directory: an empty database that is only ever locked. */
const HOLD_FILE = 'serve.lock';
/** Someone who only looks whether it is held lets go again within this time, milliseconds. */
const LOOKING_MS = 1_000;

/**
 * One bridge's hold on its data directory. The operating system ends it with the process, however that ended: neither a
 * crash nor a process number used again leaves a directory that nothing can be started on.
 */
export class DirectoryHold {
  readonly #database: Database;

  private constructor(database: Database) {
    this.#database = database;
  }

  /** @returns `null` when another process has it. @throws {StoreUnavailable} */
  static take(directory: string): DirectoryHold | null {
    const file = join(directory, HOLD_FILE);
    return translated(file, () => {
      prepareFile(file);
      const database = new SqliteDatabase(file, { timeout: LOOKING_MS });
      try {
        // takes every lock and writes nothing, so that it works on a full disk too
        database.exec('BEGIN EXCLUSIVE');
        return new DirectoryHold(database);
      } catch (error) {
        database.close();
        if (isBusy(error)) return null;
        throw error;
      }
    });
  }

  /** Whether a bridge runs with this directory. Makes nothing. @throws {StoreUnavailable} */
  static isTaken(directory: string): boolean {
    const file = join(directory, HOLD_FILE);
    if (!existsSync(file)) return false;
    return translated(file, () => {
      const database = new SqliteDatabase(file, { readonly: true, timeout: 0 });
      try {
        database.prepare('SELECT count(*) FROM sqlite_master').get();
        return false;
      } catch (error) {
        if (isBusy(error)) return true;
        throw error;
      } finally {
        database.close();
      }
    });
  }

  release(): void {
    this.#database.close();
  }
}

const isBusy = (error: unknown): boolean =>
  error instanceof SqliteDatabase.SqliteError && error.code.startsWith('SQLITE_BUSY');
