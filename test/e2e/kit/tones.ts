import { expect } from 'vitest';
import { steadyToneDbfs, TONE_DBFS, type Caller } from './caller.js';

/**
 * Tones far enough from each other, from the tones of keys, from the signals of the bridge and from each other's
 * harmonics to be told apart by measurement.
 */
export const TONES_HZ = [400, 1110, 1790, 2030, 2230, 2430, 2650, 2870, 3090, 3310] as const;

/** A tone that is heard stands at least this much above one that is not. */
export const MARGIN_DB = 20;
const SETTLE_LIMIT_MS = 30_000;
const MEASURE_MS = 1_000;
/** A tone heard through the bridge lost at most this much. Peak to RMS is 3 dB. */
const HEARD_DBFS = TONE_DBFS - 3 - 6;

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

/** Waits until all of these tones are heard. */
export async function untilHears(caller: Caller, tones: readonly number[], limitMs = SETTLE_LIMIT_MS): Promise<void> {
  await caller.until(`the tones ${tones.join(', ')} Hz`, limitMs, () =>
    tones.every((hz) => caller.toneNow(hz, 200) > HEARD_DBFS),
  );
}

/** Waits until none of these tones is heard any more. */
export async function untilSilent(caller: Caller, tones: readonly number[], limitMs = SETTLE_LIMIT_MS): Promise<void> {
  await caller.until(`silence at ${tones.join(', ')} Hz`, limitMs, () =>
    tones.every((hz) => caller.toneNow(hz, 200) < HEARD_DBFS - MARGIN_DB),
  );
}

export async function measure(caller: Caller, tones: readonly number[]): Promise<Hearing> {
  const samples = await caller.listen(MEASURE_MS);
  return { caller, levels: new Map(tones.map((hz) => [hz, steadyToneDbfs(samples, hz)])) };
}

const tonesOf = (callers: readonly Caller[]): number[] => callers.flatMap(({ hz }) => (hz === null ? [] : [hz]));

/** The tones of all the others. */
export const othersOf = (caller: Caller, callers: readonly Caller[]): number[] =>
  tonesOf(callers.filter((other) => other !== caller));
