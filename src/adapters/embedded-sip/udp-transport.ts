import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIPv4, isIPv6 } from 'node:net';
import { isWildcard, localAddressTowards, plainIp } from './addresses.js';
import { reasonOf } from './reason.js';
import type { Destination } from './transaction-layer.js';
import type { Transport, TransportUser } from './transport.js';

/** Bursts of INVITEs are kept by the kernel while a tick of the event loop is at work. */
const RECEIVE_BUFFER = 1_048_576;
/** Local addresses by remote address; forgotten as a whole when full, and so renewed after changes of the network. */
const KNOWN_ROUTES = 256;

/** One UDP socket: every answer leaves from where its request came in, as RFC 3581 section 4 wants. */
export class UdpTransport implements Transport {
  readonly kind = 'udp';
  readonly connections = 0;
  #address: string;
  #port: number;
  #socket: Socket | null = null;
  readonly #routes = new Map<string, string>();

  constructor(address: string, port: number) {
    this.#address = address;
    this.#port = port;
  }

  get address(): string {
    return this.#address;
  }

  get port(): number {
    return this.#port;
  }

  async open(user: TransportUser): Promise<void> {
    const socket = createSocket({ type: isIPv6(this.#address) ? 'udp6' : 'udp4' });
    await new Promise<void>((resolve, reject) => {
      socket.once('error', (error) => {
        socket.close();
        reject(new Error(`cannot listen on udp:${this.#address}:${this.#port}: ${error.message}`));
      });
      socket.bind({ address: this.#address, port: this.#port, exclusive: true }, resolve);
    });
    socket.removeAllListeners('error');
    // An ICMP error of an earlier datagram (port unreachable) may come up here; the timers of transactions deal with it.
    socket.on('error', (error) => user.trouble(`udp:${this.#address}:${this.#port}: ${error.message}`));
    socket.on('message', (bytes, remote) => this.#received(user, bytes, remote));
    try {
      socket.setRecvBufferSize(RECEIVE_BUFFER);
    } catch {
      // The system allows less; it works with what there is.
    }
    this.#port = socket.address().port;
    this.#socket = socket;
  }

  async close(): Promise<void> {
    const socket = this.#socket;
    this.#socket = null;
    if (socket !== null) await new Promise<void>((resolve) => socket.close(resolve));
  }

  send(bytes: Buffer, destination: Destination, failed: (cause: string) => void): void {
    const socket = this.#socket;
    if (socket === null) {
      queueMicrotask(() => failed('socket closed'));
      return;
    }
    // A dual-stack socket takes IPv4 destinations in their mapped form only.
    const mapped = isIPv6(this.#address) && isIPv4(destination.address);
    const address = mapped ? `::ffff:${destination.address}` : destination.address;
    try {
      socket.send(bytes, destination.port, address, (error) => {
        if (error !== null) failed(error.message);
      });
    } catch (error) {
      // Port 0, for one, which a Via may well ask for.
      queueMicrotask(() => failed(reasonOf(error)));
    }
  }

  drop(): void {
    // No connections.
  }

  #received(user: TransportUser, bytes: Buffer, remote: RemoteInfo): void {
    if (remote.port === 0) return;
    const address = plainIp(remote.address);
    user.received(
      { kind: 'message', bytes },
      {
        transport: 'udp',
        address,
        port: remote.port,
        localAddress: this.#localTowards(address),
        localPort: this.#port,
      },
    );
  }

  #localTowards(remote: string): string {
    if (!isWildcard(this.#address)) return this.#address;
    let local = this.#routes.get(remote);
    if (local === undefined) {
      if (this.#routes.size >= KNOWN_ROUTES) this.#routes.clear();
      try {
        local = localAddressTowards(remote);
      } catch {
        // The system has no descriptor left to ask by; whoever needs the address asks again.
        return this.#address;
      }
      this.#routes.set(remote, local);
    }
    return local;
  }
}
