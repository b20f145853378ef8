import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BackgroundThread } from '../../../src/app/background/background-thread.js';
import { packConfig, unpackConfig } from '../../../src/app/config/packed.js';
import { parseConfig } from '../../../src/app/config.js';
import type { Log, LogFields } from '../../../src/bridge/log.js';
import { ManualClock } from '../../fakes/manual-clock.js';

let clock: ManualClock;
let folder: string;
let lines: string[];
/** Called for each line of the log. */
let heard: () => void;
let thread: BackgroundThread | null;

beforeEach(() => {
  clock = new ManualClock();
  folder = mkdtempSync(join(tmpdir(), 'partyline-background-'));
  lines = [];
  heard = () => undefined;
  thread = null;
});
afterEach(async () => {
  const stopped = thread?.stop();
  clock.advance(3_000);
  await stopped;
  rmSync(folder, { recursive: true });
});

/** What is logged is in `lines`. */
function noted(): Log {
  const note = (fields: LogFields, message: string): void => {
    lines.push(`${message}${'waitMs' in fields ? ` (${String(fields['waitMs'])})` : ''}`);
    heard();
  };
  return { debug: note, info: note, warn: note, error: note };
}

/** Starts a thread that runs this code, by a clock that stands still. */
function start(code: string): BackgroundThread {
  const file = join(folder, 'worker.mjs');
  writeFileSync(
    file,
    `import { parentPort, workerData } from 'node:worker_threads';
     const say = (message) => parentPort.postMessage({ type: 'log', level: 'info', fields: {}, message });
     ${code}`,
  );
  const config = parseConfig({ dataDir: folder }, {});
  thread = new BackgroundThread({ config, clock, log: noted(), file: pathToFileURL(file) });
  thread.start();
  return thread;
}

/** Until the log has so many lines. */
const logged = (count: number): Promise<void> =>
  new Promise((resolve) => {
    heard = () => {
      if (lines.length >= count) resolve();
    };
    heard();
  });

const ENDED = (waitMs: number): string => `the background thread ended and is started again: messages wait (${waitMs})`;

describe('the background thread', () => {
  it('is replaced where it ends, after longer and longer waits', async () => {
    start("say('begun'); setImmediate(() => process.exit(1));");
    for (const [at, waitMs] of [1_000, 2_000, 4_000].entries()) {
      await logged(2 * at + 2);
      expect(lines.slice(-2)).toEqual(['begun', ENDED(waitMs)]);
      clock.advance(waitMs - 1);
      expect(lines).toHaveLength(2 * at + 2);
      clock.advance(1);
    }
  });

  it('is waited for five minutes at the longest', async () => {
    start('process.exit(1);');
    const waits: number[] = [];
    for (let ended = 1; ended <= 11; ended += 1) {
      await logged(ended);
      const waitMs = Number(/\((\d+)\)$/.exec(lines.at(-1) ?? '')?.[1]);
      waits.push(waitMs / 1_000);
      clock.advance(waitMs);
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
  });

  it('is told of when it fails', async () => {
    start("throw new Error('no such thing');");
    await logged(2);
    expect(lines).toEqual(['the background thread failed', ENDED(1_000)]);
  });

  it('is tried again where the system starts none', async () => {
    const config = parseConfig({ dataDir: folder }, {});
    // refused before there is a thread, as where there are too many
    const file = new URL('https://example.org/worker.js');
    thread = new BackgroundThread({ config, clock, log: noted(), file });
    thread.start();
    expect(lines).toEqual(['the background thread failed', ENDED(1_000)]);
    clock.advance(1_000);
    expect(lines.slice(2)).toEqual(['the background thread failed', ENDED(2_000)]);
    await thread.stop();
    expect(clock.pending).toBe(0);
  });

  it('is replaced where it is stuck', async () => {
    start(
      "say('begun'); setImmediate(() => { for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0); });",
    );
    await logged(1);
    clock.advance(55_000);
    expect(lines).toEqual(['begun']);
    clock.advance(5_000);
    await logged(3);
    expect(lines.slice(1)).toEqual(['the background thread is stuck', ENDED(1_000)]);
    clock.advance(1_000);
    await logged(4);
    expect(lines.at(-1)).toBe('begun');
  });

  it('ends when it is asked to, and nothing comes after it', async () => {
    const running = start("parentPort.on('message', ({ type }) => { say(type); parentPort.close(); }); say('begun');");
    await logged(1);
    await running.stop();
    expect(lines).toEqual(['begun', 'stop']);
    expect(clock.pending).toBe(0);
  });

  it('is ended after 3 s where it does not end by itself', async () => {
    const running = start("parentPort.on('message', ({ type }) => say(type)); say('begun');");
    await logged(1);
    const stopped = running.stop();
    await logged(2);
    clock.advance(3_000);
    await stopped;
    expect(lines).toEqual(['begun', 'stop']);
    expect(clock.pending).toBe(0);
  });

  it('is given the whole configuration, passwords too, which show themselves nowhere else', () => {
    const config = parseConfig(
      { dataDir: folder, mail: { host: 'smtp.example.org', from: 'c@example.org', user: 'c', passwordFile: 'secret' } },
      {},
      {},
      () => 'correct horse',
    );
    const given = unpackConfig(structuredClone(packConfig(config)));
    expect(given).toEqual(config);
    expect(given.messages.mail?.credentials?.password.reveal()).toBe('correct horse');
    expect(JSON.stringify(given)).not.toContain('correct horse');
  });
});
