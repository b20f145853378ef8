import { describe, expect, it } from 'vitest';
import { resumeConference } from '../../../src/domain/conference/resume.js';
import { Room } from './room.js';

const MINUTE = 60_000;

/** A host and a guest in the conference of a booking that is over at this time. */
function booked(endsAt: number, guest = 'ann'): Room {
  const room = new Room();
  room.arrives('host', 'host', null, {}, null, endsAt);
  room.joins('host');
  room.arrives(guest, 'guest', null, {}, null, endsAt);
  room.joins(guest);
  room.wait(1_000);
  return room;
}

const heardAt = (room: Room, at: number): readonly string[] => {
  const before = room.roomHeard.length;
  room.wait(at - room.now);
  return room.roomHeard.slice(before);
};

describe('the conference of a booking', () => {
  it('is warned five minutes and one minute before its end, and then closed', () => {
    const room = booked(30 * MINUTE);
    heardAt(room, 24 * MINUTE);
    expect(heardAt(room, 25 * MINUTE - 1)).toEqual([]);
    expect(heardAt(room, 25 * MINUTE)).toEqual(['booking-five-minutes']);
    expect(heardAt(room, 29 * MINUTE - 1)).toEqual([]);
    expect(heardAt(room, 29 * MINUTE)).toEqual(['booking-one-minute']);
    room.wait(MINUTE - 1);
    expect(room.outcome).toBeUndefined();
    room.wait(1);
    expect(room.did('Dismiss')).toMatchObject([
      { callId: 'host', outcome: 'booking-ended', farewell: [{ prompt: 'conference-ended' }] },
      { callId: 'ann', outcome: 'booking-ended', farewell: [{ prompt: 'conference-ended' }] },
    ]);
    expect(room.outcome).toBe('booking-ended');
  });

  it.each([
    [5 * MINUTE, ['booking-one-minute']],
    [3 * MINUTE, ['booking-one-minute']],
    [MINUTE, []],
    [20_000, []],
  ])('that begins %d ms before its end says only what is still true', (left, expected) => {
    const room = booked(left);
    room.wait(left);
    expect(room.roomHeard.filter((words) => words.startsWith('booking'))).toEqual(expected);
    expect(room.outcome).toBe('booking-ended');
  });

  it('whose end is past when somebody comes is over at once', () => {
    const room = new Room();
    room.wait(MINUTE);
    room.arrives('host', 'host', null, {}, null, MINUTE - 1);
    expect(room.did('Refuse')).toMatchObject([{ callId: 'host', reason: 'booking-ended' }]);
    expect(room.outcome).toBe('booking-ended');
    expect([...room.did('Admit'), ...room.did('RecordStarted')]).toEqual([]);
  });

  it('ends for those too who wait for a host, and for those on hold', () => {
    const waiting = new Room();
    waiting.arrives('ann', 'guest', null, {}, null, 10 * MINUTE);
    waiting.wait(10 * MINUTE);
    expect(waiting.roomHeard).toEqual([]);
    expect(waiting.did('Dismiss')).toMatchObject([{ callId: 'ann', outcome: 'booking-ended' }]);

    const held = new Room({ hostLeaves: 'hold', graceSeconds: 3_600 });
    for (const [name, role] of [['host', 'host'] as const, ['ann', 'guest'] as const]) {
      held.arrives(name, role, null, {}, null, 10 * MINUTE);
      held.joins(name);
    }
    held.leaves('host');
    const before = held.roomHeard.length;
    held.wait(10 * MINUTE);
    expect(held.roomHeard.length).toBe(before);
    expect(held.did('Dismiss')).toMatchObject([{ callId: 'ann', outcome: 'booking-ended' }]);
  });

  it('keeps the end it began with, whoever comes later', () => {
    const room = booked(30 * MINUTE);
    room.arrives('bob', 'guest', null, {}, null, 90 * MINUTE);
    room.joins('bob');
    room.wait(30 * MINUTE - room.now);
    expect(room.outcome).toBe('booking-ended');
  });

  it('ended by its host says no more of it', () => {
    const room = booked(6 * MINUTE);
    room.wait(MINUTE - room.now - 1);
    room.keys('host', 'end');
    room.wait(6 * MINUTE);
    expect(room.roomHeard.filter((words) => words.startsWith('booking'))).toEqual([]);
    expect(room.outcome).toBe('host-ended');
  });

  it('is warned and ends as before under another process', () => {
    const room = booked(30 * MINUTE);
    room.state = resumeConference(room.state);
    expect(heardAt(room, 25 * MINUTE)).toEqual(['booking-five-minutes']);
    room.wait(5 * MINUTE);
    expect(room.outcome).toBe('booking-ended');
  });

  it.each([
    [5 * MINUTE - 10_000, ['booking-five-minutes', 'booking-one-minute']],
    [3 * MINUTE, ['booking-one-minute']],
    [50_000, ['booking-one-minute']],
    [30_000, []],
  ])('that nothing moved until %d ms before its end says only what is still true', (left, expected) => {
    const room = booked(30 * MINUTE);
    heardAt(room, 24 * MINUTE);
    const { length } = room.roomHeard;
    room.now = 30 * MINUTE - left;
    room.wait(left);
    expect(room.roomHeard.slice(length)).toEqual(expected);
    expect(room.outcome).toBe('booking-ended');
  });

  it('of an account itself has no such end', () => {
    const room = new Room().withHostAnd('ann');
    room.wait(11 * 3_600_000);
    expect(room.roomHeard.filter((words) => words.startsWith('booking'))).toEqual([]);
    expect(room.outcome).toBeUndefined();
  });
});
