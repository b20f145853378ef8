import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { createSocket } from 'node:dgram';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openExistingStore, openStore } from '../src/app/compose-store.js';
import { loadConfig } from '../src/app/config.js';
import { provisionAccount } from '../src/app/provision.js';
import type { CallRecord } from '../src/ports/store.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const START_LIMIT_MS = 60_000;
const CLOCK_TICKS_PER_SECOND = 100;

export interface ThreadHeap {
  readonly threadId: number;
  /** Bytes, after collection. */
  readonly heapUsed: number;
  readonly external: number;
  readonly arrayBuffers: number;
}

export interface MemoryReport {
  readonly threads: readonly ThreadHeap[];
  readonly rss: number;
}

export interface Pins {
  readonly host: string;
  readonly guest: string;
}

/** A bridge in a process of its own, as an operator runs it, with a probe for its heap. */
export class BenchBridge {
  readonly target: string;
  readonly #child: ChildProcess;
  readonly #directory: string;
  readonly #env: Record<string, string>;
  readonly #http: number;

  private constructor(child: ChildProcess, directory: string, env: Record<string, string>, sip: number, http: number) {
    this.#child = child;
    this.#directory = directory;
    this.#env = env;
    this.#http = http;
    this.target = `sip:conference@127.0.0.1:${sip}`;
  }

  static async start(engine: string): Promise<BenchBridge> {
    const directory = mkdtempSync(join(tmpdir(), 'partyline-bench-'));
    const [sip, http] = [await freePort(), await freePort()];
    const env = {
      PATH: process.env['PATH'] ?? '',
      PARTYLINE_DATA_DIR: directory,
      PARTYLINE_SIP_LISTEN: `udp:127.0.0.1:${sip},tcp:127.0.0.1:${sip}`,
      PARTYLINE_HTTP_LISTEN: `127.0.0.1:${http}`,
      PARTYLINE_LOG_LEVEL: 'warn',
      PARTYLINE_MAXIMUM_CALLS: '2000',
    };
    const args = [
      '--expose-gc',
      '--import',
      join(ROOT, 'bench/probe.mjs'),
      join(ROOT, 'dist/app/main.js'),
      'serve',
      '--engine',
      engine,
    ];
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    const bridge = new BenchBridge(child, directory, env, sip, http);
    const deadline = Date.now() + START_LIMIT_MS;
    while (!existsSync(join(directory, 'serve.json'))) {
      if (child.exitCode !== null || Date.now() > deadline)
        throw new Error('the bridge did not start; npm run build first?');
      await pause(50);
    }
    return bridge;
  }

  /** Accounts of its own, straight into its store. */
  provision(count: number): readonly Pins[] {
    const { config } = loadConfig({ env: this.#env, workingDirectory: this.#directory });
    const stores = openStore(config);
    try {
      return Array.from({ length: count }, (_, index) =>
        provisionAccount(stores, `Bench ${index}`, config.conference, { pinLength: config.entry.pinLength }),
      );
    } finally {
      stores.store.close();
    }
  }

  /** Call records, newest first. */
  records(): readonly CallRecord[] {
    const { config } = loadConfig({ env: this.#env, workingDirectory: this.#directory });
    const store = openExistingStore(config);
    try {
      return store.callRecords({ limit: 10_000 });
    } finally {
      store.close();
    }
  }

  async status(): Promise<{ readonly calls: number; readonly conferences: number }> {
    const response = await fetch(`http://127.0.0.1:${this.#http}/status`, { signal: AbortSignal.timeout(5_000) });
    return (await response.json()) as { calls: number; conferences: number };
  }

  /** Resolves when no call is left, or rejects after `limitMs`. */
  async idle(limitMs = 30_000): Promise<void> {
    const deadline = Date.now() + limitMs;
    for (;;) {
      const { calls } = await this.status();
      if (calls === 0) return;
      if (Date.now() > deadline) throw new Error(`${calls} calls are left`);
      await pause(100);
    }
  }

  memory(): Promise<MemoryReport> {
    return new Promise((resolve, reject) => {
      const limit = setTimeout(() => reject(new Error('no answer from the probe')), 20_000);
      this.#child.once('message', (report) => {
        clearTimeout(limit);
        resolve(report as MemoryReport);
      });
      this.#child.send('measure');
    });
  }

  /** Open file descriptors, and how many of them are sockets. */
  descriptors(): { readonly all: number; readonly sockets: number } {
    const directory = `/proc/${this.#child.pid ?? 0}/fd`;
    const names = readdirSync(directory);
    const sockets = names.filter((name) => {
      try {
        return readlinkSync(join(directory, name)).startsWith('socket:');
      } catch {
        return false;
      }
    });
    return { all: names.length, sockets: sockets.length };
  }

  /** Processor seconds so far, all threads. */
  cpuSeconds(): number {
    return cpuSecondsOf(this.#child.pid ?? 0);
  }

  async stop(): Promise<void> {
    const exited = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGINT');
    await Promise.race([exited, pause(20_000)]);
    this.#child.kill('SIGKILL');
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

/** Processor seconds of a process, user and system. */
export function cpuSecondsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'ascii').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS_PER_SECOND;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    socket.once('error', reject);
    socket.bind(0, '127.0.0.1', () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });
}

/** Value of `--name` as a whole number. */
export function numberFlag(name: string, fallback: number): number {
  const index = process.argv.indexOf(`--${name}`);
  const value = index < 0 ? fallback : Number(process.argv[index + 1]);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} wants a whole number`);
  return value;
}

export function textFlag(name: string, fallback: string): string {
  const index = process.argv.indexOf(`--${name}`);
  return index < 0 ? fallback : (process.argv[index + 1] ?? fallback);
}
