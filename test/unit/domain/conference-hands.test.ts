import { describe, expect, it } from 'vitest';
import { brief, Room } from './room.js';

describe('*9 of a guest', () => {
  it('raises the hand, and the hosts hear a discreet tone; again lowers it without one', () => {
    const room = new Room().withHostAnd('ann').comes('host2', 'host');
    room.wait(10_000);
    expect(brief(room.keys('ann', 'raise-hand'))).toEqual([
      'tell ann: hand-raised',
      'tell host: <discreet>',
      'tell host2: <discreet>',
    ]);
    room.wait(10_000);
    expect(brief(room.keys('ann', 'raise-hand'))).toEqual(['tell ann: hand-lowered']);
  });

  it('by many at once is one tone now and one later: never more', () => {
    const room = new Room().withHostAnd('ann', 'bob', 'cid', 'dan');
    room.wait(10_000);
    const before = room.did('Tell').length;
    for (const name of ['ann', 'bob', 'cid', 'dan']) room.keys(name, 'raise-hand');
    room.wait(30_000);
    const tones = room
      .did('Tell')
      .slice(before)
      .filter((effect) => effect.callId === room.did('Admit')[0]?.callId);
    expect(brief(tones)).toEqual(['tell host: <discreet>', 'tell host: <discreet>']);
  });

  it('is not available to who waits outside', () => {
    const room = new Room();
    room.arrives('ann');
    expect(brief(room.keys('ann', 'raise-hand'))).toEqual(['tell ann: not-available']);
  });
});

describe('*9 of a host', () => {
  it('says where no hand is raised', () => {
    const room = new Room().withHostAnd('ann');
    expect(brief(room.keys('host', 'hands'))).toEqual(['tell host: no-hands-raised']);
  });

  it('names the hand that has been up for longest: 1 unmutes, and lowers it', () => {
    const room = new Room({ muteGuestsOnEntry: true }).withHostAnd().comesNamed('ann').comesNamed('bob');
    room.keys('bob', 'raise-hand');
    room.keys('ann', 'raise-hand');
    expect(brief(room.keys('host', 'hands'))).toEqual(['menu host (1 2): name:bob hand-menu']);
    expect(brief(room.chooses('host', '1'))).toEqual([
      'unmute bob',
      'tell bob: host-unmuted-you',
      'close menu host: <done>',
    ]);
    expect(brief(room.keys('host', 'hands'))).toEqual(['menu host (1 2): name:ann hand-menu']);
  });

  it('2 leaves it up and goes on to the next, after the last one to the first', () => {
    const room = new Room().withHostAnd('ann').comesNamed('bob');
    room.keys('ann', 'raise-hand');
    room.keys('bob', 'raise-hand');
    room.keys('host', 'hands');
    expect(brief(room.chooses('host', '2'))).toEqual(['menu host (1 2): name:bob hand-menu']);
    expect(brief(room.chooses('host', '2'))).toEqual(['menu host (1 2): unnamed-caller hand-menu']);
  });

  it('tells one who was not muted only that the hand is down', () => {
    const room = new Room().withHostAnd('ann');
    room.keys('ann', 'raise-hand');
    room.keys('host', 'hands');
    expect(brief(room.chooses('host', '1'))).toEqual(['tell ann: hand-lowered', 'close menu host: <done>']);
  });

  it('calls up one guest while the others may not unmute themselves', () => {
    const room = new Room().withHostAnd('ann');
    room.keys('host', 'mute-all');
    room.keys('host', 'mute-all');
    room.keys('ann', 'raise-hand');
    room.keys('host', 'hands');
    expect(brief(room.chooses('host', '1'))).toContain('unmute ann');
    room.keys('ann', 'mute');
    expect(brief(room.keys('ann', 'mute'))).toEqual(['tell ann: may-not-unmute']);
  });

  it.each([
    ['hangs up', (room: Room) => room.leaves('ann')],
    ['lowers the hand', (room: Room) => room.keys('ann', 'raise-hand')],
  ] as const)('goes on to the next where the caller it named %s', (_, away) => {
    const room = new Room().withHostAnd('ann').comesNamed('bob');
    room.keys('ann', 'raise-hand');
    room.keys('bob', 'raise-hand');
    room.keys('host', 'hands');
    away(room);
    expect(brief(room.chooses('host', '1'))).toEqual(['menu host (1 2): name:bob hand-menu']);
    away(room);
    room.leaves('bob');
    room.leaves('ann');
    expect(brief(room.chooses('host', '2'))).toEqual(['close menu host: no-hands-raised']);
  });

  it('finds the hands as they were after a hold', () => {
    const room = new Room({ hostLeaves: 'hold' }).withHostAnd().comesNamed('ann');
    room.keys('ann', 'raise-hand');
    room.leaves('host');
    room.comes('host', 'host');
    room.joins('ann');
    expect(brief(room.keys('host', 'hands'))).toEqual(['menu host (1 2): name:ann hand-menu']);
  });
});
