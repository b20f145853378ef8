import { randomUUID } from 'node:crypto';
import { createServer } from 'node:net';
import Mrf, { type Endpoint, type MediaServer } from 'drachtio-fsmrf';
import type Srf from 'drachtio-srf';
import type { Dialog } from 'drachtio-srf';
import { MediaExhausted, MediaNotAcceptable, type EndpointRequest } from '../../ports/media.js';
import { within } from './channel.js';
import type { EventSocketAddress } from './event-socket.js';

export interface LegMakerOptions {
  readonly srf: Pick<Srf, 'createUAC'>;
  readonly eventSocket: EventSocketAddress;
  /** Where FreeSWITCH connects back to for each leg; its dialplan names this address and port. */
  readonly listenAddress: string;
  readonly listenPort: number;
  readonly profile: string;
}

const CONNECT_MS = 3_000;
const LEG_MS = 6_000;

/**
 * Makes legs by drachtio-fsmrf: INVITE to the mixer, and the mixer's connection back.
 *
 * Everything else is done over the event socket: the library's conferences add a leg of their own, its join can kill the
 * process, and its promises may never settle.
 */
export class LegMaker {
  readonly #options: LegMakerOptions;
  readonly #server: MediaServer;
  /** Marks our legs at the mixer, so that those left over can be found. */
  readonly mark = randomUUID();

  /** @throws Error with one clear line. */
  static async connect(options: LegMakerOptions): Promise<LegMaker> {
    await claimable(options.listenAddress, options.listenPort);
    const mrf = new Mrf({ createUAC: (uri, uac) => options.srf.createUAC(uri, uac).then(harmless) });
    const connecting = mrf.connect({
      address: options.eventSocket.host,
      port: options.eventSocket.port,
      secret: options.eventSocket.secret,
      listenAddress: options.listenAddress,
      listenPort: options.listenPort,
      profile: options.profile,
    });
    const server = await within(connecting, CONNECT_MS, null);
    if (server === null) {
      void connecting.then(end, () => undefined);
      throw new Error('FreeSWITCH did not open a second event socket in time');
    }
    return new LegMaker(options, server);
  }

  private constructor(options: LegMakerOptions, server: MediaServer) {
    this.#options = options;
    this.#server = server;
    server.on('error', () => undefined);
    // The library would reconnect for ever; the mixer's own connection decides what is alive.
    server.closing = true;
    server.conn.on('esl::end', () => stopRetrying(server));
  }

  /** @throws {MediaNotAcceptable} or {MediaExhausted} */
  async make(request: EndpointRequest): Promise<Endpoint> {
    const creating = this.#server.createEndpoint({
      ...(request.offer === null ? {} : { remoteSdp: request.offer }),
      headers: {
        // The channel's name, which the mixer logs, is made from this: our own name of the call, not the caller's number.
        From: `<sip:${encodeURIComponent(request.callId)}@localhost>`,
        'X-Partyline-Call': encodeURIComponent(request.callId),
        'X-Partyline-Control': this.mark,
      },
    });
    try {
      const endpoint = await within(creating, LEG_MS, null);
      if (endpoint !== null) return endpoint;
    } catch (error) {
      const status = statusOf(error);
      if (status === 488 || status === 415 || status === 606) {
        throw new MediaNotAcceptable(`the mixer refused the offer (${status})`);
      }
      throw new MediaExhausted(
        `the mixer made no leg (${status ?? (error instanceof Error ? error.message : 'unknown reason')})`,
      );
    }
    void creating.then(
      (late) => late.dialog.destroy().catch(() => undefined),
      () => undefined,
    );
    throw new MediaExhausted('the mixer made no leg in time');
  }

  close(): void {
    end(this.#server);
  }

  get options(): LegMakerOptions {
    return this.#options;
  }
}

function end(server: MediaServer): void {
  try {
    server.disconnect();
  } catch {
    // Its socket is gone already.
  }
  stopRetrying(server);
}

function stopRetrying(server: MediaServer): void {
  server.conn.closing = true;
  // The library sets its timer after it told us.
  setImmediate(() => {
    const timer = server.conn.reconnectVars?.retryTimer;
    if (timer) clearTimeout(timer);
  });
}

/** The library destroys dialogs without minding the promise. */
function harmless(dialog: Dialog): Dialog {
  const destroy = dialog.destroy.bind(dialog);
  dialog.destroy = () => destroy().catch(() => undefined);
  return dialog;
}

function statusOf(error: unknown): number | null {
  return typeof error === 'object' && error !== null && 'status' in error && typeof error.status === 'number'
    ? error.status
    : null;
}

/** The library's own listening would end the process where the port is taken. @throws Error with one clear line. */
function claimable(address: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        new Error(`cannot listen for FreeSWITCH's connections at ${address}:${port} (${error.code ?? error.message})`),
      );
    });
    probe.listen(port, address, () => probe.close(() => resolve()));
  });
}
