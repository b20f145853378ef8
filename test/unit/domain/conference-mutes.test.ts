import { describe, expect, it } from 'vitest';
import { brief, Room } from './room.js';

describe('*4', () => {
  it('mutes all guests; again, they may not unmute themselves; again, all are unmuted: all hear it', () => {
    const room = new Room().withHostAnd('ann', 'bob');
    expect(brief(room.keys('host', 'mute-all'))).toEqual(['mute ann', 'mute bob', 'room: all-guests-muted']);
    room.wait(2_000);
    expect(brief(room.keys('host', 'mute-all'))).toEqual(['room: guests-may-not-unmute']);
    room.wait(2_000);
    expect(brief(room.keys('host', 'mute-all'))).toEqual(['unmute ann', 'unmute bob', 'room: all-unmuted']);
  });

  it('leaves hosts as they are', () => {
    const room = new Room().withHostAnd('ann').comes('host2', 'host');
    expect(brief(room.keys('host', 'mute-all'))).toEqual(['mute ann', 'room: all-guests-muted']);
    room.keys('host', 'mute-all');
    room.keys('host2', 'mute');
    expect(room.told('host2')).toBe('you-are-muted');
    room.keys('host2', 'mute');
    expect(room.told('host2')).toBe('you-are-unmuted');
  });

  it('once leaves guests the right to unmute themselves, twice does not', () => {
    const room = new Room().withHostAnd('ann', 'bob');
    room.keys('host', 'mute-all');
    room.wait(2_000);
    expect(brief(room.keys('ann', 'mute'))).toEqual(['unmute ann', 'tell ann: you-are-unmuted']);
    expect(brief(room.keys('host', 'mute-all'))).toEqual(['mute ann', 'room: guests-may-not-unmute']);
    expect(brief(room.keys('ann', 'mute'))).toEqual(['tell ann: may-not-unmute']);
    room.keys('host', 'mute-all');
    expect(brief(room.keys('ann', 'mute'))).toEqual(['mute ann', 'tell ann: you-are-muted']);
  });

  it('unmutes also those who muted themselves', () => {
    const room = new Room().withHostAnd('ann', 'bob');
    room.keys('ann', 'mute');
    expect(brief(room.keys('host', 'mute-all'))).toEqual(['mute bob', 'room: all-guests-muted']);
    room.wait(2_000);
    room.keys('host', 'mute-all');
    room.wait(2_000);
    expect(brief(room.keys('host', 'mute-all'))).toEqual(['unmute ann', 'unmute bob', 'room: all-unmuted']);
  });

  it('holds for newcomers: they follow the state they find', () => {
    const room = new Room().withHostAnd('ann');
    room.keys('host', 'mute-all');
    expect(brief(room.arrives('bob'))).toEqual(['admit bob muted: joining there-are 2 other-callers you-are-muted']);
    expect(brief(room.arrives('host2', 'host'))).toEqual(['admit host2: joining there-are 3 other-callers']);
    room.keys('host', 'mute-all');
    room.keys('host', 'mute-all');
    expect(brief(room.arrives('cid'))).toEqual(['admit cid: joining there-are 4 other-callers']);
  });

  it('holds for those who wait, and is given back to them as to newcomers', () => {
    const room = new Room({ lobby: true }).withHostAnd();
    room.arrives('ann');
    room.keys('host', 'mute-all');
    room.keys('host', 'mute-all');
    expect(brief(room.keys('ann', 'mute'))).toEqual(['tell ann: may-not-unmute']);
    expect(brief(room.keys('host', 'admit-all'))[0]).toMatch(/^admit ann muted: .* you-are-muted$/);
    room.arrives('bob');
    room.keys('host', 'mute-all');
    expect(brief(room.keys('host', 'admit-all'))[0]).toBe('admit bob: joining there-are 2 other-callers');
  });

  it('is heard by those on the way in, each by himself', () => {
    const room = new Room().withHostAnd();
    room.arrives('ann');
    expect(brief(room.keys('host', 'mute-all'))).toEqual([
      'mute ann',
      'room: all-guests-muted',
      'tell ann: all-guests-muted',
    ]);
  });

  it('says nothing to the mixer of a line the far end holds', () => {
    const room = new Room().withHostAnd('ann');
    room.happen({ type: 'LineHeld', callId: room.state.facts.members[1]?.callId ?? never(), held: true });
    expect(brief(room.keys('host', 'mute-all'))).toEqual(['room: all-guests-muted']);
  });

  it('outlives a hold', () => {
    const room = new Room({ hostLeaves: 'hold' }).withHostAnd('ann');
    room.keys('host', 'mute-all');
    room.keys('host', 'mute-all');
    room.leaves('host');
    room.comes('host', 'host');
    room.joins('ann');
    expect(room.introduction('ann')).toBe('host-returned you-are-muted');
    expect(brief(room.keys('ann', 'mute'))).toEqual(['tell ann: may-not-unmute']);
  });
});

describe('the last host leaves, and guests may not unmute themselves', () => {
  const muted = (options: ConstructorParameters<typeof Room>[0] = {}): Room => {
    const room = new Room(options).withHostAnd('ann', 'bob');
    room.keys('host', 'mute-all');
    room.wait(2_000);
    room.keys('host', 'mute-all');
    room.wait(2_000);
    return room;
  };

  it('they may again where the conference goes on, and hear by which key; no line is opened for them', () => {
    const room = muted();
    expect(brief(room.leaves('host'))).toEqual(['room: <exit>', 'room: press star 6 help-mute']);
    expect(brief(room.keys('ann', 'mute'))).toEqual(['unmute ann', 'tell ann: you-are-unmuted']);
    expect(brief(room.arrives('cid'))).toEqual(['admit cid muted: joining there-are 2 other-callers you-are-muted']);
    room.joins('cid');
    expect(brief(room.keys('cid', 'mute'))).toEqual(['unmute cid', 'tell cid: you-are-unmuted']);
  });

  it('after #0 too, and by the code of the account; whoever is on the way in hears it by himself', () => {
    const room = muted({ hostLeaves: 'end', keyMap: { mute: ['*0', '*6'] } });
    room.keys('host', 'continue');
    room.arrives('cid');
    expect(brief(room.leaves('host'))).toEqual([
      'room: <exit>',
      'room: press star 0 help-mute',
      'tell cid: press star 0 help-mute',
    ]);
    expect(brief(room.keys('ann', 'mute'))).toEqual(['unmute ann', 'tell ann: you-are-unmuted']);
  });

  it('all are unmuted where no key does it', () => {
    const room = muted({ keyMap: { mute: [] } });
    expect(brief(room.leaves('host'))).toEqual(['room: <exit>', 'unmute ann', 'unmute bob', 'room: all-unmuted']);
  });

  it('whoever is alone then hears it after that', () => {
    const room = muted();
    room.leaves('bob');
    expect(brief(room.leaves('host'))).toEqual(['tell ann: <exit> you-are-alone', 'tell ann: press star 6 help-mute']);
    expect(brief(room.keys('ann', 'mute'))).toEqual(['unmute ann', 'tell ann: you-are-unmuted']);
  });

  it('nothing is said where they may anyway, or while another host is there', () => {
    const once = new Room().withHostAnd('ann', 'bob');
    once.keys('host', 'mute-all');
    once.wait(2_000);
    expect(brief(once.leaves('host'))).toEqual(['room: <exit>']);
    const two = muted().comes('host2', 'host');
    two.wait(5_000);
    expect(brief(two.leaves('host2'))).toEqual(['room: <exit>']);
    expect(brief(two.keys('ann', 'mute'))).toEqual(['tell ann: may-not-unmute']);
  });
});

function never(): never {
  throw new Error('no such member');
}
