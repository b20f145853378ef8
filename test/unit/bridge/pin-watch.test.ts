import { describe, expect, it } from 'vitest';
import { PinWatch } from '../../../src/bridge/pin-watch.js';
import { ManualClock } from '../../fakes/manual-clock.js';

/** So many calls, of which every `each`-th waits; how often each was looked at. */
function watched(count: number, each = 1) {
  const clock = new ManualClock();
  const looks = Array.from({ length: count }, () => 0);
  const calls = looks.map((_, index) => ({
    lookAgain: (): boolean => {
      if (index % each > 0) return false;
      looks[index] = (looks[index] ?? 0) + 1;
      return true;
    },
  }));
  const watch = new PinWatch(clock, () => calls);
  watch.wake();
  return { clock, watch, calls, looks, total: () => looks.reduce((sum, one) => sum + one, 0) };
}

describe('the watch over those who wait', () => {
  it('looks at each every two seconds, no more often', () => {
    const { clock, looks } = watched(3);
    clock.advance(1_999);
    expect(looks).toEqual([0, 0, 0]);
    clock.advance(1);
    expect(looks).toEqual([1, 1, 1]);
    clock.advance(2_000);
    expect(looks).toEqual([2, 2, 2]);
  });

  it('looks at 500 at once at most, and goes on with the others', () => {
    const { clock, looks, total } = watched(1_200);
    clock.advance(2_000);
    expect(total()).toBe(500);
    clock.advance(4_000);
    expect(total()).toBe(1_500);
    expect(looks.every((one) => one >= 1)).toBe(true);
  });

  it('holds nobody up for long where the store makes each look wait, and comes to all of them in turns', () => {
    const clock = new ManualClock();
    const looks = [0, 0, 0];
    const calls = looks.map((_, index) => ({
      lookAgain: (): boolean => {
        looks[index] = (looks[index] ?? 0) + 1;
        // as long as a write of another process is waited for
        clock.advance(2_000);
        return true;
      },
    }));
    new PinWatch(clock, () => calls).wake();
    clock.advance(2_000);
    expect(looks.toSorted()).toEqual([0, 0, 1]);
    clock.advance(10_000);
    expect(looks.every((one) => one >= 1)).toBe(true);
  });

  it('goes past those who do not wait', () => {
    const { clock, total } = watched(5_000, 50);
    clock.advance(2_000);
    expect(total()).toBe(100);
  });

  it('goes on where calls come and go', () => {
    const { clock, calls, total } = watched(700);
    clock.advance(2_000);
    calls.length = 3;
    clock.advance(2_000);
    expect(total()).toBe(503);
    calls.length = 0;
    expect(() => clock.advance(10_000)).not.toThrow();
  });

  it('rests as long as nobody waits', () => {
    const { clock, watch, calls, looks } = watched(1);
    const [one] = calls.splice(0);
    clock.advance(2_000);
    expect(clock.pending).toBe(0);
    if (one !== undefined) calls.push(one);
    watch.wake();
    watch.wake();
    clock.advance(4_000);
    expect(looks).toEqual([2]);
  });

  it('looks no more once it is ended', () => {
    const { clock, watch, total } = watched(3);
    watch.end();
    watch.wake();
    clock.advance(10_000);
    expect([total(), clock.pending]).toEqual([0, 0]);
  });
});
