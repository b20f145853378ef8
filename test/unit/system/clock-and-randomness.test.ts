import { describe, expect, it } from 'vitest';
import { SystemClock } from '../../../src/adapters/system/clock.js';
import { SystemRandomness } from '../../../src/adapters/system/randomness.js';

describe('the clock of the system', () => {
  const clock = new SystemClock();

  it.each([-1, 2 ** 31, Number.NaN, Infinity])('refuses a timer of %d ms rather than fire it at once', (ms) => {
    expect(() => clock.after(ms, () => undefined)).toThrow(RangeError);
  });

  it('takes the longest timer there is', () => {
    clock.after(2 ** 31 - 1, () => undefined).cancel();
  });

  it('calls back once, and not at all when cancelled', async () => {
    let called = 0;
    clock
      .after(0, () => {
        called += 100;
      })
      .cancel();
    await new Promise<void>((resolve) => {
      clock.after(1, () => {
        called += 1;
        resolve();
      });
      expect(called).toBe(0);
    });
    expect(called).toBe(1);
  });

  it('counts in milliseconds and never goes back', () => {
    const readings = Array.from({ length: 100 }, () => clock.monotonic());
    expect(readings).toEqual(readings.toSorted((a, b) => a - b));
    expect(Math.abs(clock.wall() - Date.now())).toBeLessThan(1000);
  });
});

describe('the randomness of the system', () => {
  const randomness = new SystemRandomness();

  it('gives as many digits as asked for', () => {
    for (const length of [0, 1, 9, 12, 100]) expect(randomness.digits(length)).toMatch(new RegExp(`^\\d{${length}}$`));
  });

  it('gives every digit the same chance: bytes that would favour some are drawn again', () => {
    const bytes = [249, 250, 251, 255, 0, 10];
    const fixed = new SystemRandomness((count) => Uint8Array.from(bytes.splice(0, count)));
    expect(fixed.digits(3)).toBe('900');
  });

  it('gives digits without a pattern', () => {
    const counts = new Map<string, number>();
    for (const digit of randomness.digits(100_000)) counts.set(digit, (counts.get(digit) ?? 0) + 1);
    expect(counts.size).toBe(10);
    // 10 000 each, standard deviation 95
    for (const count of counts.values()) expect(Math.abs(count - 10_000)).toBeLessThan(600);
  });

  it('gives identifiers that are short, plain and never the same', () => {
    const identifiers = Array.from({ length: 1000 }, () => randomness.identifier('a'));
    for (const identifier of identifiers) expect(identifier).toMatch(/^a[0-9a-z]{20}$/);
    expect(new Set(identifiers).size).toBe(1000);
  });
});
