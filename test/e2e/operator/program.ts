import { spawn, type ChildProcess } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, type TestContext } from 'vitest';
import { whyNotFree } from '../../../src/app/ports.js';
import { Telephone } from '../../../src/app/telephone/telephone.js';
import { freePort, rtpRange } from '../kit/ports.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
/** The build under test; another one than that of the checkout can be named. */
export const MAIN = process.env['PARTYLINE_TEST_MAIN'] ?? join(ROOT, 'dist/app/main.js');
/** A user and group without rights, on any Linux. */
const NOBODY = 65_534;
const COMMAND_LIMIT_MS = 60_000;
const WAIT_LIMIT_MS = 30_000;
const LOOK_MS = 20;
const SPEECH_DBFS = -45;

/** The test that something belongs to, and whose end is its end. */
export type Test = Pick<TestContext, 'onTestFinished'>;

export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface NewAccount {
  readonly id: string;
  readonly name: string;
  readonly hostPin: string;
  readonly guestPin: string;
}

interface Status {
  readonly calls: number;
  readonly conferences: number;
  readonly draining: boolean;
  readonly callsTakenBack: number;
  readonly mixers: readonly {
    readonly name: string;
    readonly healthy: boolean;
    readonly draining: boolean;
    readonly endpoints: number;
    readonly rooms: number;
  }[];
}

/** An installation as an operator has it: the built program, a data directory and ports of its own. */
export class Installation {
  readonly directory: string;
  readonly port: number;
  readonly httpPort: number;
  readonly env: Readonly<Record<string, string>>;

  readonly #test: Test;
  /** User and group that commands run as; `null`: whoever runs the tests. */
  user: number | null = null;

  private constructor(
    test: Test,
    directory: string,
    port: number,
    httpPort: number,
    env: Readonly<Record<string, string>>,
  ) {
    this.#test = test;
    this.directory = directory;
    this.port = port;
    this.httpPort = httpPort;
    this.env = {
      ...inherited(),
      PARTYLINE_DATA_DIR: join(directory, 'data'),
      PARTYLINE_SIP_LISTEN: `udp:127.0.0.1:${port},tcp:127.0.0.1:${port}`,
      PARTYLINE_HTTP_LISTEN: `127.0.0.1:${httpPort}`,
      PARTYLINE_RTP_PORTS: rtpRange(),
      ...env,
    };
  }

  /** For one test; when that is over, everything of it is gone. @param env settings, by environment variable */
  static async make(test: Test, env: Readonly<Record<string, string>> = {}): Promise<Installation> {
    if (!existsSync(MAIN)) throw new Error(`${MAIN} is not there: npm run build first`);
    const directory = mkdtempSync(join(tmpdir(), 'partyline-operator-'));
    test.onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
    return new Installation(test, directory, await freePort(), await freePort(), env);
  }

  get data(): string {
    return this.env['PARTYLINE_DATA_DIR'] ?? '';
  }

  /** What callers dial. */
  get address(): string {
    return `sip:conference@127.0.0.1:${this.port}`;
  }

  /** Runs a command to its end. @param env on top of the installation's own */
  run(words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
    return runToEnd(process.execPath, [MAIN, ...words], this.directory, { ...this.env, ...env }, this.user);
  }

  /**
   * From now on commands run as a user without rights, who owns the installation: root may read and write everything.
   * @returns whether that user can run the program at all
   */
  async asPlainUser(): Promise<boolean> {
    if (process.getuid?.() !== 0) return true;
    chownSync(this.directory, NOBODY, NOBODY);
    for (const name of readdirSync(this.directory, { recursive: true, encoding: 'utf8' })) {
      chownSync(join(this.directory, name), NOBODY, NOBODY);
    }
    this.user = NOBODY;
    return (await this.run(['--version'])).status === 0;
  }

  async addAccount(...flags: readonly string[]): Promise<NewAccount> {
    const { status, stdout, stderr } = await this.run(['account', 'add', '--name', 'Test', ...flags, '--json']);
    if (status !== 0) throw new Error(`account add failed: ${stderr}`);
    return JSON.parse(stdout) as NewAccount;
  }

  /** Starts the bridge and waits until calls can come. */
  async serve(...flags: readonly string[]): Promise<Serving> {
    const serving = new Serving(this, flags);
    this.#test.onTestFinished(() => serving.kill());
    await serving.ready();
    return serving;
  }

  /** Files of the data directory with their sizes; SQLite's own beside the database come and go. */
  files(): readonly string[] {
    if (!existsSync(this.data)) return [];
    return readdirSync(this.data)
      .filter((name) => !name.endsWith('-wal') && !name.endsWith('-shm') && name !== 'serve.lock')
      .map((name) => `${name} ${statSync(join(this.data, name)).size}`)
      .sort();
  }

  /** Nothing listens any more and no process works on the data directory. */
  async expectNothingLeft(): Promise<void> {
    await until('every process of the installation to be gone', () => processesAbout(this.directory).length === 0);
    await until('the ports to be free again', async () => {
      const taken = await Promise.all([
        whyNotFree('udp', '127.0.0.1', this.port),
        whyNotFree('tcp', '127.0.0.1', this.port),
        whyNotFree('tcp', '127.0.0.1', this.httpPort),
      ]);
      return taken.every((problem) => problem === null);
    });
    expect(existsSync(join(this.data, 'serve.json')), 'serve.json left behind').toBe(false);
  }
}

/** A bridge that runs, with everything it said. */
export class Serving {
  readonly process: ChildProcess;
  readonly exited: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  stdout = '';
  stderr = '';
  readonly #installation: Installation;

  constructor(installation: Installation, flags: readonly string[]) {
    this.#installation = installation;
    this.process = spawn(process.execPath, [MAIN, 'serve', ...flags], {
      cwd: installation.directory,
      env: { ...installation.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...asUser(installation.user),
    });
    this.process.stdout?.on('data', (text: Buffer) => (this.stdout += text.toString('utf8')));
    this.process.stderr?.on('data', (text: Buffer) => (this.stderr += text.toString('utf8')));
    this.exited = new Promise((resolve) => {
      this.process.once('close', (code, signal) => resolve({ code, signal }));
    });
  }

  get #gone(): boolean {
    return this.process.exitCode !== null || this.process.signalCode !== null;
  }

  async ready(): Promise<void> {
    await until('the bridge to be ready', async () => {
      if (this.#gone) throw new Error(`the bridge ended instead of starting:\n${this.stderr}`);
      if (!this.stdout.includes('Data ')) return false;
      const response = await fetch(`http://127.0.0.1:${this.#installation.httpPort}/readyz`).catch(() => null);
      return response?.status === 200;
    });
  }

  async status(): Promise<Status> {
    const response = await fetch(`http://127.0.0.1:${this.#installation.httpPort}/status`);
    return (await response.json()) as Status;
  }

  /** The answer of `/readyz`. */
  async readiness(): Promise<string> {
    const response = await fetch(`http://127.0.0.1:${this.#installation.httpPort}/readyz`);
    return `${response.status} ${(await response.text()).trim()}`;
  }

  /** Waits until so many calls are up. */
  async untilCalls(count: number): Promise<void> {
    await until(`${count} calls`, async () => (await this.status()).calls === count);
  }

  /** The exit status after a signal. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    this.process.kill(signal);
    return (await this.exited).code;
  }

  /** As a power cut would. */
  async kill(): Promise<void> {
    if (!this.#gone) this.process.kill('SIGKILL');
    await this.exited;
  }
}

/** Settings of whoever runs the tests must not reach the program under test; and it needs no home. */
export function inherited(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      name.startsWith('PARTYLINE_') || name === 'HOME' || value === undefined ? [] : [[name, value]],
    ),
  );
}

const asUser = (user: number | null): { uid?: number; gid?: number } => (user === null ? {} : { uid: user, gid: user });

export function runToEnd(
  program: string,
  words: readonly string[],
  directory: string,
  env: Readonly<Record<string, string>>,
  user: number | null = null,
): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, {
      cwd: directory,
      env: { ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...asUser(user),
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

/** A refusal: this exit status, nothing on stdout, and exactly one line on stderr, which says so much. */
export function expectRefused(ran: Ran, status: 1 | 2, line: RegExp | string): void {
  expect({ ...ran, stderr: ran.stderr.split('\n').length - 1 }, ran.stderr).toEqual({ status, stdout: '', stderr: 1 });
  expect(ran.stderr).toMatch(/^error: /);
  if (typeof line === 'string') expect(ran.stderr).toContain(line);
  else expect(ran.stderr).toMatch(line);
}

/** Processes whose command line names the directory; where there is no /proc, none are seen. */
export function processesAbout(directory: string): readonly number[] {
  if (!existsSync('/proc/self/cmdline')) return [];
  return readdirSync('/proc').flatMap((name) => {
    const pid = /^\d+$/.test(name) ? Number(name) : null;
    if (pid === null || pid === process.pid) return [];
    try {
      return readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(directory) ? [pid] : [];
    } catch {
      return [];
    }
  });
}

/** Calls, waits for the first prompt and keys a PIN. */
export async function callWith(installation: Installation, pin: string): Promise<Telephone> {
  const telephone = await Telephone.dial({ target: installation.address });
  await until('a prompt', () => telephone.levels().inDbfs > SPEECH_DBFS);
  await telephone.press(pin, { durationMs: 60, gapMs: 60 });
  return telephone;
}

/** Waits for a condition, bounded. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  limitMs = WAIT_LIMIT_MS,
): Promise<void> {
  for (const end = performance.now() + limitMs; !(await condition());) {
    if (performance.now() > end) throw new Error(`waited ${limitMs} ms in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
