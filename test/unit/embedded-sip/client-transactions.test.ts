import { describe, expect, test } from 'vitest';
import type { ClientTransaction } from '../../../src/adapters/embedded-sip/transaction-layer.js';
import { Bench, NotingClientUser, answerTo, ourRequest, valueOf } from './bench-of-transactions.js';

/** RFC 3261 section 17.1 with RFC 6026, on default timers: T1 500 ms, T2 4 s, T4 5 s. */

interface Sending {
  readonly bench: Bench;
  readonly user: NotingClientUser;
  readonly transaction: ClientTransaction;
  /** The far end answers what it was sent. */
  readonly answer: (status: number, toTag?: string) => void;
}

async function sending(method: string, kind: 'udp' | 'tcp' = 'udp'): Promise<Sending> {
  const bench = await Bench.started(kind);
  const user = new NotingClientUser();
  const transaction = bench.layer.send(ourRequest(method), bench.destination, user);
  const answer = (status: number, toTag?: string): void =>
    bench.receive(answerTo(bench.sentRequest(method), status, toTag));
  return { bench, user, transaction, answer };
}

describe('A request of ours', () => {
  test('gets a Via with our address, a fresh branch with the magic cookie, and rport', async () => {
    const { bench } = await sending('OPTIONS');
    bench.layer.send(ourRequest('OPTIONS'), bench.destination, new NotingClientUser());
    expect(bench.transport.sent.map(({ message }) => valueOf(message, 'via'))).toEqual([
      'SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1;rport',
      'SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK2;rport',
    ]);
  });

  test('goes out with the address listened on in its Via when its own cannot be found out', async () => {
    const advertise = (): never => {
      throw new Error('no descriptor left');
    };
    const bench = await Bench.started('udp', { advertise });
    bench.layer.send(ourRequest('BYE'), bench.destination, new NotingClientUser());
    expect(valueOf(bench.sentRequest('BYE'), 'via')).toMatch(/^SIP\/2\.0\/UDP 192\.0\.2\.1:5060;/);
    expect(bench.user.troubles).toEqual(['own address towards 192.0.2.9 not found: no descriptor left']);
  });

  test('carries the advertised address in its Via', async () => {
    const bench = await Bench.started('udp', { advertise: () => ({ host: '2001:db8::5', port: 6060 }) });
    bench.layer.send(ourRequest('OPTIONS'), bench.destination, new NotingClientUser());
    expect(valueOf(bench.lastSent().message, 'via')).toBe('SIP/2.0/UDP [2001:db8::5]:6060;branch=z9hG4bK1;rport');
  });

  test('fails by transport when nothing is listened on that reaches the destination', async () => {
    const bench = await Bench.started('udp');
    const user = new NotingClientUser();
    bench.layer.send(ourRequest('OPTIONS'), { ...bench.destination, transport: 'tcp' }, user);
    expect(user.failures).toEqual([]);
    await Promise.resolve();
    expect(user.failures).toEqual(['transport']);
    expect(bench.layer.counts().client).toBe(0);
  });

  test('ends by transport when the layer stops', async () => {
    const { bench, user } = await sending('INVITE');
    await bench.layer.stop();
    expect(user.failures).toEqual(['transport']);
    expect(bench.clock.pending).toBe(0);
  });
});

describe('An INVITE client transaction', () => {
  test('repeats over UDP by timer A, T1 doubling without bound, and fails by timer B after 64*T1', async () => {
    const { bench, user } = await sending('INVITE', 'udp');
    bench.clock.advance(31_999);
    expect(bench.log()).toEqual([0, 500, 1_500, 3_500, 7_500, 15_500, 31_500].map((at) => `${at}: INVITE`));
    expect(user.failures).toEqual([]);
    bench.clock.advance(1);
    expect(user.failures).toEqual(['timeout']);
    expect(bench.layer.counts().client).toBe(0);
    expect(bench.clock.pending).toBe(0);
  });

  test('does not repeat over TCP, and fails by timer B after 64*T1', async () => {
    const { bench, user } = await sending('INVITE', 'tcp');
    bench.clock.advance(32_000);
    expect(bench.sent()).toEqual(['INVITE']);
    expect(user.failures).toEqual(['timeout']);
  });

  test('stops repeating and waits without end once a provisional answer is in', async () => {
    const { bench, user, answer } = await sending('INVITE');
    bench.clock.advance(600);
    answer(180);
    answer(183);
    bench.clock.advance(600_000);
    expect(bench.sent()).toEqual(['INVITE', 'INVITE']);
    expect(user.statuses).toEqual([180, 183]);
    expect(user.failures).toEqual([]);
  });

  test('acknowledges a refusal with the Via, Route, From and Call-ID of the INVITE and the To of the answer', async () => {
    const { bench, user, answer } = await sending('INVITE');
    answer(486);
    const ack = bench.sentRequest('ACK');
    const invite = bench.sentRequest('INVITE');
    expect(user.statuses).toEqual([486]);
    for (const name of ['via', 'route', 'from', 'call-id']) expect(valueOf(ack, name)).toBe(valueOf(invite, name));
    expect(valueOf(ack, 'to')).toBe('<sip:bob@192.0.2.9>;tag=theirs');
    expect(valueOf(ack, 'cseq')).toBe('7 ACK');
    expect(ack.uri.raw).toBe(invite.uri.raw);
  });

  test('acknowledges each repetition of a refusal for 32 s (timer D) over UDP, and tells the user once', async () => {
    const { bench, user, answer } = await sending('INVITE', 'udp');
    answer(486);
    bench.clock.advance(31_999);
    answer(486);
    expect(bench.log()).toEqual(['0: INVITE', '0: ACK', '31999: ACK']);
    bench.clock.advance(1);
    answer(486);
    expect(bench.sent()).toHaveLength(3);
    expect(user.statuses).toEqual([486]);
    expect(bench.clock.pending).toBe(0);
  });

  test('is over with the ACK to a refusal over TCP (timer D is zero)', async () => {
    const { bench, user, answer } = await sending('INVITE', 'tcp');
    answer(486);
    expect(bench.sent()).toEqual(['INVITE', 'ACK']);
    expect(bench.layer.counts().client).toBe(0);
    expect(user.statuses).toEqual([486]);
  });

  test.each(['udp', 'tcp'] as const)(
    'hands each 2xx over %s to the user for 64*T1 (timer M), repeated or of another branch',
    async (kind) => {
      const { bench, user, answer } = await sending('INVITE', kind);
      answer(200, 'first');
      answer(200, 'first');
      answer(180, 'late');
      answer(486, 'late');
      bench.clock.advance(31_999);
      answer(200, 'second');
      expect(user.statuses).toEqual([200, 200, 200]);
      expect(bench.sent()).toEqual(['INVITE']);
      bench.clock.advance(1);
      answer(200, 'third');
      expect(user.statuses).toHaveLength(3);
      expect(bench.layer.counts().client).toBe(0);
    },
  );

  test('fails once when the transport fails', async () => {
    const bench = await Bench.started();
    const user = new NotingClientUser();
    bench.transport.failing = true;
    bench.layer.send(ourRequest('INVITE'), bench.destination, user);
    bench.clock.advance(60_000);
    expect(user.failures).toEqual(['transport']);
  });
});

describe('CANCEL of ours', () => {
  test('is held until a provisional answer is in, and has the branch of the INVITE', async () => {
    const { bench, user, transaction, answer } = await sending('INVITE');
    transaction.cancel();
    transaction.cancel();
    expect(bench.sent()).toEqual(['INVITE']);
    answer(180);
    expect(bench.sent()).toEqual(['INVITE', 'CANCEL']);
    const cancel = bench.sentRequest('CANCEL');
    const invite = bench.sentRequest('INVITE');
    for (const name of ['via', 'route', 'from', 'to', 'call-id']) {
      expect(valueOf(cancel, name)).toBe(valueOf(invite, name));
    }
    expect(valueOf(cancel, 'cseq')).toBe('7 CANCEL');
    bench.receive(answerTo(cancel, 200));
    answer(487);
    expect(user.statuses).toEqual([180, 487]);
    expect(user.failures).toEqual([]);
  });

  test('is not sent after a final answer', async () => {
    const { bench, transaction, answer } = await sending('INVITE');
    answer(200);
    transaction.cancel();
    expect(bench.sent()).toEqual(['INVITE']);
  });

  test('is repeated by timer E like any request, and the INVITE ends after 64*T1 when no final answer comes', async () => {
    const { bench, user, transaction, answer } = await sending('INVITE');
    answer(180);
    transaction.cancel();
    bench.clock.advance(31_999);
    expect(bench.sent().filter((name) => name === 'CANCEL')).toHaveLength(11);
    expect(user.failures).toEqual([]);
    bench.clock.advance(1);
    expect(user.failures).toEqual(['timeout']);
    expect(bench.layer.counts().client).toBe(0);
  });
});

describe('A non-INVITE client transaction', () => {
  test('repeats over UDP by timer E, T1 doubling up to T2, and fails by timer F after 64*T1', async () => {
    const { bench, user } = await sending('BYE', 'udp');
    bench.clock.advance(31_999);
    expect(bench.log()).toEqual(
      [0, 500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500].map((at) => `${at}: BYE`),
    );
    expect(user.failures).toEqual([]);
    bench.clock.advance(1);
    expect(user.failures).toEqual(['timeout']);
    expect(bench.clock.pending).toBe(0);
  });

  test('does not repeat over TCP, and fails by timer F after 64*T1', async () => {
    const { bench, user } = await sending('BYE', 'tcp');
    bench.clock.advance(32_000);
    expect(bench.sent()).toEqual(['BYE']);
    expect(user.failures).toEqual(['timeout']);
  });

  test('repeats every T2 after a provisional answer, still until timer F', async () => {
    const { bench, user, answer } = await sending('BYE');
    bench.clock.advance(400);
    answer(100);
    bench.clock.advance(31_600);
    expect(bench.log()).toEqual(
      [0, 500, 4_500, 8_500, 12_500, 16_500, 20_500, 24_500, 28_500].map((at) => `${at}: BYE`),
    );
    expect(user).toMatchObject({ statuses: [100], failures: ['timeout'] });
  });

  test('tells the final answer once and absorbs its repetitions for T4 (timer K) over UDP', async () => {
    const { bench, user, answer } = await sending('BYE', 'udp');
    answer(200);
    answer(200);
    bench.clock.advance(4_999);
    expect(bench.layer.counts().client).toBe(1);
    bench.clock.advance(1);
    expect(bench.layer.counts().client).toBe(0);
    expect(user.statuses).toEqual([200]);
    expect(bench.clock.pending).toBe(0);
  });

  test('is over with the final answer over TCP (timer K is zero)', async () => {
    const { bench, answer } = await sending('BYE', 'tcp');
    answer(200);
    expect(bench.layer.counts().client).toBe(0);
  });

  test('fails once when the transport fails', async () => {
    const bench = await Bench.started();
    const user = new NotingClientUser();
    bench.transport.failing = true;
    bench.layer.send(ourRequest('BYE'), bench.destination, user);
    bench.clock.advance(60_000);
    expect(user.failures).toEqual(['transport']);
    expect(bench.sent()).toEqual(['BYE']);
  });
});

describe('A response', () => {
  test('to none of our requests is dropped', async () => {
    const { bench, user } = await sending('BYE');
    const bye = bench.sentRequest('BYE');
    const strangers = bye.headers.map((entry) =>
      entry.name === 'via' ? { name: 'via', value: 'SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK-stranger' } : entry,
    );
    bench.receive(answerTo({ ...bye, headers: strangers }, 200));
    expect(user.statuses).toEqual([]);
  });

  test('with more than one Via is dropped', async () => {
    const { bench, user } = await sending('BYE');
    const bye = bench.sentRequest('BYE');
    const another = { name: 'via', value: 'SIP/2.0/UDP 192.0.2.8;branch=z9hG4bK-next' };
    bench.receive(answerTo({ ...bye, headers: [...bye.headers, another] }, 200));
    expect(user.statuses).toEqual([]);
  });

  test('with another method in CSeq is dropped', async () => {
    const { bench, user } = await sending('BYE');
    const bye = bench.sentRequest('BYE');
    const headers = bye.headers.map((entry) => (entry.name === 'cseq' ? { name: 'cseq', value: '7 INFO' } : entry));
    bench.receive(answerTo({ ...bye, headers }, 200));
    expect(user.statuses).toEqual([]);
  });
});

describe('An ACK to a 2xx', () => {
  test('goes out once, with a Via of its own', async () => {
    const bench = await Bench.started();
    bench.layer.sendAck(ourRequest('ACK'), bench.destination);
    bench.clock.advance(60_000);
    expect(bench.log()).toEqual(['0: ACK']);
    expect(valueOf(bench.lastSent().message, 'via')).toContain('branch=z9hG4bK1');
    expect(bench.layer.counts().client).toBe(0);
  });
});
