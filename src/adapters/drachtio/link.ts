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

/** The control connection to drachtio-server: made, kept, and made again. */
export class Link {
  readonly #srf: Srf;
  readonly #options: LinkOptions;
  readonly #listener: LinkListener;
  #state: 'closed' | 'opening' | 'up' | 'down' = 'closed';
  #lastError: string | null = null;

  constructor(srf: Srf, options: LinkOptions, listener: LinkListener) {
    this.#srf = srf;
    this.#options = options;
    this.#listener = listener;
    srf.on('connect', (error: unknown, addresses: unknown) => this.#onConnect(error, addresses));
    srf.on('error', (error: unknown) => this.#onDown(reasonOf(error)));
    srf.on('close', () => this.#onDown('connection closed'));
  }

  /** @throws Error with one clear line: wrong secret, or not reachable in time. */
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
      const onConnect = (error: unknown): void => {
        finish(error instanceof Error ? new Error(`drachtio-server at ${where} refused our secret`) : null);
      };
      const finish = (error: Error | null): void => {
        clearTimeout(timer);
        this.#srf.removeListener('connect', onConnect);
        if (error === null) return resolve();
        this.close();
        reject(error);
      };
      this.#srf.on('connect', onConnect);
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

  #onConnect(error: unknown, addresses: unknown): void {
    if (this.#state === 'closed') return;
    if (error instanceof Error) return;
    const again = this.#state === 'down';
    this.#state = 'up';
    this.#listener.connected(typeof addresses === 'string' ? addresses.split(',') : [], again);
  }

  #onDown(reason: string): void {
    // The close that follows an error says nothing new.
    this.#lastError ??= reason;
    if (this.#state !== 'up') return;
    this.#state = 'down';
    this.#listener.lost(reason);
  }
}
