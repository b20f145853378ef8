import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { accountId } from '../../../src/domain/identifiers.js';
import { CommandLine } from './command-line.js';

let cli: CommandLine;
beforeEach(() => {
  cli = new CommandLine();
});
afterEach(() => cli.dispose());

describe('an access code', () => {
  it('is drawn with a moderator PIN in place of host and guest PIN, and the bridge recognises both', async () => {
    const added = (await cli.json('account', 'add', '--name', 'Sales', '--access-code')) as Record<string, string>;
    expect(added).toEqual({
      id: expect.stringMatching(/^a/) as string,
      name: 'Sales',
      accessCode: expect.stringMatching(/^\d{9}$/) as string,
      moderatorPin: expect.stringMatching(/^\d{9}$/) as string,
    });
    const { accessCode = '', moderatorPin = '', id = '' } = added;
    cli.withStore((store, hash) => {
      expect(store.findPin(hash(accessCode), 0)).toMatchObject({ role: 'guest', byAccessCode: true, account: { id } });
      expect(store.findPin(hash(moderatorPin), 0)).toBeNull();
      expect(store.codeMatches(accountId(id), 'moderator', hash(moderatorPin))).toBe(true);
    });
    expect(await cli.json('account', 'show', 'Sales')).toMatchObject({ accessCode: true, securityCode: false });
    expect((await cli.run('account', 'show', 'Sales')).stdout).toMatch(/Way in +access code, moderator PIN\n/);
  });

  it('is printed for people', async () => {
    const { stdout } = await cli.run('account', 'add', '--name', 'Sales', '--access-code', '--security-code');
    expect(stdout).toMatch(/\nAccess code +\d{9}\nModerator PIN +\d{9}\nSecurity code +\d{9}\n/);
  });
});

describe('a security code', () => {
  const matches = (id: string, code: string): boolean =>
    cli.withStore((store, hash) => store.codeMatches(accountId(id), 'security', hash(code)));

  it('is drawn with the account, as long as its PINs, and shown this once', async () => {
    const flags = ['--name', 'Board', '--security-code', '--pin-length', '11'];
    const { id, securityCode } = (await cli.json('account', 'add', ...flags)) as { id: string; securityCode: string };
    expect(securityCode).toMatch(/^\d{11}$/);
    expect(matches(id, securityCode)).toBe(true);
    const { stdout } = await cli.run('account', 'show', 'Board', '--json');
    expect(stdout).not.toContain(securityCode);
    expect(JSON.parse(stdout)).toMatchObject({ accessCode: false, securityCode: true });
  });

  it('is drawn, drawn again and removed later', async () => {
    const { id } = await cli.addAccount('--name', 'Board');
    const set = async (flag: string) =>
      (await cli.json('account', 'set', 'Board', flag)) as { newSecurityCode: string; securityCode: boolean };
    const first = await set('--security-code');
    expect(first.securityCode).toBe(true);
    expect(matches(id, first.newSecurityCode)).toBe(true);
    const second = await set('--security-code');
    expect([matches(id, first.newSecurityCode), matches(id, second.newSecurityCode)]).toEqual([false, true]);
    expect(await set('--no-security-code')).toMatchObject({ securityCode: false });
    expect(matches(id, second.newSecurityCode)).toBe(false);
    const { stdout } = await cli.run('account', 'set', 'Board', '--security-code');
    expect(stdout).toMatch(/New security code +\d{9}\nIt is kept nowhere/);
    expect((await cli.run('account', 'set', 'Board', '--readmit')).stdout).toMatch(/Security code +yes\n/);
  });

  it('drawn later can be keyed at every number: it is as long as the shortest PIN', async () => {
    await cli.addAccount('--name', 'Board');
    await cli.run('number', 'add', '8000', '--pin-length', '10');
    await cli.run('number', 'add', '8001', '--pin-length', '7');
    const { newSecurityCode } = (await cli.json('account', 'set', 'Board', '--security-code')) as Record<
      string,
      string
    >;
    expect(newSecurityCode).toMatch(/^\d{7}$/);
  });

  it('is not drawn for an account that is not there, and nothing is made', async () => {
    const { status, stderr } = await cli.run('account', 'set', 'Nobody', '--security-code');
    expect([status, stderr]).toEqual([1, 'error: there is no account "Nobody": see partyline account list\n']);
    expect(existsSync(cli.data)).toBe(false);
  });

  it('is not removed or drawn where the rest of the change is refused, nor is the rest changed where it cannot be drawn', async () => {
    const { id } = await cli.addAccount('--name', 'Board', '--security-code');
    const before = await cli.json('account', 'show', id);
    for (const flag of ['--security-code', '--no-security-code']) {
      const { status } = await cli.run('account', 'set', 'Board', flag, '--dial-out', 'nowhere');
      expect(status).toBe(1);
      expect(await cli.json('account', 'show', id)).toEqual(before);
    }
    rmSync(join(cli.data, 'pin.key'));
    const { status, stdout, stderr } = await cli.run(
      'account',
      'set',
      'Board',
      '--security-code',
      '--name',
      'B',
      '--lobby',
    );
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^error: the PIN key [^\n]*\n$/);
    expect(await cli.json('account', 'show', id)).toEqual(before);
  });

  it('is changed together with what else is given', async () => {
    const { id } = await cli.addAccount('--name', 'Board');
    const flags = ['--security-code', '--name', 'The Board', '--lobby'];
    const changed = (await cli.json('account', 'set', 'Board', ...flags)) as { newSecurityCode: string };
    expect(changed).toMatchObject({ name: 'The Board', options: { lobby: true }, securityCode: true });
    expect(matches(id, changed.newSecurityCode)).toBe(true);
    expect(await cli.json('account', 'set', id, '--no-security-code', '--no-lobby')).toMatchObject({
      ...{ options: { lobby: false }, securityCode: false },
    });
  });

  it('leaves no code in any file of the bridge', async () => {
    const added = (await cli.json('account', 'add', '--name', 'S', '--access-code', '--security-code')) as object;
    const { accessCode, moderatorPin, securityCode } = added as Record<string, string>;
    for (const name of readdirSync(cli.data)) {
      const text = readFileSync(join(cli.data, name)).toString('latin1');
      for (const code of [accessCode, moderatorPin, securityCode]) expect(text).not.toContain(code);
    }
  });
});
