import type { CallId, ConferenceId } from '../domain/identifiers.js';

/** The conference that a room aside belongs to (`<conference>/aside-<n>`), or `null` for a conference's own room. */
export function conferenceAside(room: ConferenceId): ConferenceId | null {
  const found = /^(.+)\/aside-\d+$/.exec(room);
  return found === null ? null : (found[1] as ConferenceId);
}

/** Who is in which room aside: a room is forgotten with the last who leaves it. */
export class AsideRooms {
  readonly #rooms = new Map<CallId, ConferenceId>();
  readonly #forget: (room: ConferenceId) => void;

  /** @param forget nobody is in it any more. */
  constructor(forget: (room: ConferenceId) => void) {
    this.#forget = forget;
  }

  /** The call is in this room from now on; `null`: in none. */
  inRoom(id: CallId, room: ConferenceId | null): void {
    const before = this.#rooms.get(id);
    if (room !== null && conferenceAside(room) !== null) this.#rooms.set(id, room);
    else this.#rooms.delete(id);
    if (before === undefined || before === room || this.all().includes(before)) return;
    this.#forget(before);
  }

  all(): readonly ConferenceId[] {
    return [...new Set(this.#rooms.values())];
  }
}
