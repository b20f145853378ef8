import type { Socket } from 'node:net';
import type { MessageConnection } from 'vscode-jsonrpc/node';
import { fromWire, toWire } from './port-errors.js';
import { openWire } from './wire.js';

type Requests<T> = { readonly [M in keyof T]: { params: object; result: unknown } };
type Notices<T> = { readonly [M in keyof T]: object };

/** Answers what the other side asks. */
export type Answers<T extends Requests<T>> = {
  readonly [M in keyof T]: (params: T[M]['params']) => Promise<T[M]['result']>;
};
/** Takes what the other side tells. */
export type Takes<T extends Notices<T>> = { readonly [M in keyof T]: (params: T[M]) => void };

/** Requests of the other side that are being answered at most; more mean that it has lost its mind. */
const MAX_RUNNING = 20_000;

/**
 * One end of the connection between control process and dialog owner, typed. What one side sends, the other takes in the same order,
 * answers included.
 */
export class Peer<
  AskRequests extends Requests<AskRequests>,
  TellNotices extends Notices<TellNotices>,
  TheirRequests extends Requests<TheirRequests>,
  TheirNotices extends Notices<TheirNotices>,
> {
  readonly #socket: Socket;
  readonly #wire: MessageConnection;
  #running = 0;
  #open = true;

  /** @param onClose told once, when the connection is gone, whoever ended it. */
  constructor(socket: Socket, answers: Answers<TheirRequests>, takes: Takes<TheirNotices>, onClose: () => void) {
    this.#socket = socket;
    this.#wire = openWire(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => {
      this.#open = false;
      // Whatever is still asked fails now.
      this.#wire.dispose();
      onClose();
    });
    for (const method of Object.keys(answers) as (keyof TheirRequests & string)[]) {
      this.#wire.onRequest(method, (params: TheirRequests[typeof method]['params']) =>
        this.#answer(answers[method], params),
      );
    }
    for (const method of Object.keys(takes) as (keyof TheirNotices & string)[]) {
      this.#wire.onNotification(method, (params: TheirNotices[typeof method]) => takes[method](params));
    }
    this.#wire.onError(() => this.close());
    this.#wire.listen();
  }

  get open(): boolean {
    return this.#open;
  }

  /** @throws the error of the port that the other side threw, or another where the connection is gone. */
  async ask<M extends keyof AskRequests & string>(
    method: M,
    params: AskRequests[M]['params'],
  ): Promise<AskRequests[M]['result']> {
    try {
      return await this.#wire.sendRequest<AskRequests[M]['result']>(method, params);
    } catch (error) {
      throw fromWire(error);
    }
  }

  tell<M extends keyof TellNotices & string>(method: M, params: TellNotices[M]): void {
    if (!this.#open) return;
    this.#wire.sendNotification(method, params).catch(() => undefined);
  }

  /** At once; what was sent and not read is lost. */
  close(): void {
    this.#socket.destroy();
  }

  /** After what was sent has been read, or a second. */
  finish(): void {
    this.#socket.end();
    setTimeout(() => this.close(), 1_000).unref();
  }

  async #answer<P, R>(answer: (params: P) => Promise<R>, params: P): Promise<R> {
    if (this.#running >= MAX_RUNNING) {
      this.close();
      throw toWire(new Error('too many requests at once'));
    }
    this.#running++;
    try {
      return await answer(params);
    } catch (error) {
      throw toWire(error);
    } finally {
      this.#running--;
    }
  }
}
