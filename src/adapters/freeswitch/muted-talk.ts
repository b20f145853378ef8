import type { Channel } from './channel.js';
import type { LegEnergy } from './leg-energy.js';
import type { RoomSeat } from './leg-room.js';
import { SPEECH_SAMPLES, soundsLikeSpeech } from './loudness.js';
import type { Slots } from './slots.js';

interface Watch {
  readonly seat: RoomSeat;
  listening: boolean;
  /** Until the mixer is asked to tell again, milliseconds. */
  waitMs: number;
  timer: NodeJS.Timeout | null;
}

/** A line with noise louder than the mixer's threshold is listened to more and more seldom. */
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;
/** Where too many are listened to: until it is seen whether this one is loud still. */
const BUSY_WAIT_MS = 3_000;
/** Lines listened to at a time at one mixer: some 330 commands a second, however many are muted at a stroke. */
export const MOST_LISTENED_TO = 20;

/**
 * Notices that a muted member talks. FreeSWITCH tells when the line gets loud (`mute-detect`), once, whatever it is; then the line is
 * listened to for a moment, and where that was no speech, the mixer is asked to tell again.
 */
export class MutedTalk {
  readonly #channel: Channel;
  readonly #energy: LegEnergy;
  readonly #slots: Slots;
  readonly #talks: () => void;
  #watch: Watch | null = null;
  /** It was told before we heard that he is muted: both come in one piece where we were late. */
  #early = false;

  /** @param slots shared by all of the mixer: {@link MOST_LISTENED_TO}. */
  constructor(channel: Channel, energy: LegEnergy, slots: Slots, talks: () => void) {
    this.#channel = channel;
    this.#energy = energy;
    this.#slots = slots;
    this.#talks = talks;
  }

  /** The member is muted from now on. */
  begin(seat: RoomSeat): void {
    const early = this.#early;
    this.end();
    this.#watch = { seat, listening: false, waitMs: FIRST_WAIT_MS, timer: null };
    if (early) this.loud();
  }

  /** He is not muted any more, or not in the room. */
  end(): void {
    const timer = this.#watch?.timer ?? null;
    if (timer !== null) clearTimeout(timer);
    this.#watch = null;
    this.#early = false;
  }

  /** Takes `mute-detect`. */
  loud(): void {
    const watch = this.#watch;
    this.#early = watch === null;
    if (watch === null || watch.listening || watch.timer !== null) return;
    if (!this.#slots.take()) {
      watch.timer = setTimeout(() => this.#again(watch), BUSY_WAIT_MS);
      return;
    }
    watch.listening = true;
    void this.#listen(watch);
  }

  /** What the mixer told may have gone unheard. */
  recovered(): void {
    const watch = this.#watch;
    if (watch !== null && !watch.listening && watch.timer === null) this.#again(watch);
  }

  async #listen(watch: Watch): Promise<void> {
    const { count, everyMs } = SPEECH_SAMPLES;
    const energies = await this.#energy.gather(
      watch.seat,
      count,
      everyMs,
      // Nobody needs to know any more, or it is known.
      (heard) => this.#watch !== watch || soundsLikeSpeech(heard),
    );
    this.#slots.give();
    watch.listening = false;
    if (this.#watch !== watch) return;
    if (soundsLikeSpeech(energies)) {
      this.#watch = null;
      this.#talks();
      return;
    }
    watch.timer = setTimeout(() => this.#again(watch), watch.waitMs);
    watch.waitMs = Math.min(watch.waitMs * 2, LONGEST_WAIT_MS);
  }

  /** Muting someone muted makes the mixer forget that it has told. */
  #again(watch: Watch): void {
    watch.timer = null;
    const { room, member } = watch.seat;
    this.#channel.once(`conference ${room} mute ${member} quiet`).catch(() => undefined);
  }
}
