import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore } from '../../../src/app/compose-store.js';
import type { OpenStore } from '../../../src/app/compose-store.js';
import { makeBooking } from '../../../src/app/bookings/make-booking.js';
import { loadConfig } from '../../../src/app/config.js';
import { accountId, type BookingId, type InviteeId } from '../../../src/domain/identifiers.js';
import { encodingsOf, findCanaries } from '../../canaries.js';
import type { Canary } from '../../canaries.js';
import { call, conference, delivery } from '../../conformance/store-stage.js';
import { RecordedAccount } from './recorded-account.js';

const NUMBER = '+442079460958';
const HOUR = 3_600_000;

describe('the search for canaries', () => {
  it('finds one in every encoding, whatever is before it', () => {
    const directory = mkdtempSync(join(tmpdir(), 'partyline-canaries-'));
    try {
      for (const [encoding, bytes] of encodingsOf('Zürich canary 7')) {
        writeFileSync(join(directory, 'file'), Buffer.concat([Buffer.from('before'), bytes, Buffer.from('after')]));
        expect(findCanaries(directory, [{ what: 'it', text: 'Zürich canary 7' }])).toContain(`it: file (${encoding})`);
      }
      for (const before of ['', 'x', 'xy']) {
        const encoded = Buffer.from(`${before}Zürich canary 7 and more`).toString('base64');
        writeFileSync(join(directory, 'file'), encoded);
        expect(findCanaries(directory, [{ what: 'it', text: 'Zürich canary 7' }])).not.toEqual([]);
      }
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

describe('canaries', () => {
  let cli: RecordedAccount;
  let bridge: OpenStore;
  beforeEach(async () => {
    cli = new RecordedAccount();
    // records hold whole numbers here, so that there is something to find
    cli.env = { ...cli.env, PARTYLINE_CALLERS_KEEP_DIGITS: 'all' };
    await cli.addAccount('--name', 'First');
    // a bridge keeps the database open all the time, and holds pages of it
    bridge = openStore(loadConfig({ env: cli.env, workingDirectory: cli.directory }).config);
  });
  afterEach(() => {
    bridge.store.close();
    cli.dispose();
  });

  const plain: Canary[] = [
    { what: 'name', text: 'Canarietta Sperling-Zeisig' },
    { what: 'e-mail', text: 'canarietta@sperling.example' },
    { what: 'number', text: '442079460958' },
    { what: 'blocked number', text: '4930901820777' },
    { what: 'title', text: 'Quarterly Serinus Review' },
    { what: 'invitee', text: 'Girlitz Stieglitzson' },
    { what: 'invitee e-mail', text: 'girlitz@stieglitz.example' },
    { what: 'delivery', text: 'hook-for-serinus.example' },
    { what: 'report', text: 'Report on Serinus canaria' },
    { what: 'live snapshot', text: 'Snapshot of Serinus canaria' },
  ];
  const textOf = (what: string): string => plain.find((canary) => canary.what === what)?.text ?? '';

  const book = (id: string): readonly string[] => {
    const { pins, booking, invitees } = makeBooking(bridge, {
      ...{ accountId: accountId(id), title: textOf('title'), startsLocal: '2031-03-29T09:00', timeZone: 'UTC' },
      ...{
        durationMs: HOUR,
        rule: null,
        pinsEach: false,
        personalPins: true,
        earlyMs: 0,
        overrunMs: 0,
        recording: null,
      },
      invitees: [{ name: textOf('invitee'), email: textOf('invitee e-mail'), phone: NUMBER }],
      pinLength: 9,
    });
    talk(id, booking.id, invitees[0]?.id ?? null);
    return pins
      .flatMap(({ host, guest, invitees: theirs }) => [host, guest, ...theirs.map(({ pin }) => pin)])
      .filter((one) => one !== null);
  };

  /** A conference of the account, as a bridge keeps it. */
  const talk = (id: string, bookingId: BookingId, inviteeId: InviteeId | null): void => {
    const { store } = bridge;
    const own = { accountId: accountId(id), bookingId };
    const live = JSON.stringify({ id, name: textOf('live snapshot'), callerNumber: NUMBER });
    const both = ['call', 'conference'] as const;
    store.saveLive(both.map((kind) => ({ kind, id: `${kind}-1`, data: live })));
    const record = store.startConferenceRecord(conference(id, own));
    for (let n = 0; n < 50; n += 1) {
      store.addCallRecord(call(`c${n}`, { ...own, inviteeId, conferenceRecordId: record, caller: NUMBER }));
    }
    store.addDeliveries([delivery('d1', { ...own, inviteeId, address: `https://${textOf('delivery')}/` })]);
    store.saveLive(both.map((kind) => ({ kind, id: `${kind}-1`, data: null })));
  };

  /** Others around it, so that pages of the database are split and filled. */
  const crowd = async (from: number): Promise<void> => {
    for (let n = from; n < from + 15; n += 1) await cli.addAccount('--name', `Neighbour ${n}`);
  };

  /** An account that leaves its canaries in every table. @returns its id and all its PINs */
  const live = async (): Promise<{ readonly id: string; readonly pins: readonly Canary[] }> => {
    await crowd(0);
    const name = textOf('name');
    const { id, hostPin, guestPin } = await cli.addAccount('--name', 'Before', '--email', textOf('e-mail'));
    await cli.run('account', 'set', id, '--name', name);
    await cli.run('block', 'add', `+${textOf('blocked number')}`, '--account', id);
    await crowd(100);
    const rotated = (await cli.json('pin', 'rotate', id)) as { readonly hostPin: string; readonly guestPin: string };
    const booked = book(id);
    mkdirSync(join(cli.data, 'reports', id), { recursive: true });
    writeFileSync(join(cli.data, 'reports', id, 'd0.txt'), textOf('report'));
    expect(booked).toHaveLength(2);
    const pins = [hostPin, guestPin, rotated.hostPin, rotated.guestPin, ...booked].map((text, n) => ({
      what: `PIN ${n}`,
      text,
    }));
    return { id, pins };
  };

  it('are in the files before and in none of them after an account was erased while a bridge has the database open', async () => {
    const { id, pins } = await live();
    const before = findCanaries(cli.directory, plain);
    for (const { what } of plain) expect(before.filter((line) => line.startsWith(`${what}:`))).not.toEqual([]);
    expect(findCanaries(cli.directory, pins)).toEqual([]);

    const { status, stderr } = await cli.run('privacy', 'erase', id, '--yes');
    expect([status, stderr]).toEqual([0, '']);
    expect((await cli.run('privacy', 'purge')).status).toBe(0);
    expect(findCanaries(cli.directory, [...plain, ...pins])).toEqual([]);
    expect(bridge.store.callRecords({ limit: 99 })).toEqual([]);
    expect(bridge.store.check()).toEqual([]);
    // what the bridge held of the file before is not written back
    await crowd(200);
    bridge.store.addCallRecord(call('later'));
    bridge.store.emptyWriteAheadLog();
    expect(findCanaries(cli.directory, [...plain, ...pins])).toEqual([]);
    expect(JSON.stringify(await cli.json('privacy', 'audit'))).toContain('account-erased');
  });

  it('that name a person are in no file after the account was removed; its records are nobody’s', async () => {
    const { id, pins } = await live();
    const { status, stderr } = await cli.run('account', 'remove', id, '--yes');
    expect([status, stderr]).toEqual([0, '']);
    const personal = plain.filter(({ what }) => what !== 'number');
    expect(findCanaries(cli.directory, [...personal, ...pins, { what: 'id of the account', text: id }])).toEqual([
      // the audit trail says when the account was removed, and nothing else tells who that was
      'id of the account: var/partyline.db (UTF-8 plain)',
    ]);
    const records = bridge.store.callRecords({ limit: 99 });
    expect(records).toHaveLength(50);
    expect(new Set(records.map((one) => one.accountId)).size).toBe(1);

    expect((await cli.run('privacy', 'erase', '--number', NUMBER, '--yes')).status).toBe(0);
    expect(findCanaries(cli.directory, plain)).toEqual([]);
    expect(bridge.store.callRecords({ limit: 99 })).toHaveLength(50);
  });

  it('are in no file when a call was up while its account was erased, and has ended', async () => {
    const { id } = await live();
    bridge.store.saveLive([
      { kind: 'call', id: 'up', data: JSON.stringify({ id, caller: NUMBER, name: textOf('name') }) },
    ]);
    const { status, stderr } = await cli.run('privacy', 'erase', id, '--yes');
    expect(status).toBe(0);
    expect(stderr).toMatch(/^warning: a conference of the account goes on[^\n]*\n$/);
    bridge.store.addCallRecord(call('up', { accountId: accountId(id), caller: NUMBER }));
    bridge.store.saveLive([{ kind: 'call', id: 'up', data: null }]);
    expect((await cli.run('privacy', 'purge')).status).toBe(0);
    expect(findCanaries(cli.directory, plain)).toEqual([]);
  });

  it('are in no file when the command was killed as soon as it had begun, and a purge came by', async () => {
    const { id } = await live();
    bridge.store.beginErasure(accountId(id), 'erase');
    expect((await cli.run('privacy', 'purge')).status).toBe(0);
    expect(findCanaries(cli.directory, plain)).toEqual([]);
  });

  it('can be found still while somebody reads on and on, and the command says so', async () => {
    const { id } = await live();
    const reader = new SqliteDatabase(join(cli.data, 'partyline.db'), { readonly: true });
    reader.exec('BEGIN');
    reader.prepare('SELECT count(*) FROM accounts').get();
    const { status, stderr } = await cli.run('privacy', 'erase', id, '--yes');
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /^error: it is erased, but [^\n]*another program reads[^\n]*partyline privacy purge[^\n]*\n$/,
    );
    expect(findCanaries(cli.directory, plain)).not.toEqual([]);
    reader.close();
    expect((await cli.run('privacy', 'purge')).status).toBe(0);
    expect(findCanaries(cli.directory, plain)).toEqual([]);
  });
});
