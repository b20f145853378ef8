import { spawn, type ChildProcess } from 'node:child_process';
import { accessSync, constants, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe } from 'vitest';

/** Whether the program is found in the PATH. */
export function isInstalled(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((place) => {
    try {
      accessSync(join(place, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** A suite that calls with a program; skipped, with a line that says so, where the program is missing. */
export function describeWith(program: string, define: () => void): void {
  if (isInstalled(program)) {
    describe(program, define);
    return;
  }
  console.warn(`skipped: ${program} is not installed`);
  describe.skip(`${program} (skipped: ${program} is not installed)`, define);
}

const CAP_NET_RAW = 13n;

/** Whether a process of ours may send packets that it made itself, which SIPp needs to play recordings. */
export function maySendRawPackets(): boolean {
  try {
    const line = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    return line !== undefined && ((BigInt(`0x${line}`) >> CAP_NET_RAW) & 1n) === 1n;
  } catch {
    return process.getuid?.() === 0;
  }
}

const OUTPUT_KEPT = 20_000;
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** A program at work: it is ended when its time is up, and with this process at the latest. */
export class Program {
  /** Its exit status; `null` when it was killed. */
  readonly exited: Promise<number | null>;
  readonly #child: ChildProcess;
  #output = '';

  constructor(
    program: string,
    words: readonly string[],
    options: { readonly cwd: string; readonly limitMs: number; readonly env?: NodeJS.ProcessEnv },
  ) {
    const child = spawn(program, words, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: options.limitMs,
      killSignal: 'SIGKILL',
    });
    this.#child = child;
    running.add(child);
    const keep = (text: Buffer): void => {
      this.#output = (this.#output + text.toString('latin1')).slice(-OUTPUT_KEPT);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    this.exited = new Promise((resolve) => {
      const over = (status: number | null): void => {
        running.delete(child);
        resolve(status);
      };
      child.once('close', over);
      child.once('error', (error) => {
        this.#output += error.message;
        over(null);
      });
    });
  }

  /** The latest of what it printed. */
  get output(): string {
    return this.#output;
  }

  get hasExited(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Ends it now, whatever it does. */
  async kill(): Promise<void> {
    if (!this.hasExited) this.#child.kill('SIGKILL');
    await this.exited;
  }
}
