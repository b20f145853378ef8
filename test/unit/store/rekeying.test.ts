import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import SqliteDatabase from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { accountId } from '../../../src/domain/identifiers.js';
import type { NextPinKey } from '../../../src/ports/store.js';
import { account, pin } from '../../conformance/store-stage.js';
import { SqliteBench } from './sqlite-bench.js';

let bench: SqliteBench;
beforeEach(() => {
  bench = new SqliteBench();
});
afterEach(() => bench.dispose());

const next = (version: number): NextPinKey => ({ next: (hash) => `v${version + 1}.(${hash})`, keep: () => undefined });

const rows = (sql: string): readonly string[] => {
  const database = new SqliteDatabase(bench.file, { readonly: true });
  try {
    return database.prepare<[], string>(sql).pluck().all();
  } finally {
    database.close();
  }
};
const beside = (): readonly string[] =>
  rows("SELECT name FROM sqlite_schema WHERE name GLOB '*_next_*' OR name GLOB '*_noted_*' OR name GLOB '*_former_*'");

/** Another process that changes PINs as fast as it can until they are under another key; says what it added and what it took away. */
const OTHER = `
  const { parentPort, workerData } = require('node:worker_threads');
  const Database = require(workerData.library);
  const database = new Database(workerData.file, { timeout: 60000 });
  database.pragma('foreign_keys = ON');
  const version = database.prepare("SELECT value FROM facts WHERE name = 'pin-key-version'").pluck();
  const [added, gone] = [[], []];
  const turn = database.transaction((n) => {
    if (version.get() !== undefined || n > 100000) return false;
    const seq = n + 1;
    // one PIN in place of another of the same owner and role
    database.prepare("DELETE FROM pins WHERE account_seq = ? AND role = 'guest'").run(seq);
    database.prepare("INSERT INTO pins (hash, account_seq, role, length) VALUES (?, ?, 'guest', 9)").run('v1.w' + n, seq);
    added.push('v1.w' + n);
    gone.push('v1.g' + n);
    // an account that goes, with the PIN it just got in the turn before
    if (n % 3 === 2) {
      database.prepare('DELETE FROM accounts WHERE seq = ?').run(seq - 1);
      gone.push('v1.h' + (n - 1));
      gone.push(added.splice(-2, 1)[0]);
    }
    return true;
  });
  let n = 0;
  const run = () => {
    if (n < workerData.most && turn.immediate(n)) { n += 1; setImmediate(run); }
    else { database.close(); parentPort.postMessage({ added, gone }); }
  };
  run();
  parentPort.postMessage('runs');
`;

describe('re-keying', () => {
  it('loses nothing and brings nothing back of what others change meanwhile', async () => {
    const many = 6000;
    const store = bench.open();
    store.importAccounts(
      Array.from({ length: many }, (_, n) => ({
        account: account(`a${n}`),
        pins: { host: pin(`v1.h${n}`), guest: { ...pin(`v1.g${n}`), sealed: `s${n}` } },
      })),
    );
    const library = new URL('../../../node_modules/better-sqlite3', import.meta.url).pathname;
    const worker = new Worker(OTHER, { eval: true, workerData: { library, file: bench.file, most: many } });
    await once(worker, 'message');
    const told = once(worker, 'message') as Promise<
      [{ readonly added: readonly string[]; readonly gone: readonly string[] }]
    >;
    expect(store.rekeyPins(next)).toBe(2);
    const [{ added, gone }] = await told;

    expect(added.length).toBeGreaterThan(1);
    const hashes = new Set(rows('SELECT hash FROM pins'));
    expect([...hashes].filter((hash) => !hash.startsWith('v2.(v1.'))).toEqual([]);
    expect(added.filter((hash) => !hashes.has(`v2.(${hash})`))).toEqual([]);
    expect(gone.filter((hash) => hashes.has(`v2.(${hash})`))).toEqual([]);
    const untouched = `a${many - 1}`;
    expect(store.pinsOf(accountId(untouched))).toContainEqual({ role: 'guest', length: 9, sealed: `s${many - 1}` });
    expect(beside()).toEqual([]);
    expect(store.check()).toEqual([]);
  }, 60_000);

  it('clears what one before it left behind, and makes the same tables again each time', () => {
    const store = bench.open();
    store.addAccount(account('a1'), { host: pin('v1.h'), guest: pin('v1.g') });
    store.rotatePins(accountId('a1'), { guest: pin('v1.g2') });
    bench.tamper(`
      CREATE TABLE pins_next_0123456789ab AS SELECT * FROM pins;
      CREATE TABLE pins_noted_0123456789ab (hash TEXT PRIMARY KEY) WITHOUT ROWID;
      CREATE TRIGGER pins_noted_0123456789ab_1 AFTER INSERT ON pins BEGIN INSERT INTO pins_noted_0123456789ab VALUES (new.hash); END;
    `);
    const shape = (): readonly string[] =>
      rows(
        "SELECT type || replace(replace(sql, '\"', ''), name, '') FROM sqlite_schema WHERE tbl_name IN ('pins', 'retired_pins') AND sql IS NOT NULL ORDER BY sql",
      ).map((sql) => sql.replaceAll(/\s+/g, ' '));
    store.rekeyPins(next);
    expect(beside()).toEqual([]);
    const once = shape();
    expect(once.length).toBe(8);
    store.rekeyPins(next);
    expect(shape()).toEqual(once);
    expect(store.findPin('v3.(v2.(v1.g2))', 0)?.role).toBe('guest');
    expect(store.isFree('v3.(v2.(v1.g))')).toBe(false);
    expect(store.check()).toEqual([]);
  });

  it('that is overtaken by another says so, and the other one is whole', () => {
    const [first, second] = [bench.open(), bench.open()];
    first.addAccount(account('a1'), { host: pin('v1.h'), guest: pin('v1.g') });
    let isBegun = false;
    const overtaken = (version: number): NextPinKey => ({
      keep: () => undefined,
      next: (hash) => {
        // within its last transaction: the other one has been there before
        isBegun = true;
        return `v${version + 1}.(${hash})`;
      },
    });
    const prepared = (version: number): NextPinKey => {
      second.rekeyPins(next);
      return overtaken(version);
    };
    expect(() => first.rekeyPins(prepared)).toThrow(/somebody else began to change the PIN key/);
    expect(isBegun).toBe(true);
    expect(first.pinKeyVersion()).toBe(2);
    expect(first.findPin('v2.(v1.h)', 0)?.role).toBe('host');
    expect(beside()).toEqual([]);
  });

  it('that could not keep its key leaves all as it was, and nothing beside', () => {
    const store = bench.open();
    store.addAccount(account('a1'), { host: pin('v1.h'), guest: pin('v1.g') });
    const before = rows('SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY sql');
    const full = (): never => {
      throw new Error('the disk is full');
    };
    expect(() => store.rekeyPins((version) => ({ ...next(version), keep: full }))).toThrow('the disk is full');
    expect(rows('SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY sql')).toEqual(before);
    expect(store.findPin('v1.h', 0)?.role).toBe('host');
  });
});
