import { saidIn } from '../adapters/spoken-names/name-sound.js';
import { SAMPLE_RATE_HZ, writeWav } from '../adapters/spoken-names/wav.js';

/** A name as it is played: a WAV file, and how long it is, seconds. */
interface NameSound {
  readonly wav: Uint8Array;
  readonly seconds: number;
}

/** What is said in a recording; `null`: nothing is. @throws Error with one clear line where it is no recording of a name */
export function nameSound(recording: Buffer): NameSound | null {
  const said = saidIn(recording);
  return said === null ? null : { wav: writeWav(said), seconds: said.length / SAMPLE_RATE_HZ };
}
