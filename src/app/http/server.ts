import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Registry } from 'prom-client';
import type { BridgeStatus } from '../../bridge/bridge.js';
import type { MixerStatus } from '../../ports/media.js';
import type { Signaling, SignalingStatus } from '../../ports/signaling.js';
import { metricsOf } from './metrics.js';

/** What the HTTP side reads; nothing can be changed through it. */
export interface Observed {
  readonly engine: string;
  readonly version: string;
  status(): BridgeStatus;
  signaling(): SignalingStatus & ReturnType<Signaling['counts']> & { readonly listening: readonly string[] };
  mixers(): readonly MixerStatus[];
}

/**
 * Health, readiness and metrics over HTTP:
 * `/healthz` 200 while the process works; `/readyz` 200 while new calls are taken, else 503; `/metrics` Prometheus text;
 * `/status` JSON. No label carries an identity.
 */
export class HttpServer {
  readonly #server: Server;
  readonly #host: string;
  readonly #port: number;

  constructor(listen: { readonly host: string; readonly port: number }, observed: Observed) {
    this.#host = listen.host;
    this.#port = listen.port;
    const registry = metricsOf(observed);
    this.#server = createServer(
      { requestTimeout: 10_000, headersTimeout: 5_000, maxHeaderSize: 8_192 },
      (request, response) => {
        answer(request, response, observed, registry).catch(() => response.destroy());
      },
    );
    this.#server.maxConnections = 64;
  }

  /** @throws Error naming the address when it cannot be listened on. */
  async start(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (error: NodeJS.ErrnoException) =>
        reject(
          new Error(
            `cannot listen for HTTP on ${this.#host}:${this.#port}: ${error.code ?? error.message} (PARTYLINE_HTTP_LISTEN)`,
          ),
        ),
      );
      this.#server.listen(this.#port, this.#host, resolve);
    });
  }

  /** Address really listened on, `host:port`. */
  address(): string {
    const address = this.#server.address();
    return address !== null && typeof address === 'object'
      ? `${this.#host}:${address.port}`
      : `${this.#host}:${this.#port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  observed: Observed,
  registry: Registry,
): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    send(response, 405, 'text/plain', 'only GET\n');
    return;
  }
  const path = (request.url ?? '/').split('?')[0];
  switch (path) {
    case '/healthz': {
      send(response, 200, 'text/plain', 'ok\n');
      return;
    }
    case '/readyz': {
      const why = whyNotReady(observed);
      send(response, why === null ? 200 : 503, 'text/plain', `${why ?? 'ready'}\n`);
      return;
    }
    case '/metrics': {
      send(response, 200, registry.contentType, await registry.metrics());
      return;
    }
    case '/status': {
      send(response, 200, 'application/json', `${JSON.stringify(statusOf(observed))}\n`);
      return;
    }
    default: {
      send(response, 404, 'text/plain', 'not found\n');
      return;
    }
  }
}

/** Why no new call can be taken, or `null`. */
function whyNotReady(observed: Observed): string | null {
  if (observed.status().draining) return 'draining';
  if (!observed.signaling().healthy) return 'no signalling';
  const mixers = observed.mixers().filter((mixer) => mixer.healthy);
  if (mixers.length === 0) return 'no mixer';
  return mixers.every((mixer) => mixer.draining) ? 'every mixer is draining' : null;
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
  response.end(body);
}

function statusOf(observed: Observed): unknown {
  const { outcomes, ...status } = observed.status();
  return {
    version: observed.version,
    engine: observed.engine,
    ...status,
    outcomes: Object.fromEntries(outcomes),
    signaling: observed.signaling(),
    mixers: observed.mixers(),
    memory: process.memoryUsage(),
  };
}
