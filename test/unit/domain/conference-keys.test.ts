import { describe, expect, it } from 'vitest';
import { callId } from '../../../src/domain/identifiers.js';
import { KEYPAD_ACTIONS } from '../../../src/domain/keypad/contract.js';
import { brief, Room } from './room.js';

const DIAL_OUT = { trunk: 'out', prefixes: ['4'], callsPerHour: 9, atOnce: 1, minutesPerDay: 60 };

describe('*6', () => {
  it('mutes and unmutes one’s own line and says so privately', () => {
    const room = new Room().withHostAnd('ann');
    expect(brief(room.keys('ann', 'mute'))).toEqual(['mute ann', 'tell ann: you-are-muted']);
    expect(brief(room.keys('ann', 'mute'))).toEqual(['unmute ann', 'tell ann: you-are-unmuted']);
  });

  it('on hold holds from the moment of joining', () => {
    const room = new Room();
    room.arrives('ann');
    expect(brief(room.keys('ann', 'mute'))).toEqual(['tell ann: you-are-muted']);
    room.arrives('host', 'host');
    expect(brief(room.joins('host'))).toEqual(['admit ann muted: joining there-is-one-other you-are-muted']);
  });
});

describe('*#', () => {
  it('tells a guest how many are in', () => {
    const room = new Room().withHostAnd('ann', 'bob');
    room.keys('ann', 'count');
    expect(room.told('ann')).toBe('3 callers-in-conference');
  });

  it('tells who is alone so', () => {
    const room = new Room().withHostAnd();
    room.keys('host', 'count');
    expect(room.told('host')).toBe('you-are-the-only-one');
  });

  it('tells a host also how many were turned away', () => {
    const room = new Room().withHostAnd('ann');
    room.keys('host', 'lock');
    room.arrives('bob');
    room.keys('host', 'count');
    expect(room.told('host')).toBe('2 callers-in-conference one-was-turned-away');
    room.arrives('cid');
    room.keys('host', 'count');
    expect(room.told('host')).toBe('2 callers-in-conference 2 were-turned-away');
  });

  it('tells a host on the way in how many wait', () => {
    const room = new Room();
    room.arrives('ann');
    room.arrives('bob');
    room.arrives('host', 'host');
    room.keys('host', 'count');
    expect(room.told('host')).toBe('you-are-the-only-one 2 are-waiting');
  });

  it('tells a caller on hold that it goes on', () => {
    const room = new Room();
    room.arrives('ann');
    room.keys('ann', 'count');
    expect(room.told('ann')).toBe('still-waiting');
  });
});

describe('**', () => {
  it('does not recommend to raise a hand where it cannot be raised', () => {
    const room = new Room();
    room.arrives('ann');
    room.keys('ann', 'help');
    expect(room.told('ann')).toContain('help-count');
    expect(room.told('ann')).not.toContain('help-hand');
  });

  it('reads the codes of a guest to a guest', () => {
    const room = new Room().withHostAnd('ann');
    room.keys('ann', 'help');
    expect(room.told('ann')).toBe(
      [
        'help-intro press star 6 help-mute press star hash help-count press star star help-menu press star 9 help-hand',
        'press hash 4 or hash 6 help-hear press hash 7 or hash 9 help-speak press hash 5 help-volume-normal',
      ].join(' '),
    );
  });

  it('reads those of the host to a host', () => {
    const room = new Room({ lobby: true, hostLeaves: 'end', dialOut: DIAL_OUT }).withHostAnd();
    room.keys('host', 'help');
    expect(room.told('host')).toBe(
      [
        'help-intro press star 6 help-mute press star hash help-count press star star help-menu press star 9 help-hands',
        'press hash 4 or hash 6 help-hear press hash 7 or hash 9 help-speak press hash 5 help-volume-normal',
        'press star 5 help-lock press star 8 help-roll-call press hash hash help-end press star 4 help-mute-all',
        'press star 2 help-record press star 3 help-announcements press hash 8 help-admit-all press hash 1 help-screen',
        'press hash 2 help-find-noise press hash 3 help-drop-last press hash 0 help-continue',
        'press star 1 help-dial-out',
      ].join(' '),
    );
  });

  it('reads the map by which this caller’s keys are decoded, and nothing the account does without', () => {
    const room = new Room({
      lockAllowed: false,
      rollCall: false,
      recording: 'not-allowed',
    }).withHostAnd();
    const keyMap = { mute: ['*0'], end: [], hands: [], 'mute-all': [], announcements: [], 'find-noise': [] };
    room.keys('host', 'help', keyMap);
    expect(room.told('host')).toBe(
      [
        'help-intro press star 0 help-mute press star hash help-count press star star help-menu',
        'press hash 4 or hash 6 help-hear press hash 7 or hash 9 help-speak press hash 5 help-volume-normal',
        'press hash 3 help-drop-last',
      ].join(' '),
    );
  });

  it('reads the codes a caller came with, not those the account has got meanwhile', () => {
    const room = new Room().withHostAnd('ann');
    room.arrives('bob', 'guest', null, { keyMap: { mute: ['*0'] } });
    room.keys('ann', 'help');
    expect(room.told('ann')).toContain('press star 6 help-mute');
    room.keys('bob', 'help', { mute: ['*0'] });
    expect(room.told('bob')).toContain('press star 0 help-mute');
  });
});

describe('*5 and *7', () => {
  it('lock, and again unlock; all hear it', () => {
    const room = new Room().withHostAnd('ann');
    expect(brief(room.keys('host', 'lock'))).toEqual(['room: conference-now-locked']);
    room.wait(2_000);
    expect(brief(room.keys('host', 'lock'))).toEqual(['room: conference-now-unlocked']);
  });

  it('keyed by a host on the way in are heard by all in the room, and by that host', () => {
    const room = new Room().withHostAnd();
    room.arrives('host2', 'host');
    expect(brief(room.keys('host2', 'lock'))).toEqual([
      'room: conference-now-locked',
      'tell host2: conference-now-locked',
    ]);
    const nobodyIn = new Room();
    nobodyIn.arrives('host', 'host');
    expect(brief(nobodyIn.keys('host', 'lock'))).toEqual(['tell host: conference-now-locked']);
  });

  it('are not available where the account may not lock', () => {
    const room = new Room({ lockAllowed: false }).withHostAnd('ann');
    expect(brief(room.keys('host', 'lock'))).toEqual(['tell host: not-available']);
  });

  it('unlock also after locking was taken from the account', () => {
    const room = new Room().withHostAnd('ann');
    room.keys('host', 'lock');
    room.arrives('bob', 'guest', null, { lockAllowed: false });
    room.wait(2_000);
    expect(brief(room.keys('host', 'lock'))).toEqual(['room: conference-now-unlocked']);
  });
});

describe('a code', () => {
  it.each([
    ...(['lock', 'roll-call', 'end', 'hands', 'mute-all', 'record', 'announcements', 'admit-all', 'screen'] as const),
    ...(['find-noise', 'drop-last', 'continue', 'dial-out'] as const),
  ])('of the host (%s) is refused to a guest with words', (action) => {
    const room = new Room().withHostAnd('ann');
    expect(brief(room.keys('ann', action))).toEqual(['tell ann: only-host-can-do-that']);
    const waiting = new Room();
    waiting.arrives('bob');
    expect(brief(waiting.keys('bob', action))).toEqual(['tell bob: only-host-can-do-that']);
  });

  it('of a guest, keyed by a host, is not available', () => {
    const room = new Room().withHostAnd('ann');
    expect(brief(room.keys('host', 'raise-hand'))).toEqual(['tell host: not-available']);
  });

  it('of the call flow does nothing here', () => {
    const room = new Room().withHostAnd('ann');
    for (const action of KEYPAD_ACTIONS.filter((each) => /hear|speak|volume/.test(each))) {
      expect(room.keys('ann', action)).toEqual([]);
    }
  });

  it('that is unknown is said to be', () => {
    const room = new Room().withHostAnd('ann');
    room.happen({ type: 'UnknownCodeKeyed', callId: callId('ann') });
    expect(room.told('ann')).toBe('unknown-code');
  });

  it('of someone who is not there does nothing', () => {
    const room = new Room().withHostAnd('ann');
    expect(room.keys('nobody', 'mute')).toEqual([]);
    expect(room.happen({ type: 'UnknownCodeKeyed', callId: callId('nobody') })).toEqual([]);
  });
});

describe('##', () => {
  it('is heard by the room; then everyone is disconnected', () => {
    const room = new Room().withHostAnd('ann');
    expect(brief(room.keys('host', 'end'))).toEqual(['room: host-ended-conference _']);
    expect(brief(room.happen({ type: 'PlayFinished', playId: room.lastRoomPlay }))).toEqual([
      'dismiss host (host-ended): ',
      'dismiss ann (host-ended): ',
      'close: host-ended',
    ]);
  });

  it('is heard by those on the way in and on hold, each by himself', () => {
    const room = new Room().withHostAnd('ann');
    room.arrives('bob');
    expect(brief(room.keys('host', 'end'))).toEqual([
      'dismiss bob (host-ended): host-ended-conference',
      'room: host-ended-conference _',
    ]);
  });

  it('by a host who is not in yet ends it for those who wait', () => {
    const room = new Room();
    room.arrives('ann');
    room.arrives('host', 'host');
    expect(brief(room.keys('host', 'end'))).toEqual([
      'dismiss host (host-ended): host-ended-conference',
      'dismiss ann (host-ended): host-ended-conference',
      'close: host-ended',
    ]);
  });

  it('refuses joins meanwhile, a host’s too', () => {
    const room = new Room().withHostAnd('ann');
    room.keys('host', 'end');
    expect(brief(room.arrives('bob'))).toEqual(['refuse bob: closing']);
    expect(brief(room.arrives('host2', 'host'))).toEqual(['refuse host2: closing']);
  });

  it('is over although the end of the words is never reported', () => {
    const room = new Room().withHostAnd('ann');
    room.playsEnd = false;
    room.keys('host', 'end');
    room.wait(15_000);
    expect(room.outcome).toBe('host-ended');
  });

  it('is not cut short by the end of an earlier announcement', () => {
    const room = new Room().withHostAnd('ann');
    const earlier = room.lastRoomPlay;
    room.keys('host', 'end');
    expect(room.happen({ type: 'PlayFinished', playId: earlier })).toEqual([]);
  });

  it('is over at once when the last caller hangs up meanwhile, without a tone', () => {
    const room = new Room().withHostAnd('ann');
    room.keys('host', 'end');
    expect(brief(room.leaves('host'))).toEqual([]);
    expect(brief(room.leaves('ann'))).toEqual(['close: host-ended']);
  });

  it('answers no code any more', () => {
    const room = new Room().withHostAnd('ann');
    room.keys('host', 'end');
    expect(room.keys('ann', 'count')).toEqual([]);
  });
});
