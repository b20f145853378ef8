import type { Frame } from './framing.js';
import type { Peer } from './message.js';
import type { Destination } from './transaction-layer.js';

/**
 * What carries messages (RFC 3261 section 18): UDP and TCP here; TLS is TCP with another way to make its sockets. The
 * transaction layer knows only this, so that its tests need no socket.
 */

export type TransportKind = Peer['transport'];

/** What a transport brings: a message (or datagram, whatever is in it), or the end of a stream that lost its way. */
export type Arrival = Exclude<Frame, { readonly kind: 'ping' }>;

export interface TransportUser {
  /** Never throws. After a `broken` frame the transport closes the connection, once what is sent meanwhile is out. */
  received(arrival: Arrival, peer: Peer): void;
  trouble(message: string): void;
}

export interface Transport {
  readonly kind: TransportKind;
  /** Really bound; before `open`, as asked for. */
  readonly address: string;
  readonly port: number;
  /** Open connections; 0 for UDP. */
  readonly connections: number;
  /** @throws Error with one clear line when the address cannot be bound. */
  open(user: TransportUser): Promise<void>;
  close(): Promise<void>;
  /**
   * Sends one message. `failed` is called at most once, later, when the transport knows that it did not go out.
   * Streams use `destination.connection` if it is still open, or one to the same address and port, or make one.
   */
  send(bytes: Buffer, destination: Destination, failed: (cause: string) => void): void;
  /** Closes a connection with which nobody wants to have to do. Nothing for UDP. */
  drop(connection: string): void;
}

/** Whether the transport itself repeats what is lost, so that the transactions need not (section 17.1.1.1). */
export function isReliable(kind: TransportKind): boolean {
  return kind !== 'udp';
}
