import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { expectRefused, Installation, type Test } from './program.js';

describe.concurrent('wrong usage', () => {
  it.for<readonly [words: readonly string[], line: string]>([
    [['serve', '--foo'], "unknown option '--foo'"],
    [['acount', 'list'], 'Did you mean account?'],
    [['account', 'add'], "required option '--name <name>' not specified"],
    [['account', 'add', '--name', 'x', '--grace', '-1'], 'a whole number from 1 to 604800'],
    [['account', 'set', 'x'], 'nothing to change'],
    [['trunk', 'add', 'pbx', '--source', 'example'], 'example'],
    [['report', 'calls', '--from', 'yesterday'], '2026-01-31'],
    [['call', 'mailto:x@y'], 'mailto:x@y'],
  ])('%j is refused with exit status 2 and makes nothing', async ([words, line], test) => {
    const installation = await Installation.make(test);
    expectRefused(await installation.run(words), 2, line);
    expect(installation.files()).toEqual([]);
  });

  it('of a PIN is refused without repeating it', async (test) => {
    const installation = await Installation.make(test);
    const ran = await installation.run(['call', installation.address, '--pin', '1234x6789']);
    expectRefused(ran, 2, '--pin takes 1 to 40 digits and nothing else');
    expect(ran.stderr).not.toContain('1234');
  });
});

describe.concurrent('something that is not there', () => {
  it.for<readonly [words: readonly string[]]>([
    [['account', 'disable', 'nobody']],
    [['account', 'remove', 'nobody', '--yes']],
    [['report', 'calls', '--account', 'nobody']],
  ])('%j is refused with exit status 1 and says where to look', async ([words], test) => {
    const installation = await Installation.make(test);
    expectRefused(await installation.run(words), 1, 'there is no account "nobody": see partyline account list');
    expect(installation.files()).toEqual([]);
  });

  it('a number or a trunk is refused with exit status 1', async (test) => {
    const installation = await Installation.make(test);
    expectRefused(await installation.run(['number', 'remove', '5', '--yes']), 1, 'see partyline number list');
    expectRefused(await installation.run(['trunk', 'remove', 'x', '--yes']), 1, 'see partyline trunk list');
  });

  it('a bridge that does not answer ends a call with exit status 1', async (test) => {
    const installation = await Installation.make(test);
    const ran = await installation.run(['call', `${installation.address};transport=tcp`, '--json']);
    expect(ran.status).toBe(1);
    expect(ran.stderr).toMatch(/^error: [^\n]*\n$/);
    expect(JSON.parse(ran.stdout)).toMatchObject({ answered: false });
  });

  it('a sound file or a folder for the recording that cannot be used is refused before anything is dialled', async (test) => {
    const installation = await Installation.make(test);
    const call = ['call', installation.address];
    expectRefused(await installation.run([...call, '--say', '/nowhere.wav']), 1, '/nowhere.wav');
    expectRefused(await installation.run([...call, '--record', '/nowhere/x.wav']), 1, '/nowhere/x.wav');
  });
});

describe.concurrent('wrong configuration', () => {
  it.for<readonly [name: string, value: string, allowed: string]>([
    ['PARTYLINE_RTP_PORTS', '20000-20001', 'at least 4 of them'],
    ['PARTYLINE_SIP_LISTEN', 'sctp:127.0.0.1:5060', '(udp or tcp)'],
    ['PARTYLINE_ENGINE', 'asterisk', 'auto, embedded or freeswitch'],
    ['PARTYLINE_MAXIMUM_CALLS', '0', 'a whole number from 1 to 100000'],
  ])('%j is refused at start with the key, the value and what is allowed', async ([name, value, allowed], test) => {
    const installation = await Installation.make(test, { [name]: value });
    const ran = await installation.run(['serve']);
    expectRefused(ran, 1, `${name} is "${value}", but must be `);
    expect(ran.stderr).toContain(allowed);
    expect(installation.files()).toEqual([]);
  });

  it('a variable or a key that was mistyped is refused with what was meant', async (test) => {
    const installation = await Installation.make(test, { PARTYLINE_RTP_PORT: '20000-20099' });
    expectRefused(await installation.run(['serve']), 1, 'did you mean PARTYLINE_RTP_PORTS?');
    const file = join(installation.directory, 'partyline.json');
    writeFileSync(file, '{"sip": {"listens": []}}');
    const ran = await installation.run(['serve', '--config', file], { PARTYLINE_RTP_PORT: '' });
    expectRefused(ran, 1, `${file}: there is no setting sip.listens; did you mean sip.listen?`);
  });

  it('a file that is no JSON is refused without quoting it', async (test) => {
    const installation = await Installation.make(test);
    const file = join(installation.directory, 'partyline.json');
    writeFileSync(file, '{"drachtio": {"secret": "horse-battery" "host"}');
    const ran = await installation.run(['serve', '--config', file]);
    expectRefused(ran, 1, `${file} is not valid JSON`);
    expect(ran.stderr).not.toContain('horse');
  });

  it('a password that everyone knows is refused, and never shown', async (test) => {
    const installation = await Installation.make(test, {
      PARTYLINE_MIXERS: JSON.stringify([{ name: 'a', eventSocket: { host: '127.0.0.1', secret: 'ClueCon' } }]),
    });
    const ran = await installation.run(['serve']);
    expectRefused(ran, 1, 'PARTYLINE_MIXERS[0].eventSocket.secret is (hidden), but must be a password');
    expect(ran.stderr).not.toContain('ClueCon');
  });
});

describe.concurrent('the PIN key', () => {
  /** An installation that has an account. */
  const used = async (test: Test): Promise<{ readonly installation: Installation; readonly key: string }> => {
    const installation = await Installation.make(test);
    await installation.addAccount();
    return { installation, key: join(installation.data, 'pin.key') };
  };
  /** Neither the bridge starts nor is an account added, and the data stay as they are. */
  const expectUnusable = async (installation: Installation, line: RegExp): Promise<void> => {
    const before = installation.files();
    expectRefused(await installation.run(['serve']), 1, line);
    expectRefused(await installation.run(['account', 'add', '--name', 'Another']), 1, line);
    expect(installation.files()).toEqual(before);
    const list = await installation.run(['account', 'list', '--json']);
    expect(JSON.parse(list.stdout)).toHaveLength(1);
  };

  it('that is lost is not drawn anew while accounts need it', async (test) => {
    const { installation, key } = await used(test);
    rmSync(key);
    await expectUnusable(installation, /pin\.key is missing but the database holds accounts: put the key back/);
  });

  it('that others can read is not used', async (test) => {
    const { installation, key } = await used(test);
    chmodSync(key, 0o644);
    await expectUnusable(installation, /pin\.key can be read or changed by others: chmod 600 /);
  });

  it('that is of another database is not used', async (test) => {
    const { installation, key } = await used(test);
    writeFileSync(key, Buffer.alloc(32, 7), { mode: 0o600 });
    await expectUnusable(installation, /pin\.key is not the one that .*: put the right one back from a backup/);
  });

  it('that is cut short is not used, and not shown', async (test) => {
    const { installation, key } = await used(test);
    writeFileSync(key, 'half a key', { mode: 0o600 });
    await expectUnusable(installation, /pin\.key is damaged \(not 1 to 16 times 32 bytes\): put it back from a backup/);
    expect((await installation.run(['serve'])).stderr).not.toContain('half a key');
  });
});

describe.concurrent('the bridge key', () => {
  it('that is missing though guest PINs need it keeps no bridge from starting, which says so, and none is made', async (test) => {
    const installation = await Installation.make(test);
    await installation.addAccount();
    const key = join(installation.data, 'bridge.key');
    rmSync(key);
    const serving = await installation.serve();
    expect(serving.stderr).toMatch(
      /^warning: nothing can be recorded and no account or booking added: the bridge key [^\n]* is missing but [^\n]*\n/m,
    );
    expectRefused(
      await installation.run(['account', 'add', '--name', 'x']),
      1,
      'bridge.key is missing but the database',
    );
    expect(existsSync(key)).toBe(false);
    expect(await serving.end('SIGTERM')).toBe(0);
  });
});

describe.concurrent('the database', () => {
  it('that is damaged is refused by every command, and left as it is', async (test) => {
    const installation = await Installation.make(test);
    await installation.addAccount();
    const file = join(installation.data, 'partyline.db');
    const bytes = readFileSync(file);
    bytes.fill(0x5a, 100, 4_000);
    writeFileSync(file, bytes);
    const line = /the database is damaged: restore a backup \(.*partyline\.db, SQLITE_CORRUPT\)/;
    for (const words of [['serve'], ['account', 'list'], ['account', 'add', '--name', 'x']]) {
      expectRefused(await installation.run(words), 1, line);
    }
    expect(readFileSync(file).equals(bytes)).toBe(true);
  });

  it('that is no database is refused', async (test) => {
    const installation = await Installation.make(test);
    mkdirSync(installation.data, { mode: 0o700 });
    writeFileSync(join(installation.data, 'partyline.db'), 'x'.repeat(5_000));
    expectRefused(await installation.run(['serve']), 1, 'is not a database: restore a backup');
  });

  it('in a data directory that is a file is refused', async (test) => {
    const installation = await Installation.make(test);
    writeFileSync(installation.data, '');
    expectRefused(await installation.run(['serve']), 1, 'the data directory is a file, choose another');
    expectRefused(await installation.run(['account', 'add', '--name', 'x']), 1, 'the data directory is a file');
    expect((await installation.run(['account', 'list'])).status).toBe(1);
  });

  it('that is read-only is refused by whatever writes', async (test) => {
    const installation = await Installation.make(test);
    await installation.addAccount();
    if (!(await installation.asPlainUser())) test.skip('a user without rights cannot run the program from here');
    const before = installation.files();
    chmodSync(join(installation.data, 'partyline.db'), 0o400);
    chmodSync(installation.data, 0o500);
    expectRefused(await installation.run(['account', 'add', '--name', 'x']), 1, 'run as the user who owns it');
    expectRefused(await installation.run(['serve']), 1, /run as the user who owns it|can be written/);
    chmodSync(installation.data, 0o700);
    expect(installation.files()).toEqual(before);
  });

  it('in a data directory that may not be made is refused', async (test) => {
    const installation = await Installation.make(test, { PARTYLINE_DATA_DIR: '/partyline-of-somebody-else' });
    if (!(await installation.asPlainUser())) test.skip('a user without rights cannot run the program from here');
    const line = '(EACCES): check that /partyline-of-somebody-else can be written';
    expectRefused(await installation.run(['account', 'add', '--name', 'x']), 1, line);
    expectRefused(await installation.run(['serve']), 1, line);
  });
});
