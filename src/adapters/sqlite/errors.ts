import SqliteDatabase from 'better-sqlite3';
import { Duplicate, StoreUnavailable } from '../../ports/store.js';
import { UnknownSchema } from './migrations.js';

/** Result codes of SQLite (https://sqlite.org/rescode.html) by which nothing was written and nothing can be done here. */
const UNAVAILABLE: readonly (readonly [prefix: string, trouble: string])[] = [
  ['SQLITE_FULL', 'the disk is full: make room'],
  // the file of shared memory could not grow
  ['SQLITE_IOERR_SHMSIZE', 'the disk is full: make room'],
  ['SQLITE_READONLY', 'the database is read-only: run as the user who owns it'],
  ['SQLITE_IOERR', 'the disk reports an error'],
  ['SQLITE_CORRUPT', 'the database is damaged: restore a backup'],
  ['SQLITE_NOTADB', 'the file is not a database: restore a backup'],
  ['SQLITE_CANTOPEN', 'the database cannot be opened: run as the user who owns it'],
  ['SQLITE_PERM', 'the database may not be opened: run as the user who owns it'],
  ['SQLITE_BUSY', 'another process keeps the database locked'],
  ['SQLITE_LOCKED', 'another process keeps the database locked'],
  ['SQLITE_PROTOCOL', 'another process keeps the database locked'],
  ['SQLITE_NOMEM', 'out of memory'],
];

/** The error of the port for an error of SQLite; others, which are mistakes of ours, stay as they are. */
function translate(error: unknown, file: string): unknown {
  if (error instanceof TypeError && error.message.includes('connection is not open')) {
    return new StoreUnavailable(`the database ${file} is closed`);
  }
  if (!(error instanceof SqliteDatabase.SqliteError)) return error;
  if (error.code === 'SQLITE_CONSTRAINT_UNIQUE' || error.code === 'SQLITE_CONSTRAINT_PRIMARYKEY') {
    // the message names the column, never the value
    return new Duplicate(`taken already (${error.message.replace('UNIQUE constraint failed: ', '')})`);
  }
  const known = UNAVAILABLE.find(([prefix]) => error.code.startsWith(prefix));
  return known === undefined ? error : new StoreUnavailable(`${known[1]} (${file}, ${error.code})`);
}

/** Runs `action`; what SQLite throws comes out in the words of the port. */
export function translated<T>(file: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw error instanceof UnknownSchema ? error : translate(error, file);
  }
}
