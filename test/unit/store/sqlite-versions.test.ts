import { once } from 'node:events';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import SqliteDatabase from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkOrigin, migrate, SCHEMA_VERSION } from '../../../src/adapters/sqlite/migrations.js';
import { DEFAULT_CONFERENCE_OPTIONS } from '../../../src/domain/conference-options.js';
import { accountId } from '../../../src/domain/identifiers.js';
import { Duplicate } from '../../../src/ports/store.js';
import { account, call, pin } from '../../conformance/store-stage.js';
import { add, SqliteBench } from './sqlite-bench.js';

let bench: SqliteBench;
beforeEach(() => {
  bench = new SqliteBench();
});
afterEach(() => bench.dispose());

describe('versions', () => {
  it('refuses the database of a newer Partyline with one line that says both versions', () => {
    bench.open().close();
    bench.tamper(`PRAGMA user_version = ${SCHEMA_VERSION + 1}`);
    expect(() => bench.open()).toThrow(new RegExp(`schema ${SCHEMA_VERSION + 1} .*up to ${SCHEMA_VERSION}:[^\n]*$`));
  });

  it('refuses the database of another program and leaves it as it is', () => {
    mkdirSync(join(bench.directory, 'data'));
    bench.tamper('CREATE TABLE recipes (name TEXT)');
    const before = readFileSync(bench.file);
    expect(() => bench.open()).toThrow(/another program/);
    expect(readFileSync(bench.file).equals(before)).toBe(true);
  });

  it('finishes a database whose making was interrupted before its first step', () => {
    mkdirSync(join(bench.directory, 'data'));
    writeFileSync(bench.file, '');
    expect(bench.open().check()).toEqual([]);
  });
});

/** Another process that is about to make the database, and has the lock for a twentieth of a second from when it is asked. */
const MAKING = `
  const { parentPort, workerData } = require('node:worker_threads');
  const database = new (require(workerData.library))(workerData.file);
  database.exec('BEGIN IMMEDIATE');
  parentPort.postMessage('has it');
  Atomics.wait(workerData.asked, 0, 0);
  Atomics.wait(workerData.asked, 0, 1, 50);
  database.exec('ROLLBACK');
  database.close();
`;

describe('a database that another process makes at the same moment', () => {
  beforeEach(() => {
    mkdirSync(join(bench.directory, 'data'));
  });

  it('is not taken for that of another program by who looks at it before and after', () => {
    const [looking, making] = [new SqliteDatabase(bench.file), new SqliteDatabase(bench.file)];
    making.pragma('journal_mode = WAL');
    const pragma = looking.pragma.bind(looking);
    looking.pragma = (source, options) => {
      const found = pragma(source, options);
      if (source === 'application_id') migrate(making);
      return found;
    };
    expect(() => checkOrigin(looking, bench.file)).not.toThrow();
    expect(making.pragma('user_version', { simple: true })).toBe(SCHEMA_VERSION);
    looking.close();
    making.close();
  });

  it('is waited for where the other one has the lock', async () => {
    writeFileSync(bench.file, '');
    const library = new URL('../../../node_modules/better-sqlite3', import.meta.url).pathname;
    const asked = new Int32Array(new SharedArrayBuffer(4));
    const worker = new Worker(MAKING, { eval: true, workerData: { library, file: bench.file, asked } });
    await once(worker, 'message');
    const ended = once(worker, 'exit');
    Atomics.store(asked, 0, 1);
    Atomics.notify(asked, 0);
    expect(bench.open().check()).toEqual([]);
    await ended;
  });
});

/** The file as an earlier version of the schema made it: what it knew of is in it still, in the tables and columns of then. */
function backTo(version: number): void {
  const then = `${bench.file}.then`;
  const database = new SqliteDatabase(then);
  migrate(database, version);
  database.prepare('ATTACH ? AS now').run(bench.file);
  // parents come after what refers to them
  database.pragma('foreign_keys = OFF');
  const tables = database.prepare(
    "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
  );
  for (const table of tables.pluck().all() as string[]) {
    const columns = database.prepare('SELECT name FROM pragma_table_info(?)').pluck().all(table).join(', ');
    database.exec(`INSERT INTO main.${table} (${columns}) SELECT ${columns} FROM now.${table}`);
  }
  database.close();
  for (const beside of ['-wal', '-shm']) rmSync(bench.file + beside, { force: true });
  renameSync(then, bench.file);
}

describe('a database of the third schema', () => {
  it('keeps its PINs and codes of every kind, whose lengths nobody knows', () => {
    const store = bench.open();
    const pins = { access: pin('a1-access'), moderator: pin('a1-moderator'), security: pin('a1-security') };
    store.addAccount(account('a1'), pins);
    store.close();
    backTo(3);

    const migrated = bench.open();
    expect(migrated.check()).toEqual([]);
    expect(migrated.findPin('a1-access', 0)).toMatchObject({ byAccessCode: true, securityCode: true });
    expect(migrated.codeMatches(accountId('a1'), 'moderator', 'a1-moderator')).toBe(true);
    expect(migrated.pinKeyVersion()).toBe(1);
    expect(migrated.hasSealedPins()).toBe(false);
    migrated.removeAccount(accountId('a1'));
    expect(() => add(migrated, 'a2')).not.toThrow();
  });
});

describe('a database of the second schema', () => {
  it('keeps its PINs, its options and its call records, which were of calls received', () => {
    const store = bench.open();
    add(store, 'a1');
    store.addCallRecord({ ...call('c1'), accountId: accountId('a1') });
    store.saveLive([{ kind: 'call', id: 'c1', data: 'x' }]);
    store.close();
    bench.tamper(`UPDATE accounts SET options = '{"hostLeaves":"end"}'`);
    backTo(2);

    const migrated = bench.open();
    expect(migrated.check()).toEqual([]);
    const options = { ...DEFAULT_CONFERENCE_OPTIONS, hostLeaves: 'end' };
    expect(migrated.findPin('a1-host', 0)).toMatchObject({ role: 'host', byAccessCode: false, account: { options } });
    expect(migrated.findPin('a1-guest', 0)?.role).toBe('guest');
    expect(() => migrated.updateAccount(accountId('a1'), { securityCode: pin('a1-host') })).toThrow(Duplicate);
    expect(migrated.updateAccount(accountId('a1'), { securityCode: pin('a1-security') })).toBe(true);
    expect(migrated.callRecords({ limit: 9 })).toMatchObject([{ id: 'c1', direction: 'in' }]);
    expect(migrated.placedSince(accountId('a1'), 0)).toEqual({ calls: 0, answeredMs: 0 });
    expect(migrated.live('call')).toEqual([{ id: 'c1', data: 'x' }]);
    migrated.removeAccount(accountId('a1'));
    expect(migrated.findPin('a1-host', 0)).toBeNull();
  });
});

describe('a database of the first schema', () => {
  it('is brought up to date with all that is in it', () => {
    const store = bench.open();
    add(store, 'a1');
    store.addTrunk({ name: 'pbx', sources: ['192.0.2.1/32'], enabled: true, createdAt: 5 });
    store.close();
    backTo(1);

    const migrated = bench.open();
    expect(migrated.check()).toEqual([]);
    expect(migrated.account(accountId('a1'))?.name).toBe('Name of a1');
    expect(migrated.findPin('a1-host', 0)?.role).toBe('host');
    expect(migrated.trunks().map(({ name }) => name)).toEqual(['pbx']);
    migrated.saveLive([{ kind: 'call', id: 'c1', data: 'x' }]);
    migrated.setMixerDrained('a', true);
    migrated.close();

    const again = bench.open();
    expect(again.live('call')).toEqual([{ id: 'c1', data: 'x' }]);
    expect(again.drainedMixers()).toEqual(['a']);
    const versions = new SqliteDatabase(bench.file, { readonly: true });
    expect(versions.pragma('user_version', { simple: true })).toBe(SCHEMA_VERSION);
    versions.close();
  });

  it('is brought up to date once, when two processes open it at the same time', () => {
    bench.open().close();
    backTo(1);
    const [first, second] = [bench.open(), bench.open()];
    first.saveLive([{ kind: 'conference', id: 'k1', data: 'x' }]);
    expect(second.live('conference')).toEqual([{ id: 'k1', data: 'x' }]);
  });

  it('is not touched when it is opened to read only', () => {
    bench.open().close();
    backTo(1);
    expect(() => bench.open({ readonly: true })).toThrow(/comes from an older Partyline: [^\n]*$/);
  });
});
