import { describe, expect, test } from 'vitest';
import { makeResponse } from '../../../src/adapters/embedded-sip/build.js';
import { Bench, request, respond } from './bench-of-transactions.js';

/** RFC 3261 section 17.2 with RFC 6026, on default timers: T1 500 ms, T2 4 s, T4 5 s. */

const ACK_FOR_REFUSAL = request('ACK', { toTag: 'bridge' });

describe('An INVITE server transaction', () => {
  test('sends 100 Trying after 200 ms when the user has not answered', async () => {
    const bench = await Bench.started();
    bench.receive(request('INVITE'));
    bench.clock.advance(199);
    expect(bench.log()).toEqual([]);
    bench.clock.advance(1);
    expect(bench.log()).toEqual(['200: 100']);
  });

  test('sends no 100 of its own when the user answered within 200 ms', async () => {
    const bench = await Bench.started();
    bench.receive(request('INVITE'));
    respond(bench.user.last(), 180);
    bench.clock.advance(1_000);
    expect(bench.sent()).toEqual(['180']);
  });

  test('answers a repeated INVITE with the last provisional answer, and tells the user once', async () => {
    const bench = await Bench.started();
    bench.receive(request('INVITE'));
    bench.receive(request('INVITE'));
    expect(bench.sent()).toEqual([]);
    respond(bench.user.last(), 100);
    respond(bench.user.last(), 183);
    bench.receive(request('INVITE'));
    expect(bench.sent()).toEqual(['100', '183', '183']);
    expect(bench.user.requests).toHaveLength(1);
  });

  test('repeats a refusal over UDP by timer G, T1 doubling up to T2, until timer H tells that no ACK came', async () => {
    const bench = await Bench.started('udp');
    bench.receive(request('INVITE'));
    respond(bench.user.last(), 486);
    bench.clock.advance(31_999);
    expect(bench.log()).toEqual(
      [0, 500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500].map((at) => `${at}: 486`),
    );
    expect(bench.user.unacknowledged).toHaveLength(0);
    bench.clock.advance(1);
    expect(bench.user.unacknowledged).toHaveLength(1);
    expect(bench.layer.counts().server).toBe(0);
    expect(bench.clock.pending).toBe(0);
  });

  test('sends a refusal over TCP once, and timer H still tells that no ACK came', async () => {
    const bench = await Bench.started('tcp');
    bench.receive(request('INVITE'));
    respond(bench.user.last(), 486);
    bench.clock.advance(31_999);
    expect(bench.sent()).toEqual(['486']);
    expect(bench.user.unacknowledged).toHaveLength(0);
    bench.clock.advance(1);
    expect(bench.user.unacknowledged).toHaveLength(1);
  });

  test('answers a repeated INVITE with the refusal', async () => {
    const bench = await Bench.started();
    bench.receive(request('INVITE'));
    respond(bench.user.last(), 486);
    bench.receive(request('INVITE'));
    expect(bench.log()).toEqual(['0: 486', '0: 486']);
  });

  test('absorbs the ACK to a refusal, and its repetitions for T4 (timer I) over UDP', async () => {
    const bench = await Bench.started('udp');
    bench.receive(request('INVITE'));
    respond(bench.user.last(), 486);
    bench.receive(ACK_FOR_REFUSAL);
    bench.clock.advance(4_999);
    bench.receive(ACK_FOR_REFUSAL);
    bench.receive(request('INVITE'));
    expect(bench.sent()).toEqual(['486']);
    expect(bench.layer.counts().server).toBe(1);
    bench.clock.advance(1);
    expect(bench.layer.counts().server).toBe(0);
    expect(bench.user.acks).toHaveLength(0);
    expect(bench.user.unacknowledged).toHaveLength(0);
  });

  test('is over with the ACK to a refusal over TCP (timer I is zero)', async () => {
    const bench = await Bench.started('tcp');
    bench.receive(request('INVITE'));
    respond(bench.user.last(), 486);
    bench.receive(ACK_FOR_REFUSAL);
    expect(bench.layer.counts().server).toBe(0);
    expect(bench.clock.pending).toBe(0);
  });

  test.each(['udp', 'tcp'] as const)(
    'stays for 64*T1 (timer L) after a 2xx over %s, silent to repeated INVITEs',
    async (kind) => {
      const bench = await Bench.started(kind);
      bench.receive(request('INVITE'));
      respond(bench.user.last(), 200);
      bench.clock.advance(31_999);
      bench.receive(request('INVITE'));
      expect(bench.sent()).toEqual(['200']);
      expect(bench.user.requests).toHaveLength(1);
      bench.clock.advance(1);
      expect(bench.layer.counts().server).toBe(0);
      expect(bench.user.unacknowledged).toHaveLength(0);
    },
  );

  test('hands the ACK to a 2xx to the user, whether it has a branch of its own or that of the INVITE', async () => {
    const bench = await Bench.started();
    bench.receive(request('INVITE'));
    respond(bench.user.last(), 200);
    bench.receive(request('ACK', { branch: 'z9hG4bK-another', toTag: 'bridge' }));
    bench.receive(request('ACK', { toTag: 'bridge' }));
    expect(bench.user.acks).toHaveLength(2);
  });

  test('ignores a second final answer', async () => {
    const bench = await Bench.started();
    bench.receive(request('INVITE'));
    respond(bench.user.last(), 200);
    respond(bench.user.last(), 486);
    expect(bench.sent()).toEqual(['200']);
    expect(bench.user.last().answered).toBe(true);
  });

  test('sends a 2xx again as often as the user wants, also when it is over itself', async () => {
    const bench = await Bench.started();
    bench.receive(request('INVITE'));
    const invite = bench.user.last();
    const answer = makeResponse(invite.request, 200, null, { toTag: 'bridge' });
    invite.respond(answer);
    bench.layer.resend(invite, answer);
    bench.clock.advance(32_000);
    bench.layer.resend(invite, answer);
    expect(bench.sent()).toEqual(['200', '200', '200']);
  });
});

describe('A non-INVITE server transaction', () => {
  test('discards repetitions before the answer', async () => {
    const bench = await Bench.started();
    bench.receive(request('BYE', { toTag: 'bridge' }));
    bench.receive(request('BYE', { toTag: 'bridge' }));
    expect(bench.sent()).toEqual([]);
    expect(bench.user.requests).toHaveLength(1);
  });

  test('answers repetitions with the last provisional answer', async () => {
    const bench = await Bench.started();
    bench.receive(request('BYE'));
    respond(bench.user.last(), 100);
    bench.receive(request('BYE'));
    expect(bench.sent()).toEqual(['100', '100']);
  });

  test('answers repetitions over UDP with the final answer for 64*T1 (timer J)', async () => {
    const bench = await Bench.started('udp');
    bench.receive(request('BYE'));
    respond(bench.user.last(), 200);
    respond(bench.user.last(), 500);
    bench.clock.advance(31_999);
    bench.receive(request('BYE'));
    expect(bench.log()).toEqual(['0: 200', '31999: 200']);
    bench.clock.advance(1);
    expect(bench.layer.counts().server).toBe(0);
    expect(bench.clock.pending).toBe(0);
  });

  test('is over with its final answer over TCP (timer J is zero)', async () => {
    const bench = await Bench.started('tcp');
    bench.receive(request('BYE'));
    respond(bench.user.last(), 200);
    expect(bench.layer.counts().server).toBe(0);
    expect(bench.clock.pending).toBe(0);
  });

  test('is forgotten after 64*T1 when the user never answers, as nobody waits any more', async () => {
    const bench = await Bench.started();
    bench.receive(request('OPTIONS'));
    bench.clock.advance(32_000);
    expect(bench.layer.counts().server).toBe(0);
    respond(bench.user.last(), 200);
    expect(bench.sent()).toEqual([]);
  });
});

describe('Server transactions', () => {
  test('are told apart by branch, sent-by and method', async () => {
    const bench = await Bench.started();
    bench.receive(request('OPTIONS', { cseq: 1 }));
    bench.receive(request('OPTIONS', { cseq: 2, branch: 'z9hG4bK-other' }));
    bench.receive(request('OPTIONS', { cseq: 3, via: 'SIP/2.0/UDP 192.0.2.77;branch=z9hG4bK-caller' }));
    bench.receive(request('BYE', { cseq: 4 }));
    expect(bench.user.requests).toHaveLength(4);
  });

  test('take a sent-by without port and one with the usual port for the same', async () => {
    const bench = await Bench.started();
    bench.receive(request('OPTIONS', { via: 'SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK-x' }));
    bench.receive(request('OPTIONS', { via: 'SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bK-x' }));
    expect(bench.user.requests).toHaveLength(1);
  });

  test.each([
    ['no branch', null],
    ['a branch without the magic cookie', '17'],
    ['nothing but the magic cookie', 'z9hG4bK'],
  ])('are matched as RFC 2543 wants with %s', async (_what, branch) => {
    const bench = await Bench.started();
    bench.receive(request('INVITE', { branch }));
    bench.receive(request('INVITE', { branch }));
    bench.receive(request('INVITE', { branch, callId: 'another' }));
    bench.receive(request('INVITE', { branch, cseq: 2 }));
    expect(bench.user.requests.map(({ request: { method } }) => method)).toEqual(['INVITE', 'INVITE', 'INVITE']);
    const [first] = bench.user.requests;
    if (first !== undefined) respond(first, 404);
    bench.receive(request('ACK', { branch, toTag: 'somebody-else' }));
    expect(bench.user.acks).toHaveLength(1);
    bench.receive(request('ACK', { branch, toTag: 'bridge' }));
    expect(bench.user.acks).toHaveLength(1);
    bench.clock.advance(5_000);
    expect(bench.layer.counts().server).toBe(2);
  });
});
