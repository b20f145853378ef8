import { fdatasyncSync, fstatSync, openSync, readSync, realpathSync, statSync, writeSync } from 'node:fs';
import SqliteDatabase from 'better-sqlite3';
import type { Database } from 'better-sqlite3';

/** Pages wiped while others wait, 4 MB of them. */
const PAGES = 1_000;
/** How often to try to find the log empty, which others fill again. */
const TRIES = 50;
/** For a writer, milliseconds. */
const WAIT_MS = 200;
/** From so many pages on the first byte of other kinds of page may look like a table's or an index's (https://sqlite.org/fileformat2.html, section 1.6). */
const MOST_PAGES = 0x02_00_00_00;
const FILE_HEADER = 100;
/** As many as the largest page has. */
const ZEROS = Buffer.alloc(65_536);
/** Kinds of b-tree page, with the bytes of their header. */
const HEADERS: Readonly<Record<number, number>> = { 2: 12, 5: 12, 10: 8, 13: 8 };

/**
 * Open as long as the process: closing one of a file ends all locks that the process has on it (POSIX, fcntl), and SQLite's are such
 * locks.
 */
const descriptors = new Map<string, number>();

/**
 * Wipes unused parts of table and index pages. `secure_delete` overwrites what is deleted where it stands; but when a page was split
 * before, a copy of what moved to its neighbour may stand in the page still, in the gap between the cell pointers and the cells. No
 * reader ever looks there, so zeros may be written while others read (docs/adr/0013-erasing.md).
 *
 * Within a write transaction and with an empty write-ahead log, the file is the database, and nobody writes a page back that was read
 * before: the commit that follows makes every other connection drop the pages it holds. With a log that is not empty somebody's checkpoint
 * could put another page in the place of the one that was looked at.
 */
export class SlackWiper {
  readonly #file: string;
  readonly #emptyLog: () => boolean;

  /** @param emptyLog whether the write-ahead log could be emptied */
  constructor(file: string, emptyLog: () => boolean) {
    this.#file = file;
    this.#emptyLog = emptyLog;
  }

  /** @param first page to begin with, 0 for the first @returns where to go on, `null` at the end */
  some(first: number): number | null | 'busy' {
    // a connection of its own: what the other one holds must become old
    const database = new SqliteDatabase(this.#file, { fileMustExist: true, timeout: WAIT_MS });
    try {
      for (let attempt = 0; attempt < TRIES; attempt += 1) {
        if (!this.#emptyLog()) return 'busy';
        if (!begin(database)) return 'busy';
        if (!this.#isLogEmpty()) {
          database.exec('ROLLBACK');
          continue;
        }
        return this.#wipe(database, first);
      }
      return 'busy';
    } finally {
      database.close();
    }
  }

  #wipe(database: Database, first: number): number | null {
    try {
      // its pointer maps look like pages of an index (https://sqlite.org/fileformat2.html, section 1.8)
      if (Number(database.pragma('auto_vacuum', { simple: true })) !== 0) {
        throw new Error(`${this.#file} was changed to auto_vacuum, where nothing can be wiped: set it to 0 and VACUUM`);
      }
      const size = Number(database.pragma('page_size', { simple: true }));
      const descriptor = descriptorOf(this.#file);
      const pages = Math.floor(fstatSync(descriptor).size / size);
      if (pages >= MOST_PAGES) throw new Error(`${this.#file} is too large to be wiped`);
      const last = Math.min(first + PAGES, pages);
      const buffer = Buffer.alloc((last - first) * size);
      const read = readSync(descriptor, buffer, 0, buffer.length, first * size);
      let wiped = 0;
      for (let page = first; (page - first + 1) * size <= read; page += 1) {
        const gap = gapOf(buffer.subarray((page - first) * size, (page - first + 1) * size), page === 0);
        if (gap === null) continue;
        writeSync(descriptor, ZEROS, 0, gap.length, page * size + gap.from);
        wiped += 1;
      }
      if (wiped > 0) {
        database.exec(
          `INSERT INTO facts (name, value) VALUES ('wiped', '1') ON CONFLICT DO UPDATE SET value = CAST(value + 1 AS TEXT)`,
        );
      }
      database.exec('COMMIT');
      // nobody waits for the disk
      if (wiped > 0) fdatasyncSync(descriptor);
      return last < pages ? last : null;
    } catch (error) {
      if (database.inTransaction) database.exec('ROLLBACK');
      throw error;
    }
  }

  #isLogEmpty(): boolean {
    // beside the file itself, where that has been put elsewhere with a link in its place
    return (statSync(`${realpathSync(this.#file)}-wal`, { throwIfNoEntry: false })?.size ?? 0) === 0;
  }
}

/** @returns `false`: somebody writes */
function begin(database: Database): boolean {
  try {
    database.exec('BEGIN IMMEDIATE');
    return true;
  } catch (error) {
    if (error instanceof SqliteDatabase.SqliteError && error.code.startsWith('SQLITE_BUSY')) return false;
    throw error;
  }
}

/** What is unused between cell pointers and cells and holds anything; `null`: nothing, or it is no b-tree page. */
function gapOf(page: Buffer, isFirst: boolean): { readonly from: number; readonly length: number } | null {
  const start = isFirst ? FILE_HEADER : 0;
  const header = HEADERS[page[start] ?? 0];
  if (header === undefined) return null;
  const from = start + header + 2 * page.readUInt16BE(start + 3);
  // 0 stands for 65536
  const to = page.readUInt16BE(start + 5) || 65_536;
  if (from >= to || to > page.length) return null;
  return page.compare(ZEROS, 0, to - from, from, to) === 0 ? null : { from, length: to - from };
}

function descriptorOf(file: string): number {
  const known = descriptors.get(file);
  // a backup may have been put in its place
  if (known !== undefined && fstatSync(known).ino === statSync(file).ino) return known;
  const descriptor = openSync(file, 'r+');
  descriptors.set(file, descriptor);
  return descriptor;
}
