import { callId } from '../../../src/domain/identifiers.js';
import { describe, expect, it } from 'vitest';
import { brief, Room } from './room.js';

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
    expect(brief(room.joins('host2'))).toEqual(['ResumeRecording', 'admit ann: host-returned is-recorded']);
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

describe('someone sent to hold on the way in', () => {
  it('hears on the return what every newcomer hears: had heard it to no end; those who were in hear that it is recorded', () => {
    const room = new Room({ hostLeaves: 'hold' }).withHostAnd('ann');
    room.keys('host', 'record');
    room.chooses('host', '1');
    room.arrives('bob');
    room.leaves('host');
    room.keys('ann', 'count');
    expect(room.told('ann')).toBe('host-disconnected-hold');
    room.comes('host2', 'host');
    expect(room.introduction('ann')).toBe('host-returned is-recorded');
    expect(room.introduction('bob')).toBe('joining there-are 2 other-callers is-recorded');
  });
});
