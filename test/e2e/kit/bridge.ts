import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import type { ConferenceRecord } from '../../../src/ports/store.js';
import type { EngineName } from './engines.js';
import { Operator, type AccessCodeAccount, type CallRow, type CommandResult, type TestAccount } from './operator.js';
import { freePort, rtpRange } from './ports.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
/** The build under test; another one than that of the checkout can be named. */
export const MAIN = process.env['PARTYLINE_TEST_MAIN'] ?? join(ROOT, 'dist/app/main.js');
/** FreeSWITCH loads its modules first. */
const READY_LIMIT_MS: Readonly<Record<EngineName, number>> = { embedded: 20_000, freeswitch: 60_000 };
const STOP_LIMIT_MS = 20_000;
/** Of a command that hangs: some calls last 17 s, and a busy machine takes its time to start one. */
const COMMAND_LIMIT_MS = 60_000;
const LOOK_MS = 25;
/** How SIP INFO and FreeSWITCH write down a key. */
const KEYS_ONE_BY_ONE = /signal\s*=\s*[0-9*#a-d]|RECV DTMF/i;

export interface BridgeOptions {
  readonly engine: EngineName;
  /** Settings of this bridge, by the name of their environment variable. */
  readonly env?: Readonly<Record<string, string>>;
  /** Further flags of `serve`. */
  readonly flags?: readonly string[];
}

/** What `serve` writes into its data directory when calls can come. */
interface ServeFile {
  readonly pid: number;
  readonly engine: string;
  readonly sip: readonly string[];
  readonly http: string | null;
}

/**
 * Starts the built bridge in a process of its own, on ports of 127.0.0.1 and with a data directory of its own; once more on other
 * ports where that fails, since another program may have taken one meanwhile.
 */
export async function startBridge(options: BridgeOptions): Promise<TestBridge> {
  try {
    return await startOnce(options);
  } catch (error) {
    console.warn(`a bridge did not start, tried once more: ${String(error).slice(0, 2_000)}`);
    return startOnce(options);
  }
}

async function startOnce(options: BridgeOptions): Promise<TestBridge> {
  if (!existsSync(MAIN)) throw new Error(`${MAIN} is not there: npm run build first`);
  const dataDirectory = await mkdtemp(join(tmpdir(), 'partyline-e2e-'));
  const port = await freePort();
  const env = {
    ...withoutSettings(process.env),
    PARTYLINE_DATA_DIR: dataDirectory,
    PARTYLINE_SIP_LISTEN: `udp:127.0.0.1:${port},tcp:127.0.0.1:${port}`,
    PARTYLINE_RTP_PORTS: rtpRange(),
    PARTYLINE_HTTP_LISTEN: `127.0.0.1:${await freePort()}`,
    PARTYLINE_LOG_LEVEL: 'debug',
    ...options.env,
  };
  const bridge = new TestBridge(options, env, dataDirectory, port);
  try {
    await bridge.ready();
  } catch (error) {
    await bridge.kill();
    throw error;
  }
  return bridge;
}

/** Settings of whoever runs the tests must not reach the bridge under test. */
function withoutSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('PARTYLINE_')));
}

/** A bridge that runs, with everything it ever logged. */
export class TestBridge {
  readonly engine: EngineName;
  readonly port: number;
  readonly dataDirectory: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #process: ChildProcess;
  readonly #exited: Promise<void>;
  readonly #output: string[] = [];
  readonly #operator: Operator;

  constructor(options: BridgeOptions, env: NodeJS.ProcessEnv, dataDirectory: string, port: number) {
    this.engine = options.engine;
    this.port = port;
    this.dataDirectory = dataDirectory;
    this.#env = env;
    this.#operator = new Operator(env, dataDirectory);
    this.#process = spawn(process.execPath, [MAIN, 'serve', '--engine', options.engine, ...(options.flags ?? [])], {
      cwd: dataDirectory,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const keep = (text: Buffer): void => void this.#output.push(text.toString('utf8'));
    this.#process.stdout?.on('data', keep);
    this.#process.stderr?.on('data', keep);
    this.#exited = new Promise((resolve) => {
      this.#process.once('close', () => resolve());
      this.#process.once('error', () => resolve());
    });
  }

  /** What callers dial. */
  get address(): string {
    return this.addressOf('conference');
  }

  addressOf(number: string, transport?: 'udp' | 'tcp'): string {
    return `sip:${number}@127.0.0.1:${this.port}${transport === undefined ? '' : `;transport=${transport}`}`;
  }

  get log(): string {
    return this.#output.join('');
  }

  async ready(): Promise<void> {
    const file = join(this.dataDirectory, 'serve.json');
    const limit = READY_LIMIT_MS[this.engine];
    const deadline = performance.now() + limit;
    for (;;) {
      if (existsSync(file)) {
        const served = JSON.parse(await readFile(file, 'utf8')) as ServeFile;
        expect(served.engine).toBe(this.engine);
        return;
      }
      if (this.#hasExited) throw new Error(`the bridge ended instead of starting:\n${this.log}`);
      if (performance.now() > deadline) throw new Error(`the bridge was not ready within ${limit} ms:\n${this.log}`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  /** Runs a command of the command line against this bridge's data. */
  command(...words: readonly string[]): Promise<CommandResult> {
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [MAIN, ...words], {
        cwd: this.dataDirectory,
        env: this.#env,
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: COMMAND_LIMIT_MS,
        killSignal: 'SIGKILL',
      });
      let stdout = '';
      let stderr = '';
      child.stdout.on('data', (text: Buffer) => (stdout += text.toString('utf8')));
      child.stderr.on('data', (text: Buffer) => (stderr += text.toString('utf8')));
      child.once('error', reject);
      child.once('close', (status) => resolve({ status, stdout, stderr }));
    });
  }

  /** As `command`, in this process. */
  commandHere(...words: readonly string[]): Promise<CommandResult> {
    return this.#operator.command(...words);
  }

  addAccount(...flags: readonly string[]): Promise<TestAccount> {
    return this.#operator.addAccount(...flags);
  }

  addAccessCodeAccount(...flags: readonly string[]): Promise<AccessCodeAccount> {
    return this.#operator.addAccessCodeAccount(...flags);
  }

  /** What the record of an ended call says. @param sipCallId of the telephone */
  record(sipCallId: string): Promise<CallRow> {
    return this.#operator.record(sipCallId);
  }

  /** The records of calls that have ended. @param filters flags of `report calls` */
  calls(...filters: readonly string[]): Promise<readonly CallRow[]> {
    return this.#operator.calls(...filters);
  }

  /** What the records of the account's conferences say, oldest first, as soon as so many have ended. */
  conferences(accountId: string, ended: number): Promise<readonly ConferenceRecord[]> {
    return this.#operator.conferences(accountId, ended);
  }

  keepSecret(keys: string): void {
    this.#operator.keepSecret(keys);
  }

  /** Neither the bridge's own log nor one of its engine's holds a PIN or what a caller keyed. */
  expectNoSecretsLogged(): void {
    const logs = [['its output', this.log] as const, ...logFiles(this.dataDirectory)];
    for (const [name, text] of logs) {
      const leaked = this.#operator.leaksIn(text);
      expect(leaked, `PINs or key sequences found in ${name}`).toBe(0);
      expect(KEYS_ONE_BY_ONE.test(text), `single keys found in ${name}`).toBe(false);
    }
  }

  /** Ends the bridge as an operator would, and expects that it ends in order. */
  async stop(): Promise<void> {
    const early = this.#hasExited;
    this.#process.kill('SIGTERM');
    const inTime = await this.#exitsWithin(STOP_LIMIT_MS);
    this.expectNoSecretsLogged();
    await this.kill();
    expect(early, `the bridge ended by itself:\n${this.log}`).toBe(false);
    expect(inTime, `the bridge did not end within ${STOP_LIMIT_MS} ms of SIGTERM`).toBe(true);
    expect(this.#process.exitCode, `exit code of the bridge:\n${this.log.slice(-4000)}`).toBe(0);
  }

  /** Ends it whatever happens, and removes its data. */
  async kill(): Promise<void> {
    if (!this.#hasExited) this.#process.kill('SIGKILL');
    await this.#exited;
    await rm(this.dataDirectory, { recursive: true, force: true });
  }

  get #hasExited(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  async #exitsWithin(ms: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), ms);
    });
    const inTime = await Promise.race([this.#exited.then(() => true), late]);
    clearTimeout(timer);
    return inTime;
  }
}

function logFiles(directory: string): (readonly [name: string, text: string])[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.log') || name.endsWith('.out'))
    .map((name) => [name, readFileSync(join(directory, name), 'utf8')] as const);
}
