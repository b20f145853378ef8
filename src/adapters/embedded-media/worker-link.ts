import { Worker, type Transferable } from 'node:worker_threads';
import type { Clock, Timer } from '../../ports/clock.js';
import type { Answer, AnswerTo, Command, FromWorker, Request, ToWorker, WorkerData, WorkerEvent } from './protocol.js';
import { workerFile } from './worker-file.js';

/** The worker died or was given up while a request was under way; what was asked for is part of the recovery. */
export class WorkerGone extends Error {
  override readonly name = 'WorkerGone';
}

/** The worker refused a request, or did not answer in time. */
export class WorkerRefused extends Error {
  override readonly name = 'WorkerRefused';
}

const REQUEST_TIMEOUT_MS = 5_000;

interface Waiting {
  readonly resolve: (value: Answer) => void;
  readonly reject: (error: Error) => void;
  readonly timer: Timer;
}

export interface WorkerLinkListener {
  event(event: WorkerEvent): void;
  /** Once: uncaught exception or exit, in one line. Not after `terminate`. */
  gone(reason: string): void;
}

/** The main thread's end of one worker: requests with replies, commands, events, its heartbeat. */
export class WorkerLink {
  /** Resolves when the worker is ready; rejects when it ends before. */
  readonly ready: Promise<void>;
  private readonly worker: Worker;
  private readonly beats = new Int32Array(new SharedArrayBuffer(4));
  private readonly waiting = new Map<number, Waiting>();
  private listener: WorkerLinkListener | null = null;
  private nextNumber = 1;
  private dead = false;
  private isReady: () => void = () => undefined;
  private readonly clock: Clock;

  constructor(clock: Clock, name: string) {
    this.clock = clock;
    const workerData: WorkerData = { heartbeat: this.beats.buffer, name };
    this.worker = new Worker(workerFile('worker'), { workerData, name, execArgv: [] });
    this.ready = new Promise((resolve, reject) => {
      this.isReady = resolve;
      this.worker.once('error', reject);
      this.worker.once('exit', () => reject(new Error('the media worker ended at its start')));
    });
    this.ready.catch(() => undefined);
    this.worker.on('message', (message: FromWorker) => this.take(message));
    this.worker.on('error', (error) => this.end(error instanceof Error ? error.message : String(error)));
    this.worker.on('exit', (code) => this.end(`it ended with status ${code}`));
  }

  /** Raised by the worker about every 20 ms. */
  get heartbeats(): number {
    return Atomics.load(this.beats, 0);
  }

  /** It has not ended, although it may not be ready yet. */
  get alive(): boolean {
    return !this.dead;
  }

  attach(listener: WorkerLinkListener): void {
    this.listener = listener;
  }

  /** @throws {WorkerGone} {@link WorkerRefused} */
  request<R extends Request>(request: R, transfer: readonly Transferable[] = []): Promise<AnswerTo<R>> {
    if (this.dead) return Promise.reject(new WorkerGone('the media worker is gone'));
    const number = this.nextNumber++;
    const answered = new Promise<Answer>((resolve, reject) => {
      const timer = this.clock.after(REQUEST_TIMEOUT_MS, () => {
        this.waiting.delete(number);
        reject(new WorkerRefused(`the media worker did not answer '${request.type}'`));
      });
      this.waiting.set(number, { resolve, reject, timer });
      this.post({ type: 'request', number, request }, transfer);
    });
    return answered as Promise<AnswerTo<R>>;
  }

  command(command: Command, transfer: readonly Transferable[] = []): void {
    if (!this.dead) this.post({ type: 'command', command }, transfer);
  }

  /** Ends the worker at once, whatever it does; requests under way reject with {@link WorkerGone}. */
  async terminate(): Promise<void> {
    this.listener = null;
    this.end('terminated');
    await this.worker.terminate();
  }

  private post(message: ToWorker, transfer: readonly Transferable[]): void {
    this.worker.postMessage(message, transfer);
  }

  private take(message: FromWorker): void {
    if (message.type === 'event') {
      this.listener?.event(message.event);
      return;
    }
    if (message.type === 'ready') {
      this.isReady();
      return;
    }
    const waiting = this.waiting.get(message.number);
    if (waiting === undefined) return;
    this.waiting.delete(message.number);
    waiting.timer.cancel();
    if (message.ok) waiting.resolve(message.value);
    else waiting.reject(new WorkerRefused(message.error));
  }

  private end(reason: string): void {
    if (this.dead) return;
    this.dead = true;
    for (const { reject, timer } of this.waiting.values()) {
      timer.cancel();
      reject(new WorkerGone('the media worker is gone'));
    }
    this.waiting.clear();
    this.listener?.gone(reason);
  }
}
