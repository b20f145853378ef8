import { describe, expect, test } from 'vitest';
import { SpeechMeter } from '../../../src/adapters/embedded-media/speech-meter.js';
import { speech } from '../../speech.js';
import { coded, concat, noise, tone } from './kit.js';

/** Runs sound through; gives the milliseconds at which talk was told. */
const take = (meter: SpeechMeter, said: Int16Array): readonly number[] => {
  const told: number[] = [];
  for (let at = 0; at + 160 <= said.length; at += 160)
    if (meter.take(said.subarray(at, at + 160))) told.push((at + 160) / 8);
  return told;
};
const watching = (): SpeechMeter => {
  const meter = new SpeechMeter();
  meter.watch();
  return meter;
};
const mixed = (a: Int16Array, b: Int16Array): Int16Array =>
  a.map((sample, i) => Math.max(-32_768, Math.min(32_767, sample + (b[i] ?? 0))));
const silence = (ms: number): Int16Array => new Int16Array(ms * 8);

describe('one who talks into a muted line', () => {
  test.each([-15, -24, -35])('is noticed after about a second, once, at %i dBFS', (dbfs) => {
    const told = take(watching(), coded(speech(30_000, dbfs)));
    expect(told).toHaveLength(1);
    expect(told[0]).toBeGreaterThan(900);
    expect(told[0]).toBeLessThan(3_500);
  });

  test('is noticed in front of noise', () => {
    const said = speech(20_000, -24);
    expect(take(watching(), mixed(said, noise(said.length, -40)))).toHaveLength(1);
  });

  test('is noticed again when it is looked for again, and not before', () => {
    const meter = watching();
    const said = coded(speech(10_000));
    expect(take(meter, said)).toHaveLength(1);
    expect(take(meter, said)).toHaveLength(0);
    meter.watch();
    expect(take(meter, said)).toHaveLength(1);
    meter.watch();
    meter.unwatch();
    expect(take(meter, said)).toHaveLength(0);
  });

  test('is not one who says a word, coughs or clears his throat every few seconds', () => {
    const word = speech(450);
    expect(take(watching(), concat([word, silence(4_000), word, silence(4_000), word, silence(4_000)]))).toEqual([]);
  });
});

describe('no talk is', () => {
  test('noise, of whatever level and from whenever on', () => {
    for (const dbfs of [-50, -35, -20, -6]) {
      expect(take(watching(), coded(noise(80_000, dbfs))), `${dbfs} dBFS`).toEqual([]);
      expect(take(watching(), coded(concat([silence(3_000), noise(80_000, dbfs)]))), `from 3 s, ${dbfs}`).toEqual([]);
    }
  });

  test('noise that swells and ebbs within 6 dB in some seconds', () => {
    const swelling = noise(160_000, -20).map((sample, i) => sample * (0.75 + 0.25 * Math.sin(i / 8_000)));
    expect(take(watching(), coded(swelling))).toEqual([]);
  });

  test('a tone, a hum, or nothing at all', () => {
    for (const hz of [50, 200, 440, 1_000]) expect(take(watching(), coded(tone(hz, 80_000, -15))), `${hz}`).toEqual([]);
    expect(take(watching(), silence(10_000))).toEqual([]);
    const meter = watching();
    for (let frame = 0; frame < 500; frame++) expect(meter.take(null)).toBe(false);
  });

  test('speech softer than -50 dBFS, from another room', () => {
    expect(take(watching(), coded(speech(20_000, -58)))).toEqual([]);
  });
});

describe('how a line sounds', () => {
  test('is nothing before anything was heard, and of silence', () => {
    const meter = new SpeechMeter();
    expect(meter.figure()).toEqual({ levelDb: -96, activeShare: 0 });
    take(meter, silence(2_000));
    expect(meter.figure()).toEqual({ levelDb: -96, activeShare: 0 });
  });

  test('is its level while there is something to be heard, and the share of that time', () => {
    const meter = new SpeechMeter();
    take(meter, concat([tone(500, 16_000, -20), silence(3_000)]));
    for (let frame = 0; frame < 50; frame++) meter.take(null);
    expect(meter.figure().levelDb).toBeCloseTo(-23, 1);
    expect(meter.figure().activeShare).toBeCloseTo(2 / 6, 2);
  });

  test('is of the last 10 s', () => {
    const meter = new SpeechMeter();
    take(meter, tone(500, 80_000, -10));
    take(meter, tone(500, 80_000, -30));
    expect(meter.figure().levelDb).toBeCloseTo(-33, 1);
    take(meter, silence(10_000));
    expect(meter.figure().activeShare).toBe(0);
  });
});
