import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { accountId } from '../../../src/domain/identifiers.js';
import { CommandLine, ONE_LINE_ERROR } from './command-line.js';

let cli: CommandLine;
beforeEach(() => {
  cli = new CommandLine();
});
afterEach(() => cli.dispose());

const options = (id: string) => cli.withStore((store) => store.account(accountId(id))?.options);

describe('block by pattern', () => {
  it('takes any spelling of a pattern, and lets it in again by any', async () => {
    const { id } = await cli.addAccount('--name', 'Mary');
    expect((await cli.run('block', 'add', '+44 20*')).stdout).toBe('4420* is blocked bridge-wide.\n');
    expect((await cli.run('block', 'add', '(0900) ??????', '--account', 'Mary')).stdout).toBe(
      '0900?????? is blocked for Mary.\n',
    );
    const blocked = (number: string) => cli.withStore((store) => store.isBlocked(accountId(id), number));
    expect(['442071234567', '0900123456', '443071234567', '0900'].map(blocked)).toEqual([true, true, false, false]);
    expect((await cli.run('block', 'list')).stdout).toMatch(/4420\* +all +\d.*\n0900\?\?\?\?\?\? +Mary/);
    expect((await cli.run('block', 'remove', '004420*')).stdout).toBe('4420* is blocked no more bridge-wide.\n');
    expect(blocked('442071234567')).toBe(false);
  });

  it.each(['*', '?', '4420*7', '44a*', '+*', '*44', '1*'.repeat(20)])('refuses %s in one line', async (pattern) => {
    const { status, stderr } = await cli.run('block', 'add', pattern);
    expect(status).toBe(2);
    expect(stderr).toMatch(ONE_LINE_ERROR);
  });
});

describe('allowed callers', () => {
  it('are set, shown, changed and taken away', async () => {
    const { id } = await cli.addAccount('--name', 'Mary', '--allow', '+44 20 7123 4567, 0044 161*,+442071234567');
    expect(options(id)?.allowedCallers).toEqual(['442071234567', '44161*']);
    expect((await cli.run('account', 'show', 'Mary')).stdout).toMatch(/Allowed callers +442071234567, 44161\*\n/);
    await cli.run('account', 'set', 'Mary', '--lobby');
    expect(options(id)?.allowedCallers).toHaveLength(2);
    await cli.run('account', 'set', 'Mary', '--allow', 'any');
    expect(options(id)).not.toHaveProperty('allowedCallers');
    expect((await cli.run('account', 'show', 'Mary')).stdout).toMatch(/Allowed callers +any caller\n/);
  });

  it.each([
    ['', /must be any, or numbers/],
    [',', /must be any, or numbers/],
    ['+442071234567,Mary', /"Mary" is none/],
    ['any,+44*', /"any" is none/],
    [Array.from({ length: 1_001 }, (_, n) => String(10_000 + n)).join(), /1000 at most/],
  ])('%j are refused in one line', async (list, words) => {
    const { status, stderr } = await cli.run('account', 'add', '--name', 'Mary', '--allow', list);
    expect(status).toBe(2);
    expect(stderr).toMatch(ONE_LINE_ERROR);
    expect(stderr).toMatch(words);
  });
});

describe('the report of a host', () => {
  it('is chosen for an account, or left to the setting of the bridge', async () => {
    const { id } = await cli.addAccount('--name', 'Mary', '--report', 'file');
    expect(options(id)?.hostReport).toBe('file');
    await cli.run('account', 'set', 'Mary', '--report', 'default');
    expect(options(id)).not.toHaveProperty('hostReport');
    expect((await cli.run('account', 'set', 'Mary', '--report', 'fax')).status).toBe(2);
  });
});
