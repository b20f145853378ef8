import type { Caller } from './caller.js';
import { TONE_DBFS } from './caller.js';

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

/** What is listened to at once, milliseconds, and in samples. */
const LISTEN_MS = 200;
const LISTEN_SAMPLES = LISTEN_MS * 8;

/** Waits until all of these tones are heard, from now on: what came before a line fell silent does not count. */
export async function untilHears(caller: Caller, tones: readonly number[], limitMs = SETTLE_LIMIT_MS): Promise<void> {
  const from = caller.mark();
  await caller.until(
    `the tones ${tones.join(', ')} Hz`,
    limitMs,
    () => caller.mark() - from >= LISTEN_SAMPLES && tones.every((hz) => caller.toneNow(hz, LISTEN_MS) > HEARD_DBFS),
  );
}

/** Waits until none of these tones is heard any more. */
export async function untilSilent(caller: Caller, tones: readonly number[], limitMs = SETTLE_LIMIT_MS): Promise<void> {
  await caller.until(`silence at ${tones.join(', ')} Hz`, limitMs, () =>
    tones.every((hz) => caller.toneNow(hz, 200) < HEARD_DBFS - MARGIN_DB),
  );
}

export const tonesOf = (callers: readonly Caller[]): number[] => callers.flatMap(({ hz }) => (hz === null ? [] : [hz]));

/** The tones of all the others. */
export const othersOf = (caller: Caller, callers: readonly Caller[]): number[] =>
  tonesOf(callers.filter((other) => other !== caller));
