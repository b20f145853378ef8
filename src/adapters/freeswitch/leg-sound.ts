import type { Channel } from './channel.js';
import type { SocketEvent } from './event-socket.js';
import type { LegCounters } from './leg-counters.js';
import { LegEnergy } from './leg-energy.js';
import type { RoomSeat } from './leg-room.js';
import { figureOf } from './loudness.js';
import { MutedTalk } from './muted-talk.js';
import type { Slots } from './slots.js';

/** How one leg sounds in its room, whether the room hears it or not. */
export class LegSound {
  readonly #counters: LegCounters;
  readonly #energy: LegEnergy;
  readonly #mutedTalk: MutedTalk;
  #seat: RoomSeat | null = null;

  /**
   * @param listening shared by all of the mixer.
   * @param talks told once for each time of being muted.
   */
  constructor(channel: Channel, counters: LegCounters, listening: Slots, talks: () => void) {
    this.#counters = counters;
    this.#energy = new LegEnergy(channel);
    this.#mutedTalk = new MutedTalk(channel, this.#energy, listening, talks);
  }

  moved(seat: RoomSeat | null): void {
    this.#seat = seat;
  }

  /** It sits there muted from now on; `null`: it does not, or not any more. */
  muted(seat: RoomSeat | null): void {
    if (seat === null) this.#mutedTalk.end();
    else this.#mutedTalk.begin(seat);
  }

  /** What was told may have gone unheard. */
  recovered(): void {
    this.#mutedTalk.recovered();
  }

  /** Takes an event of `conference::maintenance` of this channel. */
  event(event: SocketEvent): void {
    const action = event.header('Action');
    if (action === 'volume-in-member') this.#energy.told(event);
    else if (action === 'mute-detect') this.#mutedTalk.loud();
  }

  /**
   * @param samples so many, one every `everyMs` milliseconds.
   * @returns `null` where it is in no room, or the mixer does not tell. Bounded; never rejects.
   */
  async measure(
    samples: number,
    everyMs: number,
  ): Promise<{ readonly levelDb: number; readonly activeShare: number } | null> {
    const seat = this.#seat;
    if (seat === null) return null;
    const before = this.#counters.received();
    const energies = await this.#energy.gather(seat, samples, everyMs);
    if (energies.length === 0) return null;
    // What is told of one who sends nothing is how he sounded last.
    const [first, last] = await Promise.all([before, this.#counters.received()]);
    return figureOf(first !== null && first === last ? [0] : energies);
  }
}
