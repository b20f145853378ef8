import { describe, expect, it } from 'vitest';
import { callId } from '../../../src/domain/identifiers.js';
import { brief, Room } from './room.js';

const recorded = (options: ConstructorParameters<typeof Room>[0] = {}): Room => {
  const room = new Room(options).withHostAnd('ann');
  room.keys('host', 'record');
  room.chooses('host', '1');
  return room;
};

describe('*2', () => {
  it('begins at a 1, and all hear it; again it stops, and all hear that', () => {
    const room = new Room().withHostAnd('ann');
    expect(brief(room.keys('host', 'record'))).toEqual(['menu host (1): confirm-recording']);
    expect(brief(room.chooses('host', '1'))).toEqual([
      'close menu host: ',
      'StartRecording',
      'room: recording-started',
    ]);
    room.wait(2_000);
    expect(brief(room.keys('host', 'record'))).toEqual(['StopRecording', 'room: recording-stopped']);
  });

  it('is heard by those on the way in before they are in, and by those who come later in the introduction', () => {
    const room = new Room().withHostAnd('ann');
    room.arrives('bob');
    room.keys('host', 'record');
    expect(brief(room.chooses('host', '1'))).toContain('tell bob: recording-started');
    room.joins('bob');
    room.arrives('cid');
    expect(room.introduction('cid')).toBe('joining there-are 3 other-callers is-recorded');
    room.keys('host', 'record');
    room.arrives('dan');
    expect(room.introduction('dan')).toBe('joining there-are 4 other-callers');
  });

  it('does not begin when the question is left', () => {
    const room = new Room().withHostAnd('ann');
    room.keys('host', 'record');
    const menuId = room.menuOf('host');
    expect(room.happen({ type: 'MenuLeft', callId: callId('host'), menuId })).toEqual([]);
    expect(room.chooses('host', '1')).toEqual([]);
  });

  it('does not begin twice where two hosts confirm', () => {
    const room = new Room().withHostAnd('ann').comes('host2', 'host');
    room.keys('host', 'record');
    room.keys('host2', 'record');
    room.chooses('host', '1');
    expect(brief(room.chooses('host2', '1'))).toEqual(['close menu host2: is-recorded']);
    expect(room.did('StartRecording')).toHaveLength(1);
  });

  it('is not available where the account does not record; what is recorded can still be stopped', () => {
    const room = new Room({ recording: 'not-allowed' }).withHostAnd('ann');
    expect(brief(room.keys('host', 'record'))).toEqual(['tell host: not-available']);
    const other = recorded();
    other.arrives('bob', 'guest', null, { recording: 'not-allowed' });
    expect(brief(other.keys('host', 'record'))).toContain('StopRecording');
  });

  it('by a host who is not in yet is refused', () => {
    const room = new Room();
    room.arrives('host', 'host');
    expect(brief(room.keys('host', 'record'))).toEqual(['tell host: <refused>']);
  });

  it('keeps what is played to the room out, unless the account wants it in', () => {
    expect(recorded().did('StartRecording')[0]?.announcements).toBe(false);
    expect(recorded({ recordAnnouncements: true }).did('StartRecording')[0]?.announcements).toBe(true);
  });
});

describe('recording', () => {
  it('begins by itself when the first host is in, before those who wait are told', () => {
    const room = new Room({ recording: 'automatic' });
    room.arrives('ann');
    room.arrives('host', 'host');
    expect(room.did('StartRecording')).toEqual([]);
    expect(brief(room.joins('host'))).toEqual([
      'StartRecording',
      'room: recording-started',
      'admit ann: joining there-is-one-other is-recorded',
    ]);
    expect(brief(room.keys('host', 'record'))).toContain('StopRecording');
    room.comes('host2', 'host');
    expect(room.did('StartRecording')).toHaveLength(1);
  });

  it('pauses while a host is away, and goes on when one is back', () => {
    const room = new Room({ hostLeaves: 'hold' }).withHostAnd('ann');
    room.keys('host', 'record');
    room.chooses('host', '1');
    expect(brief(room.leaves('host'))).toEqual(['PauseRecording', 'hold ann: host-away']);
    room.arrives('host', 'host');
    expect(room.introduction('host')).toBe('joining you-are-the-host one-is-waiting is-recorded');
    // Who has not heard it begin is told before being in.
    expect(brief(room.joins('host'))).toEqual(['ResumeRecording', 'admit ann: host-returned is-recorded']);
    expect(room.did('StartRecording')).toHaveLength(1);
  });

  it.each([
    ['emptied', (room: Room) => [...room.leaves('ann'), ...room.leaves('host')]],
    ['host-left', (room: Room) => room.leaves('host')],
    ['shutdown', (room: Room) => room.happen({ type: 'ShutdownRequested' })],
  ] as const)('stops with the conference (%s)', (outcome, end) => {
    const room = recorded({ hostLeaves: 'end' });
    expect(brief(end(room)).slice(-2)).toEqual(['StopRecording', `close: ${outcome}`]);
  });

  it('hears the last words of a conference, and stops with it', () => {
    const room = recorded();
    expect(brief(room.keys('host', 'end'))).not.toContain('StopRecording');
    room.wait(20_000);
    expect(brief(room.effects).slice(-2)).toEqual(['StopRecording', 'close: host-ended']);
  });

  it('that fails has stopped for all to hear, and a host hears that nobody did it', () => {
    const room = recorded();
    room.wait(2_000);
    expect(brief(room.happen({ type: 'RecordingFailed' }))).toEqual([
      'room: recording-stopped',
      'tell host: recording-failed',
    ]);
    room.arrives('bob');
    expect(room.introduction('bob')).toBe('joining there-are 2 other-callers');
    expect(room.happen({ type: 'RecordingFailed' })).toEqual([]);
    expect(brief(room.keys('host', 'record'))).toEqual(['menu host (1): confirm-recording']);
  });

  it('beeps as often as the account wants, not while it is paused, and no more when it has stopped', () => {
    const room = recorded({ recordBeepSeconds: 15, hostLeaves: 'hold' });
    expect(brief(room.wait(46_000))).toEqual(['room: <recording>', 'room: <recording>', 'room: <recording>']);
    room.leaves('host');
    expect(brief(room.wait(60_000))).toEqual([]);
    room.comes('host', 'host');
    room.joins('ann');
    expect(brief(room.wait(16_000))).toContain('room: <recording>');
    room.keys('host', 'record');
    expect(brief(room.wait(60_000))).toEqual([]);
  });
});
