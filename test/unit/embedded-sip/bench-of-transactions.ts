import { makeRequest, makeResponse } from '../../../src/adapters/embedded-sip/build.js';
import { header } from '../../../src/adapters/embedded-sip/headers.js';
import type { TransactionLayerOptions } from '../../../src/adapters/embedded-sip/layer-options.js';
import type { Peer, SipMessage, SipRequest, SipResponse } from '../../../src/adapters/embedded-sip/message.js';
import { parseMessage } from '../../../src/adapters/embedded-sip/parse.js';
import { serialise } from '../../../src/adapters/embedded-sip/serialise.js';
import { SipTransactionLayer } from '../../../src/adapters/embedded-sip/sip-transaction-layer.js';
import type {
  ClientTransactionUser,
  Destination,
  ServerTransaction,
  TransactionUser,
} from '../../../src/adapters/embedded-sip/transaction-layer.js';
import type { Arrival, Transport, TransportUser } from '../../../src/adapters/embedded-sip/transport.js';
import { makeUri } from '../../../src/adapters/embedded-sip/uri.js';
import { ManualClock } from '../../fakes/manual-clock.js';

/** A layer on a manual clock over a transport that only notes what is sent: what the tests of transactions stand on. */

export interface Sent {
  readonly at: number;
  readonly message: SipMessage;
  readonly destination: Destination;
}

export class FakeTransport implements Transport {
  readonly kind: 'udp' | 'tcp';
  readonly address = '192.0.2.1';
  readonly port = 5060;
  readonly connections = 0;
  readonly sent: Sent[] = [];
  readonly dropped: string[] = [];
  /** While set, everything fails to go out. */
  failing = false;
  readonly #clock: ManualClock;
  #user: TransportUser | null = null;

  constructor(kind: 'udp' | 'tcp', clock: ManualClock) {
    this.kind = kind;
    this.#clock = clock;
  }

  open(user: TransportUser): Promise<void> {
    this.#user = user;
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  send(bytes: Buffer, destination: Destination, failed: (cause: string) => void): void {
    const result = parseMessage(bytes);
    if (result.kind !== 'parsed') throw new Error(`sent something malformed: ${bytes.toString()}`);
    this.sent.push({ at: this.#clock.monotonic(), message: result.message, destination });
    if (this.failing) this.#clock.after(0, () => failed('unreachable'));
  }

  drop(connection: string): void {
    this.dropped.push(connection);
  }

  deliver(arrival: Arrival, peer: Peer): void {
    this.#user?.received(arrival, peer);
  }
}

/** Everything the layer tells its user, in order. */
export class NotingUser implements TransactionUser {
  readonly requests: ServerTransaction[] = [];
  readonly cancelled: ServerTransaction[] = [];
  readonly acks: SipRequest[] = [];
  readonly unacknowledged: ServerTransaction[] = [];
  readonly troubles: string[] = [];

  requestReceived(transaction: ServerTransaction): void {
    this.requests.push(transaction);
  }
  inviteCancelled(invite: ServerTransaction): void {
    this.cancelled.push(invite);
  }
  ackReceived(ack: SipRequest): void {
    this.acks.push(ack);
  }
  acknowledgementMissing(invite: ServerTransaction): void {
    this.unacknowledged.push(invite);
  }
  trouble(message: string): void {
    this.troubles.push(message);
  }

  /** The one request that was told of last. */
  last(): ServerTransaction {
    const transaction = this.requests.at(-1);
    if (transaction === undefined) throw new Error('no request was received');
    return transaction;
  }
}

export class NotingClientUser implements ClientTransactionUser {
  readonly statuses: number[] = [];
  readonly failures: string[] = [];

  response(response: SipResponse): void {
    this.statuses.push(response.status);
  }
  failed(cause: 'timeout' | 'transport'): void {
    this.failures.push(cause);
  }
}

export class Bench {
  readonly clock = new ManualClock();
  readonly user = new NotingUser();
  readonly transport: FakeTransport;
  readonly layer: SipTransactionLayer;
  readonly peer: Peer;
  readonly destination: Destination;
  #made = 0;

  constructor(kind: 'udp' | 'tcp' = 'udp', options: Partial<TransactionLayerOptions> = {}) {
    this.transport = new FakeTransport(kind, this.clock);
    this.peer = {
      transport: kind,
      address: '192.0.2.9',
      port: 5060,
      localAddress: '192.0.2.1',
      localPort: 5060,
      ...(kind === 'tcp' ? { connection: 'tcp-1' } : {}),
    };
    this.destination = { transport: kind, address: '192.0.2.9', port: 5060 };
    this.layer = new SipTransactionLayer({
      listen: [{ transport: kind, address: '192.0.2.1', port: 5060 }],
      clock: this.clock,
      randomness: {
        digits: (length) => '0'.repeat(length),
        identifier: (prefix) => `${prefix}${(this.#made += 1)}`,
      },
      isKnownSource: () => true,
      openTransport: () => this.transport,
      ...options,
    });
  }

  static async started(kind: 'udp' | 'tcp' = 'udp', options: Partial<TransactionLayerOptions> = {}): Promise<Bench> {
    const bench = new Bench(kind, options);
    await bench.layer.start(bench.user);
    return bench;
  }

  receive(message: SipMessage, peer: Peer = this.peer): void {
    this.receiveBytes(serialise(message), peer);
  }

  receiveBytes(bytes: Buffer, peer: Peer = this.peer): void {
    this.transport.deliver({ kind: 'message', bytes }, peer);
  }

  /** When what was sent, as `milliseconds: status or method`. */
  log(): string[] {
    return this.transport.sent.map(({ at, message }) => `${at}: ${nameOf(message)}`);
  }

  /** Status or method of everything sent, in order. */
  sent(): string[] {
    return this.transport.sent.map(({ message }) => nameOf(message));
  }

  lastSent(): Sent {
    const sent = this.transport.sent.at(-1);
    if (sent === undefined) throw new Error('nothing was sent');
    return sent;
  }

  /** The newest request of ours on the wire with this method. */
  sentRequest(method: string): SipRequest {
    const message = this.transport.sent.findLast(({ message: sent }) => nameOf(sent) === method)?.message;
    if (message?.kind !== 'request') throw new Error(`no ${method} was sent`);
    return message;
  }
}

function nameOf(message: SipMessage): string {
  return message.kind === 'request' ? message.method : String(message.status);
}

export interface RequestTraits {
  readonly branch?: string | null;
  readonly via?: string;
  readonly toTag?: string;
  readonly fromTag?: string;
  readonly callId?: string;
  readonly cseq?: number;
}

/** A request as 192.0.2.9 sends it. */
export function request(method: string, traits: RequestTraits = {}): SipRequest {
  const branch = traits.branch === null ? '' : `;branch=${traits.branch ?? 'z9hG4bK-caller'}`;
  const made = makeRequest({
    method,
    uri: makeUri({ user: '1234', host: '192.0.2.1' }),
    from: `<sip:alice@192.0.2.9>;tag=${traits.fromTag ?? 'alice'}`,
    to: `<sip:1234@192.0.2.1>${traits.toTag === undefined ? '' : `;tag=${traits.toTag}`}`,
    callId: traits.callId ?? 'a-call@192.0.2.9',
    cseq: traits.cseq ?? 1,
  });
  const via = traits.via ?? `SIP/2.0/UDP 192.0.2.9:5060${branch}`;
  return { ...made, headers: [{ name: 'via', value: via }, ...made.headers] };
}

/** A request of ours, without Via, as the dialogs hand it over. */
export function ourRequest(method: string): SipRequest {
  return makeRequest({
    method,
    uri: makeUri({ user: 'bob', host: '192.0.2.9' }),
    from: '<sip:bridge@192.0.2.1>;tag=ours',
    to: '<sip:bob@192.0.2.9>',
    callId: 'our-call@192.0.2.1',
    cseq: 7,
    routes: ['<sip:192.0.2.9;lr>'],
  });
}

/** The far end's answer to a request it was sent. */
export function answerTo(sent: SipRequest, status: number, toTag = 'theirs'): SipResponse {
  return makeResponse(sent, status, null, { toTag });
}

/** Our answer to a request that came in. */
export function respond(transaction: ServerTransaction, status: number): void {
  transaction.respond(makeResponse(transaction.request, status, null, { toTag: 'bridge' }));
}

export function valueOf(message: SipMessage, name: string): string | null {
  return header(message, name);
}
