import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { LocalDrachtio } from '../../src/adapters/local-programs/drachtio.js';

const MAIN = fileURLToPath(new URL('../../src/app/main.ts', import.meta.url));
/** Compiling it on the fly takes a while on a slow machine, milliseconds. */
const START_MS = 30_000;

/** `partyline dialog-owner`, a process of its own. */
export class DialogOwnerProcess {
  readonly socket: string;
  readonly #directory: string;
  readonly #drachtio: Pick<LocalDrachtio, 'host' | 'port' | 'secret'>;
  #child: ChildProcess | null = null;
  #said = '';

  /** @param directory for its socket and its configuration. */
  constructor(directory: string, drachtio: Pick<LocalDrachtio, 'host' | 'port' | 'secret'>) {
    this.#directory = directory;
    this.#drachtio = drachtio;
    this.socket = join(directory, 'run', 'dialogs.sock');
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** What it wrote to stderr since it was started. */
  get said(): string {
    return this.#said;
  }

  /** @throws Error with what it said, where it ends instead. */
  async start(): Promise<void> {
    mkdirSync(this.#directory, { recursive: true });
    const file = join(this.#directory, 'partyline.json');
    const { host, port, secret } = this.#drachtio;
    const config = {
      dataDir: join(this.#directory, 'data'),
      drachtio: { host, port, secret },
      mixers: [{ name: 'a', eventSocket: { host: '127.0.0.1', port: 1, secret: 'nobody is there' } }],
      dialogOwner: { socket: this.socket },
    };
    writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
    const child = spawn(process.execPath, ['--import', 'tsx', MAIN, '--config', file, 'dialog-owner'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#child = child;
    this.#said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#said += text));
    // It has ended, and everything it said is here: the end of a process may be told before its last words.
    const told = { all: false };
    child.once('close', () => (told.all = true));
    const until = Date.now() + START_MS;
    while (!this.#said.includes('dialog owner started')) {
      if (told.all || Date.now() > until) throw new Error(`the dialog owner did not start: ${this.#said}`);
      await pause(20);
    }
  }

  /** Resolves when it has ended. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.#child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await ended;
  }
}
