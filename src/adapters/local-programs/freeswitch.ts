import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from './free-port.js';
import { findProgram, LocalProcess } from './local-process.js';
import { MIXER_PROFILE, renderMixer, type MixerValues } from './rendering.js';
import { checkSecret } from './template.js';

/** Where an event socket listens, and its secret. */
interface EventSocketPlace {
  readonly host: string;
  readonly port: number;
  readonly secret: string;
}

export interface LocalFreeSwitchOptions {
  /** Configuration, logs and process data; made with mode 0700. */
  readonly directory: string;
  /** Where callers send their audio; default 127.0.0.1. */
  readonly rtpAddress?: string;
  /** What SDP says instead, behind NAT. */
  readonly rtpAdvertisedAddress?: string;
  /** UDP ports for audio; default 1,000 ports somewhere below the ephemeral ones. */
  readonly rtpPorts?: { readonly first: number; readonly last: number };
  /** Always on loopback, as is the event socket; default free ones. */
  readonly sipPort?: number;
  readonly eventSocketPort?: number;
  /** Default: generated. */
  readonly secret?: string;
  /**
   * Asks a FreeSWITCH that comes up whether its SIP profile serves: `null`, or why not. Given from outside, since what is
   * spoken over the event socket belongs to the media adapter (`profileTrouble`). Never rejects; bounded.
   */
  readonly trouble: (eventSocket: EventSocketPlace, profile: string) => Promise<string | null>;
  readonly maxSessions?: number;
  /** Default: the one found. */
  readonly program?: string;
  /** For tests: modules left out. */
  readonly withoutModules?: readonly string[];
}

/** A FreeSWITCH of our own, with what `FreeSwitchMedia` wants to know. */
export interface LocalFreeSwitch {
  readonly eventSocket: EventSocketPlace;
  readonly profile: string;
  readonly sipAddress: string;
  readonly sipPort: number;
  readonly logFile: string;
  readonly pid: number | null;
  /** Resolves when it ended, with how. */
  readonly exited: Promise<string>;
  stop(): Promise<void>;
  /** As a power cut would. */
  kill(): Promise<void>;
}

const LOOPBACK = '127.0.0.1';
const READY_MS = 20_000;
const LOOK_MS = 150;
const RTP_PORTS = 1_000;

/** @returns the path of FreeSWITCH, or `null`. */
export function findFreeSwitch(): string | null {
  return findProgram('freeswitch', ['/usr/local/freeswitch/bin', '/usr/local/bin']);
}

/** Starts a FreeSWITCH and waits until it serves. @throws Error with one clear line; nothing is left running then. */
export async function startLocalFreeSwitch(options: LocalFreeSwitchOptions): Promise<LocalFreeSwitch> {
  const program = options.program ?? findFreeSwitch();
  if (program === null)
    throw new Error('FreeSWITCH was not found in PATH, /usr/local/freeswitch/bin or /usr/local/bin');
  const secret = options.secret ?? randomBytes(24).toString('hex');
  checkSecret(secret, "FreeSWITCH's event socket");
  const sipPort = options.sipPort ?? (await freePort(LOOPBACK));
  const eventSocketPort = options.eventSocketPort ?? (await freePort(LOOPBACK));
  const rtpAddress = options.rtpAddress ?? LOOPBACK;
  const rtpPorts = options.rtpPorts ?? somePorts();
  const maxSessions = options.maxSessions ?? 1_000;
  const directories = makeDirectories(options.directory);
  render(directories.conf, options.withoutModules ?? [], {
    maxSessions,
    rtpStartPort: rtpPorts.first,
    rtpEndPort: rtpPorts.last,
    dbDirectory: directories.db,
    logDirectory: directories.log,
    signallingCidr: `${LOOPBACK}/32`,
    controlCidr: `${LOOPBACK}/32`,
    eventSocketAddress: LOOPBACK,
    eventSocketPort,
    eventSocketSecret: secret,
    sipAddress: LOOPBACK,
    sipPort,
    rtpAddress,
    rtpAdvertisedAddress: options.rtpAdvertisedAddress ?? rtpAddress,
  });

  const logFile = join(directories.log, 'freeswitch.log');
  const { conf, log, db, run } = directories;
  const args = ['-nonat', '-nf', '-nc', '-conf', conf, '-log', log, '-db', db, '-run', run];
  const server = new LocalProcess(program, args, join(options.directory, 'freeswitch.out'));
  const eventSocket = { host: LOOPBACK, port: eventSocketPort, secret };
  const failure = await ready(server, () => options.trouble(eventSocket, MIXER_PROFILE));
  if (failure !== null) {
    await server.kill();
    throw new Error(`FreeSWITCH did not start (${failure}); see ${logFile}`);
  }
  return {
    eventSocket,
    profile: MIXER_PROFILE,
    sipAddress: LOOPBACK,
    sipPort,
    logFile,
    pid: server.pid,
    exited: server.exited,
    stop: () => server.stop(),
    kill: () => server.kill(),
  };
}

type Directories = Readonly<Record<'conf' | 'log' | 'db' | 'run', string>>;

function makeDirectories(directory: string): Directories {
  const directories = {
    conf: join(directory, 'conf'),
    log: join(directory, 'log'),
    db: join(directory, 'db'),
    run: join(directory, 'run'),
  };
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  for (const path of Object.values(directories)) mkdirSync(path, { recursive: true, mode: 0o700 });
  return directories;
}

function render(directory: string, without: readonly string[], values: MixerValues): void {
  for (const { name, text } of renderMixer(values)) {
    const lines = text
      .split('\n')
      .filter((line) => !without.some((module) => line.includes(`<load module="${module}"/>`)));
    writeFileSync(join(directory, name), lines.join('\n'), { mode: 0o600 });
  }
}

/** Below 32768, where Linux takes ports for outgoing connections from. */
const FIRST_PORT = 16_384;
const SLOTS = Math.floor((32_000 - FIRST_PORT) / RTP_PORTS);
let nextSlot = Math.floor(Math.random() * SLOTS);

/** Not those of the program started before: FreeSWITCH binds its ports with SO_REUSEADDR, so that two on one port take each other's audio. */
function somePorts(): { readonly first: number; readonly last: number } {
  const first = FIRST_PORT + nextSlot * RTP_PORTS;
  nextSlot = (nextSlot + 1) % SLOTS;
  return { first, last: first + RTP_PORTS - 2 };
}

/** @returns `null` when it serves, else why not. */
async function ready(server: LocalProcess, trouble: () => Promise<string | null>): Promise<string | null> {
  let last: string | null = null;
  for (const until = performance.now() + READY_MS; performance.now() < until;) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    if (!server.running) return server.exited;
    last = await trouble();
    if (last === null) return null;
  }
  return last ?? `not within ${READY_MS} ms`;
}
