import type { Caller } from './caller.js';
import { toneLevels, TONE_DBFS } from './caller.js';

/**
 * Tones far enough from each other, from the tones of keys, from the signals of the bridge and from each other's
 * harmonics to be told apart by measurement.
 */
export const TONES_HZ = [400, 1110, 1790, 2030, 2230, 2430, 2650, 2870, 3090, 3310] as const;

/** A tone that is heard stands at least this much above one that is not. */
export const MARGIN_DB = 20;
const SETTLE_LIMIT_MS = 30_000;
/** A tone heard through the bridge lost at most this much. Peak to RMS is 3 dB. */
export const HEARD_DBFS = TONE_DBFS - 3 - 6;

/**
 * A tone has come, or gone, when all of the latest so many milliseconds say so, heard after the question was asked. In our prompts a
 * vowel holds 400 Hz for up to 250 ms at such a level, a note of the hold music for 400 ms, and a call on hold keeps what it heard before.
 */
const SETTLED_MS = 500;

/** Waits until all of these tones are heard, without a break. */
export async function untilHears(caller: Caller, tones: readonly number[], limitMs = SETTLE_LIMIT_MS): Promise<void> {
  await untilSettled(caller, `the tones ${tones.join(', ')} Hz`, limitMs, (latest) =>
    tones.every((hz) => Math.min(...toneLevels(latest, hz)) > HEARD_DBFS),
  );
}

/** Waits until none of these tones is heard any more. */
export async function untilSilent(caller: Caller, tones: readonly number[], limitMs = SETTLE_LIMIT_MS): Promise<void> {
  await untilSettled(caller, `silence at ${tones.join(', ')} Hz`, limitMs, (latest) =>
    tones.every((hz) => Math.max(...toneLevels(latest, hz)) < HEARD_DBFS - MARGIN_DB),
  );
}

async function untilSettled(
  caller: Caller,
  what: string,
  limitMs: number,
  holds: (latest: Int16Array) => boolean,
): Promise<void> {
  const since = caller.mark();
  await caller.until(what, limitMs, () => {
    const latest = caller.latest(SETTLED_MS, since);
    return latest !== null && holds(latest);
  });
}

export const tonesOf = (callers: readonly Caller[]): number[] => callers.flatMap(({ hz }) => (hz === null ? [] : [hz]));

/** The tones of all the others. */
export const othersOf = (caller: Caller, callers: readonly Caller[]): number[] =>
  tonesOf(callers.filter((other) => other !== caller));
