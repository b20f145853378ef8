import { describe, expect, it } from 'vitest';
import { isOurRoom, isSpeakable, roomName, roomOfName } from '../../../src/adapters/freeswitch/names.js';
import { conferenceId } from '../../../src/domain/identifiers.js';

describe('names at the mixer', () => {
  it.each(['account-1', 'acc/aside-2', 'Grüße 😀', 'a_b_c', '_2f_', ''])(
    'a room %j is found again by its name',
    (id) => {
      const name = roomName(conferenceId(id));
      expect(name).toMatch(/^partyline-[A-Za-z0-9_-]*$/);
      expect(isOurRoom(name)).toBe(true);
      expect(roomOfName(name)).toBe(id);
    },
  );

  it('a room of others is none of ours', () => {
    expect(roomOfName('sales')).toBeNull();
  });

  it('a path is not given to the mixer where it would mean something else', () => {
    for (const path of ['/run/recordings/a b-1.wav', '/srv/é.wav']) expect(isSpeakable(path)).toBe(true);
    for (const path of ['a.wav', "/a'b.wav", '/a\nb', '/a{b}', '/a!b', '/${x}', '/a\\b', '/a"b'])
      expect(isSpeakable(path)).toBe(false);
  });
});
