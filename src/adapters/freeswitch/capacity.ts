import { MediaExhausted, type MixerName } from '../../ports/media.js';
import type { SocketEvent } from './event-socket.js';

/** How many sessions a mixer takes and has, by what it tells. */
export class Capacity {
  /** Sessions of others, as of its last heartbeat. */
  #foreign = 0;
  #limit: number | null = null;

  /** Sessions it takes at most, or `null` when it does not say. */
  get limit(): number | null {
    return this.#limit;
  }

  get figures(): { readonly foreign: number; readonly limit: number | null } {
    return { foreign: this.#foreign, limit: this.#limit };
  }

  /** The mixer is found. @param maxSessions as it is configured. */
  found(maxSessions: number | null): void {
    this.#foreign = 0;
    // the last session there is room for is refused
    this.#limit = maxSessions === null ? null : maxSessions - 1;
  }

  /** Takes `HEARTBEAT`. @param legs of ours there. */
  beat(event: SocketEvent, legs: number): void {
    const sessions = Number(event.header('Session-Count'));
    const limit = Number(event.header('Max-Sessions'));
    this.#foreign = Number.isFinite(sessions) ? Math.max(0, sessions - legs) : 0;
    if (limit > 1) this.#limit = limit - 1;
  }

  /**
   * A call refused at its limit is counted by FreeSWITCH for ever (`sofia_handle_sip_i_invite` leaves the session behind), and
   * with every one it takes fewer: it must not be asked then.
   * @param legs of ours there, with one that is to be made.
   * @throws {MediaExhausted}
   */
  check(mixer: MixerName, legs: number): void {
    if (this.#limit === null || this.#foreign + legs <= this.#limit) return;
    throw new MediaExhausted(`mixer ${mixer} is full (${this.#limit})`);
  }
}
