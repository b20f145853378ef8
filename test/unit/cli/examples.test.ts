import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { buildProgram } from '../../../src/app/cli/program.js';
import { accountId, callId } from '../../../src/domain/identifiers.js';
import { call, delivery } from '../../conformance/store-stage.js';
import { writeWav } from '../../sound.js';
import { speech } from '../../speech.js';
import { freePort } from '../../e2e/kit/ports.js';
import { MailServer } from '../deliveries/mail-server.js';
import type { CommandLine } from './command-line.js';
import { RecordedAccount } from './recorded-account.js';

/** What examples call by name is there: before the dates that they name. */
const TODAY = Date.UTC(2026, 10, 2, 9);
const CONFIGURED = {
  drachtio: { host: '127.0.0.1', secretFile: 'drachtio.secret' },
  render: { signallingNetwork: '10.0.0.5/32', controlNetwork: '10.0.0.5/32' },
  dialogOwner: { socket: '/run/partyline/dialogs.sock' },
  mixers: ['a', 'b'].map((name) => ({
    name,
    eventSocket: { host: `192.0.2.${name === 'a' ? 11 : 12}`, secretFile: `${name}.secret` },
  })),
  dialOut: { trunks: { carrier: { target: 'udp:sip.example.net:5060', callerNumber: '+442071234567' } } },
};
/** They run on until they are ended, or need a bridge that listens: tested where real ones run. */
const RUN_ON = /^partyline (?:serve|dialog-owner|call)\b/;

/** Every example of a command's own help and of those below it. */
function examplesOf(command: Command): readonly string[] {
  let help = '';
  command.configureOutput({ writeOut: (text) => (help += text) });
  command.outputHelp();
  const own = [...help.matchAll(/^ +\$ (.+)$/gm)].map(([, example]) => example ?? '');
  const acts = command.commands.length === 0;
  if (acts && own.length === 0) throw new Error(`${command.name()} has no example`);
  return [...own, ...command.commands.flatMap(examplesOf)];
}

const silent = {
  ...{ stdout: () => undefined, stderr: () => undefined, env: {}, workingDirectory: '/', isTerminal: false },
  ask: () => Promise.resolve(''),
};
const examples = [...new Set(examplesOf(buildProgram(silent)))];

/** The example with what is there in place of what it names. */
function here(example: string, directory: string): string {
  const inFolder = example.replaceAll(/\/(?:etc\/partyline|var\/lib|etc)(?=[/-])/g, join(directory, 'etc'));
  return [...inPlaceOf].reduce((text, [named, id]) => text.replaceAll(named, id), inFolder);
}

/** The words of the first command, as a shell takes them; what becomes of its output is the shell's business. */
function wordsOf(example: string): readonly string[] {
  const words = [...example.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, bare]) => double ?? single ?? bare ?? '',
  );
  const end = words.findIndex((word) => ['>', '|', '&&'].includes(word));
  return (end < 0 ? words : words.slice(0, end)).slice(1);
}

const mail = new MailServer();
let prepared: RecordedAccount;
/** Environment in which mail goes to a server of our own. */
let env: CommandLine['env'];

/** Ids that examples name, with those that were drawn here; and folders of the system. */
const inPlaceOf = new Map<string, string>();
/** What must be there for some of them, and not for others. */
const BEFORE: readonly (readonly [example: RegExp, ...words: readonly string[]])[] = [
  [/ number remove /, 'number', 'add', '+442071234567'],
  [/ trunk remove /, 'trunk', 'add', 'carrier', '--source', '192.0.2.9'],
  [/ engine render --check/, 'engine', 'render'],
];

/** An installation in which there is what examples name. */
async function prepare(): Promise<RecordedAccount> {
  const cli = new RecordedAccount();
  cli.env = { ...cli.env, ...env };
  const run = async (...args: readonly string[]): Promise<string> => {
    const { status, stdout, stderr } = await cli.run(...args);
    if (status !== 0) throw new Error(`${args.join(' ')}: ${stderr}`);
    return stdout;
  };
  await cli.addMary();
  const { id } = await cli.record();
  const mary = cli.withStore((store) => String(store.accountsNamed('Mary')[0]?.id));
  await run('account', 'set', mary, '--name', 'Mary Murphy');
  await run('account', 'add', '--name', 'Board');
  await run('block', 'add', '+442071234567');
  const weekly = ['--at', '2026-12-07T09:00', '--duration', '45m', '--rule', 'FREQ=WEEKLY;BYDAY=MO', '--json'];
  for (const [named, ...pins] of [
    ['b8m2k5x0w9q4t7r1n3v6', '--personal-pins'],
    ['b5k8w2r0t6n3v9m1x4q7', '--personal-pins', '--pins', 'each'],
    ['b81t2gkqmzv6w4d0s3yn7'],
  ] as const) {
    const invited = ['--invite', 'Ann Bell <ann@example.org>', ...pins];
    const added = await run('booking', 'add', 'Board', '--title', 'Weekly', ...weekly, ...invited);
    inPlaceOf.set(named, (JSON.parse(added) as { readonly id: string }).id);
  }
  inPlaceOf.set('r81t2gkqmzv6w4d0s3yn7', id);
  cli.withStore((store) => {
    store.addCallRecord(call('c1', { id: callId('0f8fad5b1c2d3e4f'), accountId: accountId(mary) }));
    store.addCallRecord(call('c2', { sipCallId: 'a84b4c76e66710@192.0.2.10', caller: '+442071234567' }));
    store.addDeliveries([delivery('d81t2gkqmzv6w4d0s3yn7', { accountId: accountId(mary), failedAt: TODAY })]);
  });
  writeFileSync(join(cli.directory, 'staff.csv'), 'name,email\nTom,tom@example.org\n');
  await writeWav(join(cli.directory, 'ann-bell.wav'), speech(900, -38));
  mkdirSync(join(cli.directory, 'etc'));
  for (const directory of [cli.data, join(cli.directory, 'etc')]) {
    for (const name of ['drachtio', 'a', 'b']) {
      writeFileSync(join(directory, `${name}.secret`), `${'s'.repeat(24)}${name}\n`, { mode: 0o600 });
    }
    writeFileSync(join(directory, 'partyline.json'), JSON.stringify(CONFIGURED));
  }
  return cli;
}

beforeAll(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: TODAY });
  await mail.start();
  env = { PARTYLINE_MAIL_HOST: '127.0.0.1', PARTYLINE_MAIL_PORT: String(mail.port) };
  env = { ...env, PARTYLINE_MAIL_SECURITY: 'none', PARTYLINE_MAIL_FROM: 'bridge@example.org' };
  env = { ...env, PARTYLINE_SIP_LISTEN: `udp:127.0.0.1:${await freePort()}`, PARTYLINE_HTTP_LISTEN: '127.0.0.1:0' };
  prepared = await prepare();
});
afterAll(async () => {
  vi.useRealTimers();
  prepared.dispose();
  await mail.dispose();
});

describe('the example', () => {
  let cli: RecordedAccount;
  afterEach(() => cli.dispose());

  it.each(examples.filter((example) => !RUN_ON.test(example)))('$ %s', async (example) => {
    cli = new RecordedAccount();
    cpSync(prepared.directory, cli.directory, { recursive: true });
    cli.env = { ...prepared.env };
    cli.answer = 'yes';
    // what doctor looks for is on this machine
    if (example.includes(' doctor')) rmSync(join(cli.data, 'partyline.json'));
    if (example.includes(' key forget-bridge')) rmSync(join(cli.data, 'bridge.key'));
    for (const [which, ...words] of BEFORE) if (which.test(example)) await cli.run(...words);
    const { status, stdout, stderr } = await cli.run(...wordsOf(here(example, cli.directory)));
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr: expect.stringMatching(/^(?:warning: [^\n]*\n)*$/) as string,
    });
    if (example.includes('--json')) expect(() => JSON.parse(stdout) as unknown).not.toThrow();
    expect(stdout).not.toMatch(/^ +at |undefined|\[object/m);
  });
});
