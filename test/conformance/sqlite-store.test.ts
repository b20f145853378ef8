import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { SqliteStore } from '../../src/adapters/sqlite/sqlite-store.js';
import { MemoryStore } from '../fakes/memory-store.js';
import { describeErasing } from './store-erasing.js';
import { describeStore } from './store.js';

const directory = mkdtempSync(join(tmpdir(), 'partyline-store-'));
let count = 0;

const inFile = (now: () => number): SqliteStore => {
  count += 1;
  return SqliteStore.open({ file: join(directory, `${count}.db`), now });
};

describeStore('SQLite in a file', inFile);
describeErasing('SQLite in a file', inFile);
describeErasing('SQLite in memory', (now) => SqliteStore.open({ file: ':memory:', now }));
describeStore('SQLite in memory', (now) => SqliteStore.open({ file: ':memory:', now }));
describeStore('the fake', (now) => new MemoryStore(now));

afterAll(() => {
  rmSync(directory, { recursive: true });
});
