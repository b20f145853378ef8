import type { CallId, ConferenceId } from '../domain/identifiers.js';
import type { Clock, Timer } from '../ports/clock.js';

/** Re-offers at once: enough for a whole mixer within a second, without flooding the signalling and the next mixer. */
const MOST_AT_ONCE = 50;
/** How long a far end that does not answer keeps others waiting, milliseconds. */
const SLOT_MS = 2_000;
/** How long those who are in again wait for the others before the room hears that it was moved, milliseconds. */
const ROOM_LIMIT_MS = 5_000;

interface RoomMove {
  readonly owed: Set<CallId>;
  /** Someone is in again: there is a room to tell. */
  someoneIn: boolean;
  readonly limit: Timer;
}

/** All calls being moved to other mixers: bounded, counted, and the rooms told when theirs are in again. */
export class Moves {
  readonly #clock: Clock;
  readonly #roomMoved: (room: ConferenceId) => void;
  readonly #moving = new Set<CallId>();
  readonly #rooms = new Map<ConferenceId, RoomMove>();
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  #moved = 0;

  /** @param roomMoved everyone of the room who could be moved is in it again; told once for each loss of its mixer. */
  constructor(clock: Clock, roomMoved: (room: ConferenceId) => void) {
    this.#clock = clock;
    this.#roomMoved = roomMoved;
  }

  /** Calls being moved now because their mixer was lost, and those that were moved since the start. */
  counts(): { readonly moving: number; readonly moved: number } {
    return { moving: this.#moving.size, moved: this.#moved };
  }

  /** A call has lost its endpoint. `room`: where it was heard until then. */
  began(id: CallId, room: ConferenceId | null): void {
    this.#moving.add(id);
    if (room === null) return;
    let move = this.#rooms.get(room);
    if (move === undefined) {
      const limit = this.#clock.after(ROOM_LIMIT_MS, () => this.#tell(room));
      move = { owed: new Set(), someoneIn: false, limit };
      this.#rooms.set(room, move);
    }
    move.owed.add(id);
  }

  /** It goes on elsewhere, or has ended. */
  settled(id: CallId, moved: boolean): void {
    if (this.#moving.delete(id) && moved) this.#moved += 1;
    for (const [room, move] of this.#rooms) {
      if (!move.owed.delete(id)) continue;
      move.someoneIn ||= moved;
      if (move.owed.size === 0) this.#tell(room);
    }
  }

  /** Does the work when it is its turn. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= MOST_AT_ONCE) await new Promise<void>((resolve) => void this.#waiting.push(resolve));
    else this.#running += 1;
    let holds = true;
    const free = (): void => {
      if (holds) this.#next();
      holds = false;
    };
    const timer = this.#clock.after(SLOT_MS, free);
    try {
      return await work();
    } finally {
      timer.cancel();
      free();
    }
  }

  #next(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#running -= 1;
    else next();
  }

  #tell(room: ConferenceId): void {
    const move = this.#rooms.get(room);
    if (move === undefined) return;
    this.#rooms.delete(room);
    move.limit.cancel();
    if (move.someoneIn) this.#roomMoved(room);
  }
}
