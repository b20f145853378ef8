import { makeResponse } from '../../../src/adapters/embedded-sip/build.js';
import { parseMessage } from '../../../src/adapters/embedded-sip/parse.js';
import type { Peer, SipHeader, SipRequest, SipResponse } from '../../../src/adapters/embedded-sip/message.js';
import type {
  ClientTransaction,
  ClientTransactionUser,
  Destination,
  ServerTransaction,
  TransactionLayer,
  TransactionUser,
} from '../../../src/adapters/embedded-sip/transaction-layer.js';
import type { Randomness } from '../../../src/ports/randomness.js';

export const PEER: Peer = {
  transport: 'udp',
  address: '203.0.113.7',
  port: 5060,
  localAddress: '198.51.100.1',
  localPort: 5060,
};

/** A request that came in, with what was answered. */
export class FakeServer implements ServerTransaction {
  readonly request: SipRequest;
  readonly peer: Peer;
  readonly responses: SipResponse[] = [];

  constructor(request: SipRequest, peer: Peer) {
    this.request = request;
    this.peer = peer;
  }

  get answered(): boolean {
    return this.responses.some(({ status }) => status >= 200);
  }

  respond(response: SipResponse): void {
    if (!this.answered) this.responses.push(response);
  }

  get statuses(): number[] {
    return this.responses.map(({ status }) => status);
  }

  /** The latest answer. */
  get last(): SipResponse {
    const last = this.responses.at(-1);
    if (last === undefined) throw new Error(`${this.request.method} not answered`);
    return last;
  }
}

/** A request of ours, and the far end's side of it. */
export class FakeClient implements ClientTransaction {
  readonly request: SipRequest;
  readonly destination: Destination;
  readonly #user: ClientTransactionUser;
  cancelled = false;

  constructor(request: SipRequest, destination: Destination, user: ClientTransactionUser) {
    this.request = request;
    this.destination = destination;
    this.#user = user;
  }

  cancel(): void {
    this.cancelled = true;
  }

  /** The far end answers. */
  answer(status: number, headers: readonly SipHeader[] = [], body = '', toTag = 'far'): SipResponse {
    const response = makeResponse(this.request, status, null, { toTag, headers, body });
    this.repeat(response);
    return response;
  }

  repeat(response: SipResponse): void {
    this.#user.response(response, PEER);
  }

  fail(cause: 'timeout' | 'transport' = 'timeout'): void {
    this.#user.failed(cause);
  }
}

/** A transaction layer without transport and timers: a test is the far end. */
export class FakeLayer implements TransactionLayer {
  readonly sent: FakeClient[] = [];
  readonly acks: { readonly ack: SipRequest; readonly destination: Destination }[] = [];
  readonly resent: SipResponse[] = [];
  #user: TransactionUser | null = null;

  start(user: TransactionUser): Promise<void> {
    this.#user = user;
    return Promise.resolve();
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }

  listening() {
    return [
      { transport: 'udp', address: '198.51.100.1', port: 5060 },
      { transport: 'tcp', address: '198.51.100.1', port: 5062 },
      { transport: 'udp', address: '198.51.100.2', port: 5080 },
    ] as const;
  }

  send(request: SipRequest, destination: Destination, user: ClientTransactionUser): FakeClient {
    const client = new FakeClient(request, destination, user);
    this.sent.push(client);
    return client;
  }

  sendAck(ack: SipRequest, destination: Destination): void {
    this.acks.push({ ack, destination });
  }

  resend(_transaction: ServerTransaction, response: SipResponse): void {
    this.resent.push(response);
  }

  counts() {
    return { server: 0, client: 0, connections: 0 };
  }

  get user(): TransactionUser {
    if (this.#user === null) throw new Error('not started');
    return this.#user;
  }

  /** A request comes in. */
  receive(request: SipRequest, peer: Peer = PEER): FakeServer {
    const server = new FakeServer(request, peer);
    this.user.requestReceived(server);
    return server;
  }

  /** The latest request of ours. */
  latest(method: string): FakeClient {
    const client = this.sent.findLast(({ request }) => request.method === method);
    if (client === undefined) throw new Error(`no ${method} sent`);
    return client;
  }

  methods(): string[] {
    return this.sent.map(({ request }) => request.method);
  }
}

/** Identifiers in order, digits as the test wants them. */
export class FakeRandomness implements Randomness {
  digit = '5';
  #count = 0;

  digits(length: number): string {
    return this.digit.repeat(length);
  }

  identifier(prefix: string): string {
    this.#count += 1;
    return `${prefix}${this.#count}`;
  }
}

/** Reads a request from lines; Content-Length is added. */
export function request(lines: readonly string[], body = ''): SipRequest {
  const text = [...lines, `Content-Length: ${Buffer.byteLength(body)}`, '', body].join('\r\n');
  const result = parseMessage(Buffer.from(text));
  if (result.kind !== 'parsed' || result.message.kind !== 'request') throw new Error(`no request: ${text}`);
  return result.message;
}
