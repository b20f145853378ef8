import modesl, { type Connection, type EslEvent } from 'modesl';

export interface EventSocketAddress {
  readonly host: string;
  readonly port: number;
  readonly secret: string;
}

/** One event of FreeSWITCH's. */
export interface SocketEvent {
  /** `Event-Name`, e.g. `DTMF`. */
  readonly name: string;
  header(name: string): string | null;
}

export interface EventSocketUser {
  event(event: SocketEvent): void;
  /** The connection is gone, whoever ended it; once. */
  closed(reason: string): void;
}

/** The event socket is gone or silent. */
export class MixerUnreachable extends Error {
  override readonly name = 'MixerUnreachable';
}

const API_TIMEOUT_MS = 3_000;

/**
 * One inbound event socket to a FreeSWITCH: commands with answers, and events.
 *
 * Wraps one connection of modesl and never reconnects: answers that are still owed would otherwise go to the wrong asker,
 * and subscriptions would be lost without a word. Whoever needs a new one opens a new one.
 */
export class EventSocket {
  readonly #connection: Connection;
  readonly #user: EventSocketUser;
  readonly #pending = new Set<(error: Error) => void>();
  #closed = false;

  /**
   * @param timeoutMs milliseconds until it must be open and the secret accepted.
   * @throws Error with one clear line.
   */
  static async open(address: EventSocketAddress, user: EventSocketUser, timeoutMs: number): Promise<EventSocket> {
    const where = `${address.host}:${address.port}`;
    const connection = new modesl.Connection(address.host, address.port, address.secret);
    let fail: (error: Error) => void = () => undefined;
    const opened = new Promise<void>((resolve, reject) => {
      fail = reject;
      connection.on('esl::ready', () => resolve());
    });
    const timer = setTimeout(() => fail(new Error(`FreeSWITCH does not answer at ${where} (event socket)`)), timeoutMs);
    connection.on('error', (error: unknown) =>
      fail(new Error(`FreeSWITCH does not answer at ${where} (${errorText(error)})`)),
    );
    connection.on('esl::end', () => fail(new Error(`FreeSWITCH at ${where} closed its event socket at once`)));
    connection.on('esl::event::auth::fail', () =>
      fail(new Error(`FreeSWITCH at ${where} refused the event-socket secret`)),
    );
    connection.on('esl::event::raw::text/rude-rejection', () => {
      fail(new Error(`FreeSWITCH at ${where} does not admit this address to its event socket (acl)`));
    });
    try {
      await opened;
    } catch (error) {
      dispose(connection);
      throw error;
    } finally {
      clearTimeout(timer);
    }
    return new EventSocket(connection, user);
  }

  private constructor(connection: Connection, user: EventSocketUser) {
    this.#connection = connection;
    this.#user = user;
    connection.on('error', (error: unknown) => this.#end(errorText(error)));
    connection.on('esl::end', () => this.#end('connection closed'));
    connection.on('esl::event::disconnect::notice', () => this.#end('FreeSWITCH closed the event socket'));
    connection.on('esl::event::**', (event) => this.#dispatch(event));
    // A reset brings neither of the above.
    connection.socket?.once('close', () => this.#end('connection closed'));
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Custom subclasses come last, after `CUSTOM`. */
  subscribe(events: readonly string[]): Promise<void> {
    return this.#ask('subscription', API_TIMEOUT_MS, (done) => this.#connection.subscribe(events, done)).then(
      () => undefined,
    );
  }

  /**
   * @returns the answer's text without the line end; `-ERR ...` where FreeSWITCH refused.
   * @throws MixerUnreachable
   */
  async api(command: string, timeoutMs = API_TIMEOUT_MS): Promise<string> {
    const response = await this.#ask('command', timeoutMs, (done) => this.#connection.api(oneLine(command), done));
    return response.getBody().trim();
  }

  /**
   * Has a channel execute an application; its end comes as `CHANNEL_EXECUTE_COMPLETE` with `Application-UUID` = `id`.
   * @param queued waits for what was queued before, instead of interrupting it.
   * @returns whether there is such a channel.
   * @throws MixerUnreachable
   */
  async execute(uuid: string, id: string, application: string, argument: string, queued: boolean): Promise<boolean> {
    const headers = {
      'call-command': 'execute',
      'execute-app-name': application,
      'execute-app-arg': oneLine(argument),
      'Event-UUID': id,
      ...(queued ? { 'event-lock': 'true' } : {}),
    };
    const reply = await this.#ask('command', API_TIMEOUT_MS, (done) => {
      this.#connection.sendRecv(`sendmsg ${uuid}`, headers, done);
    });
    return !(reply.getHeader('Reply-Text') ?? '').startsWith('-ERR');
  }

  close(): void {
    this.#end('closed by us');
  }

  #ask(what: string, timeoutMs: number, send: (done: (reply: EslEvent) => void) => void): Promise<EslEvent> {
    if (this.#closed) return Promise.reject(new MixerUnreachable('the event socket is closed'));
    return new Promise((resolve, reject) => {
      const fail = (error: Error): void => {
        clearTimeout(timer);
        this.#pending.delete(fail);
        reject(error);
      };
      const timer = setTimeout(
        () => fail(new MixerUnreachable(`FreeSWITCH did not answer a ${what} in ${timeoutMs} ms`)),
        timeoutMs,
      );
      this.#pending.add(fail);
      send((reply) => {
        clearTimeout(timer);
        this.#pending.delete(fail);
        resolve(reply);
      });
    });
  }

  #dispatch(event: EslEvent): void {
    const name = event.getHeader('Event-Name');
    if (name === null || this.#closed) return;
    this.#user.event({ name, header: (header) => event.getHeader(header) });
  }

  #end(reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    dispose(this.#connection);
    const error = new MixerUnreachable(`event socket lost: ${reason}`);
    for (const fail of [...this.#pending]) fail(error);
    this.#user.closed(reason);
  }
}

function dispose(connection: Connection): void {
  const socket = connection.socket;
  connection.removeAllListeners();
  // Without a listener the emitter throws.
  connection.on('error', () => undefined);
  try {
    connection.disconnect();
  } catch {
    // It was not connected.
  }
  socket?.destroy();
}

function errorText(error: unknown): string {
  if (error instanceof Error) return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
  return String(error);
}

/** A line end would begin another command. */
function oneLine(text: string): string {
  return text.replace(/[\r\n]+/g, ' ');
}

const PROBE_TIMEOUT_MS = 1_000;

/** Asks whether a SIP profile of a FreeSWITCH serves: `null`, or why not. Never rejects; takes a few seconds at most. */
export async function profileTrouble(address: EventSocketAddress, profile: string): Promise<string | null> {
  try {
    const nobody = { event: () => undefined, closed: () => undefined };
    const socket = await EventSocket.open(address, nobody, PROBE_TIMEOUT_MS);
    try {
      const running = sipAddressOf(await socket.api('sofia status'), profile);
      return running === null ? 'the SIP profile does not run' : null;
    } finally {
      socket.close();
    }
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** `ADDRESS:PORT` of a running profile, from `sofia status`. */
export function sipAddressOf(status: string, profile: string): string | null {
  const name = profile.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const line = new RegExp(`^\\s*${name}\\s.*sip:mod_sofia@((?:\\d{1,3}\\.){3}\\d{1,3}:\\d+).*RUNNING`, 'm');
  return line.exec(status)?.[1] ?? null;
}
