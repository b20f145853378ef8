import { spawn, type ChildProcess } from 'node:child_process';
import { accessSync, constants, openSync, closeSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** A program on the machine: in PATH, else in one of these directories. @returns its path, or `null`. */
export function findProgram(name: string, directories: readonly string[]): string | null {
  const inPath = (process.env['PATH'] ?? '').split(delimiter).filter((directory) => directory !== '');
  for (const directory of [...inPath, ...directories]) {
    const path = join(directory, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not there.
    }
  }
  return null;
}

const STOP_MS = 5_000;

/**
 * A program started and stopped by us. It has a process group of its own, so that Ctrl-C on our terminal does not end it before
 * we have said goodbye to the callers; and it does not outlive this process, however that ends.
 */
export class LocalProcess {
  readonly #child: ChildProcess;
  readonly exited: Promise<string>;
  #running = true;

  /** @param outputFile gets what the program prints. */
  constructor(path: string, args: readonly string[], outputFile: string) {
    const output = openSync(outputFile, 'a', 0o600);
    this.#child = spawn(path, args, { stdio: ['ignore', output, output], detached: true });
    closeSync(output);
    const kill = (): void => void this.#child.kill('SIGKILL');
    process.once('exit', kill);
    const { pid } = this.#child;
    const watcher = pid === undefined ? null : watchOver(pid);
    this.exited = new Promise((resolve) => {
      const ended = (how: string): void => {
        this.#running = false;
        process.removeListener('exit', kill);
        watcher?.kill('SIGKILL');
        resolve(how);
      };
      this.#child.once('error', (error) => ended(error.message));
      this.#child.once('exit', (code, signal) => ended(signal === null ? `exit status ${code ?? 0}` : signal));
    });
  }

  get pid(): number | null {
    return this.#child.pid ?? null;
  }

  get running(): boolean {
    return this.#running;
  }

  /** Asks it to end, and makes it after a while. */
  async stop(): Promise<void> {
    if (!this.#running) return;
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_MS);
    await this.exited;
    clearTimeout(timer);
  }

  /** At once, as a power cut would. */
  async kill(): Promise<void> {
    if (!this.#running) return;
    this.#child.kill('SIGKILL');
    await this.exited;
  }
}

/** A shell that waits for the end of a pipe from us, which the system closes when we are gone, and then ends the program. */
function watchOver(pid: number): ChildProcess {
  const watcher = spawn('/bin/sh', ['-c', 'read -r end; kill -KILL "$1"', 'sh', String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  // Without a shell a crash of ours leaves the program running; everything else works
  watcher.on('error', () => undefined);
  watcher.stdin.on('error', () => undefined);
  watcher.unref();
  return watcher;
}
