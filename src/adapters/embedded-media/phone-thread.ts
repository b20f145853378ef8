import { Worker } from 'node:worker_threads';
import type { Key } from '../../domain/keys.js';
import type { PhoneLineOptions } from './phone-line.js';
import { PhoneLine } from './phone-line.js';
import type { PhoneSource } from './phone-facts.js';
import type { SrtpKeys } from './sdes.js';
import type { Agreement } from './sdp-session.js';
import { workerFile } from './worker-file.js';

/** What the front of a telephone asks of its running part, in whichever thread that is. */
export interface PhoneControl {
  readonly port: number;
  /** @param keys of SRTP, or `null` for plain RTP. */
  agree(agreement: Agreement, keys: SrtpKeys | null): void;
  say(source: PhoneSource): void;
  /** Resolves when the key was sent whole, with when that was (clock of `monotonicMs`). */
  press(key: Key, method: 'event' | 'inband', durationMs: number): Promise<number>;
  close(): Promise<void>;
}

/** To the telephones' thread; each is answered by a {@link PhoneReply} of the same number. */
export type PhoneRequest = { readonly number: number; readonly line: number } & (
  | { readonly type: 'open'; readonly options: PhoneLineOptions }
  | { readonly type: 'agree'; readonly agreement: Agreement; readonly keys: SrtpKeys | null }
  | { readonly type: 'say'; readonly source: PhoneSource }
  | { readonly type: 'press'; readonly key: Key; readonly method: 'event' | 'inband'; readonly durationMs: number }
  | { readonly type: 'close' }
);

/** `value`: the port for `open`, the time for `press`, else 0. */
export interface PhoneReply {
  readonly number: number;
  readonly value: number;
  readonly error: string | null;
}

/** Without the envelope; distributed over the union. */
type Body<T> = T extends PhoneRequest ? Omit<T, 'number' | 'line'> : never;

/** Opens a telephone in this thread. @throws Error when no port can be bound. */
export async function openHere(options: PhoneLineOptions): Promise<PhoneControl> {
  const line = await PhoneLine.open(options);
  return {
    port: line.port,
    agree: (agreement, keys) => line.agree(agreement, keys),
    say: (source) => line.say(source),
    press: (key, method, durationMs) => new Promise((done) => line.press({ key, method, durationMs, done })),
    close: () => {
      line.close();
      return Promise.resolve();
    },
  };
}

/** Opens a telephone in the thread that all such telephones of the process share. @throws Error as {@link openHere}. */
export async function openApart(options: PhoneLineOptions): Promise<PhoneControl> {
  shared ??= new PhoneThread();
  const thread = shared;
  const line = thread.nextLine();
  const port = await thread.ask(line, { type: 'open', options });
  const tell = (body: Body<PhoneRequest>): void => {
    thread.ask(line, body).catch(() => undefined);
  };
  return {
    port,
    agree: (agreement, keys) => tell({ type: 'agree', agreement, keys }),
    say: (source) => tell({ type: 'say', source }),
    press: (key, method, durationMs) => thread.ask(line, { type: 'press', key, method, durationMs }),
    close: async () => {
      await thread.ask(line, { type: 'close' }).catch(() => undefined);
    },
  };
}

let shared: PhoneThread | null = null;

class PhoneThread {
  private readonly worker = new Worker(workerFile('phone-worker'), { name: 'telephones', execArgv: [] });
  private readonly waiting = new Map<number, { resolve: (value: number) => void; reject: (error: Error) => void }>();
  private numbers = 0;
  private lines = 0;

  constructor() {
    // The thread alone keeps no process alive; a request under way does.
    this.worker.unref();
    this.worker.on('message', ({ number, value, error }: PhoneReply) => {
      const waiting = this.waiting.get(number);
      this.waiting.delete(number);
      if (this.waiting.size === 0) this.worker.unref();
      if (error === null) waiting?.resolve(value);
      else waiting?.reject(new Error(error));
    });
    this.worker.on('error', (error) => this.end(error instanceof Error ? error : new Error(String(error))));
    this.worker.on('exit', () => this.end(new Error('the telephones ended')));
  }

  nextLine(): number {
    this.lines += 1;
    return this.lines;
  }

  ask(line: number, body: Body<PhoneRequest>): Promise<number> {
    this.numbers += 1;
    const number = this.numbers;
    return new Promise((resolve, reject) => {
      this.waiting.set(number, { resolve, reject });
      this.worker.ref();
      this.worker.postMessage({ number, line, ...body });
    });
  }

  private end(error: Error): void {
    if (shared === this) shared = null;
    for (const { reject } of this.waiting.values()) reject(error);
    this.waiting.clear();
  }
}
