import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { SqliteStore } from '../../src/adapters/sqlite/sqlite-store.js';
import { MemoryStore } from '../fakes/memory-store.js';
import { describeStore } from './store.js';

const directory = mkdtempSync(join(tmpdir(), 'partyline-store-'));
let count = 0;

describeStore('SQLite in a file', () => {
  count += 1;
  return SqliteStore.open({ file: join(directory, `${count}.db`) });
});
describeStore('SQLite in memory', () => SqliteStore.open({ file: ':memory:' }));
describeStore('the fake', () => new MemoryStore());

afterAll(() => {
  rmSync(directory, { recursive: true });
});
