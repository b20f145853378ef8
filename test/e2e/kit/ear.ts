import { levelDbfs, likeness } from '../../sound.js';
import { Correlator } from './correlator.js';
import type { Sound } from './sounds.js';

/** How far what was heard is like the sound itself: 1 is the same. Telephone codecs leave more than 0.98. */
export const SAME = 0.85;
/** How much of a sound is looked for first: its loudest stretch of this many samples. */
const PROBE_SAMPLES = 1_600;
/** A stretch this much alike is worth comparing the whole sound. */
const CANDIDATE = 0.7;
/** Pieces for a sound with gaps in it; together so much of them must be there. */
const PIECE_SAMPLES = 1_200;
const MOST_PIECES = 0.75;
/** Longest gap before a piece, and how much earlier than expected it may be. */
const GAP_SAMPLES = 2_400;
const GAP_BACK_SAMPLES = 160;
/** The search waits for this much more, so as not to search for each packet. */
const CHUNK_SAMPLES = 1_200;
/** After something that was like the probe but was not the sound, the search goes on this much later. */
const STEP_SAMPLES = 80;
/** So many zeros in a row, a packet's worth, may be a hole: the bridge or the telephone was held up. */
const HOLE_SAMPLES = 160;
/** Samples up to this are silence. */
const SILENT = 40;

/** Where a sound was found in what was heard, in samples since the call began. */
export interface Heard {
  readonly at: number;
  readonly end: number;
  readonly likeness: number;
}

/** Everything one caller heard, in order, and where in it a sound is. */
export class Ear {
  #buffer = new Int16Array(8_000 * 32);
  #length = 0;

  append(samples: Int16Array): void {
    if (this.#length + samples.length > this.#buffer.length) {
      const larger = new Int16Array(2 * (this.#length + samples.length));
      larger.set(this.#buffer.subarray(0, this.#length));
      this.#buffer = larger;
    }
    this.#buffer.set(samples, this.#length);
    this.#length += samples.length;
  }

  /** Samples heard so far. */
  get position(): number {
    return this.#length;
  }

  /** What was heard in between; not copied. */
  between(from: number, to = this.#length): Int16Array {
    return this.#buffer.subarray(Math.max(0, from), Math.min(to, this.#length));
  }
}

/** Looks for one sound in what is being heard, each sample once. */
export class Search {
  readonly #ear: Ear;
  /** Without the silence at its end: a call may be over with the last word. */
  readonly #sound: Int16Array;
  readonly #probe: Correlator;
  /** Where the probe begins within the sound. */
  readonly #offset: number;
  #searched: number;
  /** Where the probe may begin, whose surroundings were not heard yet. */
  #candidate: number | null = null;
  #best = 0;

  constructor(ear: Ear, sound: Sound, from: number) {
    this.#ear = ear;
    this.#sound = sound.samples.subarray(0, endOfSound(sound.samples));
    const { probe, offset } = probeOf(sound);
    this.#probe = probe;
    this.#offset = offset;
    this.#searched = from;
  }

  /** How alike the best stretch so far was, for the message when nothing is found. */
  get best(): number {
    return this.#best;
  }

  /** Looks at what came since the last time. `null`: not heard whole yet. @param over nothing more will be heard */
  look(over: boolean): Heard | null {
    const size = this.#probe.length;
    while (this.#candidate !== null || this.#ear.position - this.#searched >= size + (over ? 0 : CHUNK_SAMPLES)) {
      if (this.#candidate === null) {
        const match = this.#probe.best(this.#ear.between(this.#searched));
        this.#best = Math.max(this.#best, match.likeness);
        if (match.likeness < CANDIDATE) {
          this.#searched = this.#ear.position - size + 1;
          return null;
        }
        this.#candidate = this.#searched + match.at;
      }
      // What has only begun is like its own beginning shifted: the place is certain when more was heard.
      if (!over && this.#ear.position < this.#candidate + 2 * size) return null;
      const near = this.#probe.best(this.#ear.between(this.#candidate, this.#candidate + 2 * size));
      const at = this.#candidate + near.at - this.#offset;
      if (!over && this.#ear.position < at + this.#sound.length) return null;
      this.#candidate = null;
      this.#searched = at + this.#offset + STEP_SAMPLES;
      // A sound whose beginning was before the call is not the whole sound.
      const whole = at >= 0 && at + this.#sound.length <= this.#ear.position;
      if (whole) {
        const alike = likeness(this.#ear.between(at), this.#sound, 0);
        if (alike >= SAME) return { at, end: at + this.#sound.length, likeness: alike };
        // A gap may be before the stretch that was found, too: then the sound began earlier.
        for (const from of [at, Math.max(0, at - GAP_SAMPLES)]) {
          const pieces = inPieces(this.#ear.between(from), this.#sound);
          if (pieces.share >= MOST_PIECES) return { at: from, end: from + pieces.end, likeness: alike };
        }
      }
    }
    return null;
  }
}

/** Every place of a sound in samples that lie ready: what was heard, or a recording. */
export function everyPlace(samples: Int16Array, sound: Sound): readonly Heard[] {
  const ear = new Ear();
  ear.append(samples);
  const places: Heard[] = [];
  for (let from = 0; ;) {
    const found = new Search(ear, sound, from).look(true);
    if (found === null) return places;
    places.push(found);
    from = found.end;
  }
}

/**
 * Compares piece by piece, each where the one before lets it be expected or a little later: a machine that has too much to do
 * leaves a gap between two words or in the middle of one, and the words have been heard all the same.
 * @returns how much of the sound's power was found, 0 to 1, and where it ends
 */
function inPieces(heard: Int16Array, sound: Int16Array): { readonly share: number; readonly end: number } {
  let expected = 0;
  let found = 0;
  let all = 0;
  for (let at = 0; at + PIECE_SAMPLES <= sound.length; at += PIECE_SAMPLES) {
    const piece = sound.subarray(at, at + PIECE_SAMPLES);
    const weight = 10 ** (levelDbfs(piece) / 10);
    const from = Math.max(0, expected - GAP_BACK_SAMPLES);
    const end = endOfPiece(piece, heard.subarray(from, expected + PIECE_SAMPLES + GAP_SAMPLES));
    all += weight;
    if (end === null) expected += PIECE_SAMPLES;
    else {
      found += weight;
      expected = from + end;
    }
  }
  return { share: all === 0 ? 0 : found / all, end: expected };
}

/** Where the piece ends in what was heard, whole or with holes in it; `null`: not there. */
function endOfPiece(piece: Int16Array, heard: Int16Array): number | null {
  const correlator = new Correlator(piece);
  const whole = correlator.best(heard);
  if (whole.likeness >= SAME) return whole.at + piece.length;
  const places = placesOutsideHoles(heard);
  if (places.length === heard.length) return null;
  const { at, likeness } = correlator.best(Int16Array.from(places, (place) => heard[place] ?? 0));
  return likeness >= SAME ? (places[at + piece.length - 1] ?? 0) + 1 : null;
}

function placesOutsideHoles(heard: Int16Array): readonly number[] {
  const places: number[] = [];
  for (let at = 0; at < heard.length;) {
    let end = at;
    while (end < heard.length && heard[end] === 0) end += 1;
    if (end - at >= HOLE_SAMPLES) {
      at = end;
      continue;
    }
    for (end = Math.max(end, at + 1); at < end; at += 1) places.push(at);
  }
  return places;
}

interface Probe {
  readonly probe: Correlator;
  readonly offset: number;
}

const probes = new Map<string, Probe>();

function probeOf({ name, samples }: Sound): Probe {
  const known = probes.get(name);
  if (known !== undefined) return known;
  const offset = loudestStretch(samples, PROBE_SAMPLES);
  const made = { probe: new Correlator(samples.subarray(offset, offset + PROBE_SAMPLES)), offset };
  probes.set(name, made);
  return made;
}

function endOfSound(samples: Int16Array): number {
  let end = samples.length;
  while (end > 0 && Math.abs(samples[end - 1] ?? 0) <= SILENT) end -= 1;
  return end;
}

function loudestStretch(samples: Int16Array, size: number): number {
  let power = 0;
  for (let index = 0; index < Math.min(size, samples.length); index += 1) power += (samples[index] ?? 0) ** 2;
  let best = power;
  let at = 0;
  for (let start = 1; start + size <= samples.length; start += 1) {
    power += (samples[start + size - 1] ?? 0) ** 2 - (samples[start - 1] ?? 0) ** 2;
    if (power > best) {
      best = power;
      at = start;
    }
  }
  return at;
}
