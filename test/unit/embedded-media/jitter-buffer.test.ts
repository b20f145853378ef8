import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PCMA, PCMU } from '../../../src/adapters/embedded-media/g711.js';
import { JitterBuffer } from '../../../src/adapters/embedded-media/jitter-buffer.js';
import type { Packet } from './kit.js';
import {
  coded,
  concat,
  find,
  headerOf,
  listen,
  noise,
  rms,
  roughness,
  seeded,
  signalToNoise,
  stream,
  tone,
} from './kit.js';

/** Speech-like: no stretch of it occurs twice. */
const talk = (ms: number, seed = 5): Int16Array => noise(ms * 8, -12, seed);

describe('on a clean line', () => {
  test('every sample arrives, in order, and nothing is made up, whatever the phase of ticks and the length of packets', () => {
    for (const ptimeMs of [10, 20, 30, 40, 60]) {
      for (const phaseMs of [0, 0.1, 5, 7, 12.5, 19.9]) {
        const said = talk(1200);
        const heard = listen(stream(said, { ptimeMs }), 1180, phaseMs);
        expect(
          find(heard.samples, coded(said).subarray(0, 8 * 960)),
          `${ptimeMs} ms, phase ${phaseMs}`,
        ).toBeGreaterThan(-1);
        expect(heard.buffer.figures()).toMatchObject({
          late: 0,
          concealedSamples: 0,
          droppedSamples: 0,
          insertedSamples: 0,
        });
      }
    }
  });

  test('the delay added is 20 to 30 ms', () => {
    for (const phaseMs of [0, 3, 10, 17]) {
      const said = talk(1000);
      const heard = listen(stream(said), 980, phaseMs);
      // Packet 0 arrives at 25 ms; a frame is heard from its tick on.
      const startMs = phaseMs + find(heard.samples, coded(said).subarray(0, 4000)) / 8;
      expect(startMs - 25).toBeGreaterThanOrEqual(20);
      expect(startMs - 25).toBeLessThanOrEqual(30);
      expect(heard.buffer.figures().delayMs).toBeGreaterThanOrEqual(20);
      expect(heard.buffer.figures().delayMs).toBeLessThanOrEqual(30);
    }
  });

  test('both laws are understood, and a change of law or packet length in mid-speech is not heard', () => {
    const said = talk(1200);
    const buffer = new JitterBuffer();
    const out: Int16Array[] = [];
    const parts = [
      { codec: PCMU, from: 0, ptimeMs: 20 },
      { codec: PCMA, from: 400, ptimeMs: 10 },
      { codec: PCMU, from: 800, ptimeMs: 10 },
    ];
    const packets = parts.flatMap(({ codec, from, ptimeMs }, part) =>
      stream(said.subarray(from * 8, (from + 400) * 8), {
        codec,
        ptimeMs,
        firstSequence: part * 100,
        firstTimestamp: from * 8,
      }).map((packet) => ({ codec, packet: { ...packet, arrivalMs: packet.arrivalMs + from } })),
    );
    const renumbered = packets.map(({ codec, packet }, index) => ({ codec, packet: { ...packet, sequence: index } }));
    let next = 0;
    for (let now = 3; now < 1180; now += 20) {
      for (let due = renumbered[next]; due !== undefined && due.packet.arrivalMs <= now; due = renumbered[++next]) {
        buffer.put(due.codec, headerOf(due.packet), due.packet.payload, due.packet.arrivalMs);
      }
      const frame = new Int16Array(160);
      buffer.pull(frame, now);
      out.push(frame);
    }
    const expected = concat(parts.map(({ codec, from }) => coded(said.subarray(from * 8, (from + 400) * 8), codec)));
    expect(find(concat(out), expected.subarray(0, 8 * 1000))).toBeGreaterThan(-1);
  });

  test('ticks that come up to 12 ms late cost no sample, once the buffer knows when they are due', () => {
    const random = seeded(3);
    const said = talk(7000);
    const heard = listen(stream(said), 6980, 6, { tickLateMs: () => random() * 12 });
    expect(find(heard.samples, coded(said).subarray(8 * 3000, 8 * 6900))).toBeGreaterThan(-1);
    expect(heard.buffer.figures()).toMatchObject({ late: 0, concealedSamples: 0 });
  });
});

describe('with jitter', () => {
  test('a tone keeps more than 30 dB when packets wander by less than the target', () => {
    for (const phaseMs of [0, 9, 19]) {
      const random = seeded(11);
      const said = tone(1004, 8 * 20_000);
      const heard = listen(stream(said, { delayMs: () => 10 + random() * 6 }), 20_000, phaseMs);
      expect(signalToNoise(heard.samples.subarray(8000, 8 * 19_000), 1004)).toBeGreaterThan(30);
      expect(heard.buffer.figures()).toMatchObject({ late: 0, concealedSamples: 0 });
    }
  });

  test('40 ms of jitter are learnt within a second; then nothing is late, and the tone is whole', () => {
    const random = seeded(2);
    const said = tone(1004, 8 * 30_000);
    let lateAfterStart = 0;
    const heard = listen(stream(said, { delayMs: () => 5 + random() * 40 }), 30_000, 4, {
      onTick: (buffer, tick) => {
        if (tick === 50) lateAfterStart = buffer.figures().late;
      },
    });
    const figures = heard.buffer.figures();
    expect(figures.late - lateAfterStart).toBeLessThanOrEqual(1);
    expect(figures.delayMs).toBeGreaterThan(40);
    expect(figures.delayMs).toBeLessThan(85);
    expect(signalToNoise(heard.samples.subarray(8 * 15_000, 8 * 25_000), 1004)).toBeGreaterThan(30);
  });

  test('when the jitter is over, the delay returns to that of a clean line', () => {
    const random = seeded(2);
    const heard = listen(
      stream(tone(440, 8 * 40_000), { delayMs: (index) => 5 + (index < 500 ? random() * 80 : 0) }),
      40_000,
    );
    expect(heard.buffer.figures().delayMs).toBeLessThan(40);
    expect(roughness(heard.samples.subarray(8 * 12_000))).toBeLessThan(2000);
  });

  test('the delay never exceeds 200 ms by more than a packet, however bad the line', () => {
    const random = seeded(8);
    listen(stream(talk(30_000), { delayMs: () => random() ** 3 * 600 }), 30_000, 7, {
      onTick: (buffer, tick) => {
        if (tick > 50) expect(buffer.figures().delayMs).toBeLessThan(265);
      },
    });
  });

  test('one straggler does not make everyone wait', () => {
    const heard = listen(stream(talk(20_000), { delayMs: (index) => (index === 300 ? 90 : 5) }), 20_000);
    expect(heard.buffer.figures().delayMs).toBeLessThan(40);
  });
});

describe('against the sender’s clock', () => {
  test.each([100, -100, 30])('a clock %i ppm off for 10 minutes neither fills nor empties the buffer', (driftPpm) => {
    const minutes = 10 * 60_000;
    let most = 0;
    let concealed = 0;
    const heard = listen(stream(tone(400, 8 * minutes), { driftPpm }), minutes, 3, {
      onTick: (buffer, tick) => {
        if (tick % 50 !== 0 || tick < 50) return;
        most = Math.max(most, buffer.figures().delayMs);
        concealed = buffer.figures().concealedSamples;
      },
    });
    expect(most).toBeLessThan(45);
    // The last packets of the fast clock are over before the time is.
    expect(concealed).toBeLessThanOrEqual(800);
    expect(signalToNoise(heard.samples.subarray(8 * 1000, 8 * 60_000), 400)).toBeGreaterThan(30);
    expect(roughness(heard.samples.subarray(800, 8 * (minutes - 1000)))).toBeLessThan(2000);
  });
});

describe('loss, reordering, repetition', () => {
  test('swapped packets are put right once the buffer has learnt to expect them', () => {
    const said = talk(5000);
    const packets = stream(said, { ptimeMs: 10 });
    const swapped = packets.map((packet, index) =>
      index % 10 === 5 ? { ...packet, arrivalMs: packet.arrivalMs + 10.5 } : packet,
    );
    const heard = listen(swapped, 4900);
    expect(find(heard.samples, coded(said).subarray(8 * 2500, 8 * 4800))).toBeGreaterThan(-1);
  });

  test('every packet twice sounds like once', () => {
    const said = talk(2000);
    const packets = stream(said).flatMap((packet) => [packet, { ...packet, arrivalMs: packet.arrivalMs + 45 }]);
    const heard = listen(packets, 1900);
    expect(find(heard.samples, coded(said).subarray(0, 8 * 1800))).toBeGreaterThan(-1);
    expect(heard.buffer.figures()).toMatchObject({ late: 0, concealedSamples: 0 });
    expect(heard.buffer.figures().duplicates).toBeGreaterThan(85);
  });

  test('a lost packet leaves everything behind it in its place', () => {
    const said = talk(2000);
    const heard = listen(stream(said, { delayMs: (index) => (index % 25 === 10 ? null : 5) }), 1900);
    const whole = coded(said);
    const before = find(heard.samples, whole.subarray(0, 1600));
    const after = find(heard.samples, whole.subarray(8 * 1600, 8 * 1680));
    expect(after - before).toBe(8 * 1600);
    expect(heard.buffer.figures().concealedSamples).toBe(4 * 160);
  });

  test('a tone with 2% loss is bridged without a click', () => {
    const random = seeded(4);
    const heard = listen(stream(tone(400, 8 * 20_000), { delayMs: () => (random() < 0.02 ? null : 5) }), 19_900);
    expect(roughness(heard.samples.subarray(800))).toBeLessThan(2500);
    expect(rms(heard.samples.subarray(8000))).toBeGreaterThan(0.95 * rms(tone(400, 8000)));
  });

  test('what comes late because the line froze is heard late, not lost', () => {
    const said = talk(4000);
    const heard = listen(
      stream(said, { delayMs: (index) => (index >= 100 && index < 106 ? 5 + (106 - index) * 20 : 5) }),
      3900,
    );
    expect(find(heard.samples, coded(said).subarray(8 * 2020, 8 * 2400))).toBeGreaterThan(-1);
    expect(heard.buffer.figures().late).toBe(0);
  });

  test('after a freeze of 400 ms the listener is at most 200 ms behind', () => {
    const heard = listen(
      stream(talk(4000), { delayMs: (index) => (index >= 100 && index < 120 ? 5 + (120 - index) * 20 : 5) }),
      2500,
    );
    expect(heard.buffer.figures().delayMs).toBeLessThan(205);
  });
});

describe('silence', () => {
  const withPause = (quiet: boolean): { said: Int16Array; packets: Packet[] } => {
    const said = concat([talk(500), new Int16Array(8 * 3000), talk(500, 6)]);
    const packets = stream(said);
    const spoken = packets
      .filter((_, index) => index < 25 || index >= 175)
      .map((packet, index) => ({ ...packet, sequence: index + (quiet && index >= 25 ? 1 : 0), marker: index === 25 }));
    const mark = packets[25];
    if (quiet && mark !== undefined) {
      spoken.push({ ...mark, sequence: 25, quiet: true, marker: false });
    }
    return { said, packets: spoken };
  };

  test.each([false, true])(
    'a pause without packets is silence, and its end is heard from the first sample (announced: %s)',
    (quiet) => {
      const { said, packets } = withPause(quiet);
      const heard = listen(packets, 3980);
      const whole = coded(said);
      const first = find(heard.samples, whole.subarray(0, 8 * 480));
      const second = find(heard.samples, whole.subarray(8 * 3500, 8 * 3900));
      expect(first).toBeGreaterThan(-1);
      expect(Math.abs(second - first - 8 * 3500)).toBeLessThanOrEqual(160);
      expect(heard.kinds.slice(40, 170).every((kind) => kind === 'silence')).toBe(true);
      if (quiet) expect(heard.buffer.figures().concealedSamples).toBe(0);
    },
  );

  test('what was missed of a telephone event is no loss', () => {
    const said = talk(1000);
    const packets = stream(said).map((packet, index) =>
      index >= 20 && index < 28 ? { ...packet, quiet: true, timestamp: (0xffff_f000 + 20 * 160) >>> 0 } : packet,
    );
    const heard = listen(packets, 980);
    expect(heard.buffer.figures().concealedSamples).toBe(0);
    const whole = coded(said);
    expect(find(heard.samples, whole.subarray(28 * 160, 45 * 160)) - find(heard.samples, whole.subarray(0, 1600))).toBe(
      28 * 160,
    );
  });
});

describe('another stream', () => {
  test('a new SSRC is heard from its first packet', () => {
    const before = stream(talk(500));
    const said = talk(500, 9);
    const after = stream(said, { firstSequence: 9, firstTimestamp: 77 }).map((packet) => ({
      ...packet,
      ssrc: 2,
      arrivalMs: packet.arrivalMs + 500,
    }));
    const heard = listen([...before, ...after], 980);
    expect(find(heard.samples, coded(said).subarray(0, 8 * 400))).toBeGreaterThan(-1);
  });

  test('timestamps that begin anew under the same SSRC are taken from the second packet on', () => {
    const said = talk(500, 9);
    const after = stream(said, { firstSequence: 25, firstTimestamp: 0x1234_5678 }).map((packet) => ({
      ...packet,
      arrivalMs: packet.arrivalMs + 500,
    }));
    const heard = listen([...stream(talk(500), { firstSequence: 0 }), ...after], 980);
    expect(find(heard.samples, coded(said).subarray(160, 8 * 400))).toBeGreaterThan(-1);
  });

  test('one stray packet from elsewhere in time changes nothing', () => {
    const said = talk(1000);
    const packets = stream(said);
    const stray: Packet = { sequence: 40_000, timestamp: 0x4000_0000, arrivalMs: 400, payload: new Uint8Array(160) };
    const heard = listen([...packets, stray], 950);
    expect(find(heard.samples, coded(said).subarray(0, 8 * 900))).toBeGreaterThan(-1);
    expect(heard.buffer.figures().refused).toBe(1);
  });

  test('after a reset nothing of before is heard', () => {
    const buffer = new JitterBuffer();
    listen(stream(tone(400, 4000)), 400, 7, { buffer });
    buffer.reset();
    const frame = new Int16Array(160);
    for (let tick = 0; tick < 4; tick++) buffer.pull(frame, 407 + tick * 20);
    expect(rms(frame)).toBe(0);
    expect(buffer.pull(frame, 500)).toBe('silence');
  });
});

test('whatever comes, every pull fills the frame, the figures add up and the delay stays bounded', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          sequence: fc.oneof(fc.nat(65_535), fc.nat(40)),
          timestamp: fc.oneof(fc.nat(0xffff_ffff), fc.nat(9000)),
          arrivalMs: fc.oneof(fc.nat(3000), fc.nat(200)),
          marker: fc.boolean(),
          quiet: fc.boolean(),
          ssrc: fc.integer({ min: 1, max: 2 }),
          payload: fc.uint8Array({ maxLength: 1700 }),
        }),
        { maxLength: 60 },
      ),
      (packets) => {
        const heard = listen(packets, 3100);
        const figures = heard.buffer.figures();
        const audio = packets.filter((packet) => !packet.quiet).length;
        expect(figures.stored + figures.late + figures.duplicates + figures.refused).toBe(audio);
        expect(heard.samples.length).toBe(155 * 160);
        expect(figures.concealedSamples).toBeGreaterThanOrEqual(0);
      },
    ),
    { numRuns: 300 },
  );
});
