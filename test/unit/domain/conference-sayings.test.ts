import { describe, expect, it } from 'vitest';
import { resumeConference } from '../../../src/domain/conference/resume.js';
import { callId } from '../../../src/domain/identifiers.js';
import type { KeypadAction } from '../../../src/domain/keypad/contract.js';
import { brief, Room } from './room.js';

/** Keys of a host that all hear of. */
const toggleRecording = (room: Room): void => {
  room.keys('host', 'record');
  if (room.state.facts.menus.length > 0) room.chooses('host', '1');
};

describe('what a host’s keys say to all', () => {
  it('waits for the sentence before, and a newer one about the same takes its place', () => {
    const room = new Room().withHostAnd('ann');
    expect(brief(room.keys('host', 'mute-all'))).toContain('room: all-guests-muted');
    expect(brief(room.keys('host', 'mute-all'))).toEqual([]);
    expect(brief(room.keys('host', 'lock'))).toEqual([]);
    expect(brief(room.keys('host', 'mute-all'))).toEqual(['unmute ann']);
    expect(brief(room.wait(1_000))).toEqual(['room: all-unmuted']);
    expect(brief(room.wait(5_000))).toEqual(['room: conference-now-locked']);
  });

  it('does not pile up however often they are pressed: the room hears what holds in the end', () => {
    const room = new Room().withHostAnd('ann', 'bob');
    let most = 0;
    for (let press = 0; press < 60; press += 1) {
      for (const action of ['mute-all', 'lock', 'announcements'] as const) {
        room.keys('host', action);
        room.wait(50);
      }
      toggleRecording(room);
      room.wait(50);
      most = Math.max(most, room.playsQueued);
      expect(room.state.facts.sayings.pending.length).toBeLessThanOrEqual(3);
    }
    expect(most).toBe(1);
    expect(room.state.facts).toMatchObject({ locked: false, guestMutes: 'free', recording: 'off' });
    expect(brief(room.wait(60_000)).length).toBeLessThanOrEqual(3);
    expect(room.playsQueued).toBe(0);
    const last = (...sentences: string[]) => room.roomHeard.findLast((heard) => sentences.includes(heard));
    expect(last('all-guests-muted', 'guests-may-not-unmute', 'all-unmuted')).toBe('all-unmuted');
    expect(last('conference-now-locked', 'conference-now-unlocked')).toBe('conference-now-unlocked');
    expect(last('recording-started', 'recording-stopped')).toBe('recording-stopped');
  });

  it('goes on where the end of a sentence is never told', () => {
    const room = new Room().withHostAnd('ann');
    room.playsEnd = false;
    room.keys('host', 'lock');
    room.keys('host', 'lock');
    expect(brief(room.wait(60_000))).toEqual(['room: conference-now-unlocked']);
  });

  it('goes on under the next process', () => {
    const room = new Room().withHostAnd('ann');
    room.keys('host', 'lock');
    room.keys('host', 'lock');
    room.state = resumeConference(room.state);
    expect(brief(room.wait(2_000))).toEqual(['room: conference-now-unlocked']);
  });

  it('is out of date as soon as something newer about the same was said to each by himself', () => {
    const dialOut = { trunk: 'out', prefixes: ['4'], callsPerHour: 9, atOnce: 2, minutesPerDay: 60 };
    const room = new Room({ dialOut }).withHostAnd();
    room.playsEnd = false;
    room.keys('host', 'lock');
    room.keys('host', 'lock');
    room.keys('host', 'dial-out');
    room.happen({ type: 'EntryKeyed', callId: callId('host'), menuId: room.menuOf('host'), digits: '4412345' });
    expect(brief(room.keys('host', 'lock'))).toEqual(['tell host: conference-now-locked']);
    room.chooses('host', '*3');
    room.joins('host');
    expect(brief(room.wait(60_000))).toEqual([]);
  });

  it('about mutes is out of date as the last host leaves: whoever is alone hears only that the line may be unmuted', () => {
    const room = new Room().withHostAnd('ann');
    room.keys('host', 'mute-all');
    room.keys('host', 'mute-all');
    room.leaves('host');
    expect(brief(room.wait(60_000))).toEqual([]);
    expect(room.roomHeard).not.toContain('guests-may-not-unmute');
  });

  it('is not said to a room that a hold has emptied, nor after it', () => {
    const room = new Room({ hostLeaves: 'hold' }).withHostAnd('ann');
    room.keys('host', 'lock');
    room.keys('host', 'lock');
    room.leaves('host');
    room.comes('host', 'host');
    room.joins('ann');
    expect(brief(room.wait(60_000))).toEqual([]);
    expect(brief(room.keys('host', 'lock'))).toEqual(['room: conference-now-locked']);
  });

  it('is left unsaid where the host has ended the conference meanwhile', () => {
    const room = new Room().withHostAnd('ann');
    room.keys('host', 'lock');
    room.keys('host', 'lock');
    room.keys('host', 'end');
    room.wait(10_000);
    expect(room.roomHeard.slice(-2)).toEqual(['conference-now-locked', 'host-ended-conference _']);
    expect(room.outcome).toBe('host-ended');
  });

  it.each(['lock', 'mute-all'] as const satisfies readonly KeypadAction[])(
    'is heard at once (%s) by those on the way in, each by himself',
    (action) => {
      const room = new Room().withHostAnd('ann');
      room.arrives('bob');
      room.keys('host', action);
      expect(brief(room.keys('host', action)).filter((line) => line.startsWith('tell bob'))).toHaveLength(1);
    },
  );
});
