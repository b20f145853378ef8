import { describe, expect, it } from 'vitest';
import { silenceIn } from '../../e2e/kit/silence.js';
import { concatenated, sine } from '../../sound.js';

/** As loud as a caller's tone in the failover tests. */
const DBFS = -26;
const silence = (ms: number): Int16Array => new Int16Array(ms * 8);
const both = (ms: number): Int16Array => {
  const [one, other] = [sine(1_110, ms, DBFS), sine(1_790, ms, DBFS)];
  return one.map((sample, index) => sample + (other[index] ?? 0));
};

describe('silence as the failover tests measure it', () => {
  it('is nothing where all tones sound throughout', () => {
    expect(silenceIn(both(1_000), [1_110, 1_790])).toEqual({ ofAllMs: 0, ofAnyMs: 0 });
  });

  it('is the longest stretch without any of them, and without one of them', () => {
    const heard = concatenated(both(300), silence(400), sine(1_110, 200, DBFS), both(300), silence(100), both(300));
    const { ofAllMs, ofAnyMs } = silenceIn(heard, [1_110, 1_790]);
    expect(Math.abs(ofAllMs - 400)).toBeLessThanOrEqual(20);
    expect(Math.abs(ofAnyMs - 600)).toBeLessThanOrEqual(20);
  });

  it('does not take another sound for the tones', () => {
    const heard = concatenated(both(300), sine(880, 500, -10), both(300));
    expect(Math.abs(silenceIn(heard, [1_110, 1_790]).ofAllMs - 500)).toBeLessThanOrEqual(20);
  });

  it('counts the time after the last packet, and hears nothing in nothing', () => {
    expect(Math.abs(silenceIn(both(300), [1_110, 1_790], 700).ofAllMs - 700)).toBeLessThanOrEqual(30);
    expect(silenceIn(new Int16Array(0), [1_110], 5_000).ofAllMs).toBeGreaterThan(4_900);
  });
});
