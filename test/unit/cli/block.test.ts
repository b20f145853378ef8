import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore } from '../../../src/app/compose-store.js';
import { parseConfig } from '../../../src/app/config.js';
import { accountId } from '../../../src/domain/identifiers.js';
import { CommandLine } from './command-line.js';

let cli: CommandLine;
beforeEach(() => {
  cli = new CommandLine();
});
afterEach(() => cli.dispose());

const isBlocked = (id: string, number: string): boolean => {
  const { store } = openStore(parseConfig({ dataDir: cli.data }, {}));
  try {
    return store.isBlocked(accountId(id), number);
  } finally {
    store.close();
  }
};

describe('block', () => {
  it('blocks a number bridge-wide, however it is written, and lets it in again', async () => {
    const { id } = await cli.addAccount('--name', 'Mary');
    const added = await cli.run('block', 'add', '+44 20 7123-4567');
    expect(added).toEqual({ status: 0, stdout: '442071234567 is blocked bridge-wide.\n', stderr: '' });
    expect(isBlocked(id, '442071234567')).toBe(true);
    expect((await cli.run('block', 'list')).stdout).toMatch(/NUMBER +ACCOUNT +SINCE\n442071234567 +all +\d{4}-/);
    expect((await cli.run('block', 'remove', '+442071234567')).stdout).toBe(
      '442071234567 is blocked no more bridge-wide.\n',
    );
    expect(isBlocked(id, '442071234567')).toBe(false);
    expect((await cli.run('block', 'list')).stdout).toBe('No number is blocked.\n');
  });

  it('lists all there are, however many', async () => {
    await cli.addAccount('--name', 'Mary');
    const database = new SqliteDatabase(join(cli.data, 'partyline.db'));
    database.exec(
      `WITH RECURSIVE n (i) AS (SELECT 10000 UNION ALL SELECT i + 1 FROM n WHERE i < 22344)
       INSERT INTO blocks (account_seq, caller_number, created_at) SELECT CASE i % 2 WHEN 0 THEN 1 END, '44' || i, i FROM n`,
    );
    database.close();
    const all = (await cli.json('block', 'list')) as { number: string; accountName: string | null }[];
    expect(all.map(({ number }) => number)).toEqual(Array.from({ length: 12_345 }, (_, n) => `44${10_000 + n}`));
    expect(all[0]?.accountName).toBe('Mary');
    expect(all[1]?.accountName).toBeNull();
    expect((await cli.run('block', 'list')).stdout.match(/^44\d+ /gm)).toHaveLength(12_345);
  });

  it('blocks a number for one account only', async () => {
    const [mary, john] = [await cli.addAccount('--name', 'Mary'), await cli.addAccount('--name', 'John')];
    await cli.run('block', 'add', '1234567', '--account', 'Mary');
    expect([isBlocked(mary.id, '1234567'), isBlocked(john.id, '1234567')]).toEqual([true, false]);
    expect((await cli.run('block', 'list', '--account', 'John')).stdout).toBe('No number is blocked.\n');
    expect((await cli.run('block', 'list', '--account', 'Mary')).stdout).toMatch(/1234567 +Mary/);
    const bridgeWide = await cli.run('block', 'remove', '1234567');
    expect([bridgeWide.status, bridgeWide.stderr]).toEqual([
      1,
      'error: 1234567 is not blocked bridge-wide: see partyline block list\n',
    ]);
    expect((await cli.run('block', 'remove', '1234567', '--account', 'Mary')).status).toBe(0);
    expect(isBlocked(mary.id, '1234567')).toBe(false);
  });

  it.each([
    [['block', 'add', 'anonymous'], 2, /must be a number/],
    [['block', 'add', '1'.repeat(33)], 2, /must be a number/],
    [['block', 'add', '1234', '--account', 'Nobody'], 1, /there is no account "Nobody"/],
    [['block', 'add'], 2, /missing required argument/],
  ])('refuses %j in one line', async (args, status, words) => {
    const ran = await cli.run(...args);
    expect(ran.status).toBe(status);
    expect(ran.stderr).toMatch(words);
    expect(ran.stderr).toMatch(/^error: [^\n]*\n$/);
  });
});
