import { describe, expect, it } from 'vitest';
import { TickSchedule } from '../../../src/adapters/embedded-media/ticker.js';

describe('the tick', () => {
  it('is due every 20 ms after the start', () => {
    const schedule = new TickSchedule(1_000);
    expect(schedule.nextMs()).toBe(1_020);
    expect(schedule.take(1_019.9)).toEqual({ run: 0, skip: 0 });
    expect(schedule.take(1_020)).toEqual({ run: 1, skip: 0 });
    expect(schedule.take(1_020)).toEqual({ run: 0, skip: 0 });
    expect(schedule.nextMs()).toBe(1_040);
  });

  it('never drifts, however late each one comes', () => {
    const schedule = new TickSchedule(0);
    let ticks = 0;
    for (let hour = 0; schedule.nextMs() <= 3_600_000; hour++)
      ticks += schedule.take(schedule.nextMs() + (hour % 7)).run;
    expect(ticks).toBe(180_000);
    expect(schedule.nextMs()).toBe(3_600_020);
  });

  it('catches up a few after a short stall', () => {
    const schedule = new TickSchedule(0);
    expect(schedule.take(65)).toEqual({ run: 3, skip: 0 });
    expect(schedule.nextMs()).toBe(80);
  });

  it('leaves out the rest after a long one, and goes on as scheduled', () => {
    const schedule = new TickSchedule(0);
    expect(schedule.take(2_001)).toEqual({ run: 5, skip: 95 });
    expect(schedule.nextMs()).toBe(2_020);
  });
});
