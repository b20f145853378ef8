import { closeSync, fdatasyncSync, openSync, realpathSync } from 'node:fs';
import type { Database } from 'better-sqlite3';
import { StoreUnavailable } from '../../ports/store.js';
import { translated } from './errors.js';
import { BUSY_TIMEOUT_MS } from './open-database.js';

/** How long to wait for readers where the work can be done later, milliseconds. */
const SHORT_WAIT_MS = 100;

/** After so many changes beside others they are moved from the log into the database: otherwise a call would, which wrote the page that fills the log. */
const LOG_EVERY = 50;

export const LARGEST_PAGE = 10_000;

export function checkLimit(limit: number): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > LARGEST_PAGE) {
    throw new RangeError(`a limit is a whole number from 1 to ${LARGEST_PAGE}, not ${limit}`);
  }
}

/** One open database and its kinds of transaction. Errors come out in the words of the port. */
export abstract class StoreBase {
  /** Changes beside others so far. */
  #besideOthers = 0;
  protected readonly file: string;
  protected readonly database: Database;

  protected constructor(file: string, database: Database) {
    this.file = file;
    this.database = database;
  }

  protected read<T>(action: () => T): T {
    return translated(this.file, action);
  }

  /** Row after row, as many as there are. */
  protected *each<T>(begin: () => IterableIterator<T>): Generator<T, void, undefined> {
    const rows = this.read(begin);
    try {
      for (;;) {
        const one = this.read(() => rows.next());
        if (one.done === true) return;
        yield one.value;
      }
    } finally {
      // left before its end, the statement is reset, so that others may write again
      rows.return?.();
    }
  }

  /** One transaction, not waiting for the disk. */
  protected record<T>(action: () => T): T {
    return translated(this.file, () => this.database.transaction(action).immediate());
  }

  /** One transaction that is on the disk when this returns; within another it is undone alone, and lasts with that one. */
  protected change<T>(action: () => T): T {
    return translated(this.file, () => this.durably(() => this.database.transaction(action).immediate()));
  }

  /**
   * One transaction that is on the disk when this returns, where others write while the disk works: they are the calls, and this is of
   * something that has time. What was written is seen by others before it is on the disk.
   */
  protected changeBesideOthers<T>(action: () => T): T {
    const changed = this.record(action);
    // the outer transaction sees to it
    if (this.database.inTransaction || this.database.memory) return changed;
    this.#syncLog();
    if ((this.#besideOthers += 1) % LOG_EVERY === 0) this.read(() => this.database.pragma('wal_checkpoint(PASSIVE)'));
    return changed;
  }

  /**
   * Waits for the disk, but not in a transaction. A log that was emptied meanwhile is in the database, which is on the disk by then.
   * @throws {StoreUnavailable}
   */
  #syncLog(): void {
    try {
      // beside the file itself, where that has been put elsewhere with a link in its place
      const log = openSync(`${realpathSync(this.file)}-wal`, 'r+');
      try {
        fdatasyncSync(log);
      } finally {
        closeSync(log);
      }
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
      // a file system without shared memory has no such log: there every transaction waits for the disk
      if (code !== 'ENOENT') throw new StoreUnavailable(`the disk reports an error (${this.file}, ${code})`);
    }
  }

  protected durably<T>(action: () => T): T {
    // the outer transaction has seen to it, and SQLite refuses the change within one
    if (this.database.inTransaction) return action();
    this.database.pragma('synchronous = FULL');
    try {
      return action();
    } finally {
      this.database.pragma('synchronous = NORMAL');
    }
  }

  /** Erased rows are in the write-ahead log still; empties it, unless another process reads just now: then its next checkpoint does. @returns whether it is empty */
  protected emptyLog(): boolean {
    // within a transaction it cannot be done, and the bridge does not wait for readers
    if (this.database.inTransaction) return false;
    this.database.pragma(`busy_timeout = ${SHORT_WAIT_MS}`);
    try {
      const [result] = this.read(() => this.database.pragma('wal_checkpoint(TRUNCATE)')) as [{ readonly busy: number }];
      return result.busy === 0;
    } catch (error) {
      // what was removed is removed
      if (error instanceof StoreUnavailable) return false;
      throw error;
    } finally {
      this.database.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`);
    }
  }
}
