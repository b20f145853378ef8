import { expect } from 'vitest';
import { steadyToneDbfs, TONE_DBFS, type Caller } from './caller.js';
import { HEARD_DBFS, MARGIN_DB, othersOf, tonesOf, untilHears } from './listening.js';

export { MARGIN_DB, othersOf, TONES_HZ, untilHears, untilSilent } from './listening.js';

const MEASURE_MS = 1_000;

/** What one caller hears of each of several tones, dBFS. */
export interface Hearing {
  readonly caller: Caller;
  readonly levels: ReadonlyMap<number, number>;
}

/**
 * Waits until every caller hears every other one, then measures for a second: each other tone is there, one's own and
 * those of `absent` are not, 20 dB apart at least.
 * @returns the smallest margin measured, dB
 */
export async function everyoneHears(callers: readonly Caller[], absent: readonly number[] = []): Promise<number> {
  await Promise.all(callers.map((caller) => untilHears(caller, othersOf(caller, callers))));
  const hearings = await Promise.all(callers.map((caller) => measure(caller, [...tonesOf(callers), ...absent])));
  let smallest = Infinity;
  for (const { caller, levels } of hearings) {
    const others = othersOf(caller, callers);
    const heard = Math.min(...others.map((hz) => levels.get(hz) ?? -Infinity));
    const silent = [...levels].filter(([hz]) => !others.includes(hz)).map(([, dbfs]) => dbfs);
    const margin = heard - Math.max(...silent);
    smallest = Math.min(smallest, margin);
    expect(heard, `the faintest other tone at the caller of ${caller.hz ?? 0} Hz`).toBeGreaterThan(HEARD_DBFS);
    expect(margin, `margin at the caller of ${caller.hz ?? 0} Hz`).toBeGreaterThanOrEqual(MARGIN_DB);
  }
  return smallest;
}

/** Nothing of these tones is heard: at least 20 dB below what they would be heard at. */
export async function hearsNothingOf(caller: Caller, tones: readonly number[]): Promise<void> {
  const { levels } = await measure(caller, tones);
  for (const [hz, dbfs] of levels) expect(dbfs, `${hz} Hz`).toBeLessThan(TONE_DBFS - 3 - MARGIN_DB);
}

export async function measure(caller: Caller, tones: readonly number[]): Promise<Hearing> {
  const samples = await caller.listen(MEASURE_MS);
  return { caller, levels: new Map(tones.map((hz) => [hz, steadyToneDbfs(samples, hz)])) };
}
