import { FRAME, FRAME_MS, frameLevels, frameTones } from './frames.js';

/** Quieter than this is nobody speaking, whatever the noise, dBFS. */
const QUIETEST_DB = -52;
/** The loudest of what is said is at least so loud, dBFS, and so much above the noise. */
const QUIETEST_PEAK_DB = -46;
const LEAST_RANGE_DB = 10;
/** How far above the noise speech begins, and how far below its own peaks it may be, decibels. */
const ABOVE_NOISE_DB = 8;
const BELOW_PEAK_DB = 30;
/** Noise is what a tenth of the recording is quieter than; speech peaks are what a twentieth is louder than. */
const NOISE_SHARE = 0.1;
const PEAK_SHARE = 0.95;
/** Frames quieter than this are silence that the line made itself, not its noise, dBFS. */
const NO_LINE_DB = -75;
/** A line that is silent for so long at once after its first sound has no noise: longer than a key, and than packets are lost, milliseconds. */
const NO_NOISE_MS = 200;
/** Less than this is a click, unless more follows or went before within the gap, milliseconds. */
const CLICK_MS = 50;
const CLICK_GAP_MS = 200;
/** Less than this in all is no name. */
const LEAST_SPEECH_MS = 120;
/** Soft beginnings and ends: as long as it is somewhat above the noise, at most so long. */
const SOFT_DB = 3;
const SOFT_MS = 150;
/** Kept before and after, so that a name sits in a sentence like the prompts do, milliseconds. */
const LEAD_MS = 30;
const TAIL_MS = 80;

/** Where the speech is, in samples. */
export interface Speech {
  readonly from: number;
  readonly to: number;
}

/** Frames from the first to before the last. */
interface Run {
  from: number;
  to: number;
}

/**
 * Finds what is said between the silence before and after, by its energy: what stands out of the line's own noise, is no click and
 * no tone of a telephone. Steady noise alone is no speech.
 */
export function findSpeech(samples: Int16Array): Speech | null {
  const tones = frameTones(samples);
  const line = frameLevels(samples);
  const levels = line.map((level, frame) => (tones[frame] === true ? NO_LINE_DB : level));
  // A short name, as loud from its beginning to its end, is no noise where nothing else is heard.
  const noise = hasNoNoise(line) ? NO_LINE_DB : noiseOf(levels);
  const peak = quantile(levels, PEAK_SHARE, loudestOf(levels));
  if (peak < QUIETEST_PEAK_DB || peak - noise < LEAST_RANGE_DB) return null;
  const threshold = Math.max(
    QUIETEST_DB,
    peak - BELOW_PEAK_DB,
    Math.min(noise + ABOVE_NOISE_DB, peak - LEAST_RANGE_DB),
  );
  const said = withoutClicks(runs(levels, threshold));
  const [first, last] = [said[0], said.at(-1)];
  if (first === undefined || last === undefined) return null;
  if (said.reduce((ms, { from, to }) => ms + (to - from) * FRAME_MS, 0) < LEAST_SPEECH_MS) return null;
  const soft = Math.max(QUIETEST_DB, noise + SOFT_DB);
  const from = stretched(levels, first.from - 1, -1, soft) + 1;
  const to = stretched(levels, last.to, 1, soft);
  return {
    from: Math.max(0, from * FRAME - LEAD_MS * 8),
    to: Math.min(samples.length, to * FRAME + TAIL_MS * 8),
  };
}

/** Steady noise goes on to the end, but for packets that were lost. */
function hasNoNoise(line: readonly number[]): boolean {
  let silentMs: number | null = null;
  for (const level of line) {
    if (level > NO_LINE_DB) silentMs = 0;
    else if (silentMs !== null) silentMs += FRAME_MS;
    if (silentMs !== null && silentMs >= NO_NOISE_MS) return true;
  }
  return false;
}

function noiseOf(levels: readonly number[]): number {
  return quantile(
    levels.filter((level) => level > NO_LINE_DB),
    NOISE_SHARE,
    NO_LINE_DB,
  );
}

/** Of a short name in a long silence no twentieth is louder: then its loudest tenth of a second counts. */
function loudestOf(levels: readonly number[]): number {
  return levels.toSorted((a, b) => b - a)[Math.min(levels.length, 10) - 1] ?? NO_LINE_DB;
}

function quantile(levels: readonly number[], share: number, least: number): number {
  const sorted = levels.toSorted((a, b) => a - b);
  return Math.max(least, sorted[Math.floor(share * (sorted.length - 1))] ?? least);
}

function runs(levels: readonly number[], threshold: number): Run[] {
  const found: Run[] = [];
  levels.forEach((level, frame) => {
    if (level < threshold) return;
    const last = found.at(-1);
    if (last?.to === frame) last.to = frame + 1;
    else found.push({ from: frame, to: frame + 1 });
  });
  return found;
}

/** Runs that are near each other belong together; a group that is no longer than a click is none. */
function withoutClicks(found: readonly Run[]): readonly Run[] {
  const groups: Run[][] = [];
  for (const run of found) {
    const last = groups.at(-1)?.at(-1);
    if (last !== undefined && (run.from - last.to) * FRAME_MS <= CLICK_GAP_MS) groups.at(-1)?.push(run);
    else groups.push([run]);
  }
  const longEnough = (group: readonly Run[]): boolean =>
    group.reduce((ms, { from, to }) => ms + (to - from) * FRAME_MS, 0) > CLICK_MS;
  return groups.filter(longEnough).flat();
}

/** The first frame in this direction that is not even softly spoken any more. */
function stretched(levels: readonly number[], frame: number, step: 1 | -1, soft: number): number {
  const limit = frame + (step * SOFT_MS) / FRAME_MS;
  let at = frame;
  while (at !== limit && (levels[at] ?? NO_LINE_DB) >= soft) at += step;
  return at;
}
