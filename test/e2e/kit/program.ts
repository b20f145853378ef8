import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
/** The build under test; another one than that of the checkout can be named. */
const MAIN = process.env['PARTYLINE_TEST_MAIN'] ?? join(ROOT, 'dist/app/main.js');
const LOOK_MS = 20;
const MOST_OUTPUT = 20_000_000;

/** One of Partyline's processes, which a test ends as it likes and starts again. */
export class Program {
  readonly #words: readonly string[];
  readonly #env: Readonly<Record<string, string>>;
  readonly #directory: string;
  #child: ChildProcess | null = null;
  #exited: Promise<void> = Promise.resolve();
  #output = '';
  /** When it was started last, `performance.now()`. */
  startedAt = 0;

  /** @param words of the command line, e.g. `serve`. */
  constructor(words: readonly string[], env: Readonly<Record<string, string>>, directory: string) {
    if (!existsSync(MAIN)) throw new Error(`${MAIN} is not there: npm run build first`);
    this.#words = words;
    this.#env = env;
    this.#directory = directory;
  }

  /** Everything it printed, over all its lives. */
  get output(): string {
    return this.#output;
  }

  get pid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error(`partyline ${this.#words.join(' ')} was not started`);
    return pid;
  }

  get running(): boolean {
    return this.#child !== null && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  get exitCode(): number | null {
    return this.#child?.exitCode ?? null;
  }

  /** Starts it; resolves when `ready` says so. @throws Error when it ends instead, or not within `limitMs`. */
  async start(ready: (pid: number) => boolean | Promise<boolean>, limitMs: number): Promise<void> {
    if (this.running) throw new Error(`partyline ${this.#words.join(' ')} runs already`);
    this.startedAt = performance.now();
    const child = spawn(process.execPath, [MAIN, ...this.#words], {
      cwd: this.#directory,
      env: this.#env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    const keep = (text: Buffer): void => {
      if (this.#output.length < MOST_OUTPUT) this.#output += text.toString('utf8');
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    const kill = (): void => void child.kill('SIGKILL');
    process.once('exit', kill);
    this.#exited = new Promise((resolve) => {
      const over = (): void => {
        process.removeListener('exit', kill);
        resolve();
      };
      child.once('close', over);
      child.once('error', over);
    });
    const deadline = this.startedAt + limitMs;
    while (!(await ready(this.pid))) {
      if (child.exitCode !== null || child.signalCode !== null)
        throw new Error(`partyline ${this.#words.join(' ')} ended instead of starting:\n${this.output}`);
      if (performance.now() > deadline) throw new Error(`not ready within ${limitMs} ms:\n${this.output}`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  /** As a power cut would; resolves when it is gone. */
  async kill(): Promise<void> {
    if (this.running) this.#child?.kill('SIGKILL');
    await this.#exited;
  }

  /** Asks it to end. @returns whether it did within `limitMs`, and was not killed after that. */
  async stop(limitMs: number, signal: NodeJS.Signals = 'SIGTERM'): Promise<boolean> {
    if (!this.running) return true;
    this.#child?.kill(signal);
    const timer = setTimeout(() => this.#child?.kill('SIGKILL'), limitMs);
    await this.#exited;
    clearTimeout(timer);
    return this.#child?.signalCode !== 'SIGKILL';
  }

  /** Processor seconds of the process that runs now, user and system. */
  cpuSeconds(): number {
    return cpuSecondsOf(this.pid);
  }
}

const CLOCK_TICKS_A_SECOND = 100;

/** Processor seconds of a process so far, user and system, all threads. */
export function cpuSecondsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'ascii').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS_A_SECOND;
}
