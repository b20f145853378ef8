import type { Channel } from './channel.js';
import type { LegEnergy } from './leg-energy.js';
import type { RoomSeat } from './leg-room.js';
import { SPEECH_SAMPLES, soundsLikeSpeech } from './loudness.js';

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

/**
 * Notices that a muted member talks. FreeSWITCH tells when the line gets loud (`mute-detect`), once, whatever it is; then the line is
 * listened to for a moment, and where that was no speech, the mixer is asked to tell again.
 */
export class MutedTalk {
  readonly #channel: Channel;
  readonly #energy: LegEnergy;
  readonly #talks: () => void;
  #watch: Watch | null = null;
  /** It was told before we heard that he is muted: both come in one piece where we were late. */
  #early = false;

  constructor(channel: Channel, energy: LegEnergy, talks: () => void) {
    this.#channel = channel;
    this.#energy = energy;
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
    const energies = await this.#energy.gather(watch.seat, count, everyMs, soundsLikeSpeech);
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
