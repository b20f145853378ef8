import type { Database } from 'better-sqlite3';
import { BUSY_TIMEOUT_MS } from './open-database.js';

/** What one transaction of long work may take, milliseconds: whoever else writes waits as long. */
const TURN_MS = 200;
/** And what is left to others between two, milliseconds: SQLite asks again after 100 at the latest, so that who waits for the lock gets it. */
const PAUSE_MS = 110;
/** How long to wait for who reads what is older, milliseconds: the next turn tries again. */
const SHORT_WAIT_MS = 20;
/** Long work that gave no sign of life for so long is over, milliseconds. */
export const DEAD_MS = 60_000;
const FIRST_ROWS = 500;
const LEAST_ROWS = 100;
const MOST_ROWS = 20_000;

/** Pages of the write-ahead log after which SQLite brings them into the database by itself. */
const USUAL_LOG = 1_000;

/**
 * Long work in short transactions, so that the bridge is not held up: it waits for one of them at most. The write-ahead log is brought into
 * the database between two, while others may write, and by nobody else: the bridge's next write does not find the work of a second to do.
 * @param step one of them, of so many rows at most; says how many there were, and is not called again when there were fewer
 */
export function inTurns(database: Database, step: (rows: number) => number): void {
  database.pragma('wal_autocheckpoint = 0');
  try {
    for (let rows = FIRST_ROWS; ;) {
      const from = performance.now();
      const isLast = step(rows) < rows;
      const to = performance.now();
      bringIn(database);
      if (isLast) return;
      const fitting = (rows * TURN_MS) / (to - from);
      rows = Math.round(Math.min(MOST_ROWS, rows * 2, Math.max(LEAST_ROWS, fitting)));
      rest(to + PAUSE_MS - performance.now());
    }
  } finally {
    database.pragma(`wal_autocheckpoint = ${USUAL_LOG}`);
  }
}

/**
 * Brings the log into the database, all of it, so that the next transaction begins it anew: first without the lock, which may be long, and then
 * with it what others wrote meanwhile, which is little. A log that only grew would be searched for every page that is read.
 */
function bringIn(database: Database): void {
  database.pragma('wal_checkpoint(PASSIVE)');
  database.pragma(`busy_timeout = ${SHORT_WAIT_MS}`);
  try {
    database.pragma('wal_checkpoint(FULL)');
  } finally {
    database.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`);
  }
}

/** Lets whoever waits for the lock have it. @param time milliseconds */
function rest(time: number): void {
  if (time > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, time);
}
