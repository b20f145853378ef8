import { randomUUID } from 'node:crypto';
import { conferenceId, type ConferenceId } from '../../domain/identifiers.js';

const ROOM_PREFIX = 'partyline-';

/** A room's name as FreeSWITCH takes it: nothing but letters, digits, dashes; anything else as its code in hexadecimal. */
export function roomName(room: ConferenceId): string {
  const safe = room.replace(/[^A-Za-z0-9-]/gu, (character) => `_${(character.codePointAt(0) ?? 0).toString(16)}_`);
  return `${ROOM_PREFIX}${safe}`;
}

/** The room of such a name, or `null`. */
export function roomOfName(name: string): ConferenceId | null {
  if (!isOurRoom(name)) return null;
  const id = name
    .slice(ROOM_PREFIX.length)
    .replace(/_([0-9a-f]{1,6})_/g, (_all, code: string) =>
      String.fromCodePoint(Math.min(parseInt(code, 16), 0x10ffff)),
    );
  return conferenceId(id);
}

/** Whether a room has a name as {@link roomName} makes them. */
export const isOurRoom = (name: string): boolean => name.startsWith(ROOM_PREFIX);

/**
 * A sound file as an argument of FreeSWITCH's. Names with characters that mean something to its own parsers (lists by `!`,
 * parameters in braces, quotes, variables, protocols by a colon) could play something else.
 * @returns `null` for such a name, and for one that is not absolute.
 */
export function soundArgument(path: string): string | null {
  return /^\/[\p{L}\p{N} _./@%+=~-]+$/u.test(path) && !path.includes('@@') ? path : null;
}

/** A path that FreeSWITCH writes to, in quotes, must have nothing in it that would end it, or mean something else. */
export const isSpeakable = (path: string): boolean => path.startsWith('/') && /^[^\p{Cc}'"\\{}!$]+$/u.test(path);

/** Parameter that comes back in the events of a file's playing. */
export const PLAY_TAG = 'partyline_play';

/** Tells one play from every other, those of another process too. */
export const freshTag = (): string => randomUUID();

/** Plays a file into a room, to everyone or to one member; quoted, since a path may hold blanks. */
export function playCommand(room: string, tag: string, path: string, member: string | null): string {
  return `conference ${room} play '{${PLAY_TAG}=${tag}}${path}'${member === null ? '' : ` ${member}`}`;
}
