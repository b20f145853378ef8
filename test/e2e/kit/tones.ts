import { expect } from 'vitest';
import { steadyToneDbfs, TONE_DBFS, type Caller } from './caller.js';
import { HEARD_DBFS, MARGIN_DB, othersOf, tonesOf, untilHears } from './listening.js';

export { MARGIN_DB, othersOf, TONES_HZ, untilHears, untilSilent } from './listening.js';

const MEASURE_MS = 1_000;
/** How long everyone may take to hear everyone. */
const SETTLE_LIMIT_MS = 30_000;
/** Packets that come so late were held up on a machine that has too much to do. */
const HELD_UP_MS = 100;

/** What one caller hears of each of several tones, dBFS. */
export interface Hearing {
  readonly caller: Caller;
  readonly levels: ReadonlyMap<number, number>;
}

/**
 * Waits until every caller hears every other one, then measures for a second: each other tone is there, one's own and
 * those of `absent` are not, 20 dB apart at least. A second in which packets were held up shows what the machine can do, not the bridge:
 * if a tone is missing from it, the next one counts.
 * @returns the smallest margin measured, dB
 */
export async function everyoneHears(callers: readonly Caller[], absent: readonly number[] = []): Promise<number> {
  const deadline = performance.now() + SETTLE_LIMIT_MS;
  for (;;) {
    await Promise.all(callers.map((caller) => untilHears(caller, othersOf(caller, callers))));
    for (const { telephone } of callers) telephone.resetGaps();
    const hearings = await Promise.all(callers.map((caller) => measure(caller, [...tonesOf(callers), ...absent])));
    const missing = hearings.some((hearing) => faintest(hearing, callers) <= HEARD_DBFS);
    const heldUpMs = Math.max(...callers.map(({ telephone }) => telephone.statistics().longestGapMs));
    if (!missing || heldUpMs < HELD_UP_MS || performance.now() > deadline) return smallestMargin(hearings, callers);
    console.log(`packets were held up for ${heldUpMs.toFixed(0)} ms: measured again`);
  }
}

function smallestMargin(hearings: readonly Hearing[], callers: readonly Caller[]): number {
  let smallest = Infinity;
  for (const hearing of hearings) {
    const { caller, levels } = hearing;
    const others = othersOf(caller, callers);
    const heard = faintest(hearing, callers);
    const silent = [...levels].filter(([hz]) => !others.includes(hz)).map(([, dbfs]) => dbfs);
    const margin = heard - Math.max(...silent);
    smallest = Math.min(smallest, margin);
    expect(heard, `the faintest other tone at the caller of ${caller.hz ?? 0} Hz`).toBeGreaterThan(HEARD_DBFS);
    expect(margin, `margin at the caller of ${caller.hz ?? 0} Hz`).toBeGreaterThanOrEqual(MARGIN_DB);
  }
  return smallest;
}

const faintest = ({ caller, levels }: Hearing, callers: readonly Caller[]): number =>
  Math.min(...othersOf(caller, callers).map((hz) => levels.get(hz) ?? -Infinity));

/** Nothing of these tones is heard: at least 20 dB below what they would be heard at. */
export async function hearsNothingOf(caller: Caller, tones: readonly number[]): Promise<void> {
  const { levels } = await measure(caller, tones);
  for (const [hz, dbfs] of levels) expect(dbfs, `${hz} Hz`).toBeLessThan(TONE_DBFS - 3 - MARGIN_DB);
}

export async function measure(caller: Caller, tones: readonly number[]): Promise<Hearing> {
  const samples = await caller.listen(MEASURE_MS);
  return { caller, levels: new Map(tones.map((hz) => [hz, steadyToneDbfs(samples, hz)])) };
}
