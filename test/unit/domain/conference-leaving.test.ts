import { tone } from '../../../src/domain/prompts.js';
import { describe, expect, it } from 'vitest';
import { brief, Room } from './room.js';

describe('a guest who leaves', () => {
  it('is announced by a tone', () => {
    const room = new Room().withHostAnd('ann', 'bob');
    expect(brief(room.leaves('ann'))).toEqual(['room: <exit>']);
  });

  it('is not announced to an empty room', () => {
    const room = new Room().withHostAnd();
    expect(brief(room.leaves('host'))).toEqual(['close: emptied']);
  });
});

describe('when the last host leaves under `continue`', () => {
  it('the others go on', () => {
    const room = new Room().withHostAnd('ann', 'bob');
    expect(brief(room.leaves('host'))).toEqual(['room: <exit>']);
    expect(room.state.kind).toBe('InSession');
  });

  it('a host may return and is told to be the host', () => {
    const room = new Room().withHostAnd('ann', 'bob');
    room.leaves('host');
    room.arrives('host2', 'host');
    expect(room.introduction('host2')).toBe('joining there-are 2 other-callers you-are-the-host');
  });
});

describe('a conference that goes on without a host, once', () => {
  for (const hostLeaves of ['end', 'hold'] as const) {
    it(`does so although a host gives up on the way in, under \`${hostLeaves}\``, () => {
      const room = new Room({ hostLeaves }).withHostAnd('ann', 'bob');
      room.keys('host', 'continue');
      room.leaves('host');
      room.wait(10_000);
      room.arrives('host2', 'host');
      expect(brief(room.leaves('host2'))).toEqual([]);
      expect(room.state.kind).toBe('InSession');
      room.comes('host3', 'host');
      room.leaves('host3');
      expect(room.state.kind).toBe(hostLeaves === 'end' ? 'Closed' : 'HostAway');
    });
  }

  it('does not because another host was on the way in who gives up: only then the last one has left', () => {
    const room = new Room({ hostLeaves: 'end' }).withHostAnd('ann');
    room.arrives('host2', 'host');
    room.leaves('host');
    expect(room.outcome).toBeUndefined();
    room.leaves('host2');
    expect(room.outcome).toBe('host-left');
  });
});

describe('when the last host leaves under `end`', () => {
  it('every caller is disconnected at once, with no message and no exit tone', () => {
    const room = new Room({ hostLeaves: 'end' }).withHostAnd('ann', 'bob');
    expect(brief(room.leaves('host'))).toEqual([
      'dismiss ann (host-left): ',
      'dismiss bob (host-left): ',
      'close: host-left',
    ]);
  });

  it('also when the line was lost', () => {
    const room = new Room({ hostLeaves: 'end' }).withHostAnd('ann');
    room.leaves('host', true);
    expect(room.outcome).toBe('host-left');
  });

  it('also those who wait in the lobby', () => {
    const room = new Room({ hostLeaves: 'end', lobby: true }).comes('host', 'host');
    room.arrives('ann');
    expect(brief(room.leaves('host'))).toEqual(['dismiss ann (host-left): ', 'close: host-left']);
  });

  it('and what was recorded is kept', () => {
    const room = new Room({ hostLeaves: 'end', recording: 'automatic' }).withHostAnd('ann');
    expect(brief(room.leaves('host'))).toEqual(['dismiss ann (host-left): ', 'StopRecording', 'close: host-left']);
  });

  it('nothing that was still to be announced is heard', () => {
    const room = new Room({ hostLeaves: 'end' }).withHostAnd('ann', 'bob', 'cid');
    room.leaves('ann');
    room.leaves('bob');
    const heard = room.roomHeard.length;
    room.leaves('host');
    room.wait(60_000);
    expect(room.roomHeard).toHaveLength(heard);
    expect(room.timers.names).toEqual([]);
  });

  it('not while another host is in or on the way in', () => {
    const room = new Room({ hostLeaves: 'end' }).withHostAnd('ann');
    room.arrives('host2', 'host');
    room.leaves('host');
    expect(room.state.kind).toBe('InSession');
    room.leaves('host2');
    expect(room.outcome).toBe('host-left');
  });
});

describe('#0', () => {
  const continuing = (options = {}): Room => {
    const room = new Room({ hostLeaves: 'end', ...options }).withHostAnd('ann', 'bob');
    expect(brief(room.keys('host', 'continue'))).toEqual(['tell host: continues-without-host']);
    return room;
  };

  it('lets the conference go on when the last host leaves', () => {
    const ending = continuing();
    expect(brief(ending.leaves('host'))).toEqual(['room: <exit>']);
    expect(brief(ending.arrives('cid'))).toEqual(['admit cid: joining there-are 2 other-callers']);
    const holding = continuing({ hostLeaves: 'hold' });
    expect(brief(holding.leaves('host'))).toEqual(['room: <exit>']);
    expect(holding.state.kind).toBe('InSession');
  });

  it('holds this once: the next time the account’s choice applies', () => {
    const room = continuing();
    room.leaves('host');
    room.comes('host2', 'host');
    room.leaves('host2');
    expect(room.outcome).toBe('host-left');
  });

  it('is not used up by a host who is not the last', () => {
    const room = continuing();
    room.comes('host2', 'host');
    room.leaves('host');
    room.leaves('host2');
    expect(room.outcome).toBeUndefined();
  });

  it('does not keep ## from ending it', () => {
    const room = continuing();
    room.keys('host', 'end');
    room.wait(5_000);
    expect(room.outcome).toBe('host-ended');
  });
});

describe('the last caller left', () => {
  it('hears the exit tone and, after it, is told once; and disconnected after 15 minutes alone', () => {
    const room = new Room().withHostAnd('ann');
    room.leaves('host');
    expect(room.told('ann')).toBe('<exit> you-are-alone');
    expect(room.did('PlayToRoom').map(({ utterances }) => utterances)).not.toContainEqual([tone('exit')]);
    room.wait(899_999);
    expect(room.outcome).toBeUndefined();
    expect(brief(room.wait(1))).toEqual(['dismiss ann (alone): conference-ended', 'close: alone']);
    expect(room.did('Tell')).toHaveLength(1);
  });

  it('may stay once someone comes', () => {
    const room = new Room().withHostAnd('ann');
    room.leaves('ann');
    room.wait(600_000);
    room.comes('bob');
    room.wait(600_000);
    expect(room.outcome).toBeUndefined();
  });

  it('is not told again of someone who never got in', () => {
    const room = new Room().withHostAnd('ann');
    room.leaves('ann');
    room.arrives('bob');
    room.leaves('bob');
    expect(room.did('Tell')).toHaveLength(1);
    room.wait(900_000);
    expect(room.outcome).toBe('alone');
  });

  it('is alone also when the others left while the caller was on the way in', () => {
    const room = new Room().withHostAnd();
    room.arrives('ann');
    room.leaves('host');
    room.joins('ann');
    expect(room.told('ann')).toBe('you-are-alone');
    room.wait(900_000);
    expect(room.outcome).toBe('alone');
  });

  it('may wait for the others as long as none has been in', () => {
    const room = new Room().withHostAnd();
    room.wait(3_600_000);
    expect(room.outcome).toBeUndefined();
  });
});

describe('##', () => {
  it('is heard by those in the lobby and on hold too, each by himself', () => {
    const room = new Room({ lobby: true }).comes('host', 'host');
    room.arrives('ann');
    expect(brief(room.keys('host', 'end'))).toEqual([
      'dismiss ann (host-ended): host-ended-conference',
      'room: host-ended-conference _',
    ]);
    expect(brief(room.wait(5_000))).toEqual(['dismiss host (host-ended): ', 'close: host-ended']);
  });
});

describe('the last words', () => {
  it('are heard after an announcement of names, however long', () => {
    const room = new Room({ entry: 'name' }).withHostAnd('ann');
    room.playsEnd = false;
    room.comesNamed('bob');
    room.keys('host', 'end');
    room.wait(40_000);
    expect(room.outcome).toBeUndefined();
    room.wait(15_000);
    expect(room.outcome).toBe('host-ended');
  });
});

describe('a conference', () => {
  it('lasts 12 hours at most', () => {
    const room = new Room().withHostAnd('ann');
    room.wait(43_200_000 - room.now - 1);
    expect(room.outcome).toBeUndefined();
    expect(brief(room.wait(1))).toEqual([
      'dismiss host (time-limit): time-limit-reached',
      'dismiss ann (time-limit): time-limit-reached',
      'close: time-limit',
    ]);
  });

  it('lets everyone go without a word when the bridge shuts down', () => {
    const room = new Room().withHostAnd('ann');
    expect(brief(room.happen({ type: 'ShutdownRequested' }))).toEqual([
      'dismiss host (draining): ',
      'dismiss ann (draining): ',
      'close: shutdown',
    ]);
  });

  it('records the most callers it had at once', () => {
    const room = new Room().withHostAnd('ann', 'bob');
    room.leaves('bob');
    room.comes('cid');
    for (const name of ['host', 'ann', 'cid']) room.leaves(name);
    expect(room.did('CloseConference')).toMatchObject([{ outcome: 'emptied', peak: 3 }]);
  });

  it('leaves no timer running and answers nothing once closed', () => {
    const room = new Room().withHostAnd('ann');
    room.leaves('ann');
    room.leaves('host');
    expect(room.timers.names).toEqual([]);
    expect(room.arrives('bob')).toEqual([]);
  });
});
