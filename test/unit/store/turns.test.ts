import { once } from 'node:events';
import { statSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase } from '../../../src/adapters/sqlite/open-database.js';
import { inTurns } from '../../../src/adapters/sqlite/turns.js';
import { SqliteBench } from './sqlite-bench.js';

let bench: SqliteBench;
beforeEach(() => {
  bench = new SqliteBench();
});
afterEach(() => bench.dispose());

/** Another process that writes a little every 10 ms, and leaves the log to others. */
const OTHER = `
  const { parentPort, workerData } = require('node:worker_threads');
  const database = new (require(workerData.library))(workerData.file, { timeout: 60000 });
  database.pragma('wal_autocheckpoint = 0');
  database.pragma('synchronous = NORMAL');
  database.exec('CREATE TABLE little (n INTEGER)');
  const timer = setInterval(() => database.exec('INSERT INTO little VALUES (1)'), 10);
  parentPort.once('message', () => { clearInterval(timer); database.close(); parentPort.postMessage('ended'); });
  parentPort.postMessage('runs');
`;

describe('long work in turns', () => {
  it('does not let the log grow with all that is written, though others write all the time', async () => {
    const [turns, mega] = [12, 4];
    const database = openDatabase({ file: bench.file });
    database.exec('CREATE TABLE much (data BLOB)');
    const library = new URL('../../../node_modules/better-sqlite3', import.meta.url).pathname;
    const worker = new Worker(OTHER, { eval: true, workerData: { library, file: bench.file } });
    await once(worker, 'message');
    const add = database.prepare('INSERT INTO much SELECT randomblob(1000000)');
    let turn = 0;
    inTurns(database, (rows) => {
      database
        .transaction(() => {
          for (let n = 0; n < mega; n += 1) add.run();
        })
        .immediate();
      turn += 1;
      return turn < turns ? rows : 0;
    });
    const size = statSync(`${bench.file}-wal`).size / 1e6;
    worker.postMessage('end');
    await once(worker, 'message');
    await worker.terminate();
    database.close();
    expect(turn).toBe(turns);
    expect(size).toBeLessThan((turns * mega) / 2);
  });
});
