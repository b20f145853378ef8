import { describe, expect, it } from 'vitest';
import { brief, Room } from './room.js';

describe('before the host', () => {
  it('guests wait', () => {
    const room = new Room();
    expect(brief(room.arrives('ann'))).toEqual(['keep ann waiting: no-host']);
    expect(brief(room.arrives('bob'))).toEqual(['keep bob waiting: no-host']);
  });

  it('nobody is in while a host only hears the introduction', () => {
    const room = new Room();
    room.arrives('ann');
    expect(brief(room.arrives('host', 'host'))).toEqual(['admit host: joining you-are-the-host one-is-waiting']);
    expect(brief(room.arrives('bob'))).toEqual(['keep bob waiting: no-host']);
  });

  it('a host who hangs up during the introduction leaves the others waiting', () => {
    const room = new Room();
    room.arrives('ann');
    room.arrives('host', 'host');
    expect(brief(room.leaves('host'))).toEqual([]);
    expect(brief(room.comes('host2', 'host').effects)).toContain('admit ann: joining there-is-one-other');
  });

  it('a conference everyone gave up is over', () => {
    const room = new Room();
    room.arrives('ann');
    expect(brief(room.leaves('ann'))).toEqual(['close: no-host']);
    expect(room.did('RecordStarted')).toEqual([]);
  });
});

describe('the first host in', () => {
  it('hears to be the first and the host', () => {
    const room = new Room();
    room.arrives('host', 'host');
    expect(room.introduction('host')).toBe('joining you-are-the-first you-are-the-host');
  });

  it('hears how many wait', () => {
    const room = new Room();
    for (const name of ['ann', 'bob', 'cid']) room.arrives(name);
    room.arrives('host', 'host');
    expect(room.introduction('host')).toBe('joining you-are-the-host 3 are-waiting');
  });

  it('brings in everyone waiting at once, in order of arrival, each told of all the others', () => {
    const room = new Room();
    for (const name of ['ann', 'bob', 'cid']) room.arrives(name);
    room.arrives('host', 'host');
    expect(brief(room.joins('host'))).toEqual([
      'admit ann: joining there-are 3 other-callers',
      'admit bob: joining there-are 3 other-callers',
      'admit cid: joining there-are 3 other-callers',
    ]);
  });

  it('hears those who waited announced as one batch, when the last of them is in', () => {
    const room = new Room();
    for (const name of ['ann', 'bob', 'cid']) room.arrives(name);
    room.comes('host', 'host');
    room.joins('bob');
    room.joins('ann');
    expect(room.roomHeard).toEqual([]);
    room.joins('cid');
    expect(room.roomHeard).toEqual(['<entry>']);
    room.wait(60_000);
    expect(room.roomHeard).toEqual(['<entry>']);
  });

  it('need not wait for a straggler of the batch to hear of the others', () => {
    const room = new Room();
    for (const name of ['ann', 'bob']) room.arrives(name);
    room.comes('host', 'host');
    room.joins('ann');
    room.wait(4_000);
    expect(room.roomHeard).toEqual(['<entry>']);
    room.joins('bob');
    expect(room.roomHeard).toEqual(['<entry>', '<entry>']);
  });

  it('hears of a batch whose last caller gave up', () => {
    const room = new Room();
    for (const name of ['ann', 'bob']) room.arrives(name);
    room.comes('host', 'host');
    room.joins('ann');
    room.leaves('bob');
    expect(room.roomHeard).toEqual(['<entry>']);
  });

  it('begins the record of the conference', () => {
    const room = new Room().withHostAnd('ann', 'bob');
    expect(room.did('RecordStarted')).toHaveLength(1);
  });
});

describe('a newcomer while a host is in', () => {
  it('joins at once and hears how many others are there', () => {
    const room = new Room().withHostAnd();
    room.arrives('ann');
    expect(room.introduction('ann')).toBe('joining there-is-one-other');
    room.arrives('bob');
    expect(room.introduction('bob')).toBe('joining there-are 2 other-callers');
  });

  it('is announced to the room only once really in', () => {
    const room = new Room().withHostAnd();
    room.arrives('ann');
    expect(room.roomHeard).toEqual([]);
    room.joins('ann');
    expect(room.roomHeard).toEqual(['<entry>']);
  });

  it('who gives up before being in is announced neither coming nor going', () => {
    const room = new Room().withHostAnd('ann');
    const before = room.roomHeard.length;
    room.arrives('bob');
    room.leaves('bob');
    expect(room.roomHeard).toHaveLength(before);
  });

  it('is not announced where the account wants none', () => {
    const room = new Room({ entry: 'none', exit: 'none' }).withHostAnd('ann', 'bob');
    room.leaves('ann');
    expect(room.roomHeard).toEqual([]);
  });

  it('joins at once under `continue` also after the host has left', () => {
    const room = new Room().withHostAnd('ann');
    room.leaves('host');
    expect(brief(room.arrives('bob'))).toEqual(['admit bob: joining there-is-one-other']);
  });

  it('comes in muted where the account wants guests muted, and is told; a host does not', () => {
    const room = new Room({ muteGuestsOnEntry: true });
    room.comes('host', 'host');
    expect(brief(room.arrives('ann'))).toEqual(['admit ann muted: joining there-is-one-other you-are-muted']);
    expect(room.introduction('host')).not.toContain('muted');
  });
});

describe('announcements never pile up', () => {
  it('of more than 3 arrivals in 4 s the room hears the first three, then one for all the others', () => {
    const room = new Room().withHostAnd();
    for (let n = 1; n <= 9; n += 1) {
      room.comes(`guest${n}`);
      room.wait(100);
    }
    expect(room.roomHeard).toHaveLength(3);
    room.wait(4_000);
    expect(room.roomHeard).toHaveLength(4);
    room.wait(10_000);
    expect(room.roomHeard).toHaveLength(4);
  });

  it('and many who leave together are heard in the same way', () => {
    const guests = ['a', 'b', 'c', 'd', 'e', 'f'];
    const room = new Room({ entry: 'none' }).withHostAnd(...guests);
    for (const guest of guests) room.leaves(guest);
    room.wait(10_000);
    expect(room.roomHeard).toEqual(['<exit>', '<exit>', '<exit>', '<exit>']);
  });

  it('arrivals further apart are announced one by one', () => {
    const room = new Room().withHostAnd('a', 'b', 'c', 'd', 'e');
    expect(room.roomHeard).toHaveLength(5);
  });
});

describe('a full conference', () => {
  it('refuses guests, never a host', () => {
    const room = new Room({ maxCallers: 2 }).withHostAnd('ann');
    expect(brief(room.arrives('bob'))).toEqual(['refuse bob: full']);
    expect(brief(room.arrives('host2', 'host'))).toEqual(['admit host2: joining there-are 2 other-callers']);
  });

  it('counts a seat from the admission on', () => {
    const room = new Room({ maxCallers: 2 }).withHostAnd();
    room.arrives('ann');
    expect(brief(room.arrives('bob'))).toEqual(['refuse bob: full']);
    room.leaves('ann');
    expect(brief(room.arrives('cid'))).toEqual(['admit cid: joining there-is-one-other']);
  });

  it('is decided for those waiting at the moment of joining, in order of arrival', () => {
    const room = new Room({ maxCallers: 2 });
    for (const name of ['ann', 'bob']) room.arrives(name);
    room.arrives('host', 'host');
    expect(brief(room.joins('host'))).toEqual(['refuse bob: full', 'admit ann: joining there-is-one-other']);
  });

  it('is said before that it is locked', () => {
    const room = new Room({ maxCallers: 2 }).withHostAnd('ann');
    room.keys('host', 'lock');
    expect(brief(room.arrives('bob'))).toEqual(['refuse bob: full']);
  });
});

describe('a locked conference', () => {
  const locked = (options = {}): Room => {
    const room = new Room(options).withHostAnd('ann');
    room.keys('host', 'lock');
    return room;
  };

  it('refuses guests; its hosts hear a discreet tone', () => {
    expect(brief(locked().arrives('bob'))).toEqual(['refuse bob: locked', 'tell host: <discreet>']);
  });

  it('lets a host in', () => {
    expect(brief(locked().arrives('host2', 'host'))).toEqual(['admit host2: joining there-are 2 other-callers']);
  });

  it('is locked before it is without a host', () => {
    const room = locked({ hostLeaves: 'hold' });
    room.leaves('host');
    expect(brief(room.arrives('bob'))).toEqual(['refuse bob: locked']);
  });

  it('records how many were turned away', () => {
    const room = locked();
    room.arrives('bob');
    room.arrives('cid');
    room.leaves('ann');
    room.leaves('host');
    expect(room.did('CloseConference')).toMatchObject([{ lockedOut: 2 }]);
  });

  it('takes everyone again once unlocked', () => {
    const room = locked();
    room.keys('host', 'lock');
    expect(brief(room.arrives('bob'))).toEqual(['admit bob: joining there-are 2 other-callers']);
  });
});

describe('readmission to a locked conference', () => {
  const ann = '49301234';
  const left = (options = {}, number: string | null = ann): Room => {
    const room = new Room({ readmit: true, ...options }).withHostAnd('bob');
    room.comes('ann', 'guest', number);
    room.keys('host', 'lock');
    room.leaves('ann');
    return room;
  };
  const again = (room: Room, number: string | null = ann): readonly string[] =>
    brief(room.arrives('ann2', 'guest', number)).slice(0, 1);

  it('is for a guest who left it less than 5 minutes ago', () => {
    const room = left();
    room.wait(300_000);
    expect(again(room)).toEqual(['admit ann2: joining there-are 2 other-callers']);
    const late = left();
    late.wait(300_001);
    expect(again(late)).toEqual(['refuse ann2: locked']);
  });

  it('is off unless the account wants it', () => {
    expect(again(left({ readmit: false }))).toEqual(['refuse ann2: locked']);
  });

  it('is not for a withheld number', () => {
    expect(again(left({}, null), null)).toEqual(['refuse ann2: locked']);
  });

  it('is not for another number', () => {
    expect(again(left(), '555')).toEqual(['refuse ann2: locked']);
  });

  it('is not for a number that was in it more than once', () => {
    const room = new Room({ readmit: true }).withHostAnd();
    room.comes('ann', 'guest', ann).comes('colleague', 'guest', ann);
    room.keys('host', 'lock');
    room.leaves('ann');
    expect(again(room)).toEqual(['refuse ann2: locked']);
  });

  it('is not for one who left before it was locked', () => {
    const room = new Room({ readmit: true }).withHostAnd('bob');
    room.comes('ann', 'guest', ann);
    room.leaves('ann');
    room.keys('host', 'lock');
    expect(again(room)).toEqual(['refuse ann2: locked']);
  });

  it('lets one caller back in', () => {
    const room = left();
    again(room);
    expect(brief(room.arrives('impostor', 'guest', ann)).slice(0, 1)).toEqual(['refuse impostor: locked']);
  });

  it('holds through the absence of the host', () => {
    const room = left({ hostLeaves: 'hold' });
    room.leaves('host');
    expect(again(room)).toEqual(['keep ann2 waiting: host-away']);
    room.arrives('host2', 'host');
    expect(brief(room.joins('host2'))).toContain('admit ann2: joining there-are 2 other-callers');
  });
});
