import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Gauge, Registry, collectDefaultMetrics } from 'prom-client';
import type { BridgeStatus } from '../../bridge/bridge.js';
import type { MixerStatus } from '../../ports/media.js';

/** What the HTTP side reads; nothing can be changed through it. */
export interface Observed {
  readonly engine: string;
  readonly version: string;
  status(): BridgeStatus;
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
  const status = observed.status();
  switch (path) {
    case '/healthz': {
      send(response, 200, 'text/plain', 'ok\n');
      return;
    }
    case '/readyz': {
      const mixing = observed.mixers().some((mixer) => mixer.healthy);
      const why = status.draining ? 'draining' : mixing ? null : 'no mixer';
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
    mixers: observed.mixers(),
    memory: process.memoryUsage(),
  };
}

function metricsOf(observed: Observed): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const gauge = (name: string, help: string, read: () => number): void => {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  };
  gauge('partyline_calls', 'Calls now, set-ups included', () => observed.status().calls);
  gauge('partyline_conferences', 'Conferences now', () => observed.status().conferences);
  gauge('partyline_calls_total', 'Call attempts since the start', () => observed.status().callsTotal);
  gauge('partyline_draining', '1 while no new calls are taken', () => (observed.status().draining ? 1 : 0));
  gauge(
    'partyline_mixers_healthy',
    'Mixers that work',
    () => observed.mixers().filter((mixer) => mixer.healthy).length,
  );
  new Gauge({
    name: 'partyline_call_outcomes_total',
    help: 'Call attempts ended since the start, by outcome',
    labelNames: ['outcome'],
    registers: [registry],
    collect() {
      for (const [outcome, count] of observed.status().outcomes) this.set({ outcome }, count);
    },
  });
  return registry;
}
