import type Srf from 'drachtio-srf';
import { reasonOf } from './dialog-requests.js';

export interface LinkOptions {
  /** Where drachtio-server takes control connections. */
  readonly host: string;
  readonly port: number;
  readonly secret: string;
  /** How long the first connection may take, milliseconds; at most 5 s. */
  readonly connectTimeoutMs?: number;
  /** Longest pause between two tries to connect again, milliseconds. */
  readonly retryMaxDelayMs?: number;
}

export interface LinkListener {
  /** The connection is there, for the first time or again. Addresses as drachtio-server tells them: `udp/127.0.0.1:5060`. */
  connected(addresses: readonly string[], again: boolean): void;
  lost(reason: string): void;
}

const CONNECT_TIMEOUT_MS = 4_500;
const RETRY_MAX_DELAY_MS = 5_000;
/** drachtio-server is asked for a sign of life so often, milliseconds. */
const PING_INTERVAL_MS = 10_000;
/** It takes in what requests we want within this, milliseconds; else we go on, since one before 0.8.2 answers no ping. */
const REGISTER_MS = 1_000;

/** The control connection to drachtio-server: made, kept, and made again. */
export class Link {
  readonly #srf: Srf;
  readonly #options: LinkOptions;
  readonly #listener: LinkListener;
  #state: 'closed' | 'opening' | 'up' | 'down' = 'closed';
  #lastError: string | null = null;
  /** Ends the first opening: with why it failed, or `null`. */
  #finish: (error: Error | null) => void = () => undefined;

  constructor(srf: Srf, options: LinkOptions, listener: LinkListener) {
    this.#srf = srf;
    this.#options = options;
    this.#listener = listener;
    srf.on('connect', (error: unknown, addresses: unknown) => void this.#onConnect(error, addresses));
    srf.on('error', (error: unknown) => this.#onDown(reasonOf(error)));
    srf.on('close', () => this.#onDown('connection closed'));
  }

  /** Resolves when calls that come in are given to us. @throws Error with one clear line: wrong secret, or not reachable in time. */
  open(): Promise<void> {
    const { host, port, secret } = this.#options;
    const where = `${host}:${port}`;
    this.#state = 'opening';
    this.#lastError = null;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        finish(
          new Error(
            `drachtio-server does not answer at ${where}${this.#lastError === null ? '' : `: ${this.#lastError}`}`,
          ),
        );
      }, this.#options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS);
      const finish = (error: Error | null): void => {
        clearTimeout(timer);
        this.#finish = () => undefined;
        if (error === null) return resolve();
        this.close();
        reject(error);
      };
      this.#finish = finish;
      this.#srf.connect({
        host,
        port,
        secret,
        reconnect: { retryMaxDelay: this.#options.retryMaxDelayMs ?? RETRY_MAX_DELAY_MS },
        enablePing: true,
        pingInterval: PING_INTERVAL_MS,
      });
    });
  }

  /** Ends the connection and every try to make it again. */
  close(): void {
    this.#state = 'closed';
    const wire = this.#srf.app.client?.wp;
    if (wire !== undefined) {
      wire.closing = true;
      if (wire.reconnectVars?.retryTimer) clearTimeout(wire.reconnectVars.retryTimer);
    }
    try {
      this.#srf.disconnect();
    } catch {
      // Not connected: there is nothing to end.
    }
  }

  async #onConnect(error: unknown, addresses: unknown): Promise<void> {
    if (this.#state === 'closed') return;
    if (error instanceof Error) {
      const { host, port } = this.#options;
      this.#finish(new Error(`drachtio-server at ${host}:${port} refused our secret`));
      return;
    }
    if (!(await this.#registered()) || this.#isClosed()) return;
    const again = this.#state === 'down';
    this.#state = 'up';
    this.#listener.connected(typeof addresses === 'string' ? addresses.split(',') : [], again);
    this.#finish(null);
  }

  /**
   * The library says that it is connected as soon as it has said which requests we want; until drachtio-server has read that, it refuses
   * them with 503. It reads in order: what it answers afterwards tells that it has.
   *
   * @returns `false`: the connection ended meanwhile.
   */
  async #registered(): Promise<boolean> {
    const agent = this.#srf.app.client;
    const [socket, server] = agent?.mapServer?.entries().next().value ?? [];
    if (agent?.wp === undefined || socket === undefined || server === undefined) return false;
    const name = agent.wp.send(socket, 'ping');
    await new Promise<void>((resolve) => {
      const timer = setTimeout(done, REGISTER_MS);
      function done(): void {
        clearTimeout(timer);
        socket?.removeListener('close', done);
        server?.pendingRequests.delete(name);
        resolve();
      }
      socket.once('close', done);
      server.pendingRequests.set(name, done);
    });
    return agent.mapServer?.has(socket) === true;
  }

  #isClosed(): boolean {
    return this.#state === 'closed';
  }

  #onDown(reason: string): void {
    // The close that follows an error says nothing new.
    this.#lastError ??= reason;
    if (this.#state !== 'up') return;
    this.#state = 'down';
    this.#listener.lost(reason);
  }
}
