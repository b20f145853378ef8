import fc from 'fast-check';
import { expect, it } from 'vitest';
import { makeResponse } from '../../../src/adapters/embedded-sip/build.js';
import { header, toTag } from '../../../src/adapters/embedded-sip/headers.js';
import type { Peer, SipHeader, SipRequest } from '../../../src/adapters/embedded-sip/message.js';
import { serialise } from '../../../src/adapters/embedded-sip/serialise.js';
import { EmbeddedSignaling } from '../../../src/adapters/embedded-sip/signaling.js';
import { SipTransactionLayer } from '../../../src/adapters/embedded-sip/sip-transaction-layer.js';
import { MediaOfferRefused, type SignalingCall } from '../../../src/ports/signaling.js';
import { NotingListener } from '../../conformance/signaling-listener.js';
import { ManualClock } from '../../fakes/manual-clock.js';
import { FakeTransport } from '../embedded-sip/bench-of-transactions.js';
import { FakeRandomness, request } from './fake-layer.js';
import { ANSWER, OFFER, settle } from './stage.js';

/** Signalling, dialogs and transactions as one, between a far end and a bridge that do anything in any order. */

const SDP: SipHeader = { name: 'content-type', value: 'application/sdp' };
const WITHIN = ['INVITE', 'INVITE', 'INVITE', 'UPDATE', 'UPDATE', 'BYE', 'INFO', 'OPTIONS', 'PRACK', 'REFER'] as const;
const STATUSES = [100, 180, 200, 200, 200, 200, 405, 408, 422, 481, 487, 488, 491, 500] as const;
const WAITS = [1, 10, 500, 3_000, 20_000, 50_000] as const;
/** What happens, and which of several it happens to. */
const steps = fc.array(fc.tuple(fc.nat({ max: 19 }), fc.nat({ max: 9_999 })), { minLength: 1, maxLength: 60 });
type Step = readonly [number, number];

const among = <T>(values: readonly T[], pick: number): T | undefined => values[pick % values.length];

class Scene {
  readonly clock = new ManualClock();
  readonly listener = new NotingListener();
  readonly signaling: EmbeddedSignaling;
  readonly #transport: FakeTransport;
  readonly #peer: Peer;
  readonly #calls: SignalingCall[] = [];
  readonly #answered = new Set<SignalingCall>();
  readonly #received: SipRequest[] = [];
  #made = 10;

  constructor(kind: 'udp' | 'tcp') {
    const { clock, listener } = this;
    const randomness = new FakeRandomness();
    const transport = new FakeTransport(kind, clock);
    this.#transport = transport;
    this.#peer = { transport: kind, address: '192.0.2.9', port: 5060, localAddress: '192.0.2.1', localPort: 5060 };
    this.signaling = new EmbeddedSignaling({
      listen: [],
      clock,
      randomness,
      transactionLayer: (isKnownSource) =>
        new SipTransactionLayer({
          listen: [{ transport: kind, address: '192.0.2.1', port: 5060 }],
          clock,
          randomness,
          isKnownSource,
          openTransport: () => transport,
        }),
    });
    listener.incomingCall = (call) => void this.#calls.push(call);
    let offers = 0;
    listener.answerOffer = () => {
      offers += 1;
      if (offers % 5 === 0) return Promise.reject(new MediaOfferRefused('not this one'));
      return new Promise((resolve) => this.clock.after(offers % 2 === 0 ? 2_000 : 0, () => resolve(ANSWER)));
    };
  }

  step([what, pick]: Step): void {
    if (what < 2) this.#receive('INVITE', null, pick);
    else if (what < 3) this.#cancel(pick);
    else if (what < 7) this.#ack(pick);
    else if (what < 10) this.#receive(among(WITHIN, pick) ?? 'BYE', this.#tag(pick), Math.trunc(pick / 10));
    else if (what < 11) this.#deliver(among(this.#received, pick));
    else if (what < 14) this.#answer(pick);
    else if (what < 15) this.clock.advance(among(WAITS, pick) ?? 0);
    else if (what < 16) this.#transport.failing = pick % 3 === 0;
    else this.#bridge(among(this.#calls, pick), Math.trunc(pick / 10));
  }

  /** The bridge hangs up, and all timers run out. */
  async end(): Promise<void> {
    const hungUp = Promise.all(this.#calls.map((call) => call.hangUp()));
    for (let count = 0; count < 40; count += 1) {
      this.clock.advance(10_000);
      await settle();
    }
    await hungUp;
  }

  /** Our tag in one of three calls, from the first answer that had one. */
  #tag(pick: number): string | null {
    const answers = this.#transport.sent.flatMap(({ message }) => (message.kind === 'response' ? [message] : []));
    return (
      answers
        .filter((answer) => header(answer, 'call-id') === `call-${pick % 3}` && answer.status !== 481)
        .map(toTag)
        .findLast((tag) => tag !== null) ?? null
    );
  }

  #receive(method: string, tag: string | null, pick: number): void {
    if (method !== 'INVITE' && tag === null) return;
    const first = this.#received.findLast((sent) => header(sent, 'call-id') === `call-${pick % 3}`);
    const rseq = this.#transport.sent.map(({ message }) => header(message, 'rseq')).findLast((value) => value !== null);
    const offers = (method === 'INVITE' || method === 'UPDATE') && pick % 4 !== 0;
    this.#made += 1;
    this.#deliver(
      this.#build(method, this.#made, `call-${pick % 3}`, tag, offers ? OFFER : '', [
        ...(tag === null && pick % 5 === 0 ? ['Require: 100rel'] : []),
        ...(pick % 7 < 2 ? ['Supported: timer', `Session-Expires: ${pick % 7 === 0 ? 60 : 100}`] : []),
        ...(pick % 2 === 0 ? ['Allow: INVITE, UPDATE'] : []),
        ...(method === 'PRACK'
          ? [`RAck: ${rseq ?? 1} ${header(first ?? this.#build('INVITE', 1, 'x', null, '', []), 'cseq') ?? ''}`]
          : []),
      ]),
    );
  }

  #cancel(pick: number): void {
    const invite = among(this.#invites(), pick);
    if (invite === undefined) return;
    const headers = invite.headers.map(({ name, value }) => ({
      name,
      value: name === 'cseq' ? value.replace('INVITE', 'CANCEL') : value,
    }));
    this.#deliver({ ...invite, method: 'CANCEL', headers });
  }

  #ack(pick: number): void {
    const invite = among(this.#invites().slice(-3), pick);
    if (invite === undefined) return;
    const call = header(invite, 'call-id') ?? '';
    this.#made += 1;
    const number = Number.parseInt(header(invite, 'cseq') ?? '', 10);
    const ack = this.#build('ACK', number, call, this.#tag(Number(call.at(-1))), pick % 3 === 0 ? OFFER : '', []);
    const same = invite.headers.find(({ name }) => name === 'via');
    const headers = ack.headers.map((entry) => (entry.name === 'via' && pick % 2 === 0 ? (same ?? entry) : entry));
    this.#deliver({ ...ack, headers });
  }

  #answer(pick: number): void {
    const ours = this.#transport.sent.flatMap(({ message }) =>
      message.kind === 'request' && message.method !== 'ACK' ? [message] : [],
    );
    const sent = among(ours.slice(-4), pick);
    const status = among(STATUSES, Math.trunc(pick / 4)) ?? 200;
    if (sent === undefined) return;
    const body = status === 200 && (sent.method === 'INVITE' || sent.body.length > 0) ? OFFER : '';
    const headers = [
      ...(body === '' ? [] : [SDP]),
      ...(status === 500 ? [{ name: 'retry-after', value: '2' }] : []),
      ...(status === 422 ? [{ name: 'min-se', value: '200' }] : []),
      ...(status === 200 && pick % 3 === 0
        ? [{ name: 'session-expires', value: `90;refresher=${pick % 2 === 0 ? 'uac' : 'uas'}` }]
        : []),
    ];
    const bytes = serialise(makeResponse(sent, status, null, { toTag: 'far', headers, body }));
    this.#transport.deliver({ kind: 'message', bytes }, this.#peer);
  }

  #bridge(call: SignalingCall | undefined, pick: number): void {
    if (call === undefined) return;
    const what = pick % 9;
    if (what === 0) call.ring();
    else if (what < 4) {
      if (!this.#answered.has(call)) call.answer(ANSWER).catch(() => undefined);
      this.#answered.add(call);
    } else if (what < 7) call.reoffer(ANSWER).catch(() => undefined);
    else if (what < 8) void call.probe();
    else if (pick % 3 === 0) call.refuse({ status: 486 });
    else void call.hangUp();
  }

  #invites(): readonly SipRequest[] {
    return this.#received.filter(({ method }) => method === 'INVITE');
  }

  #build(
    method: string,
    cseq: number,
    call: string,
    tag: string | null,
    body: string,
    lines: readonly string[],
  ): SipRequest {
    return request(
      [
        `${method} sip:conference@192.0.2.1 SIP/2.0`,
        `Via: SIP/2.0/${this.#peer.transport.toUpperCase()} 192.0.2.9:5060;branch=z9hG4bK${this.#made}`,
        'From: <sip:alice@192.0.2.9>;tag=far',
        `To: <sip:conference@192.0.2.1>${tag === null ? '' : `;tag=${tag}`}`,
        `Call-ID: ${call}`,
        `CSeq: ${cseq} ${method}`,
        'Contact: <sip:alice@192.0.2.9:5060>',
        ...(body === '' ? [] : ['Content-Type: application/sdp']),
        ...lines,
      ],
      body,
    );
  }

  #deliver(message: SipRequest | undefined): void {
    if (message === undefined) return;
    if (message.method !== 'ACK' && message.method !== 'CANCEL' && !this.#received.includes(message))
      this.#received.push(message);
    this.#transport.deliver({ kind: 'message', bytes: serialise(message) }, this.#peer);
  }
}

/** What nobody may be told: an answer that could not be sent and a refresh refused are no faults of ours. */
const isFault = (trouble: string): boolean => !/not sent to|session refresh failed/.test(trouble);

async function play(kind: 'udp' | 'tcp', events: readonly Step[], last: 'hang up' | 'stop'): Promise<void> {
  const scene = new Scene(kind);
  await scene.signaling.start(scene.listener);
  for (const event of events) {
    scene.step(event);
    await settle();
  }
  if (last === 'hang up') await scene.end();
  else {
    const stopped = scene.signaling.stop();
    scene.clock.advance(4_000);
    await stopped;
    // An offer that the bridge was still thinking about.
    scene.clock.advance(2_000);
    await settle();
  }
  const left = { ...scene.signaling.counts(), timers: scene.clock.pending };
  expect(left).toEqual({ calls: 0, transactions: 0, timers: 0 });
  expect(scene.listener.troubles.filter(isFault)).toEqual([]);
  const ends = scene.listener.told.flatMap((told) =>
    told.kind === 'hungUp' || told.kind === 'cancelled' ? [told.id] : [],
  );
  expect(new Set(ends).size).toBe(ends.length);
}

it.each(['udp', 'tcp'] as const)(
  'whatever comes over %s in whatever order: nothing is left, nothing throws, each end is told once',
  async (kind) => {
    await fc.assert(
      fc.asyncProperty(steps, fc.constantFrom('hang up', 'stop'), (events, last) => play(kind, events, last)),
      { numRuns: 300 },
    );
  },
);
