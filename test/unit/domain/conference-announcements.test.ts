import { describe, expect, it } from 'vitest';
import { brief, Room } from './room.js';
import { byName, roomOf } from './named-room.js';

describe('the announcement of a newcomer', () => {
  it('is a tone, unless the account wants another', () => {
    const room = new Room().withHostAnd();
    room.comesNamed('ann');
    expect(room.roomHeard).toEqual(['<entry>']);
  });

  it('is "NAME has joined" where the account wants names', () => {
    const { room, heard } = roomOf([]);
    room.comesNamed('ann');
    expect(heard()).toEqual(['name:ann has-joined']);
  });

  it('is "an unnamed caller has joined" of one who said no name', () => {
    const { room, heard } = roomOf([]);
    room.comes('ann');
    expect(heard()).toEqual(['unnamed-caller has-joined']);
  });

  it('is nothing where the account wants none', () => {
    const { room, heard } = roomOf([], { entry: 'none' });
    room.comesNamed('ann');
    room.wait(20_000);
    expect(heard()).toEqual([]);
  });

  it('never precedes being in', () => {
    const { room, heard } = roomOf(['bob']);
    room.arrives('ann', 'guest', null, {}, 'ann');
    room.wait(20_000);
    expect(heard()).toEqual([]);
    room.joins('ann');
    expect(heard()).toEqual(['name:ann has-joined']);
  });

  it('is not heard by the first one in: nobody hears his own coming into an empty room', () => {
    const room = byName().comesNamed('host', 'host');
    room.wait(20_000);
    expect(room.roomHeard).toEqual([]);
  });
});

describe('the announcement of one who leaves', () => {
  it('is set apart from the entry one', () => {
    const tones = roomOf(['ann', 'bob'], { exit: 'tone' });
    tones.room.leaves('ann');
    expect(tones.heard()).toEqual(['<exit>']);
    const names = roomOf(['ann', 'bob'], { entry: 'none' });
    names.room.leaves('ann');
    expect(names.heard()).toEqual(['name:ann has-left']);
    const none = roomOf(['ann', 'bob'], { exit: 'none' });
    none.room.leaves('ann');
    expect(none.heard()).toEqual([]);
  });

  it('names an unnamed caller so', () => {
    const { room, heard } = roomOf(['bob']);
    room.comes('ann');
    room.wait(20_000);
    room.leaves('ann');
    expect(heard().at(-1)).toBe('unnamed-caller has-left');
  });

  it('comes before the one who stays alone is told so, in one message', () => {
    const { room, heard } = roomOf(['ann']);
    room.leaves('ann');
    expect(room.told('host')).toBe('name:ann has-left you-are-alone');
    room.wait(20_000);
    expect(heard()).toEqual([]);
  });

  it('tells the one who stays alone of everyone who left since the last announcement', () => {
    const { room, heard } = roomOf(['ann', 'bob', 'cid']);
    for (const guest of ['ann', 'bob', 'cid']) room.leaves(guest);
    expect(heard()).toEqual(['name:ann has-left']);
    expect(room.told('host')).toBe('name:bob and name:cid have-left you-are-alone');
    room.wait(20_000);
    expect(heard()).toHaveLength(1);
  });

  it('is not made of one whose coming nobody has heard of: neither is', () => {
    const { room, heard } = roomOf(['ann', 'bob']);
    room.comesNamed('cid');
    room.comesNamed('dan');
    room.leaves('dan');
    room.wait(20_000);
    expect(heard()).toEqual(['name:cid has-joined']);
  });

  it('is not made of one of a batch who leaves before the batch was announced', () => {
    const room = byName();
    for (const guest of ['ann', 'bob', 'cid']) room.arrives(guest, 'guest', null, {}, guest);
    room.comesNamed('host', 'host');
    room.joins('ann');
    room.joins('bob');
    room.leaves('ann');
    room.joins('cid');
    room.wait(20_000);
    expect(room.roomHeard).toEqual(['name:bob and name:cid have-joined']);
  });
});

describe('*3', () => {
  it('sets names, tones and silent in turn, for those who come and those who leave', () => {
    const room = new Room({ entry: 'name', exit: 'none' }).comesNamed('host', 'host').comesNamed('bob');
    room.wait(20_000);
    const before = room.roomHeard.length;
    const expected = [
      { answer: 'announce-tones', heard: ['<entry>', '<exit>'] },
      { answer: 'announce-silent', heard: [] },
      { answer: 'announce-names', heard: ['name:ann has-joined', 'name:ann has-left'] },
      { answer: 'announce-tones', heard: ['<entry>', '<exit>'] },
    ];
    const heard: string[] = [];
    for (const step of expected) {
      expect(brief(room.keys('host', 'announcements'))).toEqual([`tell host: ${step.answer}`]);
      room.comesNamed('ann');
      room.wait(20_000);
      room.leaves('ann');
      room.wait(20_000);
      heard.push(...step.heard);
      expect(room.roomHeard.slice(before)).toEqual(heard);
    }
  });

  it('begins after what the account has set', () => {
    const answer = (entry: 'name' | 'tone' | 'none'): string => {
      const room = new Room({ entry }).withHostAnd();
      room.keys('host', 'announcements');
      return room.told('host');
    };
    expect(answer('name')).toBe('announce-tones');
    expect(answer('tone')).toBe('announce-silent');
    expect(answer('none')).toBe('announce-names');
  });

  it('is the host’s', () => {
    const room = new Room().withHostAnd('ann');
    expect(brief(room.keys('ann', 'announcements'))).toEqual(['tell ann: only-host-can-do-that']);
  });

  it('holds when another caller arrives with the account’s settings, and through the absence of the host', () => {
    const room = new Room({ hostLeaves: 'hold' }).withHostAnd('ann', 'bob');
    room.keys('host', 'announcements');
    room.leaves('host');
    room.comes('host2', 'host').joins('ann');
    room.joins('bob');
    const before = room.roomHeard.length;
    room.comes('cid');
    room.wait(20_000);
    expect(room.roomHeard).toHaveLength(before);
  });

  it('to silent: those who came or left and were not announced yet are not', () => {
    const { room, heard } = roomOf(['bob']);
    room.comesNamed('ann');
    room.comesNamed('cid');
    room.keys('host', 'announcements');
    room.keys('host', 'announcements');
    room.wait(20_000);
    expect(room.told('host')).toBe('announce-silent');
    expect(heard()).toEqual(['name:ann has-joined']);
  });
});
