import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SqliteStore } from '../../../src/adapters/sqlite/sqlite-store.js';
import { nextDay, readMoment } from '../../../src/app/cli/times.js';
import { accountId, bookingId, callId } from '../../../src/domain/identifiers.js';
import type { CallRecord } from '../../../src/ports/store.js';
import { call, conference } from '../../conformance/store-stage.js';
import { CommandLine } from './command-line.js';

let cli: CommandLine;
let account: string;

const noon = new Date(2026, 0, 15, 12, 0, 0).getTime();

function record(id: string, more: Partial<CallRecord> = {}): void {
  const store = SqliteStore.open({ file: join(cli.data, 'partyline.db') });
  store.addCallRecord({
    id: callId(id),
    direction: 'in',
    sipCallId: `${id}@example.org`,
    startedAt: noon,
    answeredAt: noon + 100,
    joinedAt: noon + 10_000,
    endedAt: noon + 75_000,
    trunk: 'pbx',
    dialled: '+442071234567',
    caller: '***567',
    accountId: accountId(account),
    bookingId: null,
    inviteeId: null,
    conferenceRecordId: 1,
    role: 'guest',
    outcome: 'completed',
    keyMethod: 'event',
    codec: 'PCMU',
    mixer: 'm1',
    packetLoss: 0.01,
    jitterMs: 2.5,
    ...more,
  });
  store.close();
}

const ids = async (...args: readonly string[]): Promise<string[]> =>
  ((await cli.json('report', 'calls', ...args)) as { id: string }[]).map(({ id }) => id);

beforeEach(async () => {
  cli = new CommandLine();
  account = (await cli.addAccount('--name', 'Board, main')).id;
});
afterEach(() => cli.dispose());

describe('report calls', () => {
  it('shows people when, whence, where to, who, how long and how it ended', async () => {
    record('c1');
    record('c2', {
      startedAt: noon - 1000,
      joinedAt: null,
      accountId: null,
      role: null,
      caller: null,
      outcome: 'wrong-pin',
    });
    const { stdout } = await cli.run('report', 'calls');
    expect(stdout).toBe(
      [
        'STARTED           TRUNK  DIALLED        CALLER    ACCOUNT      ROLE   TALKED  OUTCOME',
        '2026-01-15 12:00  pbx    +442071234567  ***567    Board, main  guest  1:05    completed',
        '2026-01-15 11:59  pbx    +442071234567  withheld  -            -      -       wrong-pin',
        '',
      ].join('\n'),
    );
  });

  it('gives programs everything, with times in UTC and the account by name', async () => {
    record('c1');
    expect(await cli.json('report', 'calls')).toEqual([
      expect.objectContaining({
        id: 'c1',
        startedAt: new Date(noon).toISOString(),
        talkSeconds: 65,
        accountId: account,
        accountName: 'Board, main',
        packetLoss: 0.01,
      }),
    ]);
  });

  it('gives spreadsheets CSV that quotes what must be quoted and starts no formula', async () => {
    record('c1', { caller: '=HYPERLINK("x")' });
    const { stdout } = await cli.run('report', 'calls', '--csv');
    const [head, line, end] = stdout.split('\r\n');
    expect(head).toMatch(/^id,sipCallId,startedAt,/);
    expect(line).toContain(`,"'=HYPERLINK(""x"")",`);
    expect(line).toContain(',"Board, main",');
    expect(line).toContain(',+442071234567,');
    expect(end).toBe('');
  });

  it('lets no caller steer the terminal', async () => {
    record('c1', { dialled: '\u001b[2J\u202e8000', caller: 'a\nb' });
    const { stdout } = await cli.run('report', 'calls');
    expect(stdout).toContain('?[2J?8000');
    expect(stdout).toContain('a?b');
  });

  it('is filtered by time, account and outcome', async () => {
    record('c1', { startedAt: noon - 86_400_000 });
    record('c2', { outcome: 'locked' });
    record('c3', { startedAt: noon + 86_400_000, accountId: null });
    expect(await ids('--from', '2026-01-15')).toEqual(['c3', 'c2']);
    expect(await ids('--from', '2026-01-15', '--to', '2026-01-15')).toEqual(['c2']);
    expect(await ids('--to', '2026-01-15T12:00')).toEqual(['c1']);
    expect(await ids('--account', 'board, MAIN')).toEqual(['c2', 'c1']);
    expect(await ids('--outcome', 'locked')).toEqual(['c2']);
    expect((await cli.run('report', 'calls', '--account', 'nobody')).status).toBe(1);
  });

  it('says when there are more calls than it shows', async () => {
    for (let n = 0; n < 3; n += 1) record(`c${n}`, { startedAt: noon + n });
    const { stdout, stderr } = await cli.run('report', 'calls', '--limit', '2', '--json');
    expect(JSON.parse(stdout)).toMatchObject([{ id: 'c2' }, { id: 'c1' }]);
    expect(stderr).toBe('warning: there are more than these 2: raise --limit\n');
    expect((await cli.run('report', 'calls', '--limit', '3', '--json')).stderr).toBe('');
  });

  it.each([
    [['--from', 'yesterday']],
    [['--from', '2026-02-30']],
    [['--to', '2026-13-01']],
    [['--outcome', 'fine']],
    [['--limit', '0']],
    [['--limit', '1e9']],
    [['--time-zone', 'Europe/Nowhere']],
    [['--by', 'week']],
    [['--role', 'caller']],
    [['--json', '--csv']],
  ])('takes no wrong usage: %j', async (args) => {
    const { status, stderr } = await cli.run('report', 'calls', ...args);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^error: [^\n]+\n$/);
  });
});

describe('a moment', () => {
  const read = (text: string): number => readMoment(text, noon).at;

  it('may be a date, a date and time, with a zone, or a time ago', () => {
    expect(read('2026-01-15')).toBe(new Date(2026, 0, 15).getTime());
    expect(read('2026-01-15 08:30')).toBe(new Date(2026, 0, 15, 8, 30).getTime());
    expect(read('2026-01-15T08:30:15Z')).toBe(Date.UTC(2026, 0, 15, 8, 30, 15));
    expect(read('2026-01-15T08:30+02:00')).toBe(Date.UTC(2026, 0, 15, 6, 30));
    expect(read('24h')).toBe(noon - 86_400_000);
    expect(read('7d')).toBe(noon - 7 * 86_400_000);
  });

  it('that is a day ends where the next begins', () => {
    const day = readMoment('2026-01-31', noon);
    expect(day.wholeDay).toBe(true);
    expect(nextDay(day.at)).toBe(new Date(2026, 1, 1).getTime());
    expect(readMoment('2026-01-31T00:00', noon).wholeDay).toBe(false);
  });
});

describe('report calls, many', () => {
  it('gives programs and spreadsheets every call without a limit, and people a hundred', async () => {
    const store = SqliteStore.open({ file: join(cli.data, 'partyline.db') });
    for (let n = 0; n < 2_345; n += 1) store.addCallRecord(call(`n${n}`, { startedAt: noon + n }));
    store.close();
    const all = await ids();
    expect(all).toHaveLength(2_345);
    expect([all[0], all[1_000], all.at(-1)]).toEqual(['n2344', 'n1344', 'n0']);
    const csv = (await cli.run('report', 'calls', '--csv')).stdout.split('\r\n');
    expect(csv).toHaveLength(2_347);
    const table = await cli.run('report', 'calls');
    expect(table.stdout.split('\n')).toHaveLength(102);
    expect(table.stderr).toBe('warning: there are more than these 100: raise --limit\n');
  });

  it('is an empty array, a head alone or a sentence where there is none', async () => {
    expect((await cli.run('report', 'calls', '--json')).stdout).toBe('[]\n');
    expect((await cli.run('report', 'calls', '--csv')).stdout).toMatch(/^id,[^\n]*\r\n$/);
    expect((await cli.run('report', 'calls')).stdout).toBe('No calls.\n');
    expect((await cli.run('report', 'rooms')).stdout).toBe('No conferences.\n');
    expect((await cli.run('report', 'accounts', '--json')).stdout).toBe('[]\n');
  });

  it('is filtered by number in any spelling, trunk, role and booking', async () => {
    record('c1', { dialled: '442071234567' });
    record('c2', { dialled: '00442071234567', trunk: 'carrier', role: 'host' });
    record('c3', { dialled: '8000', bookingId: bookingId('b1') });
    expect(await ids('--number', '+44 20 7123 4567')).toEqual(['c2', 'c1']);
    for (const spelt of ['(+44) 20 7123-4567', '+44 (0)20 7123 4567', '+44\u00a020\u20117123\u20114567']) {
      expect(await ids('--number', spelt)).toEqual(['c2', 'c1']);
    }
    expect(await ids('--number', '8000')).toEqual(['c3']);
    expect(await ids('--trunk', 'carrier')).toEqual(['c2']);
    expect(await ids('--role', 'host')).toEqual(['c2']);
    expect(await ids('--booking', 'b1')).toEqual(['c3']);
  });

  it('refuses a period that ends before it begins, in one line', async () => {
    for (const what of ['calls', 'rooms', 'accounts']) {
      const { status, stderr } = await cli.run('report', what, '--from', '2026-02-01', '--to', '2026-01-01');
      expect([status, stderr]).toEqual([1, 'error: --from is not before --to: nothing is in such a period\n']);
    }
  });

  it('quotes what a formula may hide behind blanks, and keeps lines whole', async () => {
    record('c1', { caller: ' =1+1', trunk: '@x', dialled: 'a"b', mixer: '\uff1d1+1' });
    const { stdout } = await cli.run('report', 'calls', '--csv');
    expect(stdout).toContain(",'\uff1d1+1,");
    expect(stdout).toContain(",'@x,");
    expect(stdout).toContain(",' =1+1,");
    expect(stdout).toContain(',"a""b",');
    expect(stdout.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
  });
});

describe('sums of calls', () => {
  beforeEach(() => {
    record('c1', { startedAt: Date.UTC(2026, 2, 28, 23, 30), joinedAt: null, accountId: null });
    record('c2', { startedAt: Date.UTC(2026, 2, 29, 12), joinedAt: 0, endedAt: 60_000 });
    record('c3', { startedAt: Date.UTC(2026, 2, 29, 22, 30), joinedAt: 0, endedAt: 30_500, trunk: 'carrier' });
  });

  it('by day are of the days of a time zone, one that is short when clocks change too', async () => {
    const by = async (zone: string): Promise<unknown[]> => {
      const rows = (await cli.json('report', 'calls', '--by', 'day', '--time-zone', zone)) as Record<string, unknown>[];
      return rows.map((row) => [row['day'], row['calls'], row['talkSeconds']]);
    };
    expect(await by('UTC')).toEqual([
      ['2026-03-28', 1, 0],
      ['2026-03-29', 2, 90.5],
    ]);
    // 23:30 UTC is the next day in Berlin; 22:30 UTC a day later too, as summer time has begun
    expect(await by('Europe/Berlin')).toEqual([
      ['2026-03-29', 2, 60],
      ['2026-03-30', 1, 30.5],
    ]);
    expect(await by('America/New_York')).toEqual([
      ['2026-03-28', 1, 0],
      ['2026-03-29', 2, 90.5],
    ]);
  });

  it('show days without a call, and keep to the period on the clock of the time zone', async () => {
    record('c4', { startedAt: Date.UTC(2026, 3, 1, 12) });
    const args = ['--by', 'day', '--time-zone', 'Europe/Berlin', '--from', '2026-03-30', '--to', '2026-04-01'];
    const rows = (await cli.json('report', 'calls', ...args)) as { day: string; calls: number }[];
    expect(rows.map((row) => [row.day, row.calls])).toEqual([
      ['2026-03-30', 1],
      ['2026-03-31', 0],
      ['2026-04-01', 1],
    ]);
  });

  it('by account, number and trunk', async () => {
    const { stdout } = await cli.run('report', 'accounts', '--from', '2026-03-01', '--to', '2026-03-31');
    expect(stdout).toBe(
      [
        'ACCOUNT      CALLS  JOINED  TALKED  PLACED  PLACED FOR',
        'Board, main  2      2       1:31    0       0:00',
        '-            1      0       0:00    0       0:00',
        '',
      ].join('\n'),
    );
    expect(await cli.json('report', 'calls', '--by', 'trunk', '--account', 'Board, main')).toEqual([
      { trunk: 'carrier', calls: 1, joined: 1, talkSeconds: 30.5, placed: 0, placedSeconds: 0 },
      { trunk: 'pbx', calls: 1, joined: 1, talkSeconds: 60, placed: 0, placedSeconds: 0 },
    ]);
    expect((await cli.run('report', 'calls', '--by', 'number', '--csv')).stdout).toBe(
      'dialled,calls,joined,talkSeconds,placed,placedSeconds\r\n+442071234567,3,2,90.5,0,0\r\n',
    );
    expect((await cli.run('report', 'accounts', '--limit', '1')).stderr).toContain('more than these 1');
  });
});

describe('report rooms', () => {
  it('lists conferences with who was in them, newest first', async () => {
    const store = SqliteStore.open({ file: join(cli.data, 'partyline.db') });
    const own = { accountId: accountId(account), startedAt: noon };
    const id = store.startConferenceRecord(conference('k1', own));
    store.endConferenceRecord(id, { endedAt: noon + 90_000, peak: 2, lockedOut: 1, blocked: 3, outcome: 'emptied' });
    store.startConferenceRecord(conference('k2', { ...own, startedAt: noon + 3_600_000 }));
    store.close();
    record('c1', { conferenceRecordId: id, caller: null });
    record('c2', { conferenceRecordId: id, startedAt: noon + 1, caller: '***999' });
    record('c3', { conferenceRecordId: id, joinedAt: null, outcome: 'locked', startedAt: noon + 2 });
    const { stdout } = await cli.run('report', 'rooms');
    expect(stdout.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['STARTED', 'LASTED', 'ACCOUNT', 'PEAK', 'LOCKED OUT', 'BLOCKED', 'RECORDINGS', 'ENDED', 'WHO'],
      ['2026-01-15 13:00', '-', 'Board, main', '-', '-', '-', '0', 'goes on'],
      ['2026-01-15 12:00', '1:30', 'Board, main', '2', '1', '3', '0', 'emptied', 'withheld, ***999'],
      [''],
    ]);
    const [, ended] = (await cli.json('report', 'rooms')) as object[];
    expect(ended).toMatchObject({
      ...{ peak: 2, lockedOut: 1, blocked: 3, calls: 3, joined: 2, outcome: 'emptied', accountName: 'Board, main' },
      callers: [
        { id: 'c1', caller: null },
        { id: 'c2', caller: '***999' },
        { id: 'c3', joinedAt: null, outcome: 'locked' },
      ],
    });
    expect((await cli.run('report', 'rooms', '--csv', '--to', '2026-01-15T12:30')).stdout.split('\r\n')).toHaveLength(
      3,
    );
  });
});
