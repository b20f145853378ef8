import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SCHEMA_VERSION } from '../../../src/adapters/sqlite/migrations.js';
import { SqliteStore } from '../../../src/adapters/sqlite/sqlite-store.js';
import { DEFAULT_CONFERENCE_OPTIONS } from '../../../src/domain/conference-options.js';
import { accountId, callId } from '../../../src/domain/identifiers.js';
import { Duplicate, StoreUnavailable } from '../../../src/ports/store.js';
import type { Account, CallRecord, Store } from '../../../src/ports/store.js';

let directory: string;
let file: string;
const opened: Store[] = [];

function open(options: Partial<Parameters<typeof SqliteStore.open>[0]> = {}): SqliteStore {
  const store = SqliteStore.open({ file, ...options });
  opened.push(store);
  return store;
}

/** Runs SQL beside the store, as a later version or a careless hand would. */
function tamper(sql: string): void {
  const database = new SqliteDatabase(file);
  database.exec(sql);
  database.close();
}

const account = (id: string, name = `Name of ${id}`): Account => ({
  id: accountId(id),
  name,
  enabled: true,
  options: DEFAULT_CONFERENCE_OPTIONS,
  createdAt: 1,
});

const record = (id: string): CallRecord => ({
  id: callId(id),
  direction: 'in',
  sipCallId: 's',
  startedAt: 1,
  answeredAt: null,
  joinedAt: null,
  endedAt: 2,
  trunk: null,
  dialled: '1',
  caller: null,
  accountId: null,
  conferenceRecordId: null,
  role: null,
  outcome: 'abandoned',
  keyMethod: null,
  codec: null,
  mixer: null,
  packetLoss: null,
  jitterMs: null,
});

const add = (store: Store, id: string, name?: string): void =>
  store.addAccount(account(id, name), { host: `${id}-host`, guest: `${id}-guest` });

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'partyline-file-'));
  file = join(directory, 'data', 'partyline.db');
});

afterEach(() => {
  opened.splice(0).forEach((store) => store.close());
  chmodSync(directory, 0o700);
  rmSync(directory, { recursive: true });
});

const mode = (path: string): number => statSync(path).mode & 0o777;

describe('the database file', () => {
  it('is made with its directory, for its owner alone, and so are the files beside it', () => {
    const store = open();
    add(store, 'a1');
    expect(mode(join(directory, 'data'))).toBe(0o700);
    const files = readdirSync(join(directory, 'data'));
    expect(files).toContain('partyline.db-wal');
    for (const name of files) expect([name, mode(join(directory, 'data', name))]).toEqual([name, 0o600]);
  });

  it('is closed to others when it was open to them', () => {
    open().close();
    chmodSync(file, 0o644);
    open();
    expect(mode(file)).toBe(0o600);
  });

  it('keeps everything when it is closed and opened again', () => {
    const store = open();
    add(store, 'a1');
    store.close();
    expect(open().findPin('a1-guest')?.account.id).toBe('a1');
  });

  it('shows a change of one process to another at once', () => {
    const bridge = open();
    const commandLine = open();
    add(commandLine, 'a1');
    expect(bridge.findPin('a1-host')?.account.id).toBe('a1');
    commandLine.updateAccount(accountId('a1'), { enabled: false });
    expect(bridge.findPin('a1-host')).toBeNull();
  });

  it('gives options that came later their defaults in accounts made before', () => {
    const store = open();
    add(store, 'a1');
    store.close();
    tamper(`UPDATE accounts SET options = '{"hostLeaves":"end"}'`);
    expect(open().account(accountId('a1'))?.options).toEqual({ ...DEFAULT_CONFERENCE_OPTIONS, hostLeaves: 'end' });
  });

  it('answers every look-up of a call by an index, found or not', () => {
    open();
    const database = new SqliteDatabase(file);
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
      plan('SELECT 1 FROM blocks WHERE caller_number = 1 AND (account_seq IS NULL OR account_seq = 1)'),
      plan("SELECT 1 FROM pins WHERE account_seq = 1 AND role = 'security'"),
      plan('SELECT * FROM recordings WHERE due_at <= 1 ORDER BY due_at, seq LIMIT 1'),
      plan('SELECT * FROM recordings WHERE account_seq = 1 ORDER BY started_at DESC, seq DESC LIMIT 1'),
      plan('SELECT * FROM call_records WHERE outcome = 1 ORDER BY started_at DESC, seq DESC LIMIT 1'),
    ];
    database.close();
    for (const text of plans) {
      expect(text).toContain('SEARCH');
      expect(text).not.toContain('SCAN');
      expect(text).not.toContain('TEMP B-TREE');
    }
  });
});

describe('versions', () => {
  it('refuses the database of a newer Partyline with one line that says both versions', () => {
    open().close();
    tamper(`PRAGMA user_version = ${SCHEMA_VERSION + 1}`);
    expect(() => open()).toThrow(new RegExp(`schema ${SCHEMA_VERSION + 1} .*up to ${SCHEMA_VERSION}:[^\n]*$`));
  });

  it('refuses the database of another program and leaves it as it is', () => {
    mkdirSync(join(directory, 'data'));
    tamper('CREATE TABLE recipes (name TEXT)');
    const before = readFileSync(file);
    expect(() => open()).toThrow(/another program/);
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it('finishes a database whose making was interrupted before its first step', () => {
    mkdirSync(join(directory, 'data'));
    writeFileSync(file, '');
    expect(open().check()).toEqual([]);
  });
});

/** The file as the second version of the schema made it: what the third added taken away, its PINs put back as they were. */
function backToSecondSchema(): void {
  tamper(`
    CREATE TABLE codes AS SELECT * FROM pins;
    DROP TABLE pins;
    CREATE TABLE pins (
      hash        TEXT    PRIMARY KEY,
      account_seq INTEGER NOT NULL REFERENCES accounts (seq) ON DELETE CASCADE,
      role        TEXT    NOT NULL CHECK (role IN ('host', 'guest'))
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX pins_by_account ON pins (account_seq);
    INSERT INTO pins SELECT * FROM codes;
    DROP TABLE codes;
    DROP TABLE blocks;
    DROP TABLE recordings;
    ALTER TABLE call_records DROP COLUMN direction;
    PRAGMA user_version = 2;
  `);
}

/** As the first version made it: what the second added taken away too. */
function backToFirstSchema(): void {
  backToSecondSchema();
  tamper('DROP TABLE live; DROP TABLE drained_mixers; PRAGMA user_version = 1');
}

describe('a database of the second schema', () => {
  it('keeps its PINs, its options and its call records, which were of calls received', () => {
    const store = open();
    add(store, 'a1');
    store.addCallRecord({ ...record('c1'), accountId: accountId('a1') });
    store.saveLive([{ kind: 'call', id: 'c1', data: 'x' }]);
    store.close();
    tamper(`UPDATE accounts SET options = '{"hostLeaves":"end"}'`);
    backToSecondSchema();

    const migrated = open();
    expect(migrated.check()).toEqual([]);
    const options = { ...DEFAULT_CONFERENCE_OPTIONS, hostLeaves: 'end' };
    expect(migrated.findPin('a1-host')).toMatchObject({ role: 'host', byAccessCode: false, account: { options } });
    expect(migrated.findPin('a1-guest')?.role).toBe('guest');
    expect(() => migrated.updateAccount(accountId('a1'), { securityCode: 'a1-host' })).toThrow(Duplicate);
    expect(migrated.updateAccount(accountId('a1'), { securityCode: 'a1-security' })).toBe(true);
    expect(migrated.callRecords({ limit: 9 })).toMatchObject([{ id: 'c1', direction: 'in' }]);
    expect(migrated.placedSince(accountId('a1'), 0)).toEqual({ calls: 0, answeredMs: 0 });
    expect(migrated.live('call')).toEqual([{ id: 'c1', data: 'x' }]);
    migrated.removeAccount(accountId('a1'));
    expect(migrated.findPin('a1-host')).toBeNull();
  });
});

describe('a database of the first schema', () => {
  it('is brought up to date with all that is in it', () => {
    const store = open();
    add(store, 'a1');
    store.addTrunk({ name: 'pbx', sources: ['192.0.2.1/32'], enabled: true, createdAt: 5 });
    store.close();
    backToFirstSchema();

    const migrated = open();
    expect(migrated.check()).toEqual([]);
    expect(migrated.account(accountId('a1'))?.name).toBe('Name of a1');
    expect(migrated.findPin('a1-host')?.role).toBe('host');
    expect(migrated.trunks().map(({ name }) => name)).toEqual(['pbx']);
    migrated.saveLive([{ kind: 'call', id: 'c1', data: 'x' }]);
    migrated.setMixerDrained('a', true);
    migrated.close();

    const again = open();
    expect(again.live('call')).toEqual([{ id: 'c1', data: 'x' }]);
    expect(again.drainedMixers()).toEqual(['a']);
    const versions = new SqliteDatabase(file, { readonly: true });
    expect(versions.pragma('user_version', { simple: true })).toBe(SCHEMA_VERSION);
    versions.close();
  });

  it('is brought up to date once, when two processes open it at the same time', () => {
    open().close();
    backToFirstSchema();
    const [first, second] = [open(), open()];
    first.saveLive([{ kind: 'conference', id: 'k1', data: 'x' }]);
    expect(second.live('conference')).toEqual([{ id: 'k1', data: 'x' }]);
  });

  it('is not touched when it is opened to read only', () => {
    open().close();
    backToFirstSchema();
    expect(() => open({ readonly: true })).toThrow(/comes from an older Partyline: [^\n]*$/);
  });
});

describe('what lives now', () => {
  it('is seen by the next process when this one died without closing', () => {
    const dying = open();
    dying.saveLive([{ kind: 'call', id: 'c1', data: 'as it was' }]);
    expect(open().live('call')).toEqual([{ id: 'c1', data: 'as it was' }]);
  });

  it('is changed wholly or not at all on a full disk', () => {
    const store = open({ maximumPages: 40 });
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
    const store = open();
    store.saveLive([{ kind: 'call', id: 'c1', data: 'callers-own-number' }]);
    store.saveLive([{ kind: 'call', id: 'c1', data: null }]);
    store.close();
    for (const name of readdirSync(join(directory, 'data'))) {
      expect(readFileSync(join(directory, 'data', name)).includes('callers-own-number'), name).toBe(false);
    }
  });
});

describe('trouble', () => {
  it('refuses to write on a full disk, and nothing is half written', () => {
    const store = open({ maximumPages: 40 });
    let added = 0;
    const fill = (): void => {
      for (; added < 10_000; added += 1) add(store, `a${added}`, 'n'.repeat(90));
    };
    expect(fill).toThrow(StoreUnavailable);
    expect(fill).toThrow(/the disk is full[^\n]*$/);
    expect(store.countAccounts()).toBe(added);
    expect(store.findPin(`a${added}-host`)).toBeNull();
    expect(store.findPin(`a${added - 1}-host`)).not.toBeNull();
    store.close();
    expect(open().check()).toEqual([]);
  });

  it('writes again as soon as there is room', () => {
    const store = open({ maximumPages: 40 });
    expect(() => {
      for (let n = 0; n < 10_000; n += 1) add(store, `a${n}`);
    }).toThrow(StoreUnavailable);
    for (let n = 0; n < 60; n += 1) store.removeAccount(accountId(`a${n}`));
    add(store, 'after');
    expect(store.findPin('after-host')).not.toBeNull();
  });

  it('loses no records that were written when a later one does not fit', () => {
    const store = open({ maximumPages: 40 });
    const write = (id: string): void => store.addCallRecord({ ...record(id), sipCallId: 's'.repeat(100) });
    let written = 0;
    expect(() => {
      for (; written < 10_000; written += 1) write(`c${written}`);
    }).toThrow(StoreUnavailable);
    expect(store.callRecords({ limit: 10_000 })).toHaveLength(written);
  });

  it('reads but does not write when opened to read only', () => {
    const store = open();
    add(store, 'a1');
    store.close();
    const reader = open({ readonly: true });
    expect(reader.findPin('a1-host')).not.toBeNull();
    expect(() => add(reader, 'a2')).toThrow(StoreUnavailable);
    expect(reader.check().join()).toMatch(/read-only/);
  });

  it('says that it cannot open a file that is not there, when opened to read only, and makes none', () => {
    expect(() => open({ readonly: true })).toThrow(StoreUnavailable);
    expect(existsSync(file)).toBe(false);
  });

  it('refuses a file that is no database', () => {
    mkdirSync(join(directory, 'data'));
    writeFileSync(file, 'this is a shopping list, and a rather long one '.repeat(100));
    expect(() => open()).toThrow(StoreUnavailable);
    expect(() => open()).toThrow(/is not a database[^\n]*$/);
  });

  it('finds damage and says it in one line each', () => {
    const store = open();
    for (let n = 0; n < 500; n += 1) add(store, `a${n}`);
    store.close();
    const bytes = readFileSync(file);
    // the middle of the file: pages of tables and indices
    bytes.fill(0xa5, Math.floor(bytes.length / 2), Math.floor(bytes.length / 2) + 8192);
    writeFileSync(file, bytes);
    const findings = open().check();
    expect(findings.length).toBeGreaterThan(0);
    for (const finding of findings) expect(finding).not.toMatch(/\n./);
  });

  it('refuses a database that was cut off', () => {
    const store = open();
    for (let n = 0; n < 500; n += 1) add(store, `a${n}`);
    store.close();
    truncateSync(file, 6000);
    expect(() => {
      const cut = open();
      for (let n = 0; n < 500; n += 1) cut.findPin(`a${n}-host`);
    }).toThrow(StoreUnavailable);
  });

  it('says where the trouble is when the directory cannot be made', () => {
    writeFileSync(join(directory, 'data'), 'a file, not a directory');
    expect(() => open()).toThrow(StoreUnavailable);
    expect(() => open()).toThrow(/the data directory is a file, choose another/);
  });

  it('waits for another process that is writing, and says so when that takes too long', () => {
    const store = open();
    const other = new SqliteDatabase(file);
    other.exec('BEGIN IMMEDIATE');
    expect(() => add(store, 'a1')).toThrow(/another process keeps the database locked/);
    // reading is not held up
    expect(store.countAccounts()).toBe(0);
    other.exec('ROLLBACK');
    other.close();
    add(store, 'a1');
  });
});

describe('erasing', () => {
  it('leaves a removed name in no file of the database, write-ahead log included', () => {
    const store = open();
    add(store, 'a1', 'Persephone Quillfeather');
    add(store, 'a2');
    store.updateAccount(accountId('a1'), { enabled: false });
    const holds = (): string[] =>
      readdirSync(join(directory, 'data')).filter((name) =>
        readFileSync(join(directory, 'data', name))
          .toString('latin1')
          .toLowerCase()
          .includes('quillfeather'),
      );
    expect(holds()).not.toEqual([]);
    store.removeAccount(accountId('a1'));
    expect(holds()).toEqual([]);
  });
});

describe('erasing a recording', () => {
  it('leaves its key in no file of the database, write-ahead log included', () => {
    const store = open();
    add(store, 'a1');
    const key = 'c29tZXRoaW5nIG5vYm9keSBtYXkgZmluZA==';
    const times = { startedAt: 1, durationMs: 2, dueAt: 3 };
    const account = accountId('a1');
    store.addRecording({ id: 'r1', accountId: account, conferenceRecordId: 1, part: 1, ...times, wrappedKey: key });
    const holds = (): string[] =>
      readdirSync(join(directory, 'data')).filter((name) => readFileSync(join(directory, 'data', name)).includes(key));
    expect(holds()).not.toEqual([]);
    store.removeRecording('r1');
    expect(holds()).toEqual([]);
  });
});

describe('a disk that is really full', () => {
  const mountable = ((): boolean => {
    const point = mkdtempSync(join(tmpdir(), 'partyline-mount-'));
    try {
      execFileSync('/bin/mount', ['-t', 'tmpfs', '-o', 'size=400k', 'tmpfs', point], { stdio: 'ignore' });
      execFileSync('/bin/umount', [point], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    } finally {
      rmSync(point, { recursive: true });
    }
  })();

  it.skipIf(!mountable)('stops with one line, and what was written before is whole', () => {
    const point = join(directory, 'small');
    mkdirSync(point);
    execFileSync('/bin/mount', ['-t', 'tmpfs', '-o', 'size=400k', 'tmpfs', point]);
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
