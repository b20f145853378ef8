import { setTimeout as pause } from 'node:timers/promises';
import type { Channel } from './channel.js';
import type { SocketEvent } from './event-socket.js';
import type { RoomSeat } from './leg-room.js';

/** Longest gathering of samples, milliseconds. */
const BOUND_MS = 3_500;
/** The event of the last asking comes within so long. */
const LATE_MS = 40;

/**
 * How loud a member of a room sounds to the mixer, muted or not. FreeSWITCH tells it with every event of a member's, and nowhere else:
 * so a volume of the member's that nobody uses is set to what it is, which makes one.
 */
export class LegEnergy {
  readonly #channel: Channel;
  readonly #gatherers = new Set<(energy: number) => void>();

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  /** Takes `volume-in-member` of this channel. */
  told(event: SocketEvent): void {
    const energy = Number(event.header('Current-Energy'));
    if (Number.isFinite(energy)) for (const gather of this.#gatherers) gather(energy);
  }

  /**
   * Gathers samples: each the mean magnitude of one frame.
   * @param everyMs milliseconds from one to the next.
   * @param enough ends it before `count`.
   * @returns what came, fewer or none where the mixer does not answer; never rejects, and takes {@link BOUND_MS} at most.
   */
  async gather(
    { room, member }: RoomSeat,
    count: number,
    everyMs: number,
    enough: (energies: readonly number[]) => boolean = () => false,
  ): Promise<readonly number[]> {
    const energies: number[] = [];
    const gather = (energy: number): void => void energies.push(energy);
    this.#gatherers.add(gather);
    const begun = performance.now();
    try {
      for (let asked = 1; asked <= count && !this.#channel.lost && !enough(energies); asked++) {
        await this.#channel.api(`conference ${room} volume_in ${member} 0`, BOUND_MS);
        const next = begun + asked * everyMs - performance.now();
        if (performance.now() + Math.max(next, 0) > begun + BOUND_MS) break;
        await pause(asked < count ? Math.max(next, 0) : LATE_MS);
      }
    } catch {
      // What came until now is told.
    } finally {
      this.#gatherers.delete(gather);
    }
    return energies;
  }
}
