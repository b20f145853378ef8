import { describe, expect, it } from 'vitest';
import type { ConferenceEffect } from '../../../src/domain/conference/contract.js';
import { callId } from '../../../src/domain/identifiers.js';
import { brief, Room } from './room.js';

const holds = (room: Room, name: string, held: boolean): readonly string[] =>
  brief(room.happen({ type: 'LineHeld', callId: callId(name), held }));

const speaks = (room: Room, name: string): readonly ConferenceEffect[] =>
  room.happen({ type: 'SpokeWhileMuted', callId: callId(name) });

describe('a line the far end puts on hold', () => {
  it('is muted for the room until it resumes, without a word', () => {
    const room = new Room().withHostAnd('ann');
    expect(holds(room, 'ann', true)).toEqual(['mute ann']);
    expect(holds(room, 'ann', true)).toEqual([]);
    expect(holds(room, 'ann', false)).toEqual(['unmute ann']);
    expect(holds(room, 'ann', false)).toEqual([]);
  });

  it('that the caller had muted stays muted', () => {
    const room = new Room().withHostAnd('ann');
    room.keys('ann', 'mute');
    expect(holds(room, 'ann', true)).toEqual([]);
    expect(holds(room, 'ann', false)).toEqual([]);
    expect(brief(room.keys('ann', 'mute'))).toEqual(['unmute ann', 'tell ann: you-are-unmuted']);
  });

  it('is not heard although the caller or a host unmutes it meanwhile, and is afterwards', () => {
    const room = new Room().withHostAnd('ann');
    room.keys('ann', 'mute');
    holds(room, 'ann', true);
    expect(brief(room.keys('ann', 'mute'))).toEqual(['tell ann: you-are-unmuted']);
    expect(holds(room, 'ann', false)).toEqual(['unmute ann']);
  });

  it('is muted afterwards where it was muted meanwhile', () => {
    const room = new Room().withHostAnd('ann');
    holds(room, 'ann', true);
    expect(brief(room.keys('host', 'mute-all'))).toEqual(['room: all-guests-muted']);
    expect(holds(room, 'ann', false)).toEqual([]);
  });

  it('is a host’s as much as a guest’s', () => {
    expect(holds(new Room().withHostAnd('ann'), 'host', true)).toEqual(['mute host']);
  });

  it('on the way in comes in muted, and is not told to be', () => {
    const room = new Room();
    room.arrives('ann');
    expect(holds(room, 'ann', true)).toEqual([]);
    room.comes('host', 'host');
    expect(brief(room.effects)).toContain('admit ann muted: joining there-is-one-other');
    expect(holds(room, 'ann', false)).toEqual(['unmute ann']);
  });

  it('of someone who is not there does nothing', () => {
    expect(holds(new Room().withHostAnd('ann'), 'nobody', true)).toEqual([]);
  });
});

describe('one who talks into a muted line', () => {
  it('is told once', () => {
    const room = new Room().withHostAnd('ann');
    room.keys('ann', 'mute');
    expect(brief(speaks(room, 'ann'))).toEqual(['tell ann: you-are-muted']);
    expect(speaks(room, 'ann')).toEqual([]);
  });

  it('is told again when muted again', () => {
    const room = new Room().withHostAnd('ann');
    for (let n = 0; n < 3; n += 1) {
      room.keys('ann', 'mute');
      expect(brief(speaks(room, 'ann'))).toEqual(['tell ann: you-are-muted']);
      room.keys('ann', 'mute');
    }
  });

  it('whom the host muted is told too', () => {
    const room = new Room().withHostAnd('ann');
    room.keys('host', 'mute-all');
    expect(brief(speaks(room, 'ann'))).toEqual(['tell ann: you-are-muted']);
    room.keys('host', 'mute-all');
    expect(speaks(room, 'ann')).toEqual([]);
  });

  it('is not told where the far end has the line on hold: that is music', () => {
    const room = new Room().withHostAnd('ann');
    room.keys('ann', 'mute');
    holds(room, 'ann', true);
    expect(speaks(room, 'ann')).toEqual([]);
    holds(room, 'ann', false);
    expect(brief(speaks(room, 'ann'))).toEqual(['tell ann: you-are-muted']);
  });

  it('is not told when not muted any more, or not in the room', () => {
    const room = new Room({ hostLeaves: 'hold' }).withHostAnd('ann');
    expect(speaks(room, 'ann')).toEqual([]);
    room.keys('ann', 'mute');
    room.leaves('host');
    expect(speaks(room, 'ann')).toEqual([]);
    expect(speaks(room, 'nobody')).toEqual([]);
  });
});
