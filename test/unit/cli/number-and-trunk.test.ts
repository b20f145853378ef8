import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CommandLine } from './command-line.js';

let cli: CommandLine;
beforeEach(() => {
  cli = new CommandLine();
});
afterEach(() => cli.dispose());

describe('number', () => {
  it('add keeps the number with its PIN length and greeting, as configured where nothing is said', async () => {
    await cli.run('number', 'add', '+44 20 7123 4567');
    await cli.run('number', 'add', '8000', '--pin-length', '7', '--greeting', 'none');
    expect(await cli.json('number', 'list')).toMatchObject([
      { number: '+442071234567', pinLength: 9, greeting: 'welcome' },
      { number: '8000', pinLength: 7, greeting: null },
    ]);
  });

  it('add keeps what invitations call it, on one line', async () => {
    await cli.run('number', 'add', '8000', '--label', ' Dublin ');
    expect(await cli.json('number', 'list')).toMatchObject([{ number: '8000', label: 'Dublin' }]);
    expect((await cli.run('number', 'list')).stdout).toContain('Dublin');
    expect((await cli.run('number', 'add', '8001', '--label', 'a\nb')).status).toBe(2);
  });

  it('add refuses a number that is there in another spelling', async () => {
    await cli.run('number', 'add', '+442071234567');
    const { status, stderr } = await cli.run('number', 'add', '00442071234567');
    expect(status).toBe(1);
    expect(stderr).toMatch(/^error: the number \+442071234567 is there already[^\n]*\n$/);
  });

  it('add says that "conference" is answered no more once there is a number', async () => {
    expect((await cli.run('number', 'add', '8000')).stderr).toMatch(/^warning: the number "conference"/);
    expect((await cli.run('number', 'add', '8001')).stderr).toBe('');
  });

  it('add warns of a greeting that nobody recorded', async () => {
    const { status, stderr } = await cli.run('number', 'add', 'conference', '--greeting', 'board');
    expect(status).toBe(0);
    expect(stderr).toMatch(/^warning: no greeting "board" is configured[^\n]*\n$/);
    cli.env = { PARTYLINE_PROMPTS_GREETINGS: 'board=/srv/board.wav' };
    expect((await cli.run('number', 'add', '8000', '--greeting', 'board')).stderr).toBe('');
  });

  it.each([['sip:a@b'], ['+'], ['8000', '--pin-length', '20'], ['8000', '--greeting', '../etc'], []])(
    'add takes no wrong usage: %j',
    async (...args) => {
      expect((await cli.run('number', 'add', ...args)).status).toBe(2);
    },
  );

  it('list says what is answered without any number', async () => {
    expect((await cli.run('number', 'list')).stdout).toMatch(/"conference" is answered, with PINs of 9 digits/);
    await cli.run('number', 'add', '8000');
    expect((await cli.run('number', 'list')).stdout).toMatch(
      /^NUMBER +PIN DIGITS +GREETING +LABEL +CREATED\n8000 +9 +welcome +-/,
    );
  });

  it('remove takes any spelling, and refuses what is not there', async () => {
    await cli.run('number', 'add', '+442071234567');
    expect((await cli.run('number', 'remove', '+442071234568', '--yes')).status).toBe(1);
    expect((await cli.run('number', 'remove', '0044 20 7123 4567')).status).toBe(2);
    expect((await cli.run('number', 'remove', '0044 20 7123 4567', '--yes')).status).toBe(0);
    expect(await cli.json('number', 'list')).toEqual([]);
    expect((await cli.run('number', 'remove', '+442071234567', '--yes')).status).toBe(1);
  });
});

describe('trunk', () => {
  it('add keeps addresses and networks of both families, each once and in its usual form', async () => {
    const sources = ['--source', '192.0.2.10,10.0.0.0/8', '--source', '2001:0db8::/32', '--source', '192.0.2.10/32'];
    expect((await cli.run('trunk', 'add', 'pbx', ...sources)).status).toBe(0);
    expect(await cli.json('trunk', 'list')).toMatchObject([
      { name: 'pbx', sources: ['192.0.2.10', '10.0.0.0/8', '2001:db8::/32'], enabled: true },
    ]);
    expect((await cli.run('trunk', 'list')).stdout).toContain('192.0.2.10, 10.0.0.0/8, 2001:db8::/32');
  });

  it.each([
    [['pbx', '--source', '192.0.2.300'], '"192.0.2.300" is not an IP address or network'],
    [['pbx', '--source', 'pbx.example.org'], 'is not an IP address or network'],
    [['pbx', '--source', '10.1.2.3/8'], 'did you mean 10.0.0.0/8 or 10.1.2.3?'],
    [['pbx', '--source', ''], 'is not an IP address'],
    [['pbx'], "required option '--source <address>'"],
    [['a b', '--source', '192.0.2.1'], 'letters, digits, dots'],
    [['--source', '192.0.2.1'], "missing required argument 'name'"],
  ])('add takes no wrong usage: %j', async (args, line) => {
    const { status, stderr } = await cli.run('trunk', 'add', ...args);
    expect(status).toBe(2);
    expect(stderr).toContain(line);
    expect(stderr).toMatch(/^error: [^\n]+\n$/);
  });

  it('add refuses a name that is there, and that of the trunk built in', async () => {
    await cli.run('trunk', 'add', 'pbx', '--source', '192.0.2.1');
    expect((await cli.run('trunk', 'add', 'PBX', '--source', '192.0.2.2')).status).toBe(1);
    expect((await cli.run('trunk', 'add', 'Local', '--source', '192.0.2.2')).status).toBe(1);
  });

  it('add refuses addresses that another trunk has', async () => {
    await cli.run('trunk', 'add', 'carrier', '--source', '198.51.100.0/24');
    const { status, stderr } = await cli.run(
      'trunk',
      'add',
      'pbx',
      '--source',
      '192.0.2.1',
      '--source',
      '198.51.100.7',
    );
    expect(status).toBe(1);
    expect(stderr).toMatch(/^error: 198\.51\.100\.7 overlaps 198\.51\.100\.0\/24 of the trunk carrier[^\n]*\n$/);
    expect(await cli.json('trunk', 'list')).toHaveLength(1);
  });

  it('add warns of a trunk that is open to everyone', async () => {
    const { status, stderr } = await cli.run('trunk', 'add', 'all', '--source', '0.0.0.0/0');
    expect(status).toBe(0);
    expect(stderr).toMatch(/^warning: 0\.0\.0\.0\/0 is the whole internet/);
  });

  it('remove forgets a trunk, asked on a terminal or with --yes', async () => {
    await cli.run('trunk', 'add', 'pbx', '--source', '192.0.2.1');
    expect((await cli.run('trunk', 'remove', 'pbx')).status).toBe(2);
    cli.answer = 'yes';
    expect((await cli.run('trunk', 'remove', 'Pbx')).stdout).toBe('pbx is removed.\n');
    expect((await cli.run('trunk', 'remove', 'pbx', '--yes')).status).toBe(1);
    expect((await cli.run('trunk', 'list')).stdout).toMatch(/^No trunks yet/);
  });
});
