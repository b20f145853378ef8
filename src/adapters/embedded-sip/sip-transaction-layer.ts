import { createHmac, randomBytes } from 'node:crypto';
import { isIPv6 } from 'node:net';
import type { Clock } from '../../ports/clock.js';
import { isWildcard, localAddressTowards } from './addresses.js';
import { makeResponse } from './build.js';
import { formatVia, header } from './headers.js';
import { InviteClientTransaction } from './invite-client.js';
import { InviteServerTransaction } from './invite-server.js';
import {
  DEFAULT_LAYER_LIMITS,
  type LayerLimits,
  type ListenAddress,
  type TransactionLayerOptions,
} from './layer-options.js';
import { acknowledges, clientKey, markSource, mergeKey, responseDestination, serverKey } from './matching.js';
import type { Peer, SipHeader, SipRequest, SipResponse } from './message.js';
import { NonInviteClientTransaction } from './non-invite-client.js';
import { NonInviteServerTransaction } from './non-invite-server.js';
import { parseMessage, type ParseResult } from './parse.js';
import { reasonOf } from './reason.js';
import { Refusals } from './refusals.js';
import { serialise } from './serialise.js';
import { TcpTransport } from './tcp-transport.js';
import { DEFAULT_TIMERS, guardedClock, type TransactionTimers } from './timers.js';
import type {
  ClientTransaction,
  ClientTransactionUser,
  Destination,
  ServerTransaction,
  TransactionLayer,
  TransactionUser,
} from './transaction-layer.js';
import type { ClientMachine, ServerMachine, TransactionContext } from './transaction.js';
import { isReliable, type Arrival, type Transport, type TransportKind } from './transport.js';
import { UdpTransport } from './udp-transport.js';

/** Seconds a far end is asked to wait when there are too many transactions. */
const RETRY_AFTER = '5';

/** RFC 3261 sections 17 and 18: transactions over UDP and TCP. */
export class SipTransactionLayer implements TransactionLayer {
  readonly #options: TransactionLayerOptions;
  readonly #limits: LayerLimits;
  readonly #timers: TransactionTimers;
  readonly #clock: Clock;
  readonly #refusals: Refusals;
  readonly #transports: readonly Transport[];
  readonly #servers = new Map<string, ServerMachine>();
  /** How answers of a transaction leave, also once it is over. */
  readonly #routes = new WeakMap<ServerTransaction, (bytes: Buffer) => void>();
  readonly #merged = new Map<string, ServerMachine>();
  readonly #clients = new Map<string, ClientMachine>();
  /** Makes the To tags of stateless answers: the same for the same request, and no one else's guess (section 8.2.7). */
  readonly #tagSecret = randomBytes(16);
  #user: TransactionUser | null = null;

  constructor(options: TransactionLayerOptions) {
    this.#options = options;
    this.#limits = { ...DEFAULT_LAYER_LIMITS, ...options.limits };
    this.#timers = options.timers ?? DEFAULT_TIMERS;
    this.#clock = guardedClock(options.clock, (callback) => this.#guarded(callback));
    this.#refusals = new Refusals(options.clock, this.#limits.refusals);
    const open = options.openTransport ?? ((listen: ListenAddress) => this.#openTransport(listen));
    this.#transports = options.listen.map(open);
  }

  #openTransport({ transport, address, port }: ListenAddress): Transport {
    switch (transport) {
      case 'udp':
        return new UdpTransport(address, port);
      case 'tcp': {
        const { clock, isKnownSource } = this.#options;
        return new TcpTransport(address, port, clock, (source) => isKnownSource(source), this.#limits.tcp);
      }
      case 'tls':
        throw new Error('the embedded engine does not speak TLS yet: use udp or tcp');
    }
  }

  /** @throws Error with one clear line when an address cannot be bound; then none is. */
  async start(user: TransactionUser): Promise<void> {
    this.#user = user;
    try {
      for (const transport of this.#transports) {
        await transport.open({
          received: (arrival, peer) => this.#guarded(() => this.#received(transport, arrival, peer)),
          trouble: (message) => user.trouble(message),
        });
      }
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    // Visits what is added meanwhile too: whoever is told that its request failed may well send a BYE.
    for (const client of this.#clients.values()) this.#guarded(() => client.end());
    for (const server of [...this.#servers.values()]) server.end();
    this.#user = null;
    await Promise.all(this.#transports.map((transport) => transport.close()));
  }

  listening(): readonly ListenAddress[] {
    if (this.#user === null) return [];
    return this.#transports.map(({ kind, address, port }) => ({ transport: kind, address, port }));
  }

  counts(): { readonly server: number; readonly client: number; readonly connections: number } {
    const connections = this.#transports.reduce((sum, transport) => sum + transport.connections, 0);
    return { server: this.#servers.size, client: this.#clients.size, connections };
  }

  send(request: SipRequest, destination: Destination, user: ClientTransactionUser): ClientTransaction {
    const transport = this.#transportTo(destination);
    const branch = this.#options.randomness.identifier('z9hG4bK');
    const withVia = this.#withVia(request, destination, transport, branch);
    return this.#startClient(withVia, destination, transport, user);
  }

  sendAck(ack: SipRequest, destination: Destination): void {
    const transport = this.#transportTo(destination);
    const branch = this.#options.randomness.identifier('z9hG4bK');
    // A lost ACK is made good by the far end's next 2xx.
    transport?.send(serialise(this.#withVia(ack, destination, transport, branch)), destination, () => undefined);
  }

  resend(transaction: ServerTransaction, response: SipResponse): void {
    this.#routes.get(transaction)?.(serialise(response));
  }

  // Arrivals

  #received(transport: Transport, arrival: Arrival, peer: Peer): void {
    if (arrival.kind === 'broken') this.#refuseBroken(transport, arrival, peer);
    else this.#parsed(transport, parseMessage(arrival.bytes), peer);
  }

  /** RFC 4475 sections 3.1.2.2 and 3.1.2.3: a stream that lost its way is answered if possible, and then closed. */
  #refuseBroken(
    transport: Transport,
    { head, status, reason }: Arrival & { readonly kind: 'broken' },
    peer: Peer,
  ): void {
    const result = parseMessage(head);
    if (result.kind === 'refused') this.#parsed(transport, { ...result, status, reason }, peer);
    else if (result.kind === 'parsed' && result.message.kind === 'request' && result.message.method !== 'ACK') {
      this.#parsed(transport, { kind: 'refused', status, reason, request: result.message }, peer);
    }
  }

  #parsed(transport: Transport, result: ParseResult, peer: Peer): void {
    switch (result.kind) {
      case 'keepAlive':
        return;
      case 'unreadable':
        this.#dropStranger(transport, peer);
        return;
      case 'refused':
        if (!this.#isKnown(peer, result.request)) this.#dropStranger(transport, peer);
        else this.#answerStatelessly(transport, markSource(result.request, peer), peer, result.status, result.reason);
        return;
      case 'parsed':
        if (result.message.kind === 'response') this.#responseReceived(result.message, peer);
        else this.#requestReceived(transport, result.message, peer);
        return;
    }
  }

  /** Section 17.1.3. A response to none of our requests is dropped: it is a straggler, or not for us (18.1.2). */
  #responseReceived(response: SipResponse, peer: Peer): void {
    const key = clientKey(response);
    if (key !== null) this.#clients.get(key)?.responseReceived(response, peer);
  }

  #requestReceived(transport: Transport, request: SipRequest, peer: Peer): void {
    if (request.method === 'ACK') {
      this.#ackReceived(transport, request, peer);
      return;
    }
    const key = serverKey(request, request.method);
    const existing = this.#servers.get(key);
    if (existing !== undefined) {
      existing.requestRepeated();
      return;
    }
    const marked = markSource(request, peer);
    const cancelled = request.method === 'CANCEL' ? this.#servers.get(serverKey(request, 'INVITE')) : undefined;
    // Section 22.1: "a CANCEL request SHOULD be accepted by a server if it comes from the same hop that submitted the request
    // being canceled"; from elsewhere the source has to be one that is served.
    if (cancelled?.peer.address !== peer.address && !this.#isKnown(peer, request)) {
      this.#refuseStranger(transport, marked, peer);
      return;
    }
    const merged = mergeKey(request);
    if (this.#isFull(request.method)) {
      this.#answerStatelessly(transport, marked, peer, 503, null, [{ name: 'retry-after', value: RETRY_AFTER }]);
    } else if (request.method !== 'CANCEL' && this.#isMerged(merged)) {
      // Section 8.2.2.2: the same request along another way is answered 482.
      this.#answerStatelessly(transport, marked, peer, 482, null);
    } else {
      const server = this.#startServer(transport, marked, peer, key, merged);
      if (request.method === 'CANCEL') this.#cancelReceived(server, cancelled);
      else this.#user?.requestReceived(server);
    }
  }

  #ackReceived(transport: Transport, ack: SipRequest, peer: Peer): void {
    const invite = this.#servers.get(serverKey(ack, 'INVITE'));
    if (invite instanceof InviteServerTransaction && acknowledges(ack, invite.answeredTag)) {
      if (!invite.ackReceived()) return;
    } else if (!this.#isKnown(peer, ack)) {
      this.#dropStranger(transport, peer);
      return;
    }
    this.#user?.ackReceived(markSource(ack, peer), peer);
  }

  /**
   * Section 9.2: a CANCEL that matches no transaction is answered 481, any other 200, with the To tag that the INVITE was
   * or will be answered with if it is known. It has no effect on an INVITE that has its final answer.
   */
  #cancelReceived(cancel: ServerTransaction, invite: ServerMachine | undefined): void {
    const toTag = invite?.answeredTag ?? this.#statelessTag(cancel.request);
    cancel.respond(makeResponse(cancel.request, invite === undefined ? 481 : 200, null, { toTag }));
    if (invite?.answered === false) this.#user?.inviteCancelled(invite);
  }

  /** One that we refused may be tried again under the same CSeq (RFC 3263 section 4.3). */
  #isMerged(key: string | null): boolean {
    const server = key === null ? undefined : this.#merged.get(key);
    return server !== undefined && (server.finalStatus ?? 200) < 300;
  }

  #isFull(method: string): boolean {
    const bound = this.#limits.serverTransactions;
    // What ends calls is let in longer than what begins them.
    return this.#servers.size >= (method === 'INVITE' ? bound : 2 * bound);
  }

  // Strangers

  #isKnown({ transport, address, port }: Peer, request: SipRequest): boolean {
    return this.#options.isKnownSource({ transport, address, port }, request);
  }

  #refuseStranger(transport: Transport, request: SipRequest, peer: Peer): void {
    if (request.method === 'INVITE' && this.#refusals.allows(peer.address, this.#statelessTag(request))) {
      this.#answerStatelessly(transport, request, peer, 403, null);
    } else this.#dropStranger(transport, peer);
  }

  #dropStranger(transport: Transport, { transport: kind, address, port, connection }: Peer): void {
    if (connection !== undefined && !this.#options.isKnownSource({ transport: kind, address, port })) {
      transport.drop(connection);
    }
  }

  // Answers without a transaction (section 8.2.7)

  #answerStatelessly(
    transport: Transport,
    request: SipRequest,
    peer: Peer,
    status: number,
    reason: string | null,
    headers: readonly SipHeader[] = [],
  ): void {
    const response = makeResponse(request, status, reason, { toTag: this.#statelessTag(request), headers });
    transport.send(serialise(response), responseDestination(request, peer), () => undefined);
  }

  #statelessTag(request: SipRequest): string {
    const parts = [header(request, 'call-id'), header(request, 'from'), header(request, 'via')];
    return createHmac('sha256', this.#tagSecret).update(JSON.stringify(parts)).digest('hex').slice(0, 20);
  }

  // Transactions

  #startServer(
    transport: Transport,
    request: SipRequest,
    peer: Peer,
    key: string,
    merged: string | null,
  ): ServerMachine {
    const destination = responseDestination(request, peer);
    // RFC 6026 section 7.1: an answer that could not be sent is told of, but may still get through when sent again.
    const transmit = (bytes: Buffer): void =>
      transport.send(bytes, destination, (cause) =>
        this.#user?.trouble(`answer to ${request.method} not sent to ${destination.address}: ${cause}`),
      );
    const ended = (): void => {
      this.#servers.delete(key);
      if (merged !== null && this.#merged.get(merged) === server) this.#merged.delete(merged);
    };
    const context = this.#context(transport.kind, { transmit, ended });
    const parts = { request, peer, context };
    const server: ServerMachine =
      request.method === 'INVITE'
        ? new InviteServerTransaction(parts, {
            acknowledgementMissing: () => this.#user?.acknowledgementMissing(server),
          })
        : new NonInviteServerTransaction(parts);
    this.#servers.set(key, server);
    this.#routes.set(server, transmit);
    if (merged !== null && request.method !== 'CANCEL') this.#merged.set(merged, server);
    return server;
  }

  #startClient(
    request: SipRequest,
    destination: Destination,
    transport: Transport | null,
    user: ClientTransactionUser,
  ): ClientTransaction {
    const key = clientKey(request);
    const guardedUser: ClientTransactionUser = {
      response: (response, peer) => this.#guarded(() => user.response(response, peer)),
      failed: (cause) => this.#guarded(() => user.failed(cause)),
    };
    const transportFailed = (): void => this.#guarded(() => client.transportFailed());
    const context = this.#context(destination.transport, {
      transmit: (bytes) => {
        if (transport === null) queueMicrotask(transportFailed);
        else transport.send(bytes, destination, transportFailed);
      },
      ended: () => {
        if (key !== null) this.#clients.delete(key);
      },
    });
    const client: ClientMachine =
      request.method === 'INVITE'
        ? new InviteClientTransaction(request, context, guardedUser, (cancel) =>
            this.#startClient(cancel, destination, transport, { response: () => undefined, failed: () => undefined }),
          )
        : new NonInviteClientTransaction(request, context, guardedUser);
    if (key !== null) this.#clients.set(key, client);
    return client;
  }

  #context(kind: TransportKind, ends: Pick<TransactionContext, 'transmit' | 'ended'>): TransactionContext {
    return { clock: this.#clock, timers: this.#timers, reliable: isReliable(kind), ...ends };
  }

  // Requests of ours

  /** The transport that listens where the far end talks to us, if there is one; `null` when none could reach the destination. */
  #transportTo({ transport: kind, address, local }: Destination): Transport | null {
    if (this.#user === null) return null;
    const ofKind = this.#transports.filter((transport) => transport.kind === kind);
    const isSameFamily = (transport: Transport): boolean => isIPv6(transport.address) === isIPv6(address);
    // "::" takes IPv4 too; a TCP connection leaves from any address.
    const others = ofKind.filter((other) => !isSameFamily(other) && (kind !== 'udp' || other.address === '::'));
    const candidates = [...ofKind.filter(isSameFamily), ...others];
    const exact = candidates.find(({ address: own, port }) => own === local?.address && port === local.port);
    const samePort = candidates.find(({ address: own, port }) => isWildcard(own) && port === local?.port);
    return exact ?? samePort ?? candidates.find(({ address: own }) => own === local?.address) ?? candidates[0] ?? null;
  }

  /** Section 18.1.1, with `rport` as RFC 3581 section 3 wants it of a client. */
  #withVia(request: SipRequest, destination: Destination, transport: Transport | null, branch: string): SipRequest {
    const advertised = this.#advertised(destination, transport?.address ?? '0.0.0.0');
    const via = formatVia({
      transport: destination.transport.toUpperCase(),
      host: advertised.host,
      port: advertised.port ?? transport?.port ?? null,
      parameters: new Map([
        ['branch', branch],
        ['rport', null],
      ]),
    });
    return { ...request, headers: [{ name: 'via', value: via }, ...request.headers] };
  }

  /** Not to be found out when the system has no descriptor left; then answers still come back, by `rport`. */
  #advertised(destination: Destination, bound: string): { readonly host: string; readonly port?: number } {
    const { address, transport } = destination;
    try {
      const chosen = this.#options.advertise?.(address, transport);
      return chosen ?? { host: isWildcard(bound) ? localAddressTowards(address) : bound };
    } catch (error) {
      this.#user?.trouble(`own address towards ${address} not found: ${reasonOf(error)}`);
      return { host: bound };
    }
  }

  /** One bad message never harms another call: what breaks is told, and goes no further. */
  #guarded(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#user?.trouble(`SIP transactions: ${reasonOf(error)}`);
    }
  }
}
