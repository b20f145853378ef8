import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import SqliteDatabase from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase } from '../../../src/adapters/sqlite/open-database.js';
import { rekeyPins } from '../../../src/adapters/sqlite/rekeying.js';
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

/**
 * Another process that changes PINs all the time until they are under another key; says what it added and what it took away. It leaves the lock
 * for as long as it had it, however slow the disk: who waits for it asks now and then only, and would hardly ever come between.
 */
const OTHER = `
  const { parentPort, workerData } = require('node:worker_threads');
  const Database = require(workerData.library);
  const database = new Database(workerData.file, { timeout: 60000 });
  database.pragma('foreign_keys = ON');
  const version = database.prepare("SELECT value FROM facts WHERE name = 'pin-key-version'").pluck();
  const [added, gone] = [[], []];
  let since = 0;
  const turn = database.transaction((n) => {
    since = performance.now();
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
  const idle = new Int32Array(new SharedArrayBuffer(4));
  let n = 0;
  const run = () => {
    if (n < workerData.most && turn.immediate(n)) {
      n += 1;
      Atomics.wait(idle, 0, 0, performance.now() - since);
      setImmediate(run);
    } else { database.close(); parentPort.postMessage({ added, gone }); }
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
    const worker = new Worker(OTHER, { eval: true, workerData: { library, file: bench.file, most: many - 1 } });
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

  it('loses nothing of what others change between any two of its transactions', () => {
    const other = bench.open();
    for (let n = 0; n < 40; n += 1) {
      other.addAccount(account(`a${n}`), { host: pin(`v1.m${n}h`), guest: { ...pin(`v1.m${n}g`), sealed: `s${n}` } });
    }
    const database = openDatabase({ file: bench.file });
    const fact = database.prepare<[], string>("SELECT value FROM facts WHERE name = 'pin-key-version'").pluck();
    const version = (): number => Number(fact.get() ?? 1);
    let step = 0;
    const change = (action: () => void): void => {
      database.transaction(action).immediate();
      if (version() > 1) return;
      step += 1;
      const id = accountId(`a${step}`);
      // one in front of all that were there and one behind them; one more in place of the first; one account goes, one comes
      other.rotatePins(id, { host: pin(`v1.a${step}`), guest: { ...pin(`v1.z${step}`), sealed: `new ${step}` } });
      other.rotatePins(id, { host: pin(`v1.b${step}`) });
      other.removeAccount(accountId(`a${40 - step}`));
      other.addAccount(account(`n${step}`), { host: pin(`v1.c${step}`), guest: pin(`v1.y${step}`) });
    };
    // what is there just before the last one is what must be there after it
    let expected: readonly string[] = [];
    const all = `SELECT hash || ' ' || account_seq || ' ' || role || ' ' || coalesce(sealed, '') FROM pins
      UNION ALL SELECT hash || ' ' || free_at FROM retired_pins`;
    const noted = (action: () => void): void => {
      expected = rows(all).map((row) => row.replace(/^v1\.\w+/, (hash) => `v2.(${hash})`));
      database.transaction(action).immediate();
    };
    rekeyPins({ database, version, now: () => 0, change, noted }, next);
    database.close();
    expect(step).toBeGreaterThan(5);
    expect(rows(all).toSorted()).toEqual(expected.toSorted());
    expect(expected.length).toBeGreaterThan(80);
    expect(other.findPin(`v2.(v1.b${step})`, 0)?.account.id).toBe(`a${step}`);
    expect(other.findPin(`v2.(v1.a${step})`, 0)).toBeNull();
    expect(beside()).toEqual([]);
    expect(other.check()).toEqual([]);
  });

  it('brings no sealed copy back that is destroyed between any two of its transactions', () => {
    const other = bench.open();
    for (let n = 0; n < 40; n += 1) {
      other.addAccount(account(`a${n}`), { host: pin(`v1.m${n}h`), guest: { ...pin(`v1.m${n}g`), sealed: `s${n}` } });
    }
    const database = openDatabase({ file: bench.file });
    const fact = database.prepare<[], string>("SELECT value FROM facts WHERE name = 'pin-key-version'").pluck();
    const looked: (string | null)[] = [''];
    const forget = (): string | null => {
      const after = looked.at(-1) ?? null;
      if (after !== null) looked.push(other.forgetSealedPins(after, 10).next);
      return after;
    };
    const inOne = (action: () => void): void => {
      database.transaction(action).immediate();
      forget();
    };
    const version = (): number => Number(fact.get() ?? 1);
    rekeyPins({ database, version, now: () => 0, change: inOne, noted: inOne }, next);
    database.close();
    const before = other.countSealedPins();
    while (forget() !== null);
    // those before its last transaction are not there again, those after it are found under their new hashes
    expect(before).toBeLessThan(40);
    expect(other.countSealedPins()).toBe(0);
    expect(other.findPin('v2.(v1.m7g)', 0)?.account.id).toBe('a7');
  });

  it('makes up for many changes in short transactions before the last', () => {
    const other = bench.open();
    other.addAccount(account('a1'), { host: pin('v1.h'), guest: pin('v1.g') });
    const database = openDatabase({ file: bench.file });
    let [isBegun, hashed] = [false, 0];
    const change = (action: () => void): void => {
      database.transaction(action).immediate();
      if (isBegun) return;
      isBegun = true;
      other.importAccounts(
        Array.from({ length: 3000 }, (_, n) => ({
          account: account(`b${n}`),
          pins: { host: pin(`v1.h${n}`), guest: pin(`v1.g${n}`) },
        })),
      );
    };
    const noted = (action: () => void): void => {
      hashed = 0;
      database.transaction(action).immediate();
    };
    const counted = (version: number): NextPinKey => ({
      keep: () => undefined,
      next: (hash) => {
        hashed += 1;
        return next(version).next(hash);
      },
    });
    rekeyPins({ database, version: () => 1, now: () => 0, change, noted }, counted);
    database.close();
    expect(hashed).toBeLessThan(10);
    expect(other.findPin('v2.(v1.g2999)', 0)?.account.id).toBe('b2999');
  });

  it('brings codes of bookings along behind the last transaction, in short ones, and what one before it left', () => {
    const store = bench.open();
    store.addAccount(account('a1'), { host: pin('v1.h'), guest: pin('v1.g') });
    const code = `CASE i % 3 WHEN 0 THEN NULL ELSE 'v1.s' || i END`;
    bench.tamper(
      `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
       INSERT INTO bookings (id, account_seq, title, starts_local, time_zone, duration_ms, pins_each, personal_pins, early_ms, overrun_ms,
         security_hash, revision, created_at)
       SELECT 'b' || i, 1, 't', '2026-01-01T09:00', 'UTC', 60000, 0, 0, 0, 0, ${code}, 0, 0 FROM n`,
    );
    const codes = (): readonly string[] =>
      rows('SELECT security_hash FROM bookings WHERE security_hash IS NOT NULL ORDER BY seq');
    const before = codes();
    const database = openDatabase({ file: bench.file });
    const version = (): number => store.pinKeyVersion();
    let [inLast, left] = [0, 0];
    const noted = (action: () => void): void => {
      const old = codes();
      database.transaction(action).immediate();
      inLast = codes().filter((one, index) => one !== old[index]).length;
      left = 2;
    };
    const full = (action: () => void): void => {
      // some of them go, then the disk is full
      left -= 1;
      if (left === 0) throw new Error('the disk is full');
      database.transaction(action).immediate();
    };
    const parts = { database, version, now: () => 0, noted };
    const run = (change: (action: () => void) => void): number => rekeyPins({ ...parts, change }, next);
    expect(() => run(full)).toThrow(/^all PINs are under version 2 of the PIN key, .* run partyline pin rekey again$/);
    expect([version(), inLast]).toEqual([2, 0]);
    expect(store.findPin('v2.(v1.h)', 0)?.role).toBe('host');
    expect(codes()).toContain('v1.s2999');

    expect(run((action) => database.transaction(action).immediate())).toBe(3);
    database.close();
    expect(codes().filter((one) => !one.startsWith('v3.('))).toEqual([]);
    expect(codes().length).toBe(before.length);
    expect(store.findPin('v3.(v2.(v1.h))', 0)?.role).toBe('host');
  });

  it('leaves codes of bookings as they are that another one has brought further meanwhile', () => {
    const [store, other] = [bench.open(), bench.open()];
    store.addAccount(account('a1'), { host: pin('v1.h'), guest: pin('v1.g') });
    bench.tamper(
      `INSERT INTO bookings (id, account_seq, title, starts_local, time_zone, duration_ms, pins_each, personal_pins, early_ms, overrun_ms,
         security_hash, revision, created_at)
       VALUES ('b1', 1, 't', '2026-01-01T09:00', 'UTC', 60000, 0, 0, 0, 0, 'v1.s1', 0, 0), ('b2', 1, 't', '2026-01-01T09:00', 'UTC', 60000,
         0, 0, 0, 0, NULL, 0, 0), ('b3', 1, 't', '2026-01-01T09:00', 'UTC', 60000, 0, 0, 0, 0, 'v1.s3', 0, 0)`,
    );
    const database = openDatabase({ file: bench.file });
    const change = (action: () => void): void => {
      database.transaction(action).immediate();
    };
    const noted = (action: () => void): void => {
      change(action);
      // before it comes to the bookings
      expect(other.rekeyPins(next)).toBe(3);
    };
    const parts = { database, version: () => store.pinKeyVersion(), now: () => 0, change, noted };
    expect(rekeyPins(parts, next)).toBe(2);
    database.close();
    expect(store.pinKeyVersion()).toBe(3);
    expect(rows('SELECT security_hash FROM bookings WHERE security_hash IS NOT NULL ORDER BY seq')).toEqual([
      'v3.(v1.s1)',
      'v3.(v1.s3)',
    ]);
  });

  it('that died on the way is cleared away after a minute, not while it lives', () => {
    let time = 1_700_000_000_000;
    const [store, other] = [bench.open({ now: () => time }), bench.open({ now: () => time })];
    store.addAccount(account('a1'), { host: pin('v1.h'), guest: { ...pin('v1.g'), sealed: 's' } });
    const sql = 'SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL UNION ALL SELECT name FROM facts ORDER BY 1';
    const before = rows(sql);
    const database = openDatabase({ file: bench.file });
    let left = 3;
    const change = (action: () => void): void => {
      // nothing of the process is left to clear up
      if (left === 0) throw new Error('died');
      left -= 1;
      database.transaction(action).immediate();
    };
    expect(() => rekeyPins({ database, version: () => 1, now: () => time, change, noted: change }, next)).toThrow(
      'died',
    );
    database.close();
    expect(beside().length).toBeGreaterThan(2);
    time += 60_000;
    expect(other.sweepSome(10_000)).toBe(false);
    time += 1;
    for (let step = 0; step < 9 && other.sweepSome(10_000); step += 1);
    expect(rows(sql)).toEqual(before);
    expect(other.findPin('v1.g', 0)?.role).toBe('guest');
  });

  it('that stood still until others cleared some of it away changes nothing', () => {
    const other = bench.open();
    for (let n = 0; n < 9; n += 1)
      other.addAccount(account(`a${n}`), { host: pin(`v1.${n}h`), guest: pin(`v1.${n}g`) });
    const database = openDatabase({ file: bench.file });
    const change = (action: () => void): void => {
      database.transaction(action).immediate();
    };
    // some rows of the table that is to take the place: the triggers are gone with the first of them
    const noted = (action: () => void): void => {
      expect(other.sweepSome(1)).toBe(true);
      change(action);
    };
    const parts = { database, version: () => 1, now: () => 0, change, noted };
    expect(() => rekeyPins(parts, next)).toThrow(/somebody else began to change the PIN key/);
    database.close();
    for (let n = 0; n < 9; n += 1) expect(other.findPin(`v1.${n}g`, 0)?.account.id).toBe(`a${n}`);
    expect(beside()).toEqual([]);
  });

  it('is done although what was there before could not be cleared away just then', () => {
    const store = bench.open();
    store.addAccount(account('a1'), { host: pin('v1.h'), guest: pin('v1.g') });
    const database = openDatabase({ file: bench.file });
    let isDone = false;
    const change = (action: () => void): void => {
      if (isDone) throw new Error('the disk is full');
      database.transaction(action).immediate();
    };
    const noted = (action: () => void): void => {
      database.transaction(action).immediate();
      isDone = true;
    };
    expect(rekeyPins({ database, version: () => 1, now: () => 0, change, noted }, next)).toBe(2);
    database.close();
    expect(store.findPin('v2.(v1.h)', 0)?.role).toBe('host');
    expect(beside().length).toBe(4);
    for (let step = 0; step < 9 && store.sweepSome(10_000); step += 1);
    expect(beside()).toEqual([]);
    expect(rows('SELECT name FROM facts')).toEqual(['pin-key-version']);
  });

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
