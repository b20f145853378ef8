import type { Caller } from './caller.js';
import { HEARD_DBFS } from './listening.js';

const SAMPLES_A_MS = 8;
const SAMPLE_RATE_HZ = 8_000;
const WINDOW = 160;
const STEP = 80;
/** A packet and a window: below this nothing was missing. */
const RESOLUTION_MS = 20;

/** Hann: tones 200 Hz apart leave each other alone. */
const SHAPE = Float64Array.from({ length: WINDOW }, (_, at) => 0.5 - 0.5 * Math.cos((2 * Math.PI * at) / WINDOW));

/** The longest stretches in what a caller heard, milliseconds; 0 where nothing was missing. */
export interface Silence {
  /** In which none of the tones was heard. */
  readonly ofAllMs: number;
  /** In which at least one of them was not heard. */
  readonly ofAnyMs: number;
}

/**
 * Listens through what a caller heard in windows of 20 ms, 10 ms apart.
 * @param afterMs time that has gone by since the last of the samples: nothing was heard in it
 */
export function silenceIn(samples: Int16Array, tones: readonly number[], afterMs = 0): Silence {
  let none = 0;
  let some = 0;
  const longest = { none: 0, some: 0 };
  for (let at = 0; at + WINDOW <= samples.length; at += STEP) {
    let heard = 0;
    for (const hz of tones) if (levelDbfs(samples, at, hz) >= HEARD_DBFS) heard += 1;
    none = heard === 0 ? none + 1 : 0;
    some = heard < tones.length ? some + 1 : 0;
    longest.none = Math.max(longest.none, none);
    longest.some = Math.max(longest.some, some);
  }
  const steps = Math.max(0, afterMs - RESOLUTION_MS) / (STEP / SAMPLES_A_MS);
  return {
    ofAllMs: milliseconds(Math.max(longest.none, none + steps)),
    ofAnyMs: milliseconds(Math.max(longest.some, some + steps)),
  };
}

/** Of the tones `caller` should hear, from a mark until now. */
export function silenceOf(caller: Caller, tones: readonly number[], since: number): Silence {
  const { lastArrivalMs } = caller.telephone.statistics();
  return silenceIn(caller.heard(since), tones, Number(process.hrtime.bigint()) / 1e6 - lastArrivalMs);
}

/** `steps` windows in a row without the tone. */
function milliseconds(steps: number): number {
  return Math.round(steps * (STEP / SAMPLES_A_MS));
}

/** RMS level of a tone in one window (Goertzel). */
function levelDbfs(samples: Int16Array, start: number, hz: number): number {
  const factor = 2 * Math.cos((2 * Math.PI * hz) / SAMPLE_RATE_HZ);
  let before = 0;
  let last = 0;
  for (let index = 0; index < WINDOW; index += 1) {
    const now = (samples[start + index] ?? 0) * (SHAPE[index] ?? 0) + factor * last - before;
    before = last;
    last = now;
  }
  const magnitude = last * last + before * before - factor * last * before;
  const power = (8 * magnitude) / (WINDOW * WINDOW);
  return power <= 0 ? -Infinity : 10 * Math.log10(power / 2 ** 30);
}
