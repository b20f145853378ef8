import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLocalDrachtio, type LocalDrachtio } from '../../../src/adapters/local-programs/drachtio.js';
import { openExistingStore } from '../../../src/app/compose-store.js';
import { loadConfig } from '../../../src/app/config.js';
import type { CallRecord, ConferenceRecord } from '../../../src/ports/store.js';
import type { Callable } from './caller.js';
import { ClusterMixer } from './cluster-mixer.js';
import { Operator, type CommandResult, type TestAccount } from './operator.js';
import { freePort } from './ports.js';
import { Program } from './program.js';

const CONTROL_READY_MS = 60_000;
const OWNER_READY_MS = 20_000;
const STOP_MS = 20_000;
const ENGINE_SECRET = 'f0d1b2c3e4a5968778695a4b3c2d1e0f';

export interface ClusterOptions {
  /** How many FreeSWITCH; default 2. */
  readonly mixers?: number;
  /** Settings besides those the cluster makes, as in the configuration file. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Default `info`. */
  readonly logLevel?: string;
}

/** What `/status` says; more than is named here. */
export interface ClusterStatus {
  readonly calls: number;
  readonly conferences: number;
  readonly signaling: { readonly calls: number; readonly transactions: number };
  readonly mixers: readonly {
    readonly name: string;
    readonly healthy: boolean;
    readonly endpoints: number;
    readonly rooms: number;
  }[];
}

/** What is left of calls, on every side. */
export interface Leftovers {
  /** Of the bridge. */
  readonly calls: number;
  readonly conferences: number;
  readonly endpoints: number;
  /** Channels at each mixer that runs. */
  readonly channels: number;
  /** Calls and unfinished requests of the signalling. */
  readonly signalling: number;
}

/**
 * Partyline as it runs in production, on loopback: drachtio-server, FreeSWITCH mixers, the dialog owner and the control process, each of
 * them a process of its own that can be killed, stopped and started again. It does not need vitest, so that benchmarks use it too.
 */
export class Cluster implements Callable {
  readonly directory: string;
  readonly mixers: readonly ClusterMixer[];
  readonly control: Program;
  readonly owner: Program;
  readonly sipPort: number;
  readonly #drachtioOptions: Parameters<typeof startLocalDrachtio>[0];
  readonly #metricsPort: number;
  readonly #http: number;
  readonly #env: Readonly<Record<string, string>>;
  readonly #operator: Operator;
  #drachtio: LocalDrachtio | null = null;

  private constructor(directory: string, mixers: readonly ClusterMixer[], ports: Ports, options: ClusterOptions) {
    this.directory = directory;
    this.mixers = mixers;
    this.sipPort = ports.sip;
    this.#http = ports.http;
    this.#metricsPort = ports.metrics;
    this.#drachtioOptions = {
      directory: join(directory, 'drachtio'),
      sipPort: ports.sip,
      adminPort: ports.admin,
      metricsPort: ports.metrics,
      secret: ENGINE_SECRET,
    };
    const data = this.dataDirectory;
    mkdirSync(data, { mode: 0o700 });
    mkdirSync(join(directory, 'run'), { mode: 0o700 });
    const { settings = {}, logLevel = 'info' } = options;
    const file = {
      engine: 'freeswitch',
      maximumCalls: 2_000,
      log: { level: logLevel },
      http: { listen: `127.0.0.1:${ports.http}` },
      sip: { listen: `udp:127.0.0.1:${ports.sip},tcp:127.0.0.1:${ports.sip}` },
      drachtio: { host: '127.0.0.1', port: ports.admin, secret: ENGINE_SECRET },
      dialogOwner: { socket: this.#socket },
      mixers: mixers.map(({ name, eventSocket, profile }) => ({ name, eventSocket, profile })),
      ...settings,
    };
    writeFileSync(join(data, 'partyline.json'), JSON.stringify(file, null, 2), { mode: 0o600 });
    this.#env = { PATH: process.env['PATH'] ?? '', HOME: directory, PARTYLINE_DATA_DIR: data };
    this.#operator = new Operator(this.#env, directory);
    this.control = new Program(['serve'], this.#env, directory);
    this.owner = new Program(['dialog-owner'], this.#env, directory);
  }

  static async start(options: ClusterOptions = {}): Promise<Cluster> {
    const directory = mkdtempSync(join(tmpdir(), 'partyline-cluster-'));
    const names = Array.from({ length: options.mixers ?? 2 }, (_, index) => String.fromCharCode(97 + index));
    const mixers: ClusterMixer[] = [];
    for (const name of names) mixers.push(await ClusterMixer.make(name, join(directory, `mixer-${name}`)));
    const ports = {
      sip: await freePort(),
      admin: await freePort(),
      http: await freePort(),
      metrics: await freePort(),
    };
    const cluster = new Cluster(directory, mixers, ports, options);
    try {
      await Promise.all([cluster.startDrachtio(), ...mixers.map((mixer) => mixer.start())]);
      await cluster.startOwner();
      await cluster.startControl();
    } catch (error) {
      await cluster.#end();
      throw error;
    }
    return cluster;
  }

  get dataDirectory(): string {
    return join(this.directory, 'data');
  }

  get #socket(): string {
    return join(this.directory, 'run', 'dialogs.sock');
  }

  get address(): string {
    return `sip:conference@127.0.0.1:${this.sipPort}`;
  }

  /** The mixer of that name. */
  mixer(name: string): ClusterMixer {
    const found = this.mixers.find((mixer) => mixer.name === name);
    if (found === undefined) throw new Error(`no mixer ${name}`);
    return found;
  }

  get drachtio(): LocalDrachtio {
    if (this.#drachtio === null) throw new Error('drachtio-server does not run');
    return this.#drachtio;
  }

  get drachtioRuns(): boolean {
    return this.#drachtio !== null;
  }

  async startDrachtio(): Promise<void> {
    this.#drachtio = await startLocalDrachtio(this.#drachtioOptions);
  }

  async killDrachtio(): Promise<void> {
    await this.#drachtio?.kill();
    this.#drachtio = null;
  }

  startOwner(): Promise<void> {
    return this.owner.start(() => answers(this.#socket), OWNER_READY_MS);
  }

  /** Resolves when calls can come. */
  startControl(): Promise<void> {
    const note = join(this.dataDirectory, 'serve.json');
    return this.control.start((pid) => noteOf(note) === pid, CONTROL_READY_MS);
  }

  /** Runs a command of the command line, in this process. */
  command(...words: readonly string[]): Promise<CommandResult> {
    return this.#operator.command(...words);
  }

  addAccount(...flags: readonly string[]): Promise<TestAccount> {
    return this.#operator.addAccount(...flags);
  }

  keepSecret(keys: string): void {
    this.#operator.keepSecret(keys);
  }

  /** Names of logs, snapshots and the database that hold a PIN or a sequence of keys; none should. */
  leaks(): readonly string[] {
    const files = readdirSync(this.directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    const texts = [
      ['output of the control process', Buffer.from(this.control.output)] as const,
      ['output of the dialog owner', Buffer.from(this.owner.output)] as const,
      ...files.map((file) => [file.slice(this.directory.length + 1), readFileSync(file)] as const),
    ];
    return texts.filter(([, content]) => this.#operator.leaksIn(content) > 0).map(([name]) => name);
  }

  /** Call records, newest first. */
  callRecords(): readonly CallRecord[] {
    return this.#read((store) => store.callRecords({ limit: 10_000 }));
  }

  conferenceRecords(): readonly ConferenceRecord[] {
    return this.#read((store) => store.conferenceRecords({ limit: 1_000 }));
  }

  async status(): Promise<ClusterStatus> {
    return JSON.parse((await this.get('/status')).body) as ClusterStatus;
  }

  /** Of the control process's HTTP side. */
  async get(path: string): Promise<{ readonly status: number; readonly body: string }> {
    const response = await fetch(`http://127.0.0.1:${this.#http}${path}`, { signal: AbortSignal.timeout(5_000) });
    return { status: response.status, body: await response.text() };
  }

  /** What is there of calls now. A process that does not run has none. */
  async count(): Promise<Leftovers> {
    const status = this.control.running ? await this.status() : null;
    const channels = await Promise.all(this.mixers.map((mixer) => mixer.channels()));
    return {
      calls: status?.calls ?? 0,
      conferences: status?.conferences ?? 0,
      endpoints: status?.mixers.reduce((sum, { endpoints }) => sum + endpoints, 0) ?? 0,
      channels: channels.reduce((sum, count) => sum + count, 0),
      signalling: (status?.signaling.calls ?? 0) + (status?.signaling.transactions ?? 0),
    };
  }

  /** Waits until nothing is left of any call. @returns what is left when the time is over */
  async idle(limitMs: number): Promise<Leftovers> {
    const deadline = performance.now() + limitMs;
    for (;;) {
      const left = await this.count();
      if (Object.values(left).every((count) => count === 0) || performance.now() > deadline) return left;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** Ends everything in order. @returns what did not go as it should; nothing of the cluster is left in any case. */
  async stop(): Promise<readonly string[]> {
    const troubles: string[] = [];
    const leaks = this.leaks();
    if (leaks.length > 0) troubles.push(`keys or PINs found in ${leaks.join(', ')}`);
    if (this.control.running && !(await this.control.stop(STOP_MS, 'SIGINT')))
      troubles.push('serve did not end on SIGINT');
    if (this.owner.running && !(await this.owner.stop(STOP_MS))) troubles.push('dialog-owner did not end on SIGTERM');
    await this.#end();
    return troubles;
  }

  async #end(): Promise<void> {
    await Promise.all([this.control.kill(), this.owner.kill()]);
    for (const mixer of this.mixers) mixer.thaw();
    await Promise.all([this.#drachtio?.stop(), ...this.mixers.map((mixer) => mixer.stop())]);
    this.#drachtio = null;
    rmSync(this.directory, { recursive: true, force: true });
  }

  /**
   * Waits until drachtio-server itself counts no dialog; it counts every 30 s.
   * @returns how many it counts when the time is over
   */
  async dialogsLeft(limitMs: number): Promise<number> {
    const deadline = performance.now() + limitMs;
    for (;;) {
      const dialogs = await this.#dialogs();
      if (dialogs === 0 || performance.now() > deadline) return dialogs;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }

  async #dialogs(): Promise<number> {
    const url = `http://127.0.0.1:${this.#metricsPort}/metrics`;
    const text = await (await fetch(url, { signal: AbortSignal.timeout(5_000) })).text();
    let sum = 0;
    for (const [, count] of text.matchAll(/^drachtio_stable_dialogs(?:\{[^}]*\})? (\d+)/gm)) sum += Number(count);
    return sum;
  }

  #read<T>(look: (store: ReturnType<typeof openExistingStore>) => T): T {
    const { config } = loadConfig({ env: this.#env, workingDirectory: this.directory });
    const store = openExistingStore(config);
    try {
      return look(store);
    } finally {
      store.close();
    }
  }
}

type Ports = Readonly<Record<'sip' | 'admin' | 'http' | 'metrics', number>>;

/** Process id in the note of the running bridge, `null` where there is none. */
function noteOf(path: string): number | null {
  if (!existsSync(path)) return null;
  try {
    return (JSON.parse(readFileSync(path, 'utf8')) as { pid: number }).pid;
  } catch {
    // Just being written.
    return null;
  }
}

/** Whether somebody takes connections at a unix socket. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const over = (there: boolean): void => {
      socket.destroy();
      resolve(there);
    };
    socket.once('connect', () => over(true));
    socket.once('error', () => over(false));
  });
}
