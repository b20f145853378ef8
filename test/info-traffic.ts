import { setTimeout as pause } from 'node:timers/promises';
import { SipClient } from '../src/adapters/embedded-sip/client.js';
import { SipTransactionLayer } from '../src/adapters/embedded-sip/sip-transaction-layer.js';
import type { TransactionTimers } from '../src/adapters/embedded-sip/timers.js';
import type { Destination } from '../src/adapters/embedded-sip/transaction-layer.js';
import type { TransportUser } from '../src/adapters/embedded-sip/transport.js';
import { UdpTransport } from '../src/adapters/embedded-sip/udp-transport.js';
import { SystemClock } from '../src/adapters/system/clock.js';
import { SystemRandomness } from '../src/adapters/system/randomness.js';
import type { CallId } from '../src/domain/identifiers.js';
import { KEYS, type Key } from '../src/domain/keys.js';
import { MediaOfferRefused, type SignalingCall, type SignalingListener } from '../src/ports/signaling.js';
import { keyErrors, type KeyErrors } from './key-traffic.js';
import { seeded } from './seeded.js';

const SDP = 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\n';

/** A socket that loses datagrams in both directions, and sends some twice. */
class LossyUdp extends UdpTransport {
  readonly #random: () => number;
  readonly #loss: number;
  /** Only once calls stand. */
  lossy = false;

  constructor(random: () => number, loss: number) {
    super('127.0.0.1', 0);
    this.#random = random;
    this.#loss = loss;
  }

  override open(user: TransportUser): Promise<void> {
    return super.open({
      received: (arrival, peer) => {
        if (!this.#loses()) user.received(arrival, peer);
      },
      trouble: (message) => user.trouble(message),
    });
  }

  override send(bytes: Buffer, destination: Destination, failed: (cause: string) => void): void {
    if (this.#loses()) return;
    super.send(bytes, destination, failed);
    if (this.lossy && this.#random() < 0.1) super.send(Buffer.from(bytes), destination, failed);
  }

  #loses(): boolean {
    return this.lossy && this.#random() < this.#loss;
  }
}

/** Answers every call, and notes the keys of each by whom it called. */
export class KeyNotes implements SignalingListener {
  readonly #dialled = new Map<CallId, string>();
  readonly #keys = new Map<string, Key[]>();

  isKnownSource(): boolean {
    return true;
  }

  incomingCall(call: SignalingCall): void {
    this.#dialled.set(call.id, call.requestUser);
    void call.answer(SDP);
  }

  keyPressed(id: CallId, key: Key): void {
    const dialled = this.#dialled.get(id) ?? '';
    const keys = this.#keys.get(dialled) ?? [];
    keys.push(key);
    this.#keys.set(dialled, keys);
  }

  keysOf(dialled: string): readonly Key[] {
    return this.#keys.get(dialled) ?? [];
  }

  mediaOffered(): Promise<string> {
    return Promise.reject(new MediaOfferRefused('not now'));
  }

  cancelled(): void {
    // Nobody does.
  }

  hungUp(): void {
    // At the end.
  }

  progressed(): void {
    // Nobody is called.
  }

  answered(): void {
    // Nobody is called.
  }

  notAnswered(): void {
    // Nobody is called.
  }

  mediaAnswered(): void {
    // Nothing was offered.
  }

  trouble(): void {
    // Lost ACKs and the like.
  }
}

export interface InfoTraffic {
  readonly target: { readonly address: string; readonly port: number };
  readonly calls: number;
  readonly keysPerCall: number;
  readonly seed: number;
  /** Share of datagrams lost in each direction; one in ten is sent twice besides. */
  readonly loss: number;
  readonly timers: TransactionTimers;
  /** Milliseconds from the answer of one key to the next. Default 0. */
  readonly betweenMs?: number;
}

/** Presses keys by INFO in many calls at once, each key when the one before was answered, and compares them with what was noted. */
export async function pressByInfo(traffic: InfoTraffic, notes: KeyNotes): Promise<KeyErrors> {
  const { target, timers, seed, loss } = traffic;
  const random = seeded(seed);
  const [clock, randomness] = [new SystemClock(), new SystemRandomness()];
  const transport = new LossyUdp(random, loss);
  const listen = [{ transport: 'udp' as const, address: '127.0.0.1', port: 0 }];
  const layer = new SipTransactionLayer({
    ...{ listen, clock, randomness, timers },
    isKnownSource: () => true,
    openTransport: () => transport,
  });
  const client = new SipClient({ transport: 'udp', clock, randomness, timers, transactionLayer: () => layer });
  await client.start();
  try {
    const numbers = Array.from({ length: traffic.calls }, (_, index) => String(7_000 + index));
    const calls = await Promise.all(
      numbers.map((number) =>
        client.invite({
          target: `sip:${number}@${target.address}:${target.port}`,
          localSdp: SDP,
          from: '<sip:1000@127.0.0.1>',
        }),
      ),
    );
    await Promise.all(calls.map((call) => call.answered));
    transport.lossy = true;
    const results = await Promise.all(
      calls.map(async (call, index) => {
        const keys = Array.from({ length: traffic.keysPerCall }, () => KEYS[Math.floor(random() * 12)] ?? '0');
        for (const key of keys) {
          await call.info(key);
          if (traffic.betweenMs !== undefined) await pause(traffic.betweenMs);
        }
        return keyErrors(keys, notes.keysOf(numbers[index] ?? ''));
      }),
    );
    transport.lossy = false;
    const sum = (of: (errors: KeyErrors) => number): number => results.reduce((total, one) => total + of(one), 0);
    return { missed: sum(({ missed }) => missed), extra: sum(({ extra }) => extra) };
  } finally {
    await client.stop();
  }
}
