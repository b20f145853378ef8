import type { Caller } from '../test/e2e/kit/caller.js';
import { Ear, Search } from '../test/e2e/kit/ear.js';
import type { Sound } from '../test/e2e/kit/sounds.js';

const SAMPLES_A_MS = 8;
const PACKET_MS = 20;
/** The first sample of a sound that is heard, of 32,768. */
const AUDIBLE = 300;

/**
 * When a caller heard the first audible sample of a sound: the arrival of the packet it came in, on the clock of the telephone's levels.
 * @param since mark of the caller's from which it is looked for
 * @returns `null` where it was not heard
 */
export function heardAtMs(caller: Caller, sound: Sound, since: number): number | null {
  const now = caller.mark();
  const { samplesHeard, lastArrivalMs } = caller.telephone.statistics();
  const ear = new Ear();
  ear.append(caller.heard(since, now));
  const heard = new Search(ear, sound, 0).look(true);
  if (heard === null) return null;
  const lead = sound.samples.findIndex((sample) => Math.abs(sample) > AUDIBLE);
  const packets = Math.floor((samplesHeard - 1 - (since + heard.at + lead)) / (SAMPLES_A_MS * PACKET_MS));
  return lastArrivalMs - packets * PACKET_MS;
}
