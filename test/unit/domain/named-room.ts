import { Room } from './room.js';

export const byName = (options = {}): Room => new Room({ entry: 'name', exit: 'name', ...options });

/** A host and named guests, all announced some time ago. What was heard until then does not count. */
export function roomOf(guests: readonly string[], options = {}): { room: Room; heard: () => readonly string[] } {
  const room = byName(options).comesNamed('host', 'host');
  for (const guest of guests) {
    room.comesNamed(guest);
    room.wait(20_000);
  }
  const before = room.roomHeard.length;
  return { room, heard: () => room.roomHeard.slice(before) };
}
