/** The built program as an operator runs it, in a process of its own, and what it uses. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../dist/app/main.js', import.meta.url));
/** Has a process tell at its end, through its descriptor 3, what it used. Its own peak: `maxRSS` counts that of its parent too. */
const TELL = `data:text/javascript,import { readFileSync, writeSync } from 'node:fs';
process.on('exit', () => {
  const peak = /VmHWM:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'));
  writeSync(3, JSON.stringify({ ...process.cpuUsage(), kilobytes: Number(peak[1]) }));
});`;

export interface Used {
  readonly seconds: number;
  /** Of the processor, user and system. */
  readonly cpuSeconds: number;
  readonly megabytes: number;
  /** Written to stdout. */
  readonly bytes: number;
}

/**
 * Runs one command, its start and end included.
 * @param directory the data directory
 * @throws Error when it ends with another status than 0
 */
export async function runProgram(
  directory: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Used> {
  if (!existsSync(PROGRAM)) throw new Error('there is no dist: npm run build first');
  const began = performance.now();
  const child = spawn(process.execPath, ['--import', TELL, PROGRAM, ...args], {
    cwd: directory,
    env: { ...process.env, ...env, PARTYLINE_DATA_DIR: directory },
    stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
  });
  let bytes = 0;
  let told = '';
  child.stdout?.on('data', (chunk: Buffer) => (bytes += chunk.length));
  child.stdio[3]?.on('data', (chunk: Buffer) => (told += chunk.toString()));
  const [status] = (await once(child, 'close')) as [number | null];
  if (status !== 0) throw new Error(`${args.join(' ')} ended with status ${status}`);
  const { user, system, kilobytes } = JSON.parse(told) as NodeJS.CpuUsage & { readonly kilobytes: number };
  return {
    seconds: (performance.now() - began) / 1e3,
    cpuSeconds: (user + system) / 1e6,
    megabytes: kilobytes / 1_024,
    bytes,
  };
}
