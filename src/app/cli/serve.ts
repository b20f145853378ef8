import { Option, type Command } from 'commander';
import { UNPROVISIONED_NUMBER } from '../../domain/access/dial-in.js';
import { BackgroundThread } from '../background/background-thread.js';
import { tooFewAudioPorts } from '../ports.js';
import type { RunningBridge } from '../compose.js';
import { checkBridgeKey, holdDataDirectory, type WholeStore } from '../compose-store.js';
import type { Config, LoadedConfig } from '../config.js';
import { openLog } from '../log.js';
import { startPurging } from '../purge.js';
import { usualPinLength } from '../pin-length.js';
import { provisionAccount } from '../provision.js';
import { readRunningNote, removeRunningNote, writeRunningNote } from '../running-file.js';
import { VERSION } from '../version.js';
import { withExamples } from './arguments.js';
import type { CliContext } from './context.js';
import { Refused } from './io.js';
import { block } from './output.js';
import { surviveErrors, surviveLostOutput } from './survive.js';

interface ServeFlags {
  readonly demo?: boolean;
  readonly lan?: boolean;
  readonly engine?: Config['engine'];
}

/** Longest wait for running calls after SIGTERM, milliseconds: the longest a conference lasts. */
const DRAIN_LIMIT_MS = 12 * 3_600_000;

export function registerServe(program: Command, context: CliContext): void {
  const command = program
    .command('serve')
    .description(
      'run the bridge until Ctrl-C; SIGTERM takes no new calls and lets running ones finish, SIGUSR2 leaves them to the next bridge',
    )
    .option('--lan', 'take calls from private networks too, not from this machine only')
    .option('--demo', 'on the first run, provision a demo account and show its PINs')
    .addOption(new Option('--engine <engine>', 'instead of the configured one').choices(['embedded', 'freeswitch']));
  withExamples(command, 'partyline serve', 'partyline serve --lan --demo').action(async (flags: ServeFlags) => {
    await serve(context, flags);
  });
}

async function serve(context: CliContext, flags: ServeFlags): Promise<void> {
  const handOver = new HandOverSignal();
  const loaded = configured(context, flags);
  const { config } = loaded;
  const hold = holdDataDirectory(config);
  if (hold === null) {
    const process = readRunningNote(config.dataDirectory)?.pid;
    throw new Refused(
      `a bridge runs with ${config.dataDirectory} already${process === undefined ? '' : ` (process ${process})`}: end it, or set PARTYLINE_DATA_DIR`,
    );
  }
  try {
    // what a bridge that was killed left behind
    removeRunningNote(config.dataDirectory);
    await run(context, loaded, flags, handOver);
  } finally {
    hold.release();
  }
}

async function run(
  context: CliContext,
  loaded: LoadedConfig,
  flags: ServeFlags,
  handOver: HandOverSignal,
): Promise<void> {
  const { config } = loaded;
  const log = openLog(config.logLevel);
  const reload = (): LoadedConfig => configured(context, flags);
  // both engines come with it: no other command waits until they are loaded
  const { startBridge } = await import('../compose.js');
  const running = await startBridge({ loaded, reload, log, lan: flags.lan === true });
  const { archive, names, stores } = running;
  const stopPurging = startPurging({ store: stores.store, archive, names, clock: stores.clock, config, log });
  const background = new BackgroundThread({ config, clock: stores.clock, log });
  background.start();
  let leave = (): Promise<void> => running.stop();
  try {
    surviveLostOutput();
    surviveErrors((error) => log.error({ error: error.stack ?? error.message }, 'unexpected error'));
    writeRunningNote(config.dataDirectory, {
      pid: process.pid,
      version: VERSION,
      engine: running.engine,
      sip: running.listening,
      http: running.http,
      startedAt: new Date().toISOString(),
    });
    for (const doubt of doubts(config, flags)) context.warn(doubt);
    tellOfBridgeKey(context, config, stores.store);
    context.print(welcome(config, running, flags));
    if (flags.demo === true) context.print(demo(config, running));
    leave = await untilAsked(running, handOver, (line) => context.io.stderr(`${line}\n`));
  } finally {
    removeRunningNote(config.dataDirectory);
    await Promise.all([stopPurging(), background.stop()]);
    await leave();
  }
}

/** What will work otherwise than its configuration promises. */
function doubts(config: Config, { lan }: ServeFlags): readonly string[] {
  const here = config.engine === 'freeswitch' && config.drachtio === null;
  const anywhere = config.sip.listen.some(({ host }) => host === '0.0.0.0');
  const loopback = 'the engine freeswitch, started here, listens on 127.0.0.1 only: --lan lets nobody else call';
  const audio = config.engine === 'embedded' || here ? tooFewAudioPorts(config) : null;
  return [...(lan === true && here && anywhere ? [loopback] : []), ...(audio === null ? [] : [audio])];
}

/** Calls go on without it, and nothing new is sealed under another one. */
function tellOfBridgeKey(context: CliContext, config: Config, store: WholeStore): void {
  const problem = checkBridgeKey(config, store);
  if (problem !== null) context.warn(`nothing can be recorded and no account or booking added: ${problem}`);
}

function configured(context: CliContext, flags: ServeFlags): LoadedConfig {
  return flags.engine === undefined ? context.loadConfig() : context.loadConfig({ PARTYLINE_ENGINE: flags.engine });
}

function welcome(config: Config, running: RunningBridge, flags: ServeFlags): string {
  const from =
    flags.lan === true
      ? 'this machine, private networks and the trunks provisioned'
      : 'this machine and the trunks provisioned';
  return block([
    ['Partyline', VERSION],
    ['Engine', running.engine],
    ['SIP', running.listening.join(', ')],
    ...production(config, running),
    ['Calls from', from],
    ['Health', running.http === null ? 'off' : `http://${running.http}/readyz`],
    ['Data', config.dataDirectory],
  ]);
}

/** What the engine freeswitch is made of. */
function production({ dialogOwner }: Config, running: RunningBridge): readonly (readonly [string, string])[] {
  if (running.engine !== 'freeswitch') return [];
  const mixers = running.mixers().map(({ name, version, healthy, draining }) => {
    const state = [...(healthy ? [] : ['not reachable']), ...(draining ? ['draining'] : [])].join(', ');
    return `${name} (${state === '' ? version : state})`;
  });
  const keeper = dialogOwner === null ? 'this process, and end with it' : `the dialog owner at ${dialogOwner.socket}`;
  return [
    ['Mixers', mixers.join(', ')],
    ['Calls kept by', keeper],
  ];
}

/** What to dial; with the PINs of a fresh demo account when there is no account yet. */
function demo(config: Config, running: RunningBridge): string {
  const { stores, listening } = running;
  const number = stores.store.numbers()[0]?.number ?? UNPROVISIONED_NUMBER;
  const target = `sip:${number}@${dialable(listening)}`;
  if (stores.store.countAccounts() > 0) {
    return [
      '',
      `Dial ${target} and key a PIN.`,
      'PINs are shown once, when an account is added. For new ones, in a second terminal:',
      '  npx partyline account add --name NAME',
    ].join('\n');
  }
  const pinLength = usualPinLength(stores.store.numbers(), config.entry.pinLength);
  const { host, guest } = provisionAccount(stores, 'Demo', config.conference, { pinLength });
  return [
    '',
    block([
      ['Dial', target],
      ['Host PIN', host],
      ['Guest PIN', guest],
    ]),
    'The PINs are shown this once. To try it, in a second terminal as host, and in',
    'a third as guest:',
    `  npx partyline call ${target} --pin ${host} --tone 440`,
    `  npx partyline call ${target} --pin ${guest}`,
    'Ctrl-C ends the bridge: every caller gets a BYE.',
  ].join('\n');
}

/** `host:port` that a telephone on this machine reaches the bridge by. */
function dialable(listening: readonly string[]): string {
  const first = listening.find((address) => address.startsWith('udp:')) ?? listening[0] ?? 'udp:127.0.0.1:5060';
  return first
    .slice(first.indexOf(':') + 1)
    .replace(/^0\.0\.0\.0:/, '127.0.0.1:')
    .replace(/^\[::\]:/, '[::1]:');
}

/**
 * Resolves when the process is to leave, with how: after Ctrl-C or with its terminal at once, after SIGTERM when the last call
 * has ended or a second signal comes, after SIGUSR2 without ending a call.
 */
async function untilAsked(
  running: RunningBridge,
  handOverSignal: HandOverSignal,
  say: (line: string) => void,
): Promise<() => Promise<void>> {
  const { bridge, handOver } = running;
  return new Promise((resolve) => {
    const stop = (): void => resolve(() => running.stop());
    // the second: the terminal was closed
    for (const signal of ['SIGINT', 'SIGHUP'] as const) {
      process.once(signal, () => {
        say('Ending: every caller gets a BYE ...');
        stop();
      });
    }
    process.once('SIGTERM', () => {
      say('No new calls; ending when the last call has. A second signal ends at once.');
      process.once('SIGTERM', stop);
      bridge.drain(DRAIN_LIMIT_MS).then(stop, stop);
    });
    handOverSignal.take(() => {
      if (handOver === null) {
        say('Not handed over: no dialog owner is configured, so calls would end. SIGTERM lets them finish.');
        return;
      }
      say('Handing over: calls go on and wait for the next bridge ...');
      resolve(handOver);
    });
  });
}

/** SIGUSR2 from the first moment on: unheard, it would kill a process that is just starting. What came early is taken later. */
class HandOverSignal {
  #early = false;
  #taker: (() => void) | null = null;

  constructor() {
    process.on('SIGUSR2', () => {
      if (this.#taker === null) this.#early = true;
      else this.#taker();
    });
  }

  take(taker: () => void): void {
    this.#taker = taker;
    if (this.#early) taker();
  }
}
