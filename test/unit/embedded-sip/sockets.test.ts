import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { once } from 'node:events';
import { syncBuiltinESMExports } from 'node:module';
import os, { networkInterfaces } from 'node:os';
import { connect, createServer, Socket, type AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeResponse } from '../../../src/adapters/embedded-sip/build.js';
import type { TransactionLayerOptions } from '../../../src/adapters/embedded-sip/layer-options.js';
import type { SipMessage } from '../../../src/adapters/embedded-sip/message.js';
import { StreamFramer } from '../../../src/adapters/embedded-sip/framing.js';
import { parseMessage } from '../../../src/adapters/embedded-sip/parse.js';
import { serialise } from '../../../src/adapters/embedded-sip/serialise.js';
import { SipTransactionLayer } from '../../../src/adapters/embedded-sip/sip-transaction-layer.js';
import { DEFAULT_TCP_LIMITS } from '../../../src/adapters/embedded-sip/tcp-transport.js';
import type { Destination, ServerTransaction } from '../../../src/adapters/embedded-sip/transaction-layer.js';
import { ManualClock } from '../../fakes/manual-clock.js';
import { NotingUser, ourRequest, request, respond, valueOf } from './bench-of-transactions.js';

/** The same layer over real sockets on the loopback address; its timers still stand on a manual clock. */

const clock = new ManualClock();
let layer: SipTransactionLayer;
let user: AnsweringUser;
let udpPort = 0;
let tcpPort = 0;

/** Answers every request 200 and remembers it. */
class AnsweringUser extends NotingUser {
  override requestReceived(transaction: ServerTransaction): void {
    super.requestReceived(transaction);
    respond(transaction, 200);
  }
}

async function startLayer(options: Partial<TransactionLayerOptions> = {}, address = '127.0.0.1'): Promise<void> {
  let made = 0;
  user = new AnsweringUser();
  layer = new SipTransactionLayer({
    listen: [
      { transport: 'udp', address, port: 0 },
      { transport: 'tcp', address, port: 0 },
    ],
    clock,
    randomness: { digits: (length) => '0'.repeat(length), identifier: (prefix) => `${prefix}${(made += 1)}` },
    isKnownSource: () => true,
    ...options,
  });
  await layer.start(user);
  udpPort = layer.listening().find(({ transport }) => transport === 'udp')?.port ?? 0;
  tcpPort = layer.listening().find(({ transport }) => transport === 'tcp')?.port ?? 0;
}

function parsed(bytes: Buffer): SipMessage {
  const result = parseMessage(bytes);
  if (result.kind !== 'parsed') throw new Error(`not parsed: ${bytes.toString()}`);
  return result.message;
}

/** The next message of a datagram socket. */
async function datagram(socket: DatagramSocket): Promise<SipMessage> {
  const [bytes] = (await once(socket, 'message')) as [Buffer];
  return parsed(bytes);
}

/** Collects bytes until as many messages are there. */
async function messages(socket: Socket, count: number): Promise<SipMessage[]> {
  const framer = new StreamFramer();
  const found: SipMessage[] = [];
  while (found.length < count) {
    const [bytes] = (await once(socket, 'data')) as [Buffer];
    for (const frame of framer.push(bytes)) if (frame.kind === 'message') found.push(parsed(frame.bytes));
  }
  return found;
}

async function connected(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

interface Outcome {
  readonly status: number | null;
  readonly failure: string | null;
}

/** Sends an OPTIONS of ours and waits for what becomes of it. */
function ask(destination: Destination): Promise<Outcome> {
  return new Promise((resolve) => {
    layer.send(ourRequest('OPTIONS'), destination, {
      response: ({ status }) => resolve({ status, failure: null }),
      failed: (failure) => resolve({ status: null, failure }),
    });
  });
}

const viaTcp = (branch: string): string => `SIP/2.0/TCP 127.0.0.1:5060;branch=z9hG4bK-${branch}`;

afterEach(() => layer.stop());

describe('Over UDP', () => {
  let far: DatagramSocket;

  beforeEach(async () => {
    await startLayer();
    far = createSocket('udp4');
    far.bind(0, '127.0.0.1');
    await once(far, 'listening');
  });
  afterEach(() => new Promise<void>((resolve) => far.close(() => resolve())));

  test('a request is answered to the port it came from when it asks for rport', async () => {
    const sent = request('OPTIONS', { via: 'SIP/2.0/UDP 192.0.2.7:9;branch=z9hG4bK-1;rport' });
    far.send(serialise(sent), udpPort, '127.0.0.1');
    const answer = await datagram(far);
    expect(answer).toMatchObject({ kind: 'response', status: 200 });
    expect(valueOf(answer, 'via')).toBe(
      `SIP/2.0/UDP 192.0.2.7:9;branch=z9hG4bK-1;rport=${far.address().port};received=127.0.0.1`,
    );
    expect(user.last().peer).toEqual({
      transport: 'udp',
      address: '127.0.0.1',
      port: far.address().port,
      localAddress: '127.0.0.1',
      localPort: udpPort,
    });
  });

  test('a request of ours leaves from the port listened on, and its answer comes back', async () => {
    far.once('message', (bytes: Buffer, from) => {
      const asked = parsed(bytes);
      expect(from.port).toBe(udpPort);
      if (asked.kind === 'request') far.send(serialise(makeResponse(asked, 200)), from.port, from.address);
    });
    const outcome = await ask({ transport: 'udp', address: '127.0.0.1', port: far.address().port });
    expect(outcome).toEqual({ status: 200, failure: null });
  });

  test('noise and closed ports do no harm', async () => {
    far.send(Buffer.from([0, 1, 2, 3]), udpPort, '127.0.0.1');
    // Nobody listens on the discard port: the ICMP error that comes back must be survived.
    void ask({ transport: 'udp', address: '127.0.0.1', port: 9 });
    far.send(serialise(request('OPTIONS', { via: 'SIP/2.0/UDP x;branch=z9hG4bK-2;rport' })), udpPort, '127.0.0.1');
    expect(await datagram(far)).toMatchObject({ status: 200 });
  });

  test('a destination that cannot be sent to fails by transport', async () => {
    expect(await ask({ transport: 'udp', address: '127.0.0.1', port: 0 })).toMatchObject({ failure: 'transport' });
  });
});

describe('Over TCP', () => {
  test('requests in pieces and several at once are answered in order on their connection', async () => {
    await startLayer();
    const far = await connected(tcpPort);
    const stream = Buffer.concat(
      ['a', 'b', 'c'].map((branch, index) => serialise(request('OPTIONS', { via: viaTcp(branch), cseq: index + 1 }))),
    );
    const arriving = messages(far, 3);
    far.write(stream.subarray(0, 100));
    far.write(stream.subarray(100, 700));
    far.write(stream.subarray(700));
    expect((await arriving).map((answer) => valueOf(answer, 'cseq'))).toEqual(['1 OPTIONS', '2 OPTIONS', '3 OPTIONS']);
    expect(layer.counts().connections).toBe(1);
    far.destroy();
  });

  test('a double line end is answered with a single one', async () => {
    await startLayer();
    const far = await connected(tcpPort);
    far.write('\r\n\r\n');
    expect(((await once(far, 'data')) as [Buffer])[0].toString()).toBe('\r\n');
    far.destroy();
  });

  test('a stream that lost its way is answered 400 and closed', async () => {
    await startLayer();
    const far = await connected(tcpPort);
    const broken = serialise(request('OPTIONS', { via: viaTcp('x') }))
      .toString()
      .replace('Content-Length: 0', 'Content-Length: -1');
    const answers = messages(far, 1);
    const closed = once(far, 'close');
    far.write(broken);
    expect((await answers)[0]).toMatchObject({ status: 400, reason: 'Invalid Content-Length' });
    await closed;
    expect(user.requests).toEqual([]);
  });

  test('a request of ours uses the connection of the far end again', async () => {
    await startLayer();
    const far = await connected(tcpPort);
    const answers = messages(far, 1);
    far.write(serialise(request('OPTIONS', { via: viaTcp('y') })));
    await answers;
    const { connection } = user.last().peer;
    if (connection === undefined) throw new Error('the connection has no name');
    const asked = messages(far, 1);
    const outcome = ask({ transport: 'tcp', address: '127.0.0.1', port: 9, connection });
    const [options] = await asked;
    if (options?.kind === 'request') far.write(serialise(makeResponse(options, 204)));
    expect(await outcome).toEqual({ status: 204, failure: null });
    far.destroy();
  });

  test('a request of ours makes a connection, and the next one uses it too', async () => {
    await startLayer();
    let accepted = 0;
    const server = createServer((socket) => {
      accepted += 1;
      const framer = new StreamFramer();
      socket.on('data', (bytes) => {
        for (const frame of framer.push(bytes)) {
          const asked = frame.kind === 'message' ? parsed(frame.bytes) : null;
          if (asked?.kind === 'request') socket.write(serialise(makeResponse(asked, 200)));
        }
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const destination = { transport: 'tcp', address: '127.0.0.1', port } as const;
    expect(await Promise.all([ask(destination), ask(destination)])).toEqual([
      { status: 200, failure: null },
      { status: 200, failure: null },
    ]);
    expect(accepted).toBe(1);
    await layer.stop();
    await new Promise((resolve) => server.close(resolve));
  });

  test('a refused connection fails the request by transport', async () => {
    await startLayer();
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    expect(await ask({ transport: 'tcp', address: '127.0.0.1', port })).toEqual({ status: null, failure: 'transport' });
    expect(layer.counts()).toMatchObject({ client: 0, connections: 0 });
  });

  test('connections beyond the bound of one source are closed', async () => {
    await startLayer({ limits: { tcp: { ...DEFAULT_TCP_LIMITS, perSource: 1 } } });
    const first = await connected(tcpPort);
    const second = connect(tcpPort, '127.0.0.1');
    await once(second, 'close');
    expect(layer.counts().connections).toBe(1);
    first.destroy();
  });

  test.each([
    ['says nothing', '', DEFAULT_TCP_LIMITS.firstMessage],
    ['begins a message and stops', 'OPTIONS sip:a@b SIP/2.0\r\n', DEFAULT_TCP_LIMITS.firstMessage],
  ])('a connection that %s is closed after a while', async (_what, bytes, while_) => {
    await startLayer();
    const far = await connected(tcpPort);
    const pong = once(far, 'data');
    far.write(`\r\n\r\n${bytes}`);
    await pong;
    const closed = once(far, 'close');
    clock.advance(while_);
    await closed;
    expect(layer.counts().connections).toBe(0);
  });

  test('a connection that is not used is closed after the idle time, counted from the last use', async () => {
    await startLayer();
    const far = await connected(tcpPort);
    const answers = messages(far, 1);
    clock.advance(1_000);
    far.write(serialise(request('OPTIONS', { via: viaTcp('idle') })));
    await answers;
    clock.advance(DEFAULT_TCP_LIMITS.idle - 1);
    expect(layer.counts().connections).toBe(1);
    const closed = once(far, 'close');
    clock.advance(1);
    await closed;
  });
});

describe('Bound to every address', () => {
  const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ family }) => family === 'IPv6'));

  test.skipIf(!hasIpv6)(
    'the layer tells the address of this machine that the far end sees, and takes IPv4 on an IPv6 socket',
    async () => {
      await startLayer({}, '::');
      const far = createSocket('udp4');
      far.bind(0, '127.0.0.1');
      await once(far, 'listening');
      const answered = datagram(far);
      far.send(serialise(request('OPTIONS', { via: 'SIP/2.0/UDP x;branch=z9hG4bK-3;rport' })), udpPort, '127.0.0.1');
      expect(await answered).toMatchObject({ status: 200 });
      expect(user.last().peer).toMatchObject({ address: '127.0.0.1', localAddress: '127.0.0.1' });
      const asked = datagram(far);
      void ask({ transport: 'udp', address: '127.0.0.1', port: far.address().port });
      expect(valueOf(await asked, 'via')).toContain(`SIP/2.0/UDP 127.0.0.1:${udpPort};`);
      await new Promise<void>((resolve) => far.close(() => resolve()));
    },
  );
});

describe('When the system has no descriptor left to tell its addresses by', () => {
  const own = Object.values(networkInterfaces())
    .flatMap((all) => all ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;

  test.skipIf(own === undefined)('a datagram from anywhere is served all the same', async () => {
    const real = os.networkInterfaces;
    await startLayer({}, '0.0.0.0');
    const far = createSocket('udp4');
    try {
      os.networkInterfaces = () => {
        throw new Error('too many open files');
      };
      syncBuiltinESMExports();
      far.bind(0, own);
      await once(far, 'listening');
      far.send(serialise(request('OPTIONS', { via: 'SIP/2.0/UDP 192.0.2.7;branch=z9hG4bK-1;rport' })), udpPort, own);
      expect(await datagram(far)).toMatchObject({ kind: 'response', status: 200 });
    } finally {
      os.networkInterfaces = real;
      syncBuiltinESMExports();
      far.close();
    }
  });
});

describe('Listening on several ports', () => {
  const listen = (transport: 'udp' | 'tcp') => ({ transport, address: '127.0.0.1', port: 0 });

  test('a request of ours leaves from the one that the far end talks to', async () => {
    await startLayer({ listen: [listen('udp'), listen('udp')] });
    const second = layer.listening()[1]?.port ?? 0;
    const far = createSocket('udp4');
    far.bind(0, '127.0.0.1');
    await once(far, 'listening');
    const arrived = once(far, 'message') as Promise<[Buffer, { readonly port: number }]>;
    const { port } = far.address();
    const local = { address: '127.0.0.1', port: second };
    layer.sendAck(ourRequest('ACK'), { transport: 'udp', address: '127.0.0.1', port, local });
    const [bytes, from] = await arrived;
    far.close();
    expect(from.port).toBe(second);
    expect(valueOf(parsed(bytes), 'via')).toContain(`127.0.0.1:${second};`);
  });

  test('the connection named is never taken for another one of the same number', async () => {
    await startLayer({ listen: [listen('tcp'), listen('tcp')] });
    const far = await Promise.all(layer.listening().map(({ port }) => connected(port)));
    for (const [index, socket] of far.entries()) {
      socket.write(serialise(request('OPTIONS', { via: viaTcp(String(index)), callId: `call-${index}` })));
      await messages(socket, 1);
    }
    const peer = user.requests[1]?.peer;
    if (peer?.connection === undefined) throw new Error('not the second connection');
    const stray = once(far[0] ?? new Socket(), 'data').then(() => 'the first');
    const due = once(far[1] ?? new Socket(), 'data').then(() => 'the second');
    const local = { address: peer.localAddress, port: peer.localPort };
    layer.sendAck(ourRequest('ACK'), {
      transport: 'tcp',
      address: '127.0.0.1',
      port: 9,
      connection: peer.connection,
      local,
    });
    expect(await Promise.race([stray, due])).toBe('the second');
    expect(peer.connection).not.toBe(user.requests[0]?.peer.connection);
    for (const socket of far) socket.destroy();
  });
});

describe('An address that is taken', () => {
  test.each(['udp', 'tcp'] as const)('is told in one line by start (%s), and nothing stays open', async (transport) => {
    await startLayer();
    const taken = layer.listening().find((address) => address.transport === transport);
    if (taken === undefined) throw new Error('not listening');
    const second = new SipTransactionLayer({
      listen: [{ transport: transport === 'udp' ? 'tcp' : 'udp', address: '127.0.0.1', port: 0 }, taken],
      clock,
      randomness: { digits: () => '', identifier: () => '' },
      isKnownSource: () => true,
    });
    await expect(second.start(new NotingUser())).rejects.toThrow(
      `cannot listen on ${transport}:127.0.0.1:${taken.port}: `,
    );
    expect(second.listening()).toEqual([]);
  });
});
