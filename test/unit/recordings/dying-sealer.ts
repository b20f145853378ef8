import { createRequire, syncBuiltinESMExports } from 'node:module';
import type * as Promises from 'node:fs/promises';
import type * as Files from 'node:fs';
import type { OpenRecording } from '../../../src/ports/recordings.js';

/**
 * A process that seals a recording and kills itself: `dying-sealer.ts DIRECTORY RECORDING STEP`. Every call to the file system and to
 * the store is a step; before the one of this number the process is dead. With a greater number it lives, and tells how many there were.
 */
const [directory = '', recording = '{}', dieAt = '0'] = process.argv.slice(2);
let steps = 0;
let armed = false;

function step(): void {
  if (!armed) return;
  steps += 1;
  if (steps === Number(dieAt)) process.kill(process.pid, 'SIGKILL');
}

type Functions = Record<string, (...given: unknown[]) => unknown>;

function watch(target: object, names: readonly string[]): void {
  const functions = target as Functions;
  for (const name of names) {
    const real = functions[name];
    if (real === undefined) throw new Error(`there is no ${name}`);
    functions[name] = function (this: unknown, ...given: unknown[]): unknown {
      step();
      return real.apply(this, given);
    };
  }
}

const load = createRequire(import.meta.url);
const promises = load('node:fs/promises') as typeof Promises;
const files = load('node:fs') as typeof Files;
const handle = await promises.open(process.execPath, 'r');
watch(Object.getPrototypeOf(handle) as object, ['read', 'writeFile', 'sync', 'stat']);
await handle.close();
watch(promises, ['open', 'rename', 'rm']);
watch(files, ['rmSync', 'mkdirSync']);
syncBuiltinESMExports();

const { RecordingBench } = await import('./bench.js');
const bench = new RecordingBench(directory);
bench.restart(
  (real) =>
    new Proxy(real, {
      get: (_, name) => {
        const value: unknown = Reflect.get(real, name, real);
        if (typeof value !== 'function') return value;
        return (...given: unknown[]): unknown => {
          step();
          const result: unknown = value.apply(real, given);
          step();
          return result;
        };
      },
    }),
);
armed = true;
await bench.recordings.seal(JSON.parse(recording) as OpenRecording);
armed = false;
process.stdout.write(String(steps));
