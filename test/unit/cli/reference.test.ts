import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildProgram } from '../../../src/app/cli/program.js';
import { parseConfig } from '../../../src/app/config.js';
import { environmentName, SETTING_KEYS, SETTINGS, type Setting } from '../../../src/app/config/settings.js';
import { openStore } from '../../../src/app/compose-store.js';
import { accountId, callId, conferenceId } from '../../../src/domain/identifiers.js';
import { KEYPAD_ACTIONS } from '../../../src/domain/keypad/contract.js';
import { CommandLine } from './command-line.js';

const FILE = fileURLToPath(new URL('../../../docs/cli.md', import.meta.url));
const reference = readFileSync(FILE, 'utf8');

const program = buildProgram({
  stdout: () => undefined,
  stderr: () => undefined,
  env: {},
  workingDirectory: '/',
  isTerminal: false,
  ask: () => Promise.resolve(''),
});

/** A section between its two marks, replaced. */
function withSection(text: string, name: string, content: string): string {
  const marks = new RegExp(`(<!-- ${name}: [^\n]* -->\n)[^]*(<!-- end of ${name} -->)`);
  if (!marks.test(text)) throw new Error(`no marks for ${name}`);
  return text.replace(marks, (_all, begin: string, end: string) => `${begin}\n${content}\n\n${end}`);
}

const cell = (text: string): string => text.replaceAll('|', '\\|');

/** A line for every command that does something, with its flags. */
function commandLines(command: Command, path: readonly string[]): readonly string[] {
  const own = [...path, ...command.registeredArguments.map((one) => `<${one.name()}>`)].join(' ');
  const flags = command.options.filter(({ hidden }) => !hidden).map(({ flags: flag }) => `\`${cell(flag)}\``);
  const line = `| \`${own}\` | ${cell(command.description())} | ${flags.join(' ')} |`;
  const below = command.commands.flatMap((next) => commandLines(next, [...path, next.name()]));
  const acts = path.length > 0 && (command.commands.length === 0 || command.options.length > 0);
  return [...(acts ? [line] : []), ...below];
}

function commandTable(): string {
  return ['| Command | Does | Flags |', '|---|---|---|', ...commandLines(program, [])].join('\n');
}

/** A default as it would be written in the environment. */
function defaultText(value: unknown, word: string): string {
  if (value === null) return word;
  if (Array.isArray(value)) return value.join(',');
  return typeof value === 'string' ? value : typeof value === 'object' ? '' : JSON.stringify(value);
}

function settingTable(): string {
  const rows = SETTING_KEYS.map((key) => {
    const setting: Setting<unknown> = SETTINGS[key];
    const { kind, fallback, about } = setting;
    const text = defaultText(fallback === null ? null : kind.show(fallback), kind.word ?? '');
    const usual = text === '' ? '' : `\`${text}\``;
    return `| \`${environmentName(key)}\` | \`${key}\` | ${usual} | ${cell(about)}; ${cell(kind.allowed)} |`;
  });
  return ['| Variable | Key | Default | Means; allowed |', '|---|---|---|---|', ...rows].join('\n');
}

describe('docs/cli.md', () => {
  it('names every action of the keypad', () => {
    for (const action of KEYPAD_ACTIONS) expect(reference).toContain(`\`${action}\``);
  });

  it('lists every command with its flags, and every setting, as the program has them', async () => {
    const wanted = withSection(withSection(reference, 'commands', commandTable()), 'settings', settingTable());
    await expect(wanted).toMatchFileSnapshot(FILE);
  });
});

/** The JSON that stands after the words in the reference. */
function documented(words: string): unknown {
  const at = reference.indexOf(`\`${words}`);
  const block = /```json\n([^]*?)```/.exec(reference.slice(at));
  if (at < 0 || block === null) throw new Error(`${words} is not documented`);
  return JSON.parse(block[1] ?? '');
}

/** Members and the types of their values; `null` stands for a value of any type. */
function shape(value: unknown): unknown {
  if (value === null) return expect.anything() as unknown;
  if (Array.isArray(value)) return value.length === 0 ? [] : [shape(value[0])];
  if (typeof value !== 'object') return typeof value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, shape(member)]));
}

/** As `shape`, for the other side: what may be `null` is of any type. */
function shapeNow(value: unknown): unknown {
  if (value === null) return 'null';
  if (Array.isArray(value)) return value.length === 0 ? [] : [shapeNow(value[0])];
  if (typeof value !== 'object') return typeof value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, shapeNow(member)]));
}

describe('the JSON in docs/cli.md is what the commands print:', () => {
  let cli: CommandLine;
  beforeEach(() => {
    cli = new CommandLine();
  });
  afterEach(() => cli.dispose());

  it('account add, list, show and set', async () => {
    const contact = ['--email', 'mary@example.org', '--time-zone', 'Europe/Dublin', '--language', 'en-IE'];
    const added = await cli.addAccount('--name', 'Mary', ...contact);
    expect(shapeNow(added)).toEqual(shape(documented('account add --json')));
    expect(shapeNow(await cli.json('pin', 'rotate', 'Mary'))).toEqual(shape(documented('pin rotate --json')));
    const one = documented('account list --json');
    expect(shapeNow(await cli.json('account', 'list'))).toEqual(shape(one));
    const [single] = one as readonly unknown[];
    expect(shapeNow(await cli.json('account', 'show', 'Mary'))).toEqual(shape(single));
    expect(shapeNow(await cli.json('account', 'set', 'Mary', '--no-lock'))).toEqual(shape(single));
  });

  it('number list and trunk list', async () => {
    await cli.run('number', 'add', '8000', '--label', 'London');
    await cli.run('trunk', 'add', 'pbx', '--source', '192.0.2.10');
    expect(shapeNow(await cli.json('number', 'list'))).toEqual(shape(documented('number list --json')));
    expect(shapeNow(await cli.json('trunk', 'list'))).toEqual(shape(documented('trunk list --json')));
  });

  it('invite and delivery list', async () => {
    const { id } = await cli.addAccount('--name', 'Mary');
    await cli.run('number', 'add', '+442071234567', '--label', 'London');
    const at = new Date(Date.now() + 864e5).toISOString().slice(0, 16);
    const flags = [
      '--title',
      'Board',
      '--at',
      at,
      '--time-zone',
      'UTC',
      '--duration',
      '1h',
      '--rule',
      'FREQ=WEEKLY;COUNT=1',
    ];
    const booking = (await cli.json('booking', 'add', 'Mary', ...flags, '--invite', 'Ann <ann@example.org>')) as {
      readonly id: string;
    };
    const invitation = (await cli.json('invite', booking.id, '--for', 'Ann')) as { readonly keys: readonly unknown[] };
    const one = { ...invitation, keys: invitation.keys.slice(0, 1) };
    expect(shapeNow(one)).toEqual(shape(documented('invite --json')));
    const { store } = openStore(parseConfig({ dataDir: cli.data }, {}));
    const about = { accountId: accountId(id), bookingId: null, occurrenceAt: null, inviteeId: null } as const;
    const tried = { address: 'ann@example.org', nextAt: 0, attempts: 1, failedAt: 1, error: 'refused' };
    store.addDeliveries([{ id: 'd1', kind: 'reminder', channel: 'mail', conferenceRecordId: 1, ...about, ...tried }]);
    store.close();
    const [listed] = (await cli.json('delivery', 'list')) as readonly object[];
    const [wanted] = documented('delivery list --json') as readonly object[];
    expect(Object.keys(listed ?? {}).sort()).toEqual(Object.keys(wanted ?? {}).sort());
  });

  it('block list and recording list', async () => {
    const { id } = await cli.addAccount('--name', 'Mary');
    await cli.run('block', 'add', '+442071234567', '--account', 'Mary');
    expect(shapeNow(await cli.json('block', 'list'))).toEqual(shape(documented('block list --json')));
    const { store } = openStore(parseConfig({ dataDir: cli.data }, {}));
    const of = { accountId: accountId(id), conferenceRecordId: 1, part: 1, wrappedKey: 'x' };
    store.addRecording({ id: 'r1', ...of, startedAt: 0, durationMs: 1_200_500, dueAt: Date.now() + 60_000 });
    store.close();
    expect(shapeNow(await cli.json('recording', 'list'))).toEqual(shape(documented('recording list --json')));
  });

  it('mixer list, and the configuration of mixers', async () => {
    const [mixer] = documented('mixer list --json') as readonly Record<string, unknown>[];
    const server = createServer((_request, response) => {
      const { calls: endpoints, conferences: rooms, ...told } = mixer ?? {};
      response.end(JSON.stringify({ engine: 'freeswitch', mixers: [{ ...told, endpoints, rooms }] }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const http = `127.0.0.1:${typeof address === 'object' ? (address?.port ?? 0) : 0}`;
    mkdirSync(cli.data, { recursive: true });
    writeFileSync(join(cli.data, 'serve.json'), JSON.stringify({ pid: 1, sip: [], http }));
    const listed = await cli.json('mixer', 'list');
    server.close();
    expect(listed).toEqual([mixer]);

    const { mixers, dialogOwner } = parseConfig(documented('mixers` is'), {}, {}, (file) => `password of ${file}`);
    expect(mixers.map(({ name, drain }) => ({ name, drain }))).toEqual([
      { name: 'a', drain: false },
      { name: 'b', drain: true },
    ]);
    expect(dialogOwner).toEqual({ socket: '/run/partyline/dialogs.sock' });
  });

  it('account add with codes, and the configuration of calls that hosts place', async () => {
    const flags = ['--name', 'Sales', '--access-code', '--security-code'];
    const added = (await cli.json('account', 'add', ...flags)) as object;
    expect(Object.keys(added)).toEqual(['id', 'name', 'accessCode', 'moderatorPin', 'securityCode']);
    expect(await cli.json('account', 'set', 'Sales', '--security-code')).toHaveProperty('newSecurityCode');
    for (const member of ['`accessCode` and `moderatorPin`', '`securityCode` too', '`newSecurityCode`']) {
      expect(reference).toContain(member);
    }
    const config = parseConfig(documented('conference.dialOut`'), {}, {}, (file) => `password of ${file}`);
    expect(Object.keys(config.dialOut.trunks)).toEqual(['carrier', 'pbx']);
    expect(config.conference.dialOut).toMatchObject({ trunk: 'pbx', prefixes: ['01', '02'], callsPerHour: 5 });
  });

  it('booking add, show and list', async () => {
    await cli.addAccount('--name', 'Mary');
    const when = ['--at', '2035-12-07T09:00', '--duration', '45m', '--early', '10m', '--time-zone', 'Europe/London'];
    const more = ['--rule', 'FREQ=WEEKLY;COUNT=1', '--invite', 'Ann Bell <ann@example.org>'];
    const added = await cli.json('booking', 'add', 'Mary', '--title', 'Weekly', ...when, ...more);
    const wanted = documented('booking add --json');
    expect(shapeNow(added)).toEqual(shape(wanted));
    const { id } = added as { id: string };
    const { drawn, ...kept } = wanted as { drawn: unknown; invitees: readonly object[] };
    expect(drawn).toBeDefined();
    const invitees = kept.invitees.map((one) => ({ ...one, revokedAt: null, spoken: false }));
    expect(shapeNow(await cli.json('booking', 'show', id))).toEqual(shape({ ...kept, invitees }));
    expect(shapeNow(await cli.json('booking', 'list'))).toMatchObject(
      shape(documented('booking list --json')) as object,
    );
  });

  it('report calls', async () => {
    const { id } = await cli.addAccount('--name', 'Mary');
    const { store } = openStore(parseConfig({ dataDir: cli.data }, {}));
    const conference = store.startConferenceRecord({
      conferenceId: conferenceId('k1'),
      accountId: accountId(id),
      startedAt: 0,
      endedAt: null,
      bookingId: null,
      peak: 0,
      lockedOut: 0,
      blocked: 0,
      outcome: null,
    });
    store.addCallRecord({
      id: callId('c1'),
      direction: 'in',
      sipCallId: 's1@example.org',
      startedAt: 0,
      answeredAt: 100,
      joinedAt: 9_000,
      endedAt: 20_000,
      trunk: 'pbx',
      dialled: '8000',
      caller: '***567',
      accountId: accountId(id),
      bookingId: null,
      inviteeId: null,
      conferenceRecordId: conference,
      role: 'guest',
      outcome: 'completed',
      keyMethod: 'event',
      codec: 'PCMU',
      mixer: 'worker-1',
      packetLoss: 0,
      jitterMs: 0.5,
    });
    store.close();
    const calls = await cli.json('report', 'calls');
    expect(shapeNow(calls)).toEqual(shape(documented('report calls --json')));
    const { stdout } = await cli.run('report', 'calls', '--csv');
    const [record] = documented('report calls --json') as readonly object[];
    expect(stdout.split('\r\n')[0]).toBe(Object.keys(record ?? {}).join(','));
    expect(shapeNow(await cli.json('report', 'accounts'))).toEqual(shape(documented('report accounts --json')));
    expect(shapeNow(await cli.json('report', 'rooms'))).toEqual(shape(documented('report rooms --json')));
    const why = (await cli.json('why', 's1@example.org')) as object;
    expect(Object.keys(why)).toEqual(expect.arrayContaining(Object.keys(documented('why CALL --json') as object)));
  });

  it('doctor and config', async () => {
    const { stdout } = await cli.run('doctor', '--json');
    expect(shapeNow(JSON.parse(stdout))).toEqual(shape(documented('doctor --json')));
    const config = (await cli.json('config')) as { readonly settings: Readonly<Record<string, unknown>> };
    const wanted = documented('config --json') as { readonly settings: Readonly<Record<string, unknown>> };
    expect(Object.keys(config)).toEqual(Object.keys(wanted));
    expect(Object.keys(config.settings)).toEqual(SETTING_KEYS);
    expect(shapeNow(config.settings['maximumCalls'])).toEqual(shape(wanted.settings['maximumCalls']));
  });
});
