import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore } from '../../../src/app/compose-store.js';
import { loadConfig } from '../../../src/app/config.js';
import { ONE_LINE_ERROR } from './command-line.js';
import { RecordedAccount } from './recorded-account.js';

let cli: RecordedAccount;
beforeEach(() => {
  cli = new RecordedAccount();
});
afterEach(() => cli.dispose());

type Key = 'pin.key' | 'bridge.key';

const path = (key: Key): string => join(cli.data, key);
/** Another key of the right length, with the first ones as they are. */
function replace(key: Key, from = 0): void {
  const bytes = readFileSync(path(key));
  writeFileSync(path(key), bytes.fill(7, from));
}

async function finding(check: string): Promise<{ readonly status: string; readonly text: string } | undefined> {
  const { stdout } = await cli.run('doctor', '--json');
  return (JSON.parse(stdout) as { check: string; status: string; text: string }[]).find((one) => one.check === check);
}

/** As the bridge opens them when it starts. */
function opened(): string {
  const { config } = loadConfig({ env: cli.env, workingDirectory: cli.directory });
  try {
    openStore(config).store.close();
    return 'opened';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** A database from before keys were noted. */
function forgetChecks(): void {
  const database = new SqliteDatabase(join(cli.data, 'partyline.db'));
  database.exec(`DELETE FROM facts WHERE name LIKE 'key-check-%'`);
  database.close();
}

const WRONG_PIN_KEY = /^the PIN key \S+pin\.key is not the one that [^\n]*: put the right one back from a backup$/;
const WRONG_BRIDGE_KEY = /^the bridge key \S+bridge\.key is not the one that [^\n]*: put the right one back/;

describe('a PIN key of the right length that is another one', () => {
  it('is told by doctor and refused by everything that hashes PINs, the bridge at its start too', async () => {
    await cli.addMary();
    expect(await finding('PIN key')).toMatchObject({ status: 'ok' });
    const right = readFileSync(path('pin.key'));
    replace('pin.key');
    const wrong = await finding('PIN key');
    expect(wrong?.status).toBe('failed');
    expect(wrong?.text).toMatch(WRONG_PIN_KEY);
    expect(opened()).toMatch(WRONG_PIN_KEY);
    for (const args of [
      ['account', 'add', '--name', 'Tom'],
      ['pin', 'rotate', 'Mary'],
      ['pin', 'rekey'],
    ]) {
      const { status, stderr } = await cli.run(...args);
      expect([status, stderr]).toEqual([1, expect.stringMatching(ONE_LINE_ERROR)]);
    }
    writeFileSync(path('pin.key'), right);
    expect(await finding('PIN key')).toMatchObject({ status: 'ok' });
    expect(opened()).toBe('opened');
  });

  it('is told whichever of its versions is another, after keys were changed too', async () => {
    await cli.addMary();
    await cli.run('pin', 'rekey');
    expect(opened()).toBe('opened');
    const right = readFileSync(path('pin.key'));
    replace('pin.key', 32);
    expect(opened()).toMatch(WRONG_PIN_KEY);
    writeFileSync(path('pin.key'), right.fill(7, 0, 32));
    expect(opened()).toMatch(WRONG_PIN_KEY);
  });

  it('is told of the newest version too where codes of bookings could not be brought along', async () => {
    await cli.addMary();
    const database = new SqliteDatabase(join(cli.data, 'partyline.db'));
    database.exec(`
      INSERT INTO bookings (id, account_seq, title, starts_local, time_zone, duration_ms, pins_each, personal_pins, early_ms, overrun_ms,
        security_hash, revision, created_at) VALUES ('b1', 1, 't', '2026-01-01T09:00', 'UTC', 60000, 0, 0, 0, 0, 'v1.s', 0, 0);
      CREATE TRIGGER full BEFORE UPDATE ON bookings BEGIN SELECT RAISE (ABORT, 'full'); END`);
    database.close();
    expect((await cli.run('pin', 'rekey')).stderr).toMatch(/^error: all PINs are under version 2 /);
    replace('pin.key', 32);
    expect(opened()).toMatch(WRONG_PIN_KEY);
  });

  it('is noticed by a running bridge that reads the file again because keys were changed', async () => {
    await cli.addMary();
    const { config } = loadConfig({ env: cli.env, workingDirectory: cli.directory });
    const { store, pins } = openStore(config);
    await cli.run('pin', 'rekey');
    replace('pin.key', 32);
    expect(() => pins.hash('482915037')).toThrow(WRONG_PIN_KEY);
    store.close();
  });

  it('is noticed in a database from before keys were noted, from its first opening on', async () => {
    await cli.addMary();
    forgetChecks();
    expect(opened()).toBe('opened');
    replace('pin.key');
    expect(opened()).toMatch(WRONG_PIN_KEY);
  });

  it('counts from then on where there is no account yet', async () => {
    await cli.addMary();
    await cli.run('account', 'remove', 'Mary', '--yes');
    replace('pin.key');
    await cli.addMary();
    expect(await finding('PIN key')).toMatchObject({ status: 'ok' });
    writeFileSync(path('pin.key'), Buffer.alloc(32, 8));
    expect(opened()).toMatch(WRONG_PIN_KEY);
  });

  it('is made anew in as many versions as count where it is missing and there is no account', async () => {
    await cli.addMary();
    await cli.run('pin', 'rekey');
    await cli.run('account', 'remove', 'Mary', '--yes');
    rmSync(path('pin.key'));
    await cli.addMary();
    expect(readFileSync(path('pin.key'))).toHaveLength(64);
    expect([await finding('PIN key'), opened()]).toEqual([expect.objectContaining({ status: 'ok' }), 'opened']);
    rmSync(path('pin.key'));
    expect(opened()).toMatch(/^the PIN key \S+ is missing but the database holds accounts: /);
    expect(existsSync(path('pin.key'))).toBe(false);
  });

  it('is not noted by those who only look', async () => {
    await cli.addMary();
    forgetChecks();
    const right = readFileSync(path('pin.key'));
    replace('pin.key');
    await finding('PIN key');
    writeFileSync(path('pin.key'), right);
    expect(opened()).toBe('opened');
  });
});

describe('a bridge key that is missing or another one', () => {
  it('is told by doctor as soon as a guest PIN is sealed, and no other is made', async () => {
    expect(await finding('bridge key')).toMatchObject({ status: 'ok' });
    await cli.addMary();
    expect(await finding('bridge key')).toMatchObject({ status: 'ok' });
    copyFileSync(path('bridge.key'), join(cli.directory, 'kept'));
    rmSync(path('bridge.key'));
    expect(await finding('bridge key')).toMatchObject({
      status: 'failed',
      text: expect.stringMatching(/is missing but the database holds recordings or PINs sealed under it/) as string,
    });
    const { status, stderr } = await cli.run('account', 'add', '--name', 'Tom');
    expect([status, stderr]).toEqual([1, expect.stringMatching(ONE_LINE_ERROR)]);
    expect(existsSync(path('bridge.key'))).toBe(false);
    copyFileSync(join(cli.directory, 'kept'), path('bridge.key'));
    expect((await cli.run('account', 'add', '--name', 'Tom')).status).toBe(0);
  });

  it('is told and not used, so that nothing new is sealed under it', async () => {
    await cli.addMary();
    replace('bridge.key');
    const wrong = await finding('bridge key');
    expect(wrong?.status).toBe('failed');
    expect(wrong?.text).toMatch(WRONG_BRIDGE_KEY);
    const { status, stderr } = await cli.run('account', 'add', '--name', 'Tom');
    expect([status, stderr]).toEqual([1, expect.stringMatching(/^error: the bridge key [^\n]*\n$/)]);
    expect(await cli.json('account', 'list')).toHaveLength(1);
    // PINs are recognised without it
    expect(opened()).toBe('opened');
  });

  it('is told from the recordings of a database from before keys were noted', async () => {
    await cli.addMary();
    await cli.record();
    forgetChecks();
    const right = readFileSync(path('bridge.key'));
    replace('bridge.key');
    expect((await finding('bridge key'))?.text).toMatch(WRONG_BRIDGE_KEY);
    expect((await cli.run('account', 'add', '--name', 'Tom')).status).toBe(1);
    writeFileSync(path('bridge.key'), right);
    expect((await cli.run('account', 'add', '--name', 'Tom')).status).toBe(0);
  });

  it('keeps nobody from being handed out the rest of what is held on them', async () => {
    await cli.addMary();
    const { id } = await cli.record();
    rmSync(path('bridge.key'));
    expect((await cli.run('privacy', 'export', 'Mary', 'mary.tar')).status).toBe(0);
    expect(readFileSync(join(cli.directory, 'mary.tar')).includes(`recordings/${id}.txt`)).toBe(true);
  });
});
