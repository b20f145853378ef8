import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DtmfEventReceiver, DtmfEventSender } from '../../../src/adapters/embedded-media/dtmf-events.js';
import type { Key } from '../../../src/domain/keys.js';
import { KEYS } from '../../../src/domain/keys.js';
import { seeded } from './kit.js';

interface EventPacket {
  readonly timestamp: number;
  readonly marker: boolean;
  readonly payload: Uint8Array;
}

/** The packets of one press as our telephone sends them. */
const press = (key: Key, timestamp: number, durationMs = 100): EventPacket[] => {
  const sender = new DtmfEventSender();
  sender.start(key, timestamp, durationMs);
  const packets: EventPacket[] = [];
  const payload = new Uint8Array(4);
  while (sender.next(payload, 0)) {
    packets.push({ timestamp: sender.timestamp, marker: sender.marker, payload: payload.slice() });
  }
  return packets;
};

const hear = (packets: readonly EventPacket[], receiver = new DtmfEventReceiver(), ssrc = 1): string =>
  packets
    .map(({ timestamp, marker, payload }) => receiver.receive(ssrc, timestamp, marker, payload, 0, 4) ?? '')
    .join('');

const raw = (event: number, timestamp: number, duration: number, end = false, marker = false): EventPacket => ({
  timestamp,
  marker,
  payload: Uint8Array.of(event, (end ? 0x80 : 0) | 10, duration >> 8, duration & 0xff),
});

describe('sending a key (RFC 4733 section 2.5.1)', () => {
  test('is an update every 20 ms and the end three times, the marker on the first, one timestamp for all', () => {
    const packets = press('5', 8000, 100);
    expect(packets.map(({ payload }) => ((payload[2] ?? 0) << 8) | (payload[3] ?? 0))).toEqual([
      160, 320, 480, 640, 800, 800, 800,
    ]);
    expect(packets.map(({ payload }) => (payload[1] ?? 0) >> 7)).toEqual([0, 0, 0, 0, 1, 1, 1]);
    expect(packets.map(({ marker }) => marker)).toEqual([true, false, false, false, false, false, false]);
    expect(new Set(packets.map(({ timestamp }) => timestamp))).toEqual(new Set([8000]));
  });

  test('held for longer than a segment can say goes on in the next one', () => {
    const packets = press('5', 0xffff_ff00, 20_000);
    expect(new Set(packets.map(({ timestamp }) => timestamp)).size).toBe(3);
    expect(packets.filter(({ payload }) => (payload[1] ?? 0) >= 0x80)).toHaveLength(3);
    expect(packets.filter(({ marker }) => marker)).toHaveLength(1);
  });
});

describe('hearing a key (RFC 4733 section 2.5.2)', () => {
  test('tells it once, on its first packet', () => {
    const receiver = new DtmfEventReceiver();
    const [first, ...others] = press('#', 160);
    expect(hear(first === undefined ? [] : [first], receiver)).toBe('#');
    expect(receiver.keyDown).toBe(true);
    expect(hear(others, receiver)).toBe('');
    expect(receiver.keyDown).toBe(false);
  });

  test('knows all sixteen keys', () => {
    expect(hear(KEYS.flatMap((key, index) => press(key, index * 1600)))).toBe(KEYS.join(''));
  });

  test('hears the same key three times in quick succession as three', () => {
    expect(hear([...press('5', 0, 40), ...press('5', 640, 40), ...press('5', 1280, 40)])).toBe('555');
  });

  test('hears the same key twice as two from a sender that counts timestamps in milliseconds', () => {
    const coarse = (timestamp: number): EventPacket[] => [
      raw(1, timestamp, 0, false, true),
      ...[160, 320, 480].map((duration) => raw(1, timestamp, duration)),
      ...[640, 640, 640].map((duration) => raw(1, timestamp, duration, true)),
    ];
    expect(hear([...coarse(24_000), ...coarse(24_400), ...coarse(24_600)])).toBe('111');
  });

  test('hears the key when only one of its packets arrives, whichever', () => {
    const packets = press('7', 0);
    for (const packet of packets) expect(hear([packet])).toBe('7');
  });

  test('hears two presses as two when all ends of the first and the start of the second are lost', () => {
    const first = press('5', 0).filter(({ payload }) => (payload[1] ?? 0) < 0x80);
    expect(hear([...first, ...press('5', 1600).slice(1)])).toBe('55');
  });

  test('hears one key when it is held for half a minute, whatever of it is lost', () => {
    const packets = press('4', 0x1000, 30_000);
    expect(hear(packets)).toBe('4');
    const random = seeded(7);
    expect(hear(packets.filter((_, i) => i === 0 || random() > 0.3))).toBe('4');
  });

  test('hears one key when a sender moves the timestamp with every packet', () => {
    expect(hear([0, 160, 320, 480, 480, 480].map((step, i) => raw(3, 1000 + step, step + 160, i > 2)))).toBe('3');
  });

  test('passes over flash, fax tones and what is too short', () => {
    const receiver = new DtmfEventReceiver();
    expect(hear([raw(16, 0, 160), raw(36, 200, 160), raw(255, 400, 160)], receiver)).toBe('');
    expect(receiver.receive(1, 9000, true, Uint8Array.of(5, 10, 0), 0, 3)).toBeNull();
    expect(receiver.receive(1, 9000, true, Uint8Array.of(5, 10, 0, 0), 2, 4)).toBeNull();
    expect(hear(press('1', 9000), receiver)).toBe('1');
  });

  test('hears a key of a new source, whatever its timestamps', () => {
    const receiver = new DtmfEventReceiver();
    expect(hear(press('1', 1_000_000), receiver, 1) + hear(press('1', 5), receiver, 2)).toBe('11');
  });

  test('never tells a key twice nor one too many, whatever is lost, repeated or swapped', () => {
    const presses = fc.array(
      fc.tuple(fc.constantFrom(...KEYS), fc.integer({ min: 40, max: 300 }), fc.integer({ min: 40, max: 400 })),
      {
        minLength: 1,
        maxLength: 8,
      },
    );
    fc.assert(
      fc.property(presses, fc.nat(0xffff_ffff), fc.integer(), fc.boolean(), (keys, start, seed, lossy) => {
        const random = seeded(seed);
        let at = start;
        const sent = keys.map(([key, durationMs, pauseMs]) => {
          const packets = press(key, at, durationMs);
          at = (at + (durationMs + pauseMs) * 8) >>> 0;
          const arriving = packets.filter(() => !lossy || random() > 0.5);
          return { key, packets: arriving.length > 0 ? arriving : packets.slice(-1) };
        });
        // Packets are delayed by up to 60 ms and some come twice, but no press is overtaken whole.
        const onWire = sent.flatMap(({ packets }, index) =>
          packets.flatMap((packet, i) => {
            const order = index * 1000 + i;
            const copies = [{ packet, order: i === 0 ? order : order + random() * 3 }];
            if (random() < 0.2) copies.push({ packet, order: order + random() * 1500 });
            return copies;
          }),
        );
        onWire.sort((a, b) => a.order - b.order);
        expect(hear(onWire.map(({ packet }) => packet))).toBe(sent.map(({ key }) => key).join(''));
      }),
      { numRuns: 500 },
    );
  });

  test('survives any octets', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(0xffff_ffff), fc.uint8Array({ maxLength: 6 }))), (packets) => {
        const receiver = new DtmfEventReceiver();
        for (const [timestamp, payload] of packets) {
          const key = receiver.receive(1, timestamp, false, payload, 0, payload.length);
          if (key !== null) expect(KEYS).toContain(key);
        }
      }),
    );
  });
});
