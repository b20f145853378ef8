import { describe, expect, it } from 'vitest';
import { brief, Room } from './room.js';
import { words } from './words.js';

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

describe('the discreet tone of the lock', () => {
  const locked = (): Room => {
    const room = new Room().withHostAnd('bob');
    room.keys('host', 'lock');
    return room;
  };
  const tones = (room: Room): number =>
    room.did('Tell').filter(({ utterances }) => words(utterances) === '<discreet>').length;

  it('does not pile up: of many turned away the hosts hear one at once, and one for all the others', () => {
    const room = locked();
    for (let n = 1; n <= 20; n += 1) {
      room.arrives(`guest${n}`);
      room.wait(100);
    }
    expect(tones(room)).toBe(1);
    room.wait(20_000);
    expect(tones(room)).toBe(2);
  });

  it('is heard by every host in the room, by none on the way in', () => {
    const room = locked();
    room.comes('host2', 'host');
    room.arrives('host3', 'host');
    expect(brief(room.arrives('ann'))).toEqual([
      'refuse ann: locked',
      'tell host: <discreet>',
      'tell host2: <discreet>',
    ]);
  });
});
