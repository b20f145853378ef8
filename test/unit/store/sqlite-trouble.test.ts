import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SqliteStore } from '../../../src/adapters/sqlite/sqlite-store.js';
import { accountId } from '../../../src/domain/identifiers.js';
import { StoreUnavailable } from '../../../src/ports/store.js';
import { call } from '../../conformance/store-stage.js';
import { add, SqliteBench } from './sqlite-bench.js';

let bench: SqliteBench;
beforeEach(() => {
  bench = new SqliteBench();
});
afterEach(() => bench.dispose());

describe('trouble', () => {
  it('refuses to write on a full disk, and nothing is half written', () => {
    const store = bench.open({ maximumPages: 100 });
    let added = 0;
    const fill = (): void => {
      for (; added < 10_000; added += 1) add(store, `a${added}`, 'n'.repeat(90));
    };
    expect(fill).toThrow(StoreUnavailable);
    expect(fill).toThrow(/the disk is full[^\n]*$/);
    expect(store.countAccounts()).toBe(added);
    expect(store.findPin(`a${added}-host`, 0)).toBeNull();
    expect(store.findPin(`a${added - 1}-host`, 0)).not.toBeNull();
    store.close();
    expect(bench.open().check()).toEqual([]);
  });

  it('writes again as soon as there is room', () => {
    const store = bench.open({ maximumPages: 100 });
    expect(() => {
      for (let n = 0; n < 10_000; n += 1) add(store, `a${n}`);
    }).toThrow(StoreUnavailable);
    for (let n = 0; n < 60; n += 1) store.removeAccount(accountId(`a${n}`));
    add(store, 'after');
    expect(store.findPin('after-host', 0)).not.toBeNull();
  });

  it('loses no records that were written when a later one does not fit', () => {
    const store = bench.open({ maximumPages: 100 });
    const write = (id: string): void => store.addCallRecord({ ...call(id), sipCallId: 's'.repeat(100) });
    let written = 0;
    expect(() => {
      for (; written < 10_000; written += 1) write(`c${written}`);
    }).toThrow(StoreUnavailable);
    expect(store.callRecords({ limit: 10_000 })).toHaveLength(written);
  });

  it('reads but does not write when opened to read only', () => {
    const store = bench.open();
    add(store, 'a1');
    store.close();
    const reader = bench.open({ readonly: true });
    expect(reader.findPin('a1-host', 0)).not.toBeNull();
    expect(() => add(reader, 'a2')).toThrow(StoreUnavailable);
    expect(reader.check().join()).toMatch(/read-only/);
  });

  it('says that it cannot open a file that is not there, when opened to read only, and makes none', () => {
    expect(() => bench.open({ readonly: true })).toThrow(StoreUnavailable);
    expect(existsSync(bench.file)).toBe(false);
  });

  it('refuses a file that is no database', () => {
    mkdirSync(join(bench.directory, 'data'));
    writeFileSync(bench.file, 'this is a shopping list, and a rather long one '.repeat(100));
    expect(() => bench.open()).toThrow(StoreUnavailable);
    expect(() => bench.open()).toThrow(/is not a database[^\n]*$/);
  });

  it('finds damage and says it in one line each', () => {
    const store = bench.open();
    for (let n = 0; n < 500; n += 1) add(store, `a${n}`);
    store.close();
    const bytes = readFileSync(bench.file);
    // the middle of the file: pages of tables and indices
    bytes.fill(0xa5, Math.floor(bytes.length / 2), Math.floor(bytes.length / 2) + 8192);
    writeFileSync(bench.file, bytes);
    const findings = bench.open().check();
    expect(findings.length).toBeGreaterThan(0);
    for (const finding of findings) expect(finding).not.toMatch(/\n./);
  });

  it('refuses a database that was cut off', () => {
    const store = bench.open();
    for (let n = 0; n < 500; n += 1) add(store, `a${n}`);
    store.close();
    truncateSync(bench.file, 6000);
    expect(() => {
      const cut = bench.open();
      for (let n = 0; n < 500; n += 1) cut.findPin(`a${n}-host`, 0);
    }).toThrow(StoreUnavailable);
  });

  it('says where the trouble is when the directory cannot be made', () => {
    writeFileSync(join(bench.directory, 'data'), 'a file, not a directory');
    expect(() => bench.open()).toThrow(StoreUnavailable);
    expect(() => bench.open()).toThrow(/the data directory is a file, choose another/);
  });

  it('waits for another process that is writing, and says so when that takes too long', () => {
    const store = bench.open();
    const other = new SqliteDatabase(bench.file);
    other.exec('BEGIN IMMEDIATE');
    expect(() => add(store, 'a1')).toThrow(/another process keeps the database locked/);
    // reading is not held up
    expect(store.countAccounts()).toBe(0);
    other.exec('ROLLBACK');
    other.close();
    add(store, 'a1');
  });
});

describe('a disk that is really full', () => {
  const mountable = ((): boolean => {
    const point = mkdtempSync(join(tmpdir(), 'partyline-mount-'));
    try {
      execFileSync('/bin/mount', ['-t', 'tmpfs', '-o', 'size=600k', 'tmpfs', point], { stdio: 'ignore' });
      execFileSync('/bin/umount', [point], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    } finally {
      rmSync(point, { recursive: true });
    }
  })();

  it.skipIf(!mountable)('stops with one line, and what was written before is whole', () => {
    const point = join(bench.directory, 'small');
    mkdirSync(point);
    execFileSync('/bin/mount', ['-t', 'tmpfs', '-o', 'size=600k', 'tmpfs', point]);
    try {
      const store = SqliteStore.open({ file: join(point, 'partyline.db') });
      let added = 0;
      expect(() => {
        for (; added < 10_000; added += 1) add(store, `a${added}`);
      }).toThrow(StoreUnavailable);
      expect(store.countAccounts()).toBe(added);
      store.close();
    } finally {
      execFileSync('/bin/umount', [point]);
    }
  });
});
