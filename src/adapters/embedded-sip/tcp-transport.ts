import { createConnection, createServer, isIPv6, type Server, type Socket } from 'node:net';
import type { Clock, Timer } from '../../ports/clock.js';
import type { Source } from '../../ports/signaling.js';
import { plainIp } from './addresses.js';
import { StreamFramer } from './framing.js';
import type { Peer } from './message.js';
import { reasonOf } from './reason.js';
import type { Destination } from './transaction-layer.js';
import type { Transport, TransportUser } from './transport.js';

/** Bounds of one TCP transport; times in milliseconds. */
export interface TcpLimits {
  /** Connections in all, both ways. */
  readonly connections: number;
  /** Accepted from one address. */
  readonly perSource: number;
  /** Accepted from sources that are not known, in all. */
  readonly unknown: number;
  /** Without a byte in either direction. Long, since a call may be silent for as long as its session timer. */
  readonly idle: number;
  /** From acceptance to the first whole message. */
  readonly firstMessage: number;
  /** From the first to the last byte of one message. */
  readonly message: number;
  readonly connect: number;
  /** Bytes written that the far end has not taken yet. */
  readonly unsent: number;
}

export const DEFAULT_TCP_LIMITS: TcpLimits = {
  connections: 512,
  perSource: 64,
  unknown: 32,
  idle: 2_400_000,
  firstMessage: 30_000,
  message: 15_000,
  connect: 5_000,
  unsent: 262_144,
};

const PONG = Buffer.from('\r\n', 'latin1');
const KEEP_ALIVE_MS = 60_000;

interface Connection {
  readonly id: string;
  readonly socket: Socket;
  readonly framer: StreamFramer;
  readonly accepted: boolean;
  readonly known: boolean;
  /** Far end: `address|port`. */
  readonly remote: string;
  readonly address: string;
  readonly port: number;
  lastUse: number;
  idle: Timer | null;
  /** Until the connection is made, the first message is in, or the message begun is complete. */
  deadline: Timer | null;
}

/** Connections over one listening port (RFC 3261 section 18): accepted ones, and ones made for requests of ours. */
export class TcpTransport implements Transport {
  readonly kind = 'tcp';
  #address: string;
  #port: number;
  #server: Server | null = null;
  #user: TransportUser | null = null;
  #made = 0;
  readonly #clock: Clock;
  readonly #limits: TcpLimits;
  readonly #isKnown: (source: Source) => boolean;
  readonly #connections = new Map<string, Connection>();

  constructor(
    address: string,
    port: number,
    clock: Clock,
    isKnownSource: (source: Source) => boolean,
    limits: TcpLimits = DEFAULT_TCP_LIMITS,
  ) {
    this.#address = address;
    this.#port = port;
    this.#clock = clock;
    this.#isKnown = isKnownSource;
    this.#limits = limits;
  }

  get address(): string {
    return this.#address;
  }

  get port(): number {
    return this.#port;
  }

  get connections(): number {
    return this.#connections.size;
  }

  async open(user: TransportUser): Promise<void> {
    const server = createServer((socket) => this.#accept(socket));
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => {
        reject(new Error(`cannot listen on tcp:${this.#address}:${this.#port}: ${error.message}`));
      });
      server.listen({ host: this.#address, port: this.#port }, resolve);
    });
    server.removeAllListeners('error');
    server.on('error', (error) => user.trouble(`tcp:${this.#address}:${this.#port}: ${error.message}`));
    const bound = server.address();
    if (bound !== null && typeof bound === 'object') this.#port = bound.port;
    this.#server = server;
    this.#user = user;
  }

  async close(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    this.#user = null;
    for (const connection of [...this.#connections.values()]) this.#destroy(connection);
    if (server !== null) await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  send(bytes: Buffer, destination: Destination, failed: (cause: string) => void): void {
    let pending = true;
    const failOnce = (cause: string): void => {
      if (!pending) return;
      pending = false;
      queueMicrotask(() => failed(cause));
    };
    const connection = this.#find(destination) ?? this.#connect(destination, failOnce);
    if (connection === null) return;
    if (connection.socket.writableLength + bytes.length > this.#limits.unsent) {
      failOnce('the far end does not read');
      this.#destroy(connection);
      return;
    }
    this.#used(connection);
    connection.socket.write(bytes, (error) => {
      if (error === undefined || error === null) pending = false;
      else failOnce(error.message);
    });
  }

  drop(id: string): void {
    const connection = this.#connections.get(id);
    if (connection !== undefined) this.#destroy(connection);
  }

  #find(destination: Destination): Connection | null {
    if (destination.connection !== undefined) {
      const named = this.#connections.get(destination.connection);
      if (named?.socket.writable === true) return named;
    }
    const remote = remoteKey(destination.address, destination.port);
    for (const connection of this.#connections.values()) {
      if (connection.remote === remote && (connection.socket.connecting || connection.socket.writable))
        return connection;
    }
    return null;
  }

  #connect({ address, port }: Destination, failed: (cause: string) => void): Connection | null {
    if (this.#user === null) failed('transport closed');
    else if (this.#connections.size >= this.#limits.connections) failed('too many connections');
    else {
      try {
        const connection = this.#add(createConnection({ host: address, port }), address, port, false, true);
        this.#deadline(connection, this.#limits.connect);
        connection.socket.once('connect', () => clearDeadline(connection));
        return connection;
      } catch (error) {
        failed(reasonOf(error));
      }
    }
    return null;
  }

  #accept(socket: Socket): void {
    const address = plainIp(socket.remoteAddress ?? '');
    const port = socket.remotePort ?? 0;
    const known = this.#isKnown({ transport: this.kind, address, port });
    if (address === '' || !this.#hasRoom(address, known)) {
      socket.destroy();
      return;
    }
    this.#deadline(this.#add(socket, address, port, true, known), this.#limits.firstMessage);
  }

  #hasRoom(address: string, known: boolean): boolean {
    if (this.#connections.size >= this.#limits.connections) return false;
    let fromThere = 0;
    let unknown = 0;
    for (const connection of this.#connections.values()) {
      if (connection.accepted && connection.address === address) fromThere += 1;
      if (!connection.known) unknown += 1;
    }
    return fromThere < this.#limits.perSource && (known || unknown < this.#limits.unknown);
  }

  #add(socket: Socket, address: string, port: number, accepted: boolean, known: boolean): Connection {
    this.#made += 1;
    const connection: Connection = {
      // Told apart from the connections of every other transport, whose numbers are the same.
      id: `${this.kind}:${this.#address}:${this.#port}-${this.#made}`,
      socket,
      framer: new StreamFramer(),
      accepted,
      known,
      remote: remoteKey(address, port),
      address,
      port,
      lastUse: this.#clock.monotonic(),
      idle: null,
      deadline: null,
    };
    this.#connections.set(connection.id, connection);
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    socket.on('data', (bytes) => this.#read(connection, bytes));
    // Errors end in `close`; what was being written is told of there.
    socket.on('error', () => undefined);
    socket.on('close', () => this.#forget(connection));
    this.#watchIdle(connection, this.#limits.idle);
    return connection;
  }

  #read(connection: Connection, bytes: Buffer): void {
    this.#used(connection);
    for (const frame of connection.framer.push(bytes)) {
      if (this.#user === null || !this.#connections.has(connection.id)) return;
      if (frame.kind === 'ping') {
        // RFC 5626 section 4.4.1: a double CRLF is answered with a single one.
        if (connection.socket.writableLength < this.#limits.unsent) connection.socket.write(PONG);
        continue;
      }
      clearDeadline(connection);
      this.#user.received(frame, this.#peerOf(connection));
      if (frame.kind === 'broken') {
        connection.socket.end();
        this.#deadline(connection, this.#limits.connect);
        return;
      }
    }
    if (connection.framer.pending) {
      if (connection.deadline === null) this.#deadline(connection, this.#limits.message);
    }
  }

  #peerOf(connection: Connection): Peer {
    return {
      transport: this.kind,
      address: connection.address,
      port: connection.port,
      localAddress: plainIp(connection.socket.localAddress ?? this.#address),
      localPort: this.#port,
      connection: connection.id,
    };
  }

  #used(connection: Connection): void {
    connection.lastUse = this.#clock.monotonic();
  }

  /** One timer a connection, not one a byte: when it fires it looks at the last use. */
  #watchIdle(connection: Connection, ms: number): void {
    connection.idle = this.#clock.after(ms, () => {
      const left = connection.lastUse + this.#limits.idle - this.#clock.monotonic();
      if (left <= 0) this.#destroy(connection);
      else this.#watchIdle(connection, left);
    });
  }

  #deadline(connection: Connection, ms: number): void {
    clearDeadline(connection);
    connection.deadline = this.#clock.after(ms, () => this.#destroy(connection));
  }

  #destroy(connection: Connection): void {
    this.#forget(connection);
    connection.socket.destroy();
  }

  #forget(connection: Connection): void {
    this.#connections.delete(connection.id);
    connection.idle?.cancel();
    clearDeadline(connection);
  }
}

function clearDeadline(connection: Connection): void {
  connection.deadline?.cancel();
  connection.deadline = null;
}

function remoteKey(address: string, port: number): string {
  return `${isIPv6(address) ? address.toLowerCase() : address}|${port}`;
}
