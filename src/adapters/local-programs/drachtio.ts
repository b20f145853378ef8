import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from './free-port.js';
import { findProgram, LocalProcess } from './local-process.js';
import { renderSignalling, type SignallingContact } from './rendering.js';
import { checkSecret } from './template.js';

export interface LocalDrachtioOptions {
  /** Configuration, logs and process data; made with mode 0700. */
  readonly directory: string;
  /** SIP address; default 127.0.0.1. */
  readonly sipAddress?: string;
  /** SIP port; default a free one. */
  readonly sipPort?: number;
  readonly transports?: readonly ('udp' | 'tcp')[];
  /** Advertised in Contact instead of `sipAddress`. */
  readonly externalAddress?: string;
  /** Port for control connections, always on loopback; default a free one. */
  readonly adminPort?: number;
  /** Port of its Prometheus metrics on loopback; default: none. */
  readonly metricsPort?: number;
  /** Default: generated. */
  readonly secret?: string;
  /** Default: the one found. */
  readonly program?: string;
}

/** A drachtio-server of our own. */
export interface LocalDrachtio {
  /** For `DrachtioSignaling`. */
  readonly host: string;
  readonly port: number;
  readonly secret: string;
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
const READY_MS = 10_000;

/** @returns the path of drachtio-server, or `null`. */
export function findDrachtio(): string | null {
  return findProgram('drachtio', ['/usr/local/bin']);
}

/** Starts a drachtio-server and waits until it serves. @throws Error with one clear line; nothing is left running then. */
export async function startLocalDrachtio(options: LocalDrachtioOptions): Promise<LocalDrachtio> {
  const program = options.program ?? findDrachtio();
  if (program === null) throw new Error('drachtio-server was not found in PATH or /usr/local/bin');
  const secret = options.secret ?? randomBytes(24).toString('hex');
  checkSecret(secret, 'drachtio-server');
  const sipAddress = options.sipAddress ?? LOOPBACK;
  const sipPort = options.sipPort ?? (await freePort(sipAddress));
  const port = options.adminPort ?? (await freePort(LOOPBACK));
  const { directory } = options;
  mkdirSync(join(directory, 'archive'), { recursive: true, mode: 0o700 });
  const logFile = join(directory, 'drachtio.log');
  const transports = options.transports ?? ['udp', 'tcp'];
  const external = options.externalAddress === undefined ? {} : { external: options.externalAddress };
  const files = renderSignalling({
    adminAddress: LOOPBACK,
    adminPort: port,
    adminSecret: secret,
    contacts: contacts({ address: sipAddress, port: sipPort, transports, ...external }),
    tls: null,
    logFile,
    logArchive: join(directory, 'archive'),
  });
  for (const { name, text } of files) writeFileSync(join(directory, name), text, { mode: 0o600 });
  writeFileSync(logFile, '', { mode: 0o600 });

  const { metricsPort } = options;
  const metrics = metricsPort === undefined ? [] : ['--prometheus-scrape-port', `${LOOPBACK}:${metricsPort}`];
  const configuration = join(directory, 'drachtio.conf.xml');
  const server = new LocalProcess(program, ['-f', configuration, ...metrics], join(directory, 'drachtio.out'));
  const failure = await ready(server, logFile);
  if (failure !== null) {
    await server.kill();
    throw new Error(`drachtio-server did not start (${failure}); see ${logFile}`);
  }
  return {
    host: LOOPBACK,
    port,
    secret,
    sipAddress,
    sipPort,
    logFile,
    pid: server.pid,
    exited: server.exited,
    stop: () => server.stop(),
    kill: () => server.kill(),
  };
}

function contacts(first: SignallingContact): readonly SignallingContact[] {
  const { address, port } = first;
  // The mixers on this machine are reached over loopback.
  const own = address.startsWith('127.') || address === '0.0.0.0';
  return own ? [first] : [first, { address: LOOPBACK, port, transports: ['udp'] }];
}

/** @returns `null` when it serves, else why not. */
async function ready(server: LocalProcess, logFile: string): Promise<string | null> {
  for (const until = performance.now() + READY_MS; performance.now() < until;) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    if (!server.running) return server.exited;
    // Its last word before it serves: by then the SIP ports are bound, or it has ended.
    if (readFileSync(logFile, 'utf8').includes('Starting sofia event loop')) return null;
  }
  return `not ready after ${READY_MS / 1_000} s`;
}
