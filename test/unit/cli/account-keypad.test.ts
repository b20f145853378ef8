import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ConferenceOptions } from '../../../src/domain/conference-options.js';
import { CommandLine, ONE_LINE_ERROR } from './command-line.js';

let cli: CommandLine;
beforeEach(() => {
  cli = new CommandLine();
});
afterEach(() => cli.dispose());

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
    expect(stdout).toMatch(/Recording +automatic, a beep every 15 s, with announcements\n/);
    expect(stdout).toMatch(/\nDial out +no\n/);

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
      expect(stderr).toMatch(ONE_LINE_ERROR);
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
    expect(stderr).toMatch(ONE_LINE_ERROR);
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
    expect(stderr).toMatch(ONE_LINE_ERROR);
    expect(stderr).toContain(reason);
    expect(await cli.json('account', 'list')).toEqual([]);
  });

  it('is refused where no trunk is configured', async () => {
    cli.env = {};
    const { stderr } = await cli.run('account', 'add', '--name', 'a', '--dial-out', 'x', '--dial-out-prefixes', '0');
    expect(stderr).toBe('error: there are no outbound trunks: add one to dialOut.trunks in the configuration\n');
  });
});
