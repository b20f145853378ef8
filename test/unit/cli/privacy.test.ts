import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { accountId, bookingId, inviteeId } from '../../../src/domain/identifiers.js';
import { call, conference, delivery } from '../../conformance/store-stage.js';
import { ONE_LINE_ERROR } from './command-line.js';
import { RecordedAccount } from './recorded-account.js';

const DAY = 86_400_000;

let cli: RecordedAccount;
let id: string;
beforeEach(async () => {
  cli = new RecordedAccount();
  await cli.addMary();
  id = cli.withStore((store) => String(store.accountsNamed('Mary')[0]?.id));
});
afterEach(() => {
  cli.dispose();
});

/** What another program makes of an archive: its files by their paths. */
function unpack(archive: string): Readonly<Record<string, Buffer>> {
  const directory = join(cli.directory, 'unpacked');
  mkdirSync(directory);
  execFileSync('tar', ['-xf', join(cli.directory, archive), '-C', directory]);
  const files = readdirSync(directory, { withFileTypes: true, recursive: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files.map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      return [path.slice(directory.length + 1), readFileSync(path)];
    }),
  );
}

/** A booking of Mary's with one invitee. */
function invite(phone: string): { readonly id: string } {
  return cli.withStore((store) => {
    const booking = {
      ...{ id: bookingId('b1'), accountId: accountId(id), title: 'T', startsLocal: '2031-03-29T09:00' },
      ...{ timeZone: 'UTC', durationMs: 1, rule: null, pinsEach: false, personalPins: false, earlyMs: 0, overrunMs: 0 },
      ...{ recording: null, createdAt: 0, unrolledUntil: null },
    };
    const invitees = [{ id: inviteeId('i1'), name: 'Guest', email: null, phone }];
    store.addBooking(booking, { occurrences: [{ startsAt: 0, endsAt: 1, pins: null }], pins: null, invitees });
    return { id: 'i1' };
  });
}

const json = (content: Buffer | undefined): unknown => JSON.parse(content?.toString() ?? 'null');

describe('privacy export', () => {
  it('writes all that is held on an account into one archive that others can read, recordings as they were', async () => {
    const { id: recording, plain } = await cli.record(2_000);
    cli.withStore((store) => {
      const own = { accountId: accountId(id) };
      for (let n = 0; n < 1_001; n += 1) store.addCallRecord(call(`c${n}`, { ...own, caller: '+442071234567' }));
      store.startConferenceRecord(conference(id));
      store.addDeliveries([delivery('d1', own)]);
    });
    const { status, stdout, stderr } = await cli.run('privacy', 'export', 'Mary', 'mary.tar');
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^mary\.tar holds it all \(\d+ KB\), readable by its owner alone\.\n$/);
    expect(statSync(join(cli.directory, 'mary.tar')).mode & 0o777).toBe(0o600);
    const files = unpack('mary.tar');
    expect(Object.keys(files).sort()).toEqual([
      ...['account-00001.json', 'audit-00001.json', 'call-records-00001.json', 'call-records-00002.json'],
      ...['codes-00001.json', 'conference-records-00001.json', 'deliveries-00001.json', 'export.json'],
      ...['recordings-00001.json', `recordings/${recording}.wav`],
    ]);
    expect(json(files['export.json'])).toMatchObject({ format: 'partyline-export', version: 1, account: id });
    expect(json(files['account-00001.json'])).toMatchObject([{ id, name: 'Mary', options: { recording: 'allowed' } }]);
    const calls = json(files['call-records-00001.json']) as readonly object[];
    expect(calls).toHaveLength(1_000);
    expect(calls[0]).toMatchObject({
      caller: '+442071234567',
      startedAt: '2023-11-14T22:13:20.000Z',
      answeredAt: null,
    });
    expect(json(files['call-records-00002.json'])).toHaveLength(1);
    expect(files[`recordings/${recording}.wav`]?.equals(plain)).toBe(true);
    expect(await cli.json('privacy', 'audit')).toMatchObject([
      { action: 'account-added', subject: id },
      { action: 'account-exported', subject: id },
    ]);
  });

  it('writes a reason in place of a recording that cannot be read', async () => {
    const { id: recording } = await cli.record();
    writeFileSync(join(cli.data, 'recordings', `${recording}.sealed`), 'x'.repeat(4_000));
    expect((await cli.run('privacy', 'export', id, 'mary.tar')).status).toBe(0);
    expect(unpack('mary.tar')[`recordings/${recording}.txt`]?.toString()).toMatch(/^recording \w+ is damaged[^\n]+\n$/);
  });

  it('writes all records of a number, in whatever spelling', async () => {
    cli.withStore((store) => {
      store.addCallRecord(call('c1', { caller: '+44 20 7123 4567' }));
      store.addCallRecord(call('c2', { caller: '+442071234568' }));
      store.addCallRecord(call('c3', { direction: 'out', dialled: '00442071234567' }));
    });
    expect((await cli.run('privacy', 'export', '--number', '+442071234567', 'number.tar')).status).toBe(0);
    const files = unpack('number.tar');
    expect(json(files['export.json'])).toMatchObject({ number: '442071234567' });
    expect(json(files['call-records-00001.json'])).toMatchObject([{ id: 'c1' }, { id: 'c3' }]);
  });

  it('writes what else is held on a number: blocks, who allows it, invitees with how their names are said, messages', async () => {
    const number = '+442071234567';
    await cli.run('block', 'add', number);
    await cli.run('account', 'set', id, '--allow', `${number},+4930*`);
    const { id: invitee } = invite(number);
    cli.withStore((store) => {
      store.keepSpokenName(inviteeId(invitee), Buffer.from('RIFF'));
      store.addDeliveries([delivery('d1', { accountId: accountId(id), channel: 'sms', address: '+44 20 71234567' })]);
    });
    expect((await cli.run('privacy', 'export', '--number', number, 'number.tar')).status).toBe(0);
    const files = unpack('number.tar');
    expect(Object.keys(files).sort()).toEqual([
      ...['allowed-callers-00001.json', 'blocks-00001.json', 'deliveries-00001.json', 'export.json'],
      ...['invitees-00001.json', `invitees/${invitee}.wav`],
    ]);
    expect(json(files['allowed-callers-00001.json'])).toEqual([{ accountId: id, callerNumber: '442071234567' }]);
    expect(json(files['invitees-00001.json'])).toMatchObject([{ accountId: id, id: invitee, name: 'Guest' }]);
  });

  it('says that a call with the number goes on, and does not say so of a number that only looks like it', async () => {
    const up = (caller: string): void =>
      cli.withStore((store) =>
        store.saveLive([{ kind: 'call', id: 'up', data: JSON.stringify({ identity: { direction: 'in', caller } }) }]),
      );
    up('+442071234567');
    expect((await cli.run('privacy', 'export', '--number', '+442071234567', 'a.tar')).stderr).toMatch(
      /^warning: a call with it goes on[^\n]*\n$/,
    );
    up('+4420712345678');
    expect((await cli.run('privacy', 'export', '--number', '+442071234567', 'b.tar')).stderr).toBe('');
    const { status, stderr } = await cli.run('privacy', 'erase', '--number', '+442071234567', '--yes');
    expect([status, stderr]).toEqual([0, '']);
  });

  it('refuses a file that is there and an account that is not, and says what is missing', async () => {
    writeFileSync(join(cli.directory, 'there.tar'), 'mine');
    for (const args of [
      [id, 'there.tar'],
      ['nobody', 'new.tar'],
    ]) {
      const { status, stderr } = await cli.run('privacy', 'export', ...args);
      expect([status, stderr]).toEqual([1, expect.stringMatching(ONE_LINE_ERROR)]);
    }
    for (const args of [[id], ['--number', '+442071234567', id, 'new.tar'], ['--number', 'x', 'new.tar']]) {
      const { status, stderr } = await cli.run('privacy', 'export', ...args);
      expect([status, stderr]).toEqual([2, expect.stringMatching(ONE_LINE_ERROR)]);
    }
    expect(readFileSync(join(cli.directory, 'there.tar'), 'utf8')).toBe('mine');
    expect(existsSync(join(cli.directory, 'new.tar'))).toBe(false);
    expect(await cli.json('privacy', 'audit')).toHaveLength(1);
  });
});

describe('privacy erase', () => {
  it('removes an account, its records and its recordings', async () => {
    await cli.record();
    cli.withStore((store) => store.addCallRecord(call('c1', { accountId: accountId(id) })));
    const { status, stdout } = await cli.run('privacy', 'erase', 'Mary', '--yes');
    expect([status, stdout]).toEqual([0, `Mary (${id}) is erased.\n`]);
    expect(cli.sealed()).toEqual([]);
    cli.withStore((store) => {
      expect([store.countAccounts(), store.callRecords({ limit: 9 })]).toEqual([0, []]);
    });
  });

  it('asks on a terminal, and removes nothing without a clear word', async () => {
    cli.answer = 'y';
    expect(await cli.run('privacy', 'erase', 'Mary')).toMatchObject({
      status: 1,
      stderr: 'error: nothing was removed\n',
    });
    cli.answer = null;
    expect((await cli.run('privacy', 'erase', 'Mary')).status).toBe(2);
    expect((await cli.run('privacy', 'erase')).status).toBe(2);
    expect((await cli.run('privacy', 'erase', 'Mary', '--number', '+44207123', '--yes')).status).toBe(2);
    expect(await cli.json('account', 'list')).toHaveLength(1);
  });

  it('takes a number out, and says where a call with it is up still', async () => {
    cli.withStore((store) => {
      store.addCallRecord(call('c1', { caller: '+442071234567' }));
      store.saveLive([{ kind: 'call', id: 'up', data: '{"handle":"","identity":{"caller":"+442071234567"}}' }]);
    });
    const first = await cli.run('privacy', 'erase', '--number', '+442071234567', '--yes');
    expect(first.status).toBe(1);
    expect(first.stderr).toMatch(/^error: 1 rows held it[^\n]*run this again[^\n]*\n$/);
    cli.withStore((store) => {
      expect(store.callRecords({ limit: 1 })[0]?.caller).toBe('***');
      store.saveLive([{ kind: 'call', id: 'up', data: null }]);
    });
    const again = await cli.run('privacy', 'erase', '--number', '+442071234567', '--yes');
    expect(again).toMatchObject({ status: 0, stdout: '0 rows held the number and do no more.\n' });
    expect(await cli.json('privacy', 'audit')).toMatchObject([
      {},
      { action: 'number-erased', subject: null, detail: '1 rows' },
      { action: 'number-erased', subject: null, detail: '0 rows' },
    ]);
  });

  it('says that calls are up whose records may be still to come with the whole number', async () => {
    const server = createServer((_request, response) =>
      response.end(JSON.stringify({ engine: 'embedded', calls: 2, mixers: [] })),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    writeFileSync(join(cli.data, 'serve.json'), JSON.stringify({ pid: 1, sip: [], http: `127.0.0.1:${port}` }));
    const erase = () => cli.run('privacy', 'erase', '--number', '+442071234567', '--yes');
    try {
      expect(await erase()).toMatchObject({ status: 0, stderr: '' });
      cli.env = { ...cli.env, PARTYLINE_CALLERS_KEEP_DIGITS: 'all' };
      const warning = /^warning: 2 calls are up [^\n]*run this again when they have ended\n$/;
      expect(await erase()).toMatchObject({ status: 0, stderr: expect.stringMatching(warning) as string });
      // what is stored of calls that are up was looked through
      const data = JSON.stringify({ identity: { direction: 'in', caller: '+491' } });
      cli.withStore((store) => store.saveLive(['x', 'y'].map((one) => ({ kind: 'call', id: one, data }))));
      expect(await erase()).toMatchObject({ status: 0, stderr: '' });
    } finally {
      server.close();
    }
  });

  it('says which accounts name the number among the callers they allow', async () => {
    await cli.run('account', 'set', id, '--allow', '+442071234567');
    const { status, stderr } = await cli.run('privacy', 'erase', '--number', '+442071234567', '--yes');
    expect(status).toBe(0);
    expect(stderr).toMatch(new RegExp(`^warning: it stays among the callers whom ${id} allow[^\\n]*--allow\\n$`));
  });

  it('finishes what was cut short, with the next purge', async () => {
    cli.withStore((store) => {
      for (let n = 0; n < 1_200; n += 1) store.addCallRecord(call(`c${n}`, { accountId: accountId(id) }));
      store.beginErasure(accountId(id), 'erase');
      store.eraseSome(10);
    });
    expect((await cli.run('privacy', 'purge')).status).toBe(0);
    cli.withStore((store) => {
      expect([store.countAccounts(), store.callRecords({ limit: 9 }), store.eraseSome(1)]).toEqual([0, [], 'done']);
    });
  });
});

describe('privacy purge', () => {
  it('keeps records and cuts their numbers after 90 days, unless something else is set', async () => {
    cli.withStore((store) => {
      const now = Date.now();
      store.addCallRecord(call('c1', { startedAt: now - 89 * DAY, caller: '+442071234567' }));
      store.addCallRecord(call('c2', { startedAt: now - 91 * DAY, caller: '+442071234567' }));
    });
    const callers = (): readonly unknown[] =>
      cli.withStore((store) => store.callRecords({ limit: 9 }).map(({ caller }) => caller));
    expect((await cli.run('privacy', 'purge')).stdout).toBe('Done: 1 records whose numbers were cut.\n');
    expect(callers()).toEqual(['+442071234567', '***']);
    expect((await cli.run('privacy', 'purge')).stdout).toBe('Nothing was due.\n');
    cli.env = { ...cli.env, PARTYLINE_PRIVACY_NUMBERS_DAYS: '80', PARTYLINE_PRIVACY_NUMBER_DIGITS: '4' };
    await cli.run('privacy', 'purge');
    expect(callers()).toEqual(['***4567', '***']);
    cli.env = { ...cli.env, PARTYLINE_RECORDS_KEEP_DAYS: '90' };
    expect(await cli.json('privacy', 'purge')).toEqual({
      ...{ recordings: 0, strays: 0, numbers: 0, callRecords: 1, conferenceRecords: 0, occurrences: 0 },
      ...{ bookings: 0, invitees: 0, deliveries: 0, retiredPins: 0, erasing: 'done' },
    });
    expect(callers()).toEqual(['***4567']);
    expect(await cli.json('privacy', 'audit')).toMatchObject([
      {},
      ...[1, 2, 3].map(() => ({ action: 'purged', subject: null, detail: '1 rows and files' })),
    ]);
  });
});

describe('privacy audit', () => {
  it('shows what administrators did, by whom it was done to, between two times', async () => {
    await cli.run('account', 'disable', 'Mary');
    await cli.run('account', 'enable', 'Mary');
    await cli.run('account', 'set', 'Mary', '--name', 'Maria Secreta', '--no-lock');
    await cli.run('block', 'add', '+442071234567', '--account', id);
    await cli.run('block', 'remove', '+442071234567', '--account', id);
    await cli.run('number', 'add', '+442079460000');
    await cli.run('trunk', 'add', 'carrier', '--source', '192.0.2.1');
    const { stdout } = await cli.run('privacy', 'audit');
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => line.split(/ {2,}/)[1]),
    ).toEqual([
      ...['ACTION', 'account-added', 'account-disabled', 'account-enabled', 'account-changed', 'block-added'],
      ...['block-removed', 'dial-in-added', 'trunk-added'],
    ]);
    expect(stdout).not.toMatch(/Maria|Mary|2071234567|carrier|192\.0\.2\.1/);
    const lines = (await cli.json('privacy', 'audit')) as readonly Readonly<Record<string, unknown>>[];
    expect(lines[3]).toEqual({ at: lines[3]?.['at'], action: 'account-changed', subject: id, detail: 'name, lock' });
    expect(await cli.json('privacy', 'audit', '--from', '1h')).toHaveLength(8);
    expect(await cli.json('privacy', 'audit', '--to', '1h')).toEqual([]);
    expect((await cli.run('privacy', 'audit', '--to', '1h')).stdout).toBe('Nothing was done.\n');
  });

  it('notes nothing that was refused', async () => {
    await cli.run('account', 'disable', 'nobody');
    await cli.run('block', 'remove', '+442071234567');
    await cli.run('trunk', 'remove', 'none', '--yes');
    expect(await cli.json('privacy', 'audit')).toHaveLength(1);
  });
});
