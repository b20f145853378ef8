import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AesPinSeal } from '../../../src/adapters/system/aes-pin-seal.js';
import { KeyUnusable } from '../../../src/adapters/system/key-file.js';
import { loadConfig } from '../../../src/app/config.js';
import { openStore } from '../../../src/app/compose-store.js';
import { accountId } from '../../../src/domain/identifiers.js';
import { SealUnreadable } from '../../../src/ports/pin-seal.js';
import { CommandLine, ONE_LINE_ERROR } from './command-line.js';

let cli: CommandLine;
beforeEach(() => {
  cli = new CommandLine();
});
afterEach(() => cli.dispose());

const opens = (pin: string): boolean => cli.withStore((store, hash) => store.findPin(hash(pin), 0) !== null);

/** What is kept sealed of an account, opened. */
function sealedOf(id: string, role: 'guest' | 'access'): string | null {
  const { config } = loadConfig({ env: {}, workingDirectory: cli.directory });
  const { store, seal } = openStore(config);
  try {
    const sealed = store.pinsOf(accountId(id)).find((pin) => pin.role === role)?.sealed ?? null;
    return sealed === null ? null : seal.open(sealed, { account: accountId(id), role });
  } finally {
    store.close();
  }
}

describe('pin rotate', () => {
  it('draws both PINs anew; the old ones stop at once', async () => {
    const before = await cli.addAccount('--name', 'Mary');
    const after = (await cli.json('pin', 'rotate', 'Mary')) as typeof before;
    expect(Object.keys(after)).toEqual(['id', 'name', 'hostPin', 'guestPin']);
    expect([before.hostPin, before.guestPin, after.hostPin, after.guestPin].map(opens)).toEqual([
      false,
      false,
      true,
      true,
    ]);
  });

  it('draws only what is named', async () => {
    const before = await cli.addAccount('--name', 'Mary');
    const { stdout } = await cli.run('pin', 'rotate', 'mary', '--guest');
    expect(stdout).toMatch(/^Account +Mary\nId +a\w+\nGuest PIN +\d{9}\nThey are shown this once[^\n]*\n$/);
    expect([opens(before.hostPin), opens(before.guestPin)]).toEqual([true, false]);
  });

  it('draws access code, moderator PIN and, where it is named, the security code', async () => {
    const added = (await cli.json('account', 'add', '--name', 'B', '--access-code', '--security-code')) as {
      readonly accessCode: string;
      readonly securityCode: string;
    };
    const usual = (await cli.json('pin', 'rotate', 'B')) as object;
    expect(Object.keys(usual)).toEqual(['id', 'name', 'accessCode', 'moderatorPin']);
    const security = (await cli.json('pin', 'rotate', 'B', '--security')) as { securityCode: string; id: string };
    expect(security.securityCode).not.toBe(added.securityCode);
    const matches = (code: string): boolean =>
      cli.withStore((store, hash) => store.codeMatches(accountId(security.id), 'security', hash(code)));
    expect([matches(added.securityCode), matches(security.securityCode)]).toEqual([false, true]);
  });

  it('warns of PINs that can be keyed nowhere', async () => {
    await cli.addAccount('--name', 'Mary');
    expect((await cli.run('pin', 'rotate', 'Mary')).stderr).toBe('');
    const { status, stderr } = await cli.run('pin', 'rotate', 'Mary', '--guest', '--pin-length', '7');
    expect(status).toBe(0);
    expect(stderr).toMatch(/^warning: PINs of 7 digits cannot be keyed at [^\n]*--pin-length 7\n$/);
  });

  it('refuses with one line what the account has not, and changes nothing', async () => {
    const { guestPin } = await cli.addAccount('--name', 'Mary');
    for (const args of [['Mary', '--guest', '--access'], ['Mary', '--security'], ['Tom']]) {
      const { status, stdout, stderr } = await cli.run('pin', 'rotate', ...args);
      expect([status, stdout]).toEqual([1, '']);
      expect(stderr).toMatch(ONE_LINE_ERROR);
    }
    expect(opens(guestPin)).toBe(true);
  });

  it('keeps the guest PIN sealed until it is rotated, and no other', async () => {
    const { id, guestPin } = await cli.addAccount('--name', 'Mary', '--security-code');
    expect(sealedOf(id, 'guest')).toBe(guestPin);
    const kept = cli.withStore((store) => store.pinsOf(accountId(id)));
    expect(kept.filter(({ sealed }) => sealed !== null).map(({ role }) => role)).toEqual(['guest']);
    const sealed = kept.find(({ role }) => role === 'guest')?.sealed ?? '';
    const after = (await cli.json('pin', 'rotate', id)) as { guestPin: string };
    expect(sealedOf(id, 'guest')).toBe(after.guestPin);
    for (const name of readdirSync(cli.data)) {
      expect(readFileSync(join(cli.data, name), 'latin1').includes(sealed) && name === 'partyline.db').toBe(false);
    }
  });

  it('opens a sealed PIN for nobody else, and not under another key', async () => {
    const { id } = await cli.addAccount('--name', 'Mary');
    const { config } = loadConfig({ env: {}, workingDirectory: cli.directory });
    const { store, seal } = openStore(config);
    const account = accountId(id);
    const sealed = seal.seal('482915037', { account, role: 'guest' });
    expect(sealed).not.toBe(seal.seal('482915037', { account, role: 'guest' }));
    for (const owner of [
      { account: accountId('another'), role: 'guest' as const },
      { account, role: 'access' as const },
      { account, role: 'guest' as const, booking: 'b1' },
      { account, role: 'guest' as const, booking: 'b1', invitee: 'i1' },
    ]) {
      expect(() => seal.open(sealed, owner)).toThrow(SealUnreadable);
    }
    expect(() => seal.open(`${sealed.slice(0, -6)}AAAAA=`, { account, role: 'guest' })).toThrow(SealUnreadable);
    store.close();
    const key = readFileSync(join(cli.data, 'bridge.key'));
    writeFileSync(join(cli.data, 'bridge.key'), Buffer.alloc(32, 1));
    expect(() => sealedOf(id, 'guest')).toThrow(KeyUnusable);
    expect(() => new AesPinSeal(() => Buffer.alloc(32, 1)).open(sealed, { account, role: 'guest' })).toThrow(
      SealUnreadable,
    );
    expect(new AesPinSeal(() => key).open(sealed, { account, role: 'guest' })).toBe('482915037');
  });

  it('draws longer PINs, as a number wants them, where there are too many of the usual length', async () => {
    cli.env = { PARTYLINE_ENTRY_PIN_LENGTH: '6' };
    await cli.run('number', 'add', '8000', '--pin-length', '6');
    await cli.run('number', 'add', '8001', '--pin-length', '8');
    expect((await cli.addAccount('--name', 'a')).hostPin).toHaveLength(6);
    expect((await cli.addAccount('--name', 'b')).hostPin).toHaveLength(8);
    // never shorter than what it is to be safer than: the longest of those that are too short for so many, and that is said
    await cli.addAccount('--name', 'c', '--pin-length', '6');
    const insisted = 'name\n'.concat(...Array.from({ length: 166 }, (_, n) => `m${n}\n`));
    writeFileSync(join(cli.directory, 'many.csv'), insisted);
    await cli.run('account', 'import', 'many.csv', '--pin-length', '8');
    const { status, stdout, stderr } = await cli.run('pin', 'rotate', 'b', '--json');
    expect([status, (JSON.parse(stdout) as { hostPin: string }).hostPin.length]).toEqual([0, 8]);
    expect(stderr).toMatch(/^warning: [^\n]*PINs of 8 digits are too easy to guess/);
    await cli.run('account', 'remove', 'c', '--yes');
    // in place of as many: no more than before
    expect(((await cli.json('pin', 'rotate', 'a')) as { hostPin: string }).hostPin).toHaveLength(6);
  });
});

describe('pin rekey', () => {
  it('keeps every PIN as it is for callers, under keys of which the old one opens nothing', async () => {
    const { hostPin, guestPin } = await cli.addAccount('--name', 'Mary');
    const { guestPin: retired } = await cli.addAccount('--name', 'Tom');
    await cli.run('pin', 'rotate', 'Tom');
    const oldKey = readFileSync(join(cli.data, 'pin.key'));
    const old = cli.withStore((_, hash) => hash(hostPin));
    expect(await cli.json('pin', 'rekey')).toEqual({ version: 2 });
    expect([hostPin, guestPin, retired].map(opens)).toEqual([true, true, false]);
    expect(cli.withStore((store) => store.findPin(old, 0))).toBeNull();
    expect(readFileSync(join(cli.data, 'pin.key')).subarray(0, 32).equals(oldKey)).toBe(true);
    const again = (await cli.json('pin', 'rotate', 'Mary')) as { hostPin: string };
    expect([hostPin, again.hostPin].map(opens)).toEqual([false, true]);
    expect((await cli.run('pin', 'rekey')).stdout).toMatch(/version 3 of the PIN key: back up pin\.key now/);
    expect(opens(again.hostPin)).toBe(true);
  });

  it('with an older key file in its place is found out: nothing is recognised, and one line says why', async () => {
    await cli.addAccount('--name', 'Mary');
    const backup = join(cli.directory, 'pin.key.backup');
    copyFileSync(join(cli.data, 'pin.key'), backup);
    await cli.run('pin', 'rekey');
    copyFileSync(backup, join(cli.data, 'pin.key'));
    for (const args of [['pin', 'rotate', 'Mary'], ['pin', 'rekey'], ['serve']]) {
      const { status, stderr } = await cli.run(...args);
      expect(status).toBe(1);
      expect(stderr).toMatch(/^error: the PIN key .*version 2[^\n]*from a backup\n$/);
    }
    const findings = (await cli.run('doctor', '--json')).stdout;
    expect(findings).toMatch(/"check": "PIN key",\s+"status": "failed",\s+"text": "[^"]*version 2/);
  });
});
