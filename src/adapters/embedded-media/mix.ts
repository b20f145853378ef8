import { FRAME_SAMPLES } from './frame.js';
import { Limiter } from './limiter.js';
import { fadeIn, fadeOut } from './seam.js';

/**
 * One caller in a room, made when the caller joins. Before each {@link mixOnce} the owner writes `input`, `speaking`
 * and `muted`; after it `output` is what this caller hears.
 */
export class MixMember {
  /** This tick's audio from the caller. */
  readonly input = new Int16Array(FRAME_SAMPLES);
  /** `input` holds sound. A silent member is left out of every sum and costs next to nothing. */
  speaking = false;
  /** The room does not hear this caller. */
  muted = false;
  /** What the caller hears: everyone but himself. Read it before the next mix; never write to it. */
  output: Int16Array = SILENT_FRAME;
  /**
   * `output` is the room's own frame, the same for all who are not heard in it: encode it once for all of them.
   * (It is the mix of everyone, since there is nothing of this caller's to take out.)
   */
  shared = true;
  /**
   * Whether the room could hear him in the last mix; `null` before the first. Where that changes, his sound ends or begins
   * in a fade. What fades out was said before he was muted, for it comes out of his jitter buffer.
   * @internal
   */
  open: boolean | null = null;
  /** @internal */
  readonly own = new Int16Array(FRAME_SAMPLES);
  /** @internal */
  readonly limiter = new Limiter();

  /** He comes into a room, which has heard nothing of him so far. */
  enter(muted: boolean): void {
    this.muted = muted;
    this.open = false;
  }
}

/** What a room keeps between two mixes. */
export class RoomMix {
  /** The mix of everyone and the room's own sounds, as the last {@link mixOnce} left it: for the recorder, and the `output` of listeners. */
  full: Int16Array = SILENT_FRAME;
  /** @internal */
  readonly sum = new Int32Array(FRAME_SAMPLES);
  /** @internal */
  readonly scratch = new Int32Array(FRAME_SAMPLES);
  /** @internal */
  readonly frame = new Int16Array(FRAME_SAMPLES);
  /** @internal */
  readonly limiter = new Limiter();
  /** Talkers in the last mix, the room's own sounds not counted. @internal */
  talkers = 0;
  readonly #bare = new Int16Array(FRAME_SAMPLES);
  readonly #bareLimiter = new Limiter();

  /**
   * What {@link full} would be without the room's own sounds, for a recording that shall not have them: limited for itself, so that nobody
   * is turned down in it for what is not in it. Once after each mix, with the `roomPlay` of that mix; valid until the next.
   */
  bare(roomPlay: Int16Array | null): Int16Array {
    if (this.talkers === 0) {
      this.#bareLimiter.rest();
      return SILENT_FRAME;
    }
    if (roomPlay !== null) subtract(this.sum, roomPlay, this.scratch);
    this.#bareLimiter.apply(roomPlay === null ? this.sum : this.scratch, this.#bare);
    return this.#bare;
  }
}

const SILENT_FRAME = new Int16Array(FRAME_SAMPLES);

/**
 * Mixes one tick of a room: everyone hears the sum of all who speak and are not muted, less himself, plus `roomPlay`
 * (a frame played to the room, or `null`). One pass to add up and one to take out: the cost grows with the members, not their square.
 *
 * One talker alone is passed on bit for bit. Where several together exceed 16 bits, the sum is turned down smoothly.
 */
export const mixOnce = (room: RoomMix, members: readonly MixMember[], roomPlay: Int16Array | null): void => {
  const { sum } = room;
  let sources = 0;
  for (const member of members) {
    member.open ??= !member.muted;
    if (!member.speaking || member.open !== member.muted) continue;
    if (member.muted) fadeOut(member.input);
    else fadeIn(member.input);
  }
  for (const member of members) {
    if (!heard(member)) continue;
    if (sources === 0) sum.set(member.input);
    else add(sum, member.input);
    sources += 1;
  }
  room.talkers = sources;
  if (roomPlay !== null) {
    if (sources === 0) sum.set(roomPlay);
    else add(sum, roomPlay);
    sources += 1;
  }
  if (sources === 0) {
    room.full = SILENT_FRAME;
    room.limiter.rest();
  } else {
    room.limiter.apply(sum, room.frame);
    room.full = room.frame;
  }
  for (const member of members) {
    const audible = heard(member);
    member.open = !member.muted;
    if (!audible) {
      // His own limiter takes over from the room's when he begins to speak, so that nobody's level jumps.
      member.limiter.follow(room.limiter);
      member.output = room.full;
      member.shared = true;
    } else if (sources === 1) {
      member.limiter.rest();
      member.output = SILENT_FRAME;
      member.shared = false;
    } else {
      subtract(sum, member.input, room.scratch);
      member.limiter.apply(room.scratch, member.own);
      member.output = member.own;
      member.shared = false;
    }
  }
};

/** Whether there is something of his in this tick's sum: while he is being muted, too. */
const heard = (member: MixMember): boolean => member.speaking && (member.open === true || !member.muted);

const add = (sum: Int32Array, frame: Int16Array): void => {
  for (let i = 0; i < FRAME_SAMPLES; i++) sum[i] = (sum[i] ?? 0) + (frame[i] ?? 0);
};

const subtract = (sum: Int32Array, frame: Int16Array, result: Int32Array): void => {
  for (let i = 0; i < FRAME_SAMPLES; i++) result[i] = (sum[i] ?? 0) - (frame[i] ?? 0);
};
