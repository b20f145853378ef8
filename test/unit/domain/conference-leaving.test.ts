import { callId } from '../../../src/domain/identifiers.js';
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

describe('when the last host leaves under `hold`', () => {
  const held = (options = {}): Room => {
    const room = new Room({ hostLeaves: 'hold', ...options }).withHostAnd('ann', 'bob');
    room.leaves('host');
    return room;
  };

  it('everyone is sent to hold, those on the way in too', () => {
    const room = new Room({ hostLeaves: 'hold' }).withHostAnd('ann');
    room.arrives('bob');
    expect(brief(room.leaves('host', true))).toEqual(['hold ann: host-away', 'hold bob: host-away']);
  });

  it('newcomers wait', () => {
    expect(brief(held().arrives('cid'))).toEqual(['keep cid waiting: host-away']);
  });

  it('a returning host finds everyone, the mutes as they were, and newcomers come in after them', () => {
    const room = new Room({ hostLeaves: 'hold' }).withHostAnd('ann', 'bob');
    room.keys('bob', 'mute');
    room.leaves('host');
    room.arrives('cid');
    room.wait(60_000);
    room.arrives('host2', 'host');
    expect(room.introduction('host2')).toBe('joining you-are-the-host 3 are-waiting');
    expect(brief(room.joins('host2'))).toEqual([
      'admit ann: host-returned',
      'admit bob muted: host-returned you-are-muted',
      'admit cid: joining there-are 3 other-callers',
    ]);
  });

  it('a returning host finds the lock', () => {
    const room = new Room({ hostLeaves: 'hold' }).withHostAnd('ann');
    room.keys('host', 'lock');
    room.leaves('host');
    room.comes('host2', 'host');
    expect(brief(room.arrives('dan'))[0]).toBe('refuse dan: locked');
  });

  it('a returning host finds names, hands, mutes, the state of the guests, and what is announced', () => {
    const room = new Room({ hostLeaves: 'hold', entry: 'name' }).comesNamed('host', 'host');
    for (const guest of ['ann', 'bob']) room.comesNamed(guest);
    room.wait(20_000);
    room.keys('ann', 'raise-hand');
    room.keys('host', 'mute-all');
    room.keys('host', 'mute-all');
    room.keys('host', 'announcements');
    const before = room.state.facts;
    room.leaves('host');
    room.wait(60_000);
    room.comesNamed('host2', 'host');
    room.joins('ann');
    room.joins('bob');
    const { members, hands, guestMutes, announcements } = room.state.facts;
    const kept = ({ callId, name, muted, hasBeenIn }: (typeof members)[number]): object => {
      return { callId, name, muted, hasBeenIn };
    };
    expect(members.slice(0, 2).map(kept)).toEqual(before.members.slice(1).map(kept));
    expect(hands).toEqual(['ann']);
    expect(guestMutes).toBe('may-not-unmute');
    expect(announcements.chosen).toBe('tone');
    expect(brief(room.keys('host2', 'hands'))).toEqual(['menu host2 (1 2): name:ann hand-menu']);
  });

  it('a caller who comes back hears to be muted, not what the far end does with its line', () => {
    const room = new Room({ hostLeaves: 'hold' }).withHostAnd('ann', 'bob');
    room.keys('ann', 'mute');
    room.leaves('host');
    room.happen({ type: 'LineHeld', callId: callId('bob'), held: true });
    room.arrives('host2', 'host');
    expect(brief(room.joins('host2'))).toEqual([
      'admit ann muted: host-returned you-are-muted',
      'admit bob muted: host-returned',
    ]);
  });

  it('recording pauses, and goes on with the host', () => {
    const room = new Room({ hostLeaves: 'hold', recording: 'automatic' }).withHostAnd('ann');
    expect(brief(room.leaves('host'))).toEqual(['PauseRecording', 'hold ann: host-away']);
    room.arrives('host2', 'host');
    expect(brief(room.joins('host2'))).toEqual(['ResumeRecording', 'admit ann: host-returned']);
  });

  it('and none returns in time: what was recorded is kept', () => {
    const room = new Room({ hostLeaves: 'hold', recording: 'automatic' }).withHostAnd('ann');
    room.leaves('host');
    expect(brief(room.wait(120_000))).toEqual([
      'dismiss ann (host-not-back): conference-ended',
      'StopRecording',
      'close: host-not-back',
    ]);
  });

  it('what was still to be announced is forgotten, and a menu that was open is closed', () => {
    const room = new Room({ hostLeaves: 'hold' }).withHostAnd('ann', 'bob', 'cid');
    room.leaves('ann');
    room.leaves('bob');
    room.keys('host', 'roll-call');
    const heard = room.roomHeard.length;
    room.leaves('host');
    room.wait(60_000);
    expect(room.roomHeard).toHaveLength(heard);
    expect(room.state.facts.menus).toEqual([]);
    expect(room.timers.names.toSorted()).toEqual(['duration', 'grace']);
  });

  it('those who wait in the lobby hear it too, and wait for the host', () => {
    const room = new Room({ hostLeaves: 'hold', lobby: true }).comes('host', 'host');
    room.arrives('ann');
    expect(brief(room.leaves('host'))).toEqual(['keep ann waiting: host-away']);
    expect(brief(room.wait(120_000))).toEqual([
      'dismiss ann (host-not-back): conference-ended',
      'close: host-not-back',
    ]);
  });

  it('nobody is sent to hold while another host is in', () => {
    const room = new Room({ hostLeaves: 'hold' }).withHostAnd('ann');
    room.comes('host2', 'host');
    expect(brief(room.leaves('host', true))).toEqual([]);
    room.wait(1_000);
    expect(room.roomHeard.at(-1)).toBe('<exit>');
    expect(brief(room.leaves('host2'))).toEqual(['hold ann: host-away']);
  });

  it('the grace is what the account wants, each time anew', () => {
    const room = new Room({ hostLeaves: 'hold', graceSeconds: 30 }).withHostAnd('ann');
    room.leaves('host');
    room.wait(29_000);
    room.comes('host2', 'host').joins('ann');
    room.leaves('host2');
    room.wait(29_999);
    expect(room.outcome).toBeUndefined();
    room.wait(1);
    expect(room.outcome).toBe('host-not-back');
  });

  it('those who come back are not announced again', () => {
    const room = held();
    const before = room.roomHeard.length;
    room.comes('host2', 'host');
    room.joins('ann');
    room.joins('bob');
    room.wait(10_000);
    expect(room.roomHeard).toHaveLength(before);
  });

  it('nobody is told to be alone when the host comes back to callers on hold', () => {
    const room = held();
    room.comes('host2', 'host');
    expect(room.told('host2')).toBe('');
    expect(room.timers.names).not.toContain('alone');
  });

  it('everyone is told and disconnected when no host is back in time', () => {
    const room = held();
    room.arrives('cid');
    room.wait(119_999);
    expect(room.outcome).toBeUndefined();
    expect(brief(room.wait(1))).toEqual([
      'dismiss ann (host-not-back): conference-ended',
      'dismiss bob (host-not-back): conference-ended',
      'dismiss cid (host-not-back): conference-ended',
      'close: host-not-back',
    ]);
  });

  it('a host who is just hearing the introduction is back in time', () => {
    const room = held();
    room.wait(119_000);
    room.arrives('host2', 'host');
    room.wait(5_000);
    expect(room.outcome).toBeUndefined();
    room.joins('host2');
    room.wait(200_000);
    expect(room.state.kind).toBe('InSession');
  });

  it('a host who gives up during the introduction is not', () => {
    const room = held();
    room.wait(119_000);
    room.arrives('host2', 'host');
    room.wait(5_000);
    room.leaves('host2');
    expect(room.outcome).toBe('host-not-back');
  });

  it('the conference is over when the last one on hold hangs up', () => {
    const room = held();
    room.leaves('ann');
    expect(brief(room.leaves('bob'))).toEqual(['close: emptied']);
  });

  it('a late word that someone is in changes nothing', () => {
    const room = new Room({ hostLeaves: 'hold' }).withHostAnd('ann');
    room.arrives('bob');
    room.leaves('host');
    expect(brief(room.joins('bob'))).toEqual([]);
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

describe('someone sent to hold on the way in', () => {
  it('hears on the return what every newcomer hears: had heard it to no end', () => {
    const room = new Room({ hostLeaves: 'hold' }).withHostAnd('ann');
    room.keys('host', 'record');
    room.chooses('host', '1');
    room.arrives('bob');
    room.leaves('host');
    room.keys('ann', 'count');
    expect(room.told('ann')).toBe('host-disconnected-hold');
    room.comes('host2', 'host');
    expect(room.introduction('ann')).toBe('host-returned');
    expect(room.introduction('bob')).toBe('joining there-are 2 other-callers is-recorded');
  });
});
