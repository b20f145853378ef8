import { describe, expect, test } from 'vitest';
import { Gain } from '../../../src/adapters/embedded-media/gain.js';
import { concat, noise, rms, roughness, signalToNoise, tone } from './kit.js';

/** Runs `said` through, with the volumes in `at` set before the frame of that number. */
const through = (said: Int16Array, at: Readonly<Record<number, number>>, gain = new Gain()): Int16Array => {
  const heard: Int16Array[] = [];
  for (let frame = 0; (frame + 1) * 160 <= said.length; frame++) {
    const db = at[frame];
    if (db !== undefined) gain.set(db);
    heard.push(gain.apply(said.subarray(frame * 160, (frame + 1) * 160), new Int16Array(160)).slice());
  }
  return concat(heard);
};
const db = (one: Int16Array, other: Int16Array): number => 20 * Math.log10(rms(one) / rms(other));

describe('a volume', () => {
  test('at 0 dB passes everything bit for bit, also after it was another', () => {
    const said = noise(16_000, 0);
    expect(through(said, {})).toEqual(said);
    const quieter = noise(16_000, -2);
    const back = through(quieter, { 0: 12, 30: 0 });
    // 300 ms for the limiter to let go.
    expect(back.subarray(31 * 160 + 4_800)).toEqual(quieter.subarray(31 * 160 + 4_800));
  });

  test('is as many decibels as were asked for, at most 24', () => {
    const said = tone(1_000, 8_000, -30);
    for (const wanted of [-24, -12, -4, 4, 8, 12, 24]) {
      const heard = through(said, { 0: wanted });
      expect(db(heard.subarray(800), said.subarray(800))).toBeCloseTo(wanted, 1);
    }
    expect(db(through(said, { 0: 60 }).subarray(800), said.subarray(800))).toBeCloseTo(24, 1);
    expect(db(through(said, { 0: -60 }).subarray(800), said.subarray(800))).toBeCloseTo(-24, 0);
  });

  test('changes without a click', () => {
    const said = tone(300, 8_000, -20);
    const loud = tone(300, 8_000, -8);
    expect(roughness(through(said, { 10: 12, 20: -12, 30: 0 }))).toBeLessThan(roughness(loud) * 1.3);
  });

  test('that would be too loud is turned down, not cut', () => {
    const heard = through(tone(1_000, 16_000, -3), { 0: 12 });
    expect(heard.every((sample) => Math.abs(sample) < 32_767)).toBe(true);
    expect(signalToNoise(heard.subarray(4_000), 1_000)).toBeGreaterThan(30);
    expect(rms(heard.subarray(4_000))).toBeGreaterThan(18_000);
  });

  test('may write where it reads', () => {
    const gain = new Gain();
    gain.set(6);
    const frame = tone(500, 160, -20);
    const expected = through(frame, { 0: 6 });
    expect(gain.apply(frame, frame)).toBe(frame);
    expect(frame).toEqual(expected);
  });

  test('is reached while nothing is said', () => {
    const gain = new Gain();
    gain.set(-12);
    gain.rest();
    const said = tone(1_000, 160, -20);
    expect(db(gain.apply(said, new Int16Array(160)), said)).toBeCloseTo(-12, 1);
  });
});
