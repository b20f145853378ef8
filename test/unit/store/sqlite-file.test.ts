import { chmodSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_CONFERENCE_OPTIONS } from '../../../src/domain/conference-options.js';
import { accountId } from '../../../src/domain/identifiers.js';
import { StoreUnavailable } from '../../../src/ports/store.js';
import { add, SqliteBench } from './sqlite-bench.js';

let bench: SqliteBench;
beforeEach(() => {
  bench = new SqliteBench();
});
afterEach(() => bench.dispose());

const mode = (path: string): number => statSync(path).mode & 0o777;

describe('the database file', () => {
  it('is made with its bench.directory, for its owner alone, and so are the files beside it', () => {
    const store = bench.open();
    add(store, 'a1');
    expect(mode(join(bench.directory, 'data'))).toBe(0o700);
    const files = readdirSync(join(bench.directory, 'data'));
    expect(files).toContain('partyline.db-wal');
    for (const name of files) expect([name, mode(join(bench.directory, 'data', name))]).toEqual([name, 0o600]);
  });

  it('is closed to others when it was open to them', () => {
    bench.open().close();
    chmodSync(bench.file, 0o644);
    bench.open();
    expect(mode(bench.file)).toBe(0o600);
  });

  it('keeps everything when it is closed and opened again', () => {
    const store = bench.open();
    add(store, 'a1');
    store.close();
    expect(bench.open().findPin('a1-guest', 0)?.account.id).toBe('a1');
  });

  it('shows a change of one process to another at once', () => {
    const bridge = bench.open();
    const commandLine = bench.open();
    add(commandLine, 'a1');
    expect(bridge.findPin('a1-host', 0)?.account.id).toBe('a1');
    commandLine.updateAccount(accountId('a1'), { enabled: false });
    expect(bridge.findPin('a1-host', 0)).toBeNull();
  });

  it('gives options that came later their defaults in accounts made before', () => {
    const store = bench.open();
    add(store, 'a1');
    store.close();
    bench.tamper(`UPDATE accounts SET options = '{"hostLeaves":"end"}'`);
    expect(bench.open().account(accountId('a1'))?.options).toEqual({
      ...DEFAULT_CONFERENCE_OPTIONS,
      hostLeaves: 'end',
    });
  });

  it('answers every look-up of a call by an index, found or not', () => {
    bench.open();
    const database = new SqliteDatabase(bench.file);
    const plan = (sql: string): string => JSON.stringify(database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all());
    const pin = plan(
      'SELECT * FROM pins p JOIN accounts a ON a.seq = p.account_seq WHERE p.hash = 1 AND a.enabled = 1',
    );
    const plans = [
      pin,
      plan('SELECT * FROM accounts WHERE id = 1'),
      plan('SELECT * FROM accounts WHERE folded_name = 1'),
      plan('SELECT * FROM call_records WHERE started_at >= 1 ORDER BY started_at DESC, seq DESC LIMIT 1'),
      plan('SELECT * FROM call_records WHERE account_id = 1 ORDER BY started_at DESC, seq DESC LIMIT 1'),
      plan('SELECT * FROM call_records WHERE account_id = 1 AND started_at >= 1 AND direction = 1'),
      plan("SELECT 1 FROM pins WHERE account_seq = 1 AND role = 'security'"),
      plan('SELECT * FROM recordings WHERE due_at <= 1 ORDER BY due_at, seq LIMIT 1'),
      plan('SELECT * FROM recordings WHERE account_seq = 1 ORDER BY started_at DESC, seq DESC LIMIT 1'),
      plan('SELECT * FROM call_records WHERE outcome = 1 ORDER BY started_at DESC, seq DESC LIMIT 1'),
    ];
    database.close();
    for (const text of plans) {
      expect(text).toContain('SEARCH');
      expect(text).not.toContain('SCAN');
      // calls of the same millisecond may be put in order
      expect(text.replace('TEMP B-TREE FOR LAST TERM', '')).not.toContain('TEMP B-TREE');
    }
  });

  it('looks a blocked number up among the blocks of one account, however many block the same', () => {
    const store = bench.open();
    const database = new SqliteDatabase(bench.file);
    database.exec(
      `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
       INSERT INTO accounts (id, name, folded_name, enabled, options, created_at) SELECT 'a' || i, i, i, 1, '{}', 0 FROM n;
       INSERT INTO blocks (account_seq, caller_number, created_at) SELECT seq, '0900*', 0 FROM accounts`,
    );
    const plan = database
      .prepare<[], { detail: string }>(
        'EXPLAIN QUERY PLAN SELECT 1 FROM blocks WHERE account_seq IS 1 AND caller_number >= 1',
      )
      .all();
    database.close();
    expect(plan.map(({ detail }) => detail).join()).toContain('(account_seq=? AND caller_number>?)');
    expect(store.isBlocked(accountId('a1000'), '09001234')).toBe(true);
    expect(store.isBlocked(accountId('a1001'), '09001234')).toBe(false);
    expect(store.isBlocked(null, '09001234')).toBe(false);
  });
});

describe('what lives now', () => {
  it('is seen by the next process when this one died without closing', () => {
    const dying = bench.open();
    dying.saveLive([{ kind: 'call', id: 'c1', data: 'as it was' }]);
    expect(bench.open().live('call')).toEqual([{ id: 'c1', data: 'as it was' }]);
  });

  it('is changed wholly or not at all on a full disk', () => {
    const store = bench.open({ maximumPages: 100 });
    store.saveLive([{ kind: 'call', id: 'c1', data: 'small' }]);
    const large = 'x'.repeat(400_000);
    expect(() =>
      store.saveLive([
        { kind: 'call', id: 'c1', data: null },
        { kind: 'call', id: 'c2', data: large },
      ]),
    ).toThrow(StoreUnavailable);
    expect(store.live('call')).toEqual([{ id: 'c1', data: 'small' }]);
  });

  it('leaves nothing in any file of the database once it is over', () => {
    const store = bench.open();
    store.saveLive([{ kind: 'call', id: 'c1', data: 'callers-own-number' }]);
    store.saveLive([{ kind: 'call', id: 'c1', data: null }]);
    store.close();
    expect(bench.holding('callers-own-number')).toEqual([]);
  });
});

describe('erasing', () => {
  it('leaves a removed name in no file of the database, write-ahead log included', () => {
    const store = bench.open();
    add(store, 'a1', 'Persephone Quillfeather');
    add(store, 'a2');
    store.updateAccount(accountId('a1'), { enabled: false });
    const holds = (): readonly string[] => bench.holding('quillfeather');
    expect(holds()).not.toEqual([]);
    store.removeAccount(accountId('a1'));
    expect(holds()).toEqual([]);
  });
});

describe('erasing a recording', () => {
  it('leaves its key in no file of the database, write-ahead log included', () => {
    const store = bench.open();
    add(store, 'a1');
    const key = 'c29tZXRoaW5nIG5vYm9keSBtYXkgZmluZA==';
    const times = { startedAt: 1, durationMs: 2, dueAt: 3 };
    const account = accountId('a1');
    store.addRecording({ id: 'r1', accountId: account, conferenceRecordId: 1, part: 1, ...times, wrappedKey: key });
    const holds = (): readonly string[] => bench.holding(key);
    expect(holds()).not.toEqual([]);
    store.removeRecording('r1');
    expect(holds()).toEqual([]);
  });
});
