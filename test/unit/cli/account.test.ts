import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SqliteStore } from '../../../src/adapters/sqlite/sqlite-store.js';
import { openStore } from '../../../src/app/compose-store.js';
import { CommandLine, ONE_LINE_ERROR } from './command-line.js';

let cli: CommandLine;
beforeEach(() => {
  cli = new CommandLine();
});
afterEach(() => cli.dispose());

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
    cli.withStore((store, hash) => {
      expect(store.findPin(hash(added.hostPin), 0)).toMatchObject({ role: 'host', account: { id: added.id } });
      expect(store.findPin(hash(added.guestPin), 0)).toMatchObject({ role: 'guest', account: { id: added.id } });
    });
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
    expect(stderr).toMatch(ONE_LINE_ERROR);
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
    expect(stderr).toMatch(ONE_LINE_ERROR);
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
    const full = (file: string): SqliteStore => SqliteStore.open({ file, maximumPages: 100 });
    // the key's version is read from the one that is not limited
    const opening: ReturnType<typeof openStore>[] = [];
    cli.stores = {
      openExistingStore: ({ databaseFile }) => full(databaseFile),
      openStore: (config) => {
        const opened = openStore(config);
        opening.push(opened);
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
    for (const { store } of opening) store.close();
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
    expect(stdout).toMatch(/^ID +NAME +E-MAIL +STATE +CREATED\na\w+ +Zoe +enabled +\d{4}-\d\d-\d\d \d\d:\d\d\n/);
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
    expect(stderr).toMatch(ONE_LINE_ERROR);
  });
});

describe('account disable, enable, remove', () => {
  const find = (pin: string): unknown => cli.withStore((store, hash) => store.findPin(hash(pin), 0));

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
    expect(cli.questions[0]).toMatch(/^Remove the account Mary \(a\w+\), its PINs, bookings and recordings for good\?/);
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
