import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SCHEMA_VERSION } from '../../../src/adapters/sqlite/migrations.js';
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

/** The file as the third version of the schema made it: what the fourth added taken away, its PINs put back as they were. */
function backToThirdSchema(): void {
  bench.tamper(`
    CREATE TABLE codes AS SELECT hash, account_seq, role FROM pins;
    DROP TABLE pins;
    CREATE TABLE pins (
      hash        TEXT    PRIMARY KEY,
      account_seq INTEGER NOT NULL REFERENCES accounts (seq) ON DELETE CASCADE,
      role        TEXT    NOT NULL CHECK (role IN ('host', 'guest', 'access', 'moderator', 'security'))
    ) STRICT, WITHOUT ROWID;
    CREATE UNIQUE INDEX pins_by_account ON pins (account_seq, role);
    INSERT INTO pins SELECT * FROM codes;
    DROP TABLE codes;
    DROP TABLE deliveries;
    DROP TABLE invitees;
    DROP TABLE occurrences;
    DROP TABLE bookings;
    DROP TABLE retired_pins;
    DROP TABLE audit;
    DROP TABLE facts;
    DROP INDEX accounts_by_email;
    ALTER TABLE accounts DROP COLUMN email;
    ALTER TABLE accounts DROP COLUMN time_zone;
    ALTER TABLE accounts DROP COLUMN language;
    DROP INDEX call_records_by_conference;
    ALTER TABLE call_records DROP COLUMN booking_id;
    ALTER TABLE call_records DROP COLUMN invitee_id;
    ALTER TABLE call_records DROP COLUMN story;
    ALTER TABLE conference_records DROP COLUMN booking_id;
    ALTER TABLE conference_records DROP COLUMN blocked;
    PRAGMA user_version = 3;
  `);
}

/** As the second version made it: what the third added taken away, its PINs put back as they were. */
function backToSecondSchema(): void {
  backToThirdSchema();
  bench.tamper(`
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
  bench.tamper('DROP TABLE live; DROP TABLE drained_mixers; PRAGMA user_version = 1');
}

describe('a database of the third schema', () => {
  it('keeps its PINs and codes of every kind, whose lengths nobody knows', () => {
    const store = bench.open();
    const pins = { access: pin('a1-access'), moderator: pin('a1-moderator'), security: pin('a1-security') };
    store.addAccount(account('a1'), pins);
    store.close();
    backToThirdSchema();

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
    backToSecondSchema();

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
    backToFirstSchema();

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
    backToFirstSchema();
    const [first, second] = [bench.open(), bench.open()];
    first.saveLive([{ kind: 'conference', id: 'k1', data: 'x' }]);
    expect(second.live('conference')).toEqual([{ id: 'k1', data: 'x' }]);
  });

  it('is not touched when it is opened to read only', () => {
    bench.open().close();
    backToFirstSchema();
    expect(() => bench.open({ readonly: true })).toThrow(/comes from an older Partyline: [^\n]*$/);
  });
});
