import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SqliteStore } from '../../../src/adapters/sqlite/sqlite-store.js';
import { nextDay, readMoment } from '../../../src/app/cli/times.js';
import { accountId, callId } from '../../../src/domain/identifiers.js';
import type { CallRecord } from '../../../src/ports/store.js';
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
