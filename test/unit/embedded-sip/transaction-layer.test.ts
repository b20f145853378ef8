import { describe, expect, test } from 'vitest';
import { toTag } from '../../../src/adapters/embedded-sip/headers.js';
import type { Peer } from '../../../src/adapters/embedded-sip/message.js';
import { Bench, NotingClientUser, ourRequest, request, respond, valueOf } from './bench-of-transactions.js';

describe('Where a request came from', () => {
  test.each([
    ['nothing is noted when Via names the source', '192.0.2.9:5060', '', ''],
    ['received, when Via names another address', '10.0.0.7:5070', '', ';received=192.0.2.9'],
    ['received, when Via has a host name', 'pbx.example.com', '', ';received=192.0.2.9'],
    ['received and rport, when rport is asked for', '192.0.2.9', ';rport', ';rport=6000;received=192.0.2.9'],
  ])('%s', async (_what, sentBy, asked, noted) => {
    const bench = await Bench.started();
    bench.receive(request('OPTIONS', { via: `SIP/2.0/UDP ${sentBy};branch=z9hG4bK-1${asked}` }), {
      ...bench.peer,
      port: 6000,
    });
    expect(valueOf(bench.user.last().request, 'via')).toBe(`SIP/2.0/UDP ${sentBy};branch=z9hG4bK-1${noted}`);
  });
});

test.each([
  ['PBX.example:5070;Branch=z9hG4bKa+b/c==;rport;x', 'PBX.example:5070;Branch=z9hG4bKa+b/c==;rport=6000;x'],
  ['PBX.example ; rport = 7 ; branch=z9hG4bK-(1)', 'PBX.example ;rport=6000; branch=z9hG4bK-(1)'],
  ['PBX.example;x="a;b";branch=z9hG4bK-1;rport', 'pbx.example;x="a;b";branch=z9hG4bK-1;rport=6000'],
])('The rest of Via stays as it came, so that the far end knows its own: %s', async (came, kept) => {
  const bench = await Bench.started();
  bench.receive(request('OPTIONS', { via: `SIP/2.0/UDP ${came}` }), { ...bench.peer, port: 6000 });
  expect(valueOf(bench.user.last().request, 'via')).toBe(`SIP/2.0/UDP ${kept};received=192.0.2.9`);
});

test.each([
  ['10.0.0.7', ';received=192.0.2.9'],
  ['192.0.2.9', ''],
])('A received that the far end wrote itself, at %s, is not believed', async (sentBy, noted) => {
  const bench = await Bench.started();
  bench.receive(request('OPTIONS', { via: `SIP/2.0/UDP ${sentBy};received=203.0.113.1;branch=z9hG4bK-1` }));
  expect(valueOf(bench.user.last().request, 'via')).toBe(`SIP/2.0/UDP ${sentBy};branch=z9hG4bK-1${noted}`);
});

describe('An answer goes', () => {
  async function destinationOf(via: string, kind: 'udp' | 'tcp' = 'udp'): Promise<unknown> {
    const bench = await Bench.started(kind);
    bench.receive(request('OPTIONS', { via }), { ...bench.peer, port: 6000 });
    respond(bench.user.last(), 200);
    return bench.lastSent().destination;
  }

  test('to the source address and the port of Via', async () => {
    expect(await destinationOf('SIP/2.0/UDP 10.0.0.7:5070;branch=z9hG4bK-1')).toEqual({
      transport: 'udp',
      address: '192.0.2.9',
      port: 5070,
    });
  });

  test('to port 5060 when Via has none', async () => {
    expect(await destinationOf('SIP/2.0/UDP pbx.example.com;branch=z9hG4bK-1')).toMatchObject({ port: 5060 });
  });

  test('to the source port when rport is asked for', async () => {
    expect(await destinationOf('SIP/2.0/UDP 10.0.0.7:5070;branch=z9hG4bK-1;rport')).toMatchObject({ port: 6000 });
  });

  test('never where maddr points', async () => {
    expect(await destinationOf('SIP/2.0/UDP 192.0.2.9;maddr=203.0.113.1;branch=z9hG4bK-1')).toMatchObject({
      address: '192.0.2.9',
    });
  });

  test('back on its connection, with the port of Via should that be gone', async () => {
    expect(await destinationOf('SIP/2.0/TCP 192.0.2.9:5070;branch=z9hG4bK-1', 'tcp')).toEqual({
      transport: 'tcp',
      address: '192.0.2.9',
      port: 5070,
      connection: 'tcp-1',
    });
  });
});

describe('CANCEL', () => {
  test('of an unanswered INVITE is answered 200 and told, with the To tag of the INVITE if one is out', async () => {
    const bench = await Bench.started();
    bench.receive(request('INVITE'));
    respond(bench.user.last(), 180);
    bench.receive(request('CANCEL'));
    bench.receive(request('CANCEL'));
    expect(bench.sent()).toEqual(['180', '200', '200']);
    expect(toTag(bench.lastSent().message)).toBe('bridge');
    expect(bench.user.cancelled).toEqual([bench.user.requests[0]]);
    expect(bench.user.requests).toHaveLength(1);
  });

  test('of an INVITE that has its final answer is answered 200 and changes nothing', async () => {
    const bench = await Bench.started();
    bench.receive(request('INVITE'));
    respond(bench.user.last(), 200);
    bench.receive(request('CANCEL'));
    expect(bench.sent()).toEqual(['200', '200']);
    expect(bench.user.cancelled).toEqual([]);
  });

  test('from another address than its INVITE is served for known sources only', async () => {
    const known = new Set(['192.0.2.9', '192.0.2.10']);
    const bench = await Bench.started('udp', { isKnownSource: ({ address }) => known.has(address) });
    bench.receive(request('INVITE'));
    bench.receive(request('CANCEL'), { ...bench.peer, address: '198.51.100.66' });
    expect([bench.sent(), bench.user.cancelled.length]).toEqual([[], 0]);
    bench.receive(request('CANCEL'), { ...bench.peer, address: '192.0.2.10' });
    expect([bench.sent(), bench.user.cancelled.length]).toEqual([['200'], 1]);
  });

  test('from the address of its INVITE is served, whatever became of the source meanwhile', async () => {
    let known = true;
    const bench = await Bench.started('udp', { isKnownSource: () => known });
    bench.receive(request('INVITE'));
    known = false;
    bench.receive(request('CANCEL'), { ...bench.peer, port: 5099 });
    expect(bench.user.cancelled).toHaveLength(1);
  });

  test('that matches no INVITE is answered 481', async () => {
    const bench = await Bench.started();
    bench.receive(request('CANCEL'));
    expect(bench.sent()).toEqual(['481']);
    expect(bench.user.cancelled).toEqual([]);
  });
});

describe('The same request along two ways', () => {
  test('is answered 482 the second time', async () => {
    const bench = await Bench.started();
    bench.receive(request('INVITE'));
    bench.receive(request('INVITE', { branch: 'z9hG4bK-detour' }));
    expect(bench.sent()).toEqual(['482']);
    expect(bench.user.requests).toHaveLength(1);
  });

  test('is another attempt when the first was refused', async () => {
    const bench = await Bench.started();
    bench.receive(request('INVITE'));
    respond(bench.user.last(), 503);
    bench.receive(request('INVITE', { branch: 'z9hG4bK-again' }));
    expect(bench.user.requests).toHaveLength(2);
  });

  test('is no merged request within a dialog', async () => {
    const bench = await Bench.started();
    bench.receive(request('INVITE', { toTag: 'bridge' }));
    bench.receive(request('INVITE', { toTag: 'bridge', branch: 'z9hG4bK-detour' }));
    expect(bench.user.requests).toHaveLength(2);
  });
});

describe('A malformed request', () => {
  const malformed = Buffer.from(
    [
      'INVITE sip:1234@192.0.2.1 SIP/2.0',
      'Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK-1',
      'From: <sip:alice@192.0.2.9>;tag=alice',
      'To: <sip:1234@192.0.2.1>',
      'Call-ID: x',
      'CSeq: 1 BYE',
      '',
      '',
    ].join('\r\n'),
  );

  test('is answered with what is wrong, and reaches nobody', async () => {
    const bench = await Bench.started();
    bench.receiveBytes(malformed);
    expect(bench.lastSent().message).toMatchObject({ status: 400, reason: 'CSeq method does not match the request' });
    expect(toTag(bench.lastSent().message)).not.toBeNull();
    expect(bench.user.requests).toEqual([]);
    expect(bench.layer.counts().server).toBe(0);
  });

  test('gets the same To tag each time it comes', async () => {
    const bench = await Bench.started();
    bench.receiveBytes(malformed);
    bench.receiveBytes(malformed);
    const [first, second] = bench.transport.sent;
    expect(first?.message).toEqual(second?.message);
  });

  test('from a stranger gets no answer', async () => {
    const bench = await Bench.started('udp', { isKnownSource: () => false });
    bench.receiveBytes(malformed);
    bench.receiveBytes(Buffer.from('GET / HTTP/1.1\r\n\r\n'));
    expect(bench.sent()).toEqual([]);
  });

  test('that breaks its stream is answered, where its head can be read', async () => {
    const bench = await Bench.started('tcp');
    const head = Buffer.from(malformed.toString().replace('CSeq: 1 BYE', 'CSeq: 1 INVITE\r\nContent-Length: -1'));
    bench.transport.deliver({ kind: 'broken', status: 400, reason: 'Invalid Content-Length', head }, bench.peer);
    expect(bench.lastSent().message).toMatchObject({ status: 400, reason: 'Invalid Content-Length' });
  });
});

describe('A source that is not known', () => {
  const stranger = (address: string): Peer => ({
    transport: 'udp',
    address,
    port: 5060,
    localAddress: '192.0.2.1',
    localPort: 5060,
  });
  const invite = (number: number): ReturnType<typeof request> =>
    request('INVITE', { branch: `z9hG4bK-${number}`, callId: `call-${number}` });

  test('has its first three INVITEs a minute refused with 403, each once, and then hears nothing', async () => {
    const bench = await Bench.started('udp', { isKnownSource: () => false });
    for (const number of [1, 1, 2, 3, 4, 5]) bench.receive(invite(number), stranger('203.0.113.5'));
    expect(bench.sent()).toEqual(['403', '403', '403']);
    bench.clock.advance(60_000);
    bench.receive(invite(6), stranger('203.0.113.5'));
    expect(bench.sent()).toHaveLength(4);
    expect(bench.user.requests).toEqual([]);
    expect(bench.layer.counts().server).toBe(0);
  });

  test('hears nothing at all when it sends other requests', async () => {
    const bench = await Bench.started('udp', { isKnownSource: () => false });
    for (const method of ['OPTIONS', 'REGISTER', 'BYE', 'CANCEL', 'ACK', 'SUBSCRIBE']) bench.receive(request(method));
    expect(bench.sent()).toEqual([]);
    expect(bench.user).toMatchObject({ requests: [], acks: [] });
  });

  test('is one of a bounded number of sources that are told', async () => {
    const refusals = { perMinute: 3, sources: 2 };
    const bench = await Bench.started('udp', { isKnownSource: () => false, limits: { refusals } });
    for (const last of [1, 2, 3, 4]) bench.receive(invite(last), stranger(`203.0.113.${last}`));
    expect(bench.sent()).toEqual(['403', '403']);
  });

  test('loses its connection', async () => {
    const bench = await Bench.started('tcp', { isKnownSource: () => false });
    bench.receive(request('OPTIONS'));
    expect(bench.transport.dropped).toEqual(['tcp-1']);
  });

  test('may be let in for a request that is part of a call', async () => {
    const bench = await Bench.started('udp', {
      isKnownSource: (_source, sent) => sent !== undefined && toTag(sent) === 'bridge',
    });
    bench.receive(request('BYE', { toTag: 'bridge' }));
    bench.receive(request('ACK', { toTag: 'bridge' }));
    bench.receive(request('BYE', { toTag: 'forged', branch: 'z9hG4bK-2' }));
    expect(bench.user.requests).toHaveLength(1);
    expect(bench.user.acks).toHaveLength(1);
  });
});

describe('A flood', () => {
  test('has INVITEs beyond the bound answered 503 without keeping anything, and what ends calls still let in', async () => {
    const bench = await Bench.started('udp', { limits: { serverTransactions: 2 } });
    for (const number of [1, 2, 3]) bench.receive(request('INVITE', { branch: `z9hG4bK-${number}`, cseq: number }));
    expect(bench.sent()).toEqual(['503']);
    expect(valueOf(bench.lastSent().message, 'retry-after')).toBe('5');
    bench.receive(request('BYE', { toTag: 'bridge', branch: 'z9hG4bK-4', cseq: 4 }));
    bench.receive(request('BYE', { toTag: 'bridge', branch: 'z9hG4bK-5', cseq: 5 }));
    bench.receive(request('BYE', { toTag: 'bridge', branch: 'z9hG4bK-6', cseq: 6 }));
    expect(bench.sent()).toEqual(['503', '503']);
    expect(bench.layer.counts().server).toBe(4);
  });
});

describe('The layer', () => {
  test('tells of a user that throws, and goes on', async () => {
    const bench = await Bench.started();
    bench.user.requestReceived = () => {
      throw new Error('a mistake above');
    };
    bench.receive(request('OPTIONS'));
    expect(bench.user.troubles).toEqual(['SIP transactions: a mistake above']);
  });

  test('ignores keep-alives', async () => {
    const bench = await Bench.started();
    bench.receiveBytes(Buffer.from('\r\n\r\n'));
    bench.receiveBytes(Buffer.alloc(0));
    expect(bench.sent()).toEqual([]);
  });

  test('leaves no timer and no transaction behind when it stops', async () => {
    const bench = await Bench.started();
    bench.receive(request('INVITE'));
    bench.receive(request('OPTIONS', { branch: 'z9hG4bK-2' }));
    await bench.layer.stop();
    expect(bench.layer.counts()).toEqual({ server: 0, client: 0, connections: 0 });
    expect(bench.clock.pending).toBe(0);
    expect(bench.layer.listening()).toEqual([]);
  });

  test('tells of an answer that could not be sent', async () => {
    const bench = await Bench.started();
    bench.receive(request('OPTIONS'));
    bench.transport.failing = true;
    respond(bench.user.last(), 200);
    bench.clock.advance(0);
    expect(bench.user.troubles).toEqual(['answer to OPTIONS not sent to 192.0.2.9: unreachable']);
  });
});

test('A request that is sent because another failed by the stop is ended with it', async () => {
  const bench = await Bench.started('tcp');
  const bye = new NotingClientUser();
  bench.layer.send(ourRequest('OPTIONS'), bench.destination, {
    response: () => undefined,
    failed: () => void bench.layer.send(ourRequest('BYE'), bench.destination, bye),
  });
  await bench.layer.stop();
  expect([bye.failures, bench.layer.counts().client, bench.clock.pending]).toEqual([['transport'], 0, 0]);
});
