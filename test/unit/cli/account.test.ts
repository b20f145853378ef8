import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SqliteStore } from '../../../src/adapters/sqlite/sqlite-store.js';
import { loadPinKey } from '../../../src/adapters/system/pin-key.js';
import { openStore } from '../../../src/app/compose-store.js';
import type { ConferenceOptions } from '../../../src/domain/conference-options.js';
import { accountId } from '../../../src/domain/identifiers.js';
import { CommandLine } from './command-line.js';

let cli: CommandLine;
beforeEach(() => {
  cli = new CommandLine();
});
afterEach(() => cli.dispose());

/** The store of the command line, with the hash its PINs have there. */
function withStore<T>(look: (store: SqliteStore, hash: (digits: string) => string) => T): T {
  const pins = loadPinKey(cli.data, () => false);
  const store = SqliteStore.open({ file: join(cli.data, 'partyline.db') });
  try {
    return look(store, (digits) => pins.hash(digits));
  } finally {
    store.close();
  }
}

/** The one line an error has. */
const oneLine = /^error: [^\n]+\n$/;

describe('account add', () => {
  it('prints id, name and both PINs as one JSON object', async () => {
    const { status, stdout, stderr } = await cli.run('account', 'add', '--name', 'Mary Murphy', '--json');
    expect([status, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toEqual({
      id: expect.stringMatching(/^a[0-9a-z]{20}$/) as string,
      name: 'Mary Murphy',
      hostPin: expect.stringMatching(/^\d{9}$/) as string,
      guestPin: expect.stringMatching(/^\d{9}$/) as string,
    });
  });

  it('prints a block for people', async () => {
    const { stdout } = await cli.run('account', 'add', '--name', 'Mary');
    expect(stdout).toMatch(/^Account +Mary\nId +a\w+\nHost PIN +\d{9}\nGuest PIN +\d{9}\n/);
  });

  it('makes PINs that the bridge recognises, of host and guest', async () => {
    const added = await cli.addAccount('--name', 'Mary');
    const pins = loadPinKey(cli.data, () => false);
    const store = SqliteStore.open({ file: join(cli.data, 'partyline.db') });
    expect(store.findPin(pins.hash(added.hostPin))).toMatchObject({ role: 'host', account: { id: added.id } });
    expect(store.findPin(pins.hash(added.guestPin))).toMatchObject({ role: 'guest', account: { id: added.id } });
    store.close();
  });

  it('draws PINs as long as asked for, or as configured, or as the numbers want them', async () => {
    expect((await cli.addAccount('--name', 'a', '--pin-length', '12')).hostPin).toHaveLength(12);
    cli.env = { PARTYLINE_ENTRY_PIN_LENGTH: '10' };
    expect((await cli.addAccount('--name', 'b')).guestPin).toHaveLength(10);
    await cli.run('number', 'add', '8000', '--pin-length', '11');
    expect((await cli.addAccount('--name', 'c')).guestPin).toHaveLength(11);
  });

  it('warns when PINs of that length can be keyed nowhere', async () => {
    const { status, stderr } = await cli.run('account', 'add', '--name', 'a', '--pin-length', '11');
    expect(status).toBe(0);
    expect(stderr).toBe(
      'warning: PINs of 11 digits cannot be keyed at the number "conference": add one with partyline number add NUMBER --pin-length 11\n',
    );
  });

  it('refuses PINs that are too easy to guess by their number, unless insisted on', async () => {
    cli.env = { PARTYLINE_ENTRY_PIN_LENGTH: '6' };
    await cli.addAccount('--name', 'first');
    const { status, stdout, stderr } = await cli.run('account', 'add', '--name', 'second');
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(oneLine);
    expect(stderr).toContain('--pin-length 7');
    expect((await cli.addAccount('--name', 'second', '--pin-length', '6')).hostPin).toHaveLength(6);
  });

  it('keeps what the flags say about conferences, and what is configured of the rest', async () => {
    cli.env = { PARTYLINE_CONFERENCE_CONFIRM_HANGUP: 'true', PARTYLINE_CONFERENCE_GRACE_SECONDS: '33' };
    const flags = ['--host-leaves', 'hold', '--entry', 'none', '--exit', 'none', '--no-lock', '--readmit'];
    const more = ['--no-roll-call', '--max-callers', '5', '--mute-guests', '--wait-limit', '10', '--alone-limit', '20'];
    const { id } = await cli.addAccount('--name', 'a', ...flags, ...more);
    expect(await cli.json('account', 'show', id)).toMatchObject({
      options: {
        hostLeaves: 'hold',
        graceSeconds: 33,
        entry: 'none',
        exit: 'none',
        lockAllowed: false,
        readmit: true,
        rollCall: false,
        maxCallers: 5,
        muteGuestsOnEntry: true,
        confirmHangup: true,
        waitLimitSeconds: 10,
        aloneLimitSeconds: 20,
        durationLimitSeconds: 43_200,
      },
    });
  });

  it('says when a name is there already, and adds it all the same', async () => {
    await cli.addAccount('--name', 'Board');
    const { status, stderr } = await cli.run('account', 'add', '--name', 'board');
    expect(status).toBe(0);
    expect(stderr).toMatch(/^warning: another account is named "board" too[^\n]*\n$/);
  });

  it.each([
    [['--host-leaves', 'stay']],
    [['--entry', 'fanfare']],
    [['--grace', 'long']],
    [['--grace', '-1']],
    [['--max-callers', '0']],
    [['--pin-length', '5']],
    [['--pin-length', '13']],
    [['--name', '']],
    [['--name', 'two\nlines']],
    [['--name', 'x'.repeat(101)]],
    [['--karaoke']],
    [['--recording', 'maybe']],
    [['--record-beep', '4']],
    [['--names-up-to', 'many']],
    [['--dial-out-prefixes', '44,x']],
    [['--dial-out-prefixes', ',']],
    [['--dial-out-calls', '0']],
    [['--key', 'mute']],
    [['--key', 'muet=*6']],
    [['one', 'more']],
  ])('takes no wrong usage: %j', async (flags) => {
    const { status, stdout, stderr } = await cli.run('account', 'add', '--name', 'a', ...flags);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(oneLine);
    expect(existsSync(cli.data)).toBe(false);
  });

  it('wants a name', async () => {
    const { status, stderr } = await cli.run('account', 'add');
    expect(status).toBe(2);
    expect(stderr).toMatch(/required option '--name <name>'/);
  });

  it('leaves no PIN in any file of the bridge', async () => {
    const { hostPin, guestPin } = await cli.addAccount('--name', 'a');
    for (const name of readdirSync(cli.data)) {
      const text = readFileSync(join(cli.data, name)).toString('latin1');
      expect(text).not.toContain(hostPin);
      expect(text).not.toContain(guestPin);
    }
  });

  it('makes accounts that exist side by side when many are added at once', async () => {
    const added = await Promise.all(Array.from({ length: 20 }, (_, n) => cli.addAccount('--name', `n${n}`)));
    expect(new Set(added.flatMap(({ hostPin, guestPin }) => [hostPin, guestPin])).size).toBe(40);
    expect(await cli.json('account', 'list')).toHaveLength(20);
  });

  it('refuses with one line when the PIN key is lost, and makes no other', async () => {
    await cli.addAccount('--name', 'a');
    rmSync(join(cli.data, 'pin.key'));
    const { status, stderr } = await cli.run('account', 'add', '--name', 'b');
    expect(status).toBe(1);
    expect(stderr).toMatch(/^error: the PIN key .* is missing but the database holds accounts[^\n]*\n$/);
    expect(existsSync(join(cli.data, 'pin.key'))).toBe(false);
    expect(await cli.json('account', 'list')).toHaveLength(1);
  });

  it('fails with one line on a full disk, and nothing is half written', async () => {
    const full = (file: string): SqliteStore => SqliteStore.open({ file, maximumPages: 40 });
    cli.stores = {
      openExistingStore: ({ databaseFile }) => full(databaseFile),
      openStore: (config) => {
        const opened = openStore(config);
        opened.store.close();
        return { ...opened, store: full(config.databaseFile) };
      },
    };
    let added = 0;
    let ran = await cli.run('account', 'add', '--name', `n${added}`);
    while (ran.status === 0 && added < 2000) {
      added += 1;
      ran = await cli.run('account', 'add', '--name', `n${added} ${'x'.repeat(80)}`);
    }
    expect([ran.status, ran.stdout]).toEqual([1, '']);
    expect(ran.stderr).toMatch(/^error: the disk is full[^\n]*\n$/);
    expect(await cli.json('account', 'list')).toHaveLength(added);
    // what is there can still be read and changed
    expect((await cli.run('account', 'show', 'n0')).status).toBe(0);
  });
});

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
    withStore((store, hash) => {
      expect(store.findPin(hash(accessCode))).toMatchObject({ role: 'guest', byAccessCode: true, account: { id } });
      expect(store.findPin(hash(moderatorPin))).toBeNull();
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
    withStore((store, hash) => store.codeMatches(accountId(id), 'security', hash(code)));

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

  it('leaves no code in any file of the bridge', async () => {
    const added = (await cli.json('account', 'add', '--name', 'S', '--access-code', '--security-code')) as object;
    const { accessCode, moderatorPin, securityCode } = added as Record<string, string>;
    for (const name of readdirSync(cli.data)) {
      const text = readFileSync(join(cli.data, name)).toString('latin1');
      for (const code of [accessCode, moderatorPin, securityCode]) expect(text).not.toContain(code);
    }
  });
});

describe('options of the keypad', () => {
  const optionsOf = async (name: string) =>
    ((await cli.json('account', 'show', name)) as { readonly options: ConferenceOptions }).options;

  it('are kept as the flags say, and shown', async () => {
    const names = ['--entry', 'name', '--exit', 'name', '--name-on-entry', '--name-review', '--names-up-to', '7'];
    const record = ['--recording', 'automatic', '--record-beep', '15', '--record-announcements'];
    const { id } = await cli.addAccount('--name', 'Board', '--lobby', ...names, ...record);
    const wanted = {
      entry: 'name',
      exit: 'name',
      nameOnEntry: true,
      nameReview: true,
      namesUpTo: 7,
      lobby: true,
      recording: 'automatic',
      recordBeepSeconds: 15,
      recordAnnouncements: true,
      dialOut: null,
    };
    expect(await optionsOf(id)).toMatchObject(wanted);
    const { stdout } = await cli.run('account', 'show', id);
    expect(stdout).toMatch(/Name on entry +yes, with review\nNames announced +up to 7 callers\n/);
    expect(stdout).toMatch(/Recording +automatic, a beep every 15 s, with announcements\nDial out +no\n/);

    const off = ['--no-lobby', '--no-name-on-entry', '--no-name-review', '--no-record-announcements'];
    await cli.run(
      'account',
      'set',
      id,
      ...off,
      '--record-beep',
      'none',
      '--recording',
      'not-allowed',
      '--entry',
      'tone',
    );
    expect(await optionsOf(id)).toMatchObject({
      ...wanted,
      entry: 'tone',
      nameOnEntry: false,
      nameReview: false,
      lobby: false,
      recording: 'not-allowed',
      recordBeepSeconds: null,
      recordAnnouncements: false,
    });
  });

  it('are as configured where no flag says so', async () => {
    cli.env = { PARTYLINE_CONFERENCE_LOBBY: 'true', PARTYLINE_CONFERENCE_KEY_MAP: 'mute=*6,mute=*0' };
    await cli.addAccount('--name', 'Board');
    expect(await optionsOf('Board')).toMatchObject({ lobby: true, keyMap: { mute: ['*6', '*0'] } });
  });

  it('warn of names that are announced and never asked for', async () => {
    const { status, stderr } = await cli.run('account', 'add', '--name', 'a', '--entry', 'name');
    expect(status).toBe(0);
    expect(stderr).toMatch(/^warning: [^\n]*--name-on-entry\n$/);
    expect((await cli.run('account', 'set', 'a', '--name-on-entry')).stderr).toBe('');
    expect((await cli.run('account', 'set', 'a', '--no-name-on-entry')).stderr).toContain('--name-on-entry');
  });

  it('have keys of the account: aliases, none, and the usual ones again', async () => {
    await cli.addAccount('--name', 'Board', '--key', 'mute=*6,*0', '--key', 'end=none');
    expect((await optionsOf('Board')).keyMap).toEqual({ mute: ['*6', '*0'], end: [] });
    const { stdout } = await cli.run('account', 'set', 'Board', '--key', 'end=#*');
    expect(stdout).toMatch(/Keys +mute \*6 \*0; end #\*\n/);
    await cli.run('account', 'set', 'Board', '--key', 'mute=usual', '--key', 'end=usual');
    expect(await optionsOf('Board')).not.toHaveProperty('keyMap');
    expect((await cli.run('account', 'show', 'Board')).stdout).toMatch(/Keys +as usual\n/);
  });

  it('refuse keys that are ambiguous or cannot be reached, with the reason, and change nothing', async () => {
    await cli.addAccount('--name', 'Board');
    for (const [key, reason] of [
      ['record=*6', 'record: "*6" is ambiguous: it already means mute'],
      ['record=*61', 'record: "*61" is unreachable: "*6" (mute) is complete before it'],
      ['mute=*5', 'lock: "*5" is ambiguous: it already means mute'],
      ['mute=6', 'mute: "6" does not begin with * or #'],
    ] as const) {
      const { status, stdout, stderr } = await cli.run('account', 'set', 'Board', '--key', key);
      expect([status, stdout]).toEqual([1, '']);
      expect(stderr).toMatch(oneLine);
      expect(stderr).toContain(`these keys cannot be used: ${reason}`);
    }
    expect(await optionsOf('Board')).not.toHaveProperty('keyMap');
    // Both together can be.
    const swapped = await cli.run('account', 'set', 'Board', '--key', 'mute=*5', '--key', 'lock=*6');
    expect(swapped.status).toBe(0);
  });

  it('say what was meant by an action that is not there', async () => {
    const { status, stderr } = await cli.run('account', 'add', '--name', 'a', '--key', 'screens=#1');
    expect(status).toBe(2);
    expect(stderr).toMatch(oneLine);
    expect(stderr).toContain('there is no action screens; did you mean screen?');
  });
});

describe('dial-out', () => {
  const trunks = { carrier: { target: 'udp:sip.example.net' }, pbx: { target: 'tcp:192.0.2.1:5070' } };
  const rights = async () =>
    ((await cli.json('account', 'show', 'Board')) as { readonly options: ConferenceOptions }).options.dialOut;
  beforeEach(() => {
    cli.env = { PARTYLINE_DIAL_OUT_TRUNKS: JSON.stringify(trunks) };
  });

  it('is off until a trunk and prefixes are given, and has guards then', async () => {
    await cli.addAccount('--name', 'Board');
    expect(await rights()).toBeNull();
    await cli.run('account', 'set', 'Board', '--dial-out', 'carrier', '--dial-out-prefixes', '+44, 01');
    const usual = { callsPerHour: 10, atOnce: 2, minutesPerDay: 120 };
    expect(await rights()).toEqual({ trunk: 'carrier', prefixes: ['0044', '01'], ...usual });
    const limits = ['--dial-out-calls', '3', '--dial-out-at-once', '1', '--dial-out-minutes', '30'];
    const { stdout } = await cli.run('account', 'set', 'Board', '--dial-out', 'pbx', ...limits);
    expect(stdout).toMatch(/Dial out +by pbx to 0044, 01; 3 an hour, 1 at once, 30 min a day\n/);
    await cli.run('account', 'set', 'Board', '--dial-out', 'none');
    expect(await rights()).toBeNull();
  });

  it('keeps the guards of an account whose trunk is not in the configuration any more', async () => {
    await cli.addAccount('--name', 'Board', '--dial-out', 'pbx', '--dial-out-prefixes', '0');
    cli.env = {};
    expect((await cli.run('account', 'set', 'Board', '--lobby')).status).toBe(0);
    expect(await rights()).toMatchObject({ trunk: 'pbx', prefixes: ['0'] });
  });

  it.each([
    [['--dial-out', 'carrier'], 'what numbers hosts may call is not said: give --dial-out-prefixes'],
    [
      ['--dial-out', 'other', '--dial-out-prefixes', '0'],
      'no outbound trunk "other" in dialOut.trunks: they are carrier, pbx',
    ],
    [['--dial-out-calls', '3'], 'give --dial-out TRUNK'],
    [['--dial-out', 'none', '--dial-out-minutes', '3'], 'nothing to limit'],
  ])('is refused with the reason: %j', async (flags, reason) => {
    const { status, stdout, stderr } = await cli.run('account', 'add', '--name', 'Board', ...flags);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(oneLine);
    expect(stderr).toContain(reason);
    expect(await cli.json('account', 'list')).toEqual([]);
  });

  it('is refused where no trunk is configured', async () => {
    cli.env = {};
    const { stderr } = await cli.run('account', 'add', '--name', 'a', '--dial-out', 'x', '--dial-out-prefixes', '0');
    expect(stderr).toBe('error: there are no outbound trunks: add one to dialOut.trunks in the configuration\n');
  });
});

describe('account list and show', () => {
  it('never show a PIN, to people or programs', async () => {
    const { id, hostPin, guestPin } = await cli.addAccount('--name', 'Mary');
    for (const args of [['list'], ['list', '--json'], ['show', id], ['show', 'mary', '--json']]) {
      const { status, stdout, stderr } = await cli.run('account', ...args);
      expect(status).toBe(0);
      expect(stdout).toContain('Mary');
      expect(stdout + stderr).not.toContain(hostPin);
      expect(stdout + stderr).not.toContain(guestPin);
      expect(stdout).not.toContain('v1.');
    }
  });

  it('list every account in order of creation', async () => {
    for (const name of ['Zoe', 'Adam', 'Mary']) await cli.addAccount('--name', name);
    const listed = (await cli.json('account', 'list')) as { name: string; enabled: boolean }[];
    expect(listed.map(({ name, enabled }) => [name, enabled])).toEqual([
      ['Zoe', true],
      ['Adam', true],
      ['Mary', true],
    ]);
    const { stdout } = await cli.run('account', 'list');
    expect(stdout).toMatch(/^ID +NAME +STATE +CREATED\na\w+ +Zoe +enabled +\d{4}-\d\d-\d\d \d\d:\d\d\n/);
  });

  it('say where they looked when there is nothing yet, and make nothing', async () => {
    const { status, stdout } = await cli.run('account', 'list');
    expect(status).toBe(0);
    expect(stdout).toContain(`No accounts in ${cli.data} yet`);
    expect(await cli.json('account', 'list')).toEqual([]);
    expect(existsSync(cli.data)).toBe(false);
  });

  it('do not take a place they cannot look into for an empty one', async () => {
    writeFileSync(cli.data, 'a file where the data directory should be');
    const { status, stderr } = await cli.run('account', 'list');
    expect(status).toBe(1);
    expect(stderr).toMatch(/^error: cannot open the database .*partyline\.db \(ENOTDIR\)[^\n]*\n$/);
  });

  it('do not let a name steer the terminal', async () => {
    const { status } = await cli.run('account', 'add', '--name', '\u001b[31mred');
    expect(status).toBe(2);
  });
});

describe('an account is meant', () => {
  it('by its id or by a name that is its alone, whatever the case', async () => {
    const { id } = await cli.addAccount('--name', 'Mary Murphy');
    expect(await cli.json('account', 'show', id)).toMatchObject({ name: 'Mary Murphy' });
    expect(await cli.json('account', 'show', 'MARY murphy')).toMatchObject({ id });
  });

  it('by nothing that is not there: one line, exit status 1', async () => {
    await cli.addAccount('--name', 'Mary');
    for (const command of ['show', 'disable', 'enable']) {
      const { status, stdout, stderr } = await cli.run('account', command, 'Marie');
      expect([status, stdout]).toEqual([1, '']);
      expect(stderr).toBe('error: there is no account "Marie": see partyline account list\n');
    }
    expect((await cli.run('account', 'remove', 'Marie', '--yes')).status).toBe(1);
    expect((await cli.run('account', 'set', 'Marie', '--readmit')).status).toBe(1);
  });

  it('by no name that several have: the ids are listed', async () => {
    const [one, two] = [await cli.addAccount('--name', 'Board'), await cli.addAccount('--name', 'BOARD')];
    const { status, stderr } = await cli.run('account', 'show', 'board');
    expect(status).toBe(1);
    expect(stderr).toBe(`error: 2 accounts are named "board": say which by its id, ${one.id}, ${two.id}\n`);
  });
});

describe('account set', () => {
  it('changes what is given and leaves the rest', async () => {
    const { id } = await cli.addAccount('--name', 'Board', '--no-lock', '--max-callers', '5', '--mute-guests');
    await cli.run('account', 'set', 'Board', '--lock', '--max-callers', 'none', '--name', 'The Board');
    const { options, name } = (await cli.json('account', 'show', id)) as { options: object; name: string };
    expect(name).toBe('The Board');
    expect(options).toMatchObject({ lockAllowed: true, maxCallers: null, muteGuestsOnEntry: true });
    await cli.run('account', 'set', id, '--no-mute-guests', '--no-roll-call', '--exit', 'none');
    expect(await cli.json('account', 'show', id)).toMatchObject({
      options: { muteGuestsOnEntry: false, rollCall: false, exit: 'none', lockAllowed: true },
    });
  });

  it('prints the account as it is then', async () => {
    await cli.addAccount('--name', 'Board');
    expect(await cli.json('account', 'set', 'Board', '--host-leaves', 'end')).toMatchObject({
      options: { hostLeaves: 'end' },
    });
    const { stdout } = await cli.run('account', 'set', 'Board', '--host-leaves', 'hold', '--grace', '7');
    expect(stdout).toMatch(/Last host leaves +hold for 7 s/);
  });

  it('wants something to change', async () => {
    await cli.addAccount('--name', 'Board');
    const { status, stderr } = await cli.run('account', 'set', 'Board', '--json');
    expect(status).toBe(2);
    expect(stderr).toMatch(oneLine);
  });
});

describe('account disable, enable, remove', () => {
  const find = (pin: string): unknown => {
    const store = SqliteStore.open({ file: join(cli.data, 'partyline.db') });
    try {
      return store.findPin(loadPinKey(cli.data, () => false).hash(pin));
    } finally {
      store.close();
    }
  };

  it('stop PINs at once, and let them work again', async () => {
    const { guestPin } = await cli.addAccount('--name', 'Mary');
    expect((await cli.run('account', 'disable', 'Mary')).stdout).toMatch(/^Mary \(a\w+\) is disabled\.\n$/);
    expect(find(guestPin)).toBeNull();
    expect((await cli.run('account', 'list')).stdout).toContain('disabled');
    await cli.run('account', 'enable', 'Mary');
    expect(find(guestPin)).not.toBeNull();
  });

  it('remove for good, with --yes', async () => {
    const { hostPin } = await cli.addAccount('--name', 'Mary');
    expect((await cli.run('account', 'remove', 'Mary', '--yes')).status).toBe(0);
    expect(find(hostPin)).toBeNull();
    expect(await cli.json('account', 'list')).toEqual([]);
    expect(cli.questions).toEqual([]);
  });

  it('ask on a terminal before they remove, and take only yes', async () => {
    await cli.addAccount('--name', 'Mary');
    cli.answer = 'y';
    const refused = await cli.run('account', 'remove', 'Mary');
    expect([refused.status, refused.stderr]).toEqual([1, 'error: nothing was removed\n']);
    expect(await cli.json('account', 'list')).toHaveLength(1);
    cli.answer = ' Yes ';
    expect((await cli.run('account', 'remove', 'Mary')).status).toBe(0);
    expect(await cli.json('account', 'list')).toEqual([]);
    expect(cli.questions[0]).toMatch(/^Remove the account Mary \(a\w+\), its PINs and its recordings for good\?/);
  });

  it('ask nobody where there is no terminal', async () => {
    await cli.addAccount('--name', 'Mary');
    const { status, stderr } = await cli.run('account', 'remove', 'Mary');
    expect(status).toBe(2);
    expect(stderr).toMatch(/^error: nobody can be asked here: add --yes [^\n]*\n$/);
    expect(cli.questions).toEqual([]);
    expect(await cli.json('account', 'list')).toHaveLength(1);
  });
});
