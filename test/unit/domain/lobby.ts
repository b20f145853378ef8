import { Room } from './room.js';
import { words } from './words.js';

export const lobby = (options = {}): Room => new Room({ lobby: true, ...options });

/** A host in the room, and these guests in the lobby, some time ago. */
export function withLobby(guests: readonly string[], options = {}): Room {
  const room = lobby(options).comes('host', 'host');
  for (const guest of guests) {
    room.arrives(guest, 'guest', null, {}, guest);
    room.wait(10_000);
  }
  return room;
}

export const discreetTones = (room: Room): number =>
  room.did('Tell').filter(({ utterances }) => words(utterances) === '<discreet>').length;
