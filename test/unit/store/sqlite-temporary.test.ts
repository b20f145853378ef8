import { readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { afterEach, expect, it } from 'vitest';
import { SqliteBench } from './sqlite-bench.js';

const bench = new SqliteBench();
afterEach(() => bench.dispose());

/** Files without a name that SQLite has open. */
function temporaryFiles(): readonly string[] {
  return readdirSync('/proc/self/fd').flatMap((descriptor) => {
    try {
      return [readlinkSync(join('/proc/self/fd', descriptor))].filter((path) => path.includes('etilqs'));
    } catch {
      // the one of the folder itself
      return [];
    }
  });
}

it.runIf(process.platform === 'linux')('what is too much for memory goes to the data directory, under no name', () => {
  bench.open();
  const database = new SqliteDatabase(bench.file);
  database.exec('CREATE TEMP TABLE names (name TEXT PRIMARY KEY); PRAGMA temp.cache_size = -100');
  const add = database.prepare('INSERT INTO names (name) VALUES (?)');
  database.transaction(() => {
    for (let n = 0; n < 20_000; n += 1) add.run(`${n} ${'x'.repeat(100)}`);
  })();
  const files = temporaryFiles();
  expect(files).not.toEqual([]);
  for (const path of files) expect(path).toMatch(/\/data\/etilqs_\w+ \(deleted\)$/);
  database.close();
});
