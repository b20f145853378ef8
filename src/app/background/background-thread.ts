import { Worker } from 'node:worker_threads';
import type { Log } from '../../bridge/log.js';
import type { Clock, Timer } from '../../ports/clock.js';
import type { Config } from '../config.js';
import { packConfig } from '../config/packed.js';
import { ALIVE_MS } from './protocol.js';
import type { BackgroundData, FromBackground, ToBackground } from './protocol.js';

/** Longest silence, also at its start, before it counts as stuck, milliseconds. */
const SILENCE_MS = 12 * ALIVE_MS;
/** Before one that ended is replaced: the first time, and after each of those that ended soon, twice as long; milliseconds. */
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 5 * 60_000;
/** One that lived so long did not end soon, milliseconds. */
const SOON_MS = 10 * 60_000;
/** Longest wait for messages that are being sent when it is to end, milliseconds. */
const STOP_MS = 3_000;
/** For its heap, MB; without it a fault there would take the memory of calls. */
const MOST_HEAP_MB = 512;

export interface BackgroundParts {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Log;
  /** Its code; left out: that of the build. */
  readonly file?: URL;
}

/**
 * The thread that does what has time beside the calls: it sends messages and makes further occurrences of bookings known. Calls never wait for
 * it. One that ends or gets stuck is replaced, after longer and longer waits; what it was sending is tried again later.
 */
export class BackgroundThread {
  readonly #parts: BackgroundParts;
  #worker: Worker | null = null;
  #startedAt = 0;
  #heardAt = 0;
  #waitMs = FIRST_WAIT_MS;
  #timer: Timer | null = null;
  #isStopped = false;

  constructor(parts: BackgroundParts) {
    this.#parts = parts;
  }

  start(): void {
    if (this.#isStopped) return;
    const { config, clock, log, file = workerFile() } = this.#parts;
    const workerData: BackgroundData = { config: packConfig(config) };
    this.#startedAt = this.#heardAt = clock.monotonic();
    let worker: Worker;
    try {
      worker = new Worker(file, {
        ...{ workerData, name: 'background', execArgv: [] },
        resourceLimits: { maxOldGenerationSizeMb: MOST_HEAP_MB },
      });
    } catch (error) {
      // as where the system has no more threads just now
      this.#failed(error);
      this.#startAgain();
      return;
    }
    this.#worker = worker;
    worker.on('message', (message: FromBackground) => {
      this.#heardAt = clock.monotonic();
      if (message.type === 'log') log[message.level](message.fields, message.message);
    });
    worker.on('error', (error: unknown) => this.#failed(error));
    worker.once('exit', () => this.#ended(worker));
    this.#watch(worker);
  }

  /** Resolves when what is being sent is sent or failed, within 3 s: what was not is sent again later. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    const worker = this.#worker;
    if (worker === null) return;
    let patience: Timer | undefined;
    const ended = new Promise<void>((resolve) => {
      worker.once('exit', () => resolve());
      patience = this.#parts.clock.after(STOP_MS, resolve);
    });
    const stop: ToBackground = { type: 'stop' };
    worker.postMessage(stop);
    await ended;
    patience?.cancel();
    await worker.terminate();
  }

  #watch(worker: Worker): void {
    const { clock, log } = this.#parts;
    this.#timer = clock.after(ALIVE_MS, () => {
      if (clock.monotonic() - this.#heardAt < SILENCE_MS) {
        this.#watch(worker);
        return;
      }
      log.error({ silentMs: SILENCE_MS }, 'the background thread is stuck');
      void worker.terminate();
    });
  }

  #ended(worker: Worker): void {
    if (this.#worker !== worker) return;
    this.#worker = null;
    this.#timer?.cancel();
    if (!this.#isStopped) this.#startAgain();
  }

  #failed(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.#parts.log.error({ error: message }, 'the background thread failed');
  }

  #startAgain(): void {
    const { clock, log } = this.#parts;
    if (clock.monotonic() - this.#startedAt > SOON_MS) this.#waitMs = FIRST_WAIT_MS;
    const waitMs = this.#waitMs;
    this.#waitMs = Math.min(LONGEST_WAIT_MS, 2 * waitMs);
    log.warn({ waitMs }, 'the background thread ended and is started again: messages wait');
    this.#timer = clock.after(waitMs, () => this.start());
  }
}

/** Beside this file in the build. When the sources themselves run (tests) a thread cannot load them, so that the build's file is taken. */
function workerFile(): URL {
  const here = import.meta.url;
  return /\.ts(?:\?|$)/.test(here)
    ? new URL('../../../dist/app/background/worker.js', here)
    : new URL('./worker.js', here);
}
