import { describe, expect, it } from 'vitest';
import { DtmfEventSender } from '../../../src/adapters/embedded-media/dtmf-events.js';
import { keyTone } from '../../../src/adapters/embedded-media/dtmf-tones.js';
import { writeRtpHeader } from '../../../src/adapters/embedded-media/rtp-packet.js';
import { concatenated } from '../../sound.js';
import { Bench } from './bench.js';

describe('a key pressed while a leg is handed over', () => {
  it.each(Array.from({ length: 12 }, (_, tick) => 8 + tick))(
    'as a tone is told once, wherever in it the handover falls (tick %i)',
    (ticks) => {
      for (let phase = 0; phase < 160; phase += 20) {
        const bench = new Bench();
        const leg = bench.leg();
        leg.says = concatenated(new Int16Array(1_600 + phase), keyTone('5', 120, -12), new Int16Array(8_000));
        bench.tick(ticks);
        bench.handOver(leg);
        bench.tick(60);
        expect(bench.told('key')).toMatchObject([{ key: '5', method: 'inband' }]);
      }
    },
  );

  it('as an event is not told again because packets of the key before it are handed over with it', () => {
    const bench = new Bench();
    const leg = bench.leg();
    const packets = (['1', '2'] as const).flatMap((key, index) => {
      const sender = new DtmfEventSender();
      sender.start(key, index * 480, 20);
      return [0, 1, 2].map((repetition) => {
        const packet = Buffer.alloc(16);
        sender.next(packet, 12);
        writeRtpHeader(packet, 101, sender.marker, index * 3 + repetition, sender.timestamp, 7);
        return packet;
      });
    });
    for (const packet of packets.slice(0, 4)) leg.receive(packet);
    const next = bench.handOver(leg);
    next.session.takeOver(
      { packets: packets.slice(2, 4), arrivalsMs: [bench.nowMs, bench.nowMs], latched: null, toneTold: false },
      bench.nowMs,
    );
    for (const packet of packets.slice(4)) next.receive(packet);
    expect(bench.told('key')).toMatchObject([{ key: '1' }, { key: '2' }]);
  });
});

describe('a silent leg', () => {
  it('is told as silent once, although it is handed over meanwhile', () => {
    const bench = new Bench();
    const leg = bench.leg();
    bench.tick(50 * 61);
    const next = bench.handOver(leg);
    bench.tick(50);
    expect(bench.told('audioMissing')).toHaveLength(1);
    next.says = new Int16Array(160);
    bench.tick(50 * 61);
    expect(bench.told('audioMissing')).toHaveLength(2);
  });
});
