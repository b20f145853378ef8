import { describe, expect, it } from 'vitest';
import { brief, Room } from './room.js';
import { lobby, withLobby, discreetTones } from './lobby.js';

describe('the lobby', () => {
  it('keeps guests waiting until a host admits; a host passes', () => {
    const room = lobby().comes('host', 'host');
    expect(brief(room.arrives('ann'))).toEqual(['keep ann waiting: lobby', 'tell host: <discreet>']);
    expect(brief(room.arrives('host2', 'host'))).toEqual(['admit host2: joining there-is-one-other']);
  });

  it('is the last question at the gate: full and locked come first, and that no host is there', () => {
    const room = lobby({ maxCallers: 2, hostLeaves: 'hold' });
    expect(brief(room.arrives('ann'))).toEqual(['keep ann waiting: no-host']);
    room.comes('host', 'host');
    room.keys('host', 'admit-all');
    room.joins('ann');
    expect(brief(room.arrives('bob'))).toEqual(['refuse bob: full']);
    room.keys('host', 'lock');
    expect(brief(room.arrives('bob'))).toEqual(['refuse bob: full']);
    room.leaves('ann');
    expect(brief(room.arrives('bob'))[0]).toBe('refuse bob: locked');
    room.keys('host', 'lock');
    room.arrives('cid');
    expect(brief(room.leaves('host'))).toEqual(['keep cid waiting: host-away']);
    expect(brief(room.arrives('bob'))).toEqual(['keep bob waiting: host-away']);
  });

  it('keeps guests also while nobody is there to admit them, under `continue`, as those who wait for a host', () => {
    const room = withLobby([]);
    room.comes('host2', 'host');
    room.leaves('host');
    room.leaves('host2');
    expect(room.outcome).toBe('emptied');
    const goesOn = withLobby(['ann']);
    goesOn.keys('host', 'admit-all');
    goesOn.joins('ann');
    goesOn.wait(10_000);
    goesOn.leaves('host');
    expect(brief(goesOn.arrives('bob'))).toEqual(['keep bob waiting: no-host']);
    goesOn.arrives('host2', 'host');
    expect(goesOn.introduction('host2')).toBe('joining there-is-one-other you-are-the-host one-is-waiting');
    expect(brief(goesOn.joins('host2'))).toEqual(['room: <entry>', 'keep bob waiting: lobby']);
  });

  it('is a wait for a host from when the last one has left: those in it do not wait for ever', () => {
    const room = withLobby(['ann', 'bob']);
    room.keys('host', 'screen');
    room.chooses('host', '1');
    room.joins('ann');
    room.wait(10_000);
    expect(brief(room.leaves('host'))).toEqual(['keep bob waiting: no-host', 'tell ann: <exit> you-are-alone']);
    room.keys('bob', 'count');
    expect(room.told('bob')).toBe('still-waiting');
  });

  it('tells the hosts by a discreet tone that someone begins to wait, which never piles up', () => {
    const room = lobby().comes('host', 'host');
    for (let n = 0; n < 30; n += 1) {
      room.arrives(`guest${n}`);
      room.wait(100);
    }
    room.wait(60_000);
    expect(discreetTones(room)).toBe(2);
    room.arrives('late');
    expect(discreetTones(room)).toBe(3);
  });

  it('is counted for a host, not for a guest', () => {
    const room = withLobby(['ann', 'bob', 'cid']);
    room.keys('host', 'screen');
    room.chooses('host', '1');
    room.joins('ann');
    room.keys('host', 'count');
    expect(room.told('host')).toBe('2 callers-in-conference 2 are-waiting');
    room.keys('ann', 'count');
    expect(room.told('ann')).toBe('2 callers-in-conference');
  });

  it('tells those in it who ask how many are in that they wait for the host', () => {
    const room = withLobby(['ann']);
    room.keys('ann', 'count');
    expect(room.told('ann')).toBe('waiting-for-admission');
  });

  it('lets everyone in whom it kept, once the account does without', () => {
    const room = withLobby(['ann', 'bob']);
    expect(brief(room.arrives('cid', 'guest', null, { lobby: false }))).toEqual([
      'admit cid: joining there-is-one-other',
      'admit ann: joining there-are 3 other-callers',
      'admit bob: joining there-are 3 other-callers',
    ]);
  });

  it('is over with the last of those it kept, where the account does without and they may not come in', () => {
    const room = withLobby(['ann']);
    room.keys('host', 'lock');
    room.leaves('host');
    expect(brief(room.arrives('bob', 'guest', null, { lobby: false }))).toEqual([
      'refuse bob: locked',
      'refuse ann: locked',
      'close: emptied',
    ]);
  });

  it('is left by hanging up, which nobody in the room hears of', () => {
    const room = withLobby(['ann']);
    expect(brief(room.leaves('ann'))).toEqual([]);
    room.keys('host', 'screen');
    expect(room.told('host')).toBe('lobby-empty');
  });
});

describe('those who waited for the host, where the lobby is on,', () => {
  it('go to the lobby when the host is in, who hears how many wait', () => {
    const room = lobby();
    room.arrives('ann');
    room.arrives('bob');
    room.arrives('host', 'host');
    expect(room.introduction('host')).toBe('joining you-are-the-host 2 are-waiting');
    expect(brief(room.joins('host'))).toEqual(['keep ann waiting: lobby', 'keep bob waiting: lobby']);
  });

  it('are screened like all others', () => {
    const room = lobby();
    room.arrives('ann', 'guest', null, {}, 'ann');
    room.comes('host', 'host');
    expect(brief(room.keys('host', 'screen'))).toEqual(['menu host (1 2 3): name:ann screening-menu']);
    expect(brief(room.chooses('host', '1'))[0]).toBe('admit ann: joining there-is-one-other');
  });

  it('and were admitted once, come back to their seats when the host returns; the others go to the lobby', () => {
    const room = withLobby(['ann'], { hostLeaves: 'hold' });
    room.keys('host', 'admit-all');
    room.joins('ann');
    room.arrives('bob');
    room.leaves('host');
    room.arrives('cid');
    room.arrives('host2', 'host');
    expect(brief(room.joins('host2'))).toEqual([
      'admit ann: host-returned',
      'keep bob waiting: lobby',
      'keep cid waiting: lobby',
    ]);
  });

  it('pass the lock at that moment, or do not', () => {
    const room = lobby({ hostLeaves: 'hold' }).comes('host', 'host');
    room.keys('host', 'admit-all');
    room.arrives('bob');
    room.keys('host', 'lock');
    room.leaves('host');
    room.arrives('host2', 'host');
    expect(brief(room.joins('host2')).slice(0, 2)).toEqual(['refuse bob: locked', 'tell host2: <discreet>']);
  });

  it('are not let in by a host who is not in yet', () => {
    const room = lobby();
    room.arrives('ann');
    room.arrives('host', 'host');
    expect(brief(room.keys('host', 'admit-all'))).toEqual(['tell host: <refused>']);
    expect(brief(room.keys('host', 'screen'))).toEqual(['tell host: <refused>']);
  });
});

describe('a host who is the only one in', () => {
  /** Ann has been in and left; bob waits. */
  const alone = (): Room => {
    const room = withLobby(['ann', 'bob']);
    room.keys('host', 'screen');
    room.chooses('host', '1');
    room.joins('ann');
    room.leaves('ann');
    return room;
  };

  it('is not alone while someone waits in the lobby', () => {
    const room = alone();
    expect(room.told('host')).not.toContain('you-are-alone');
    room.wait(3_600_000);
    expect(room.outcome).toBeUndefined();
  });

  it('is alone when the last of them gives up', () => {
    const room = alone();
    room.leaves('bob');
    expect(room.told('host')).toBe('you-are-alone');
    room.wait(900_000);
    expect(room.outcome).toBe('alone');
  });

  it('is alone when the last of them is refused', () => {
    const room = alone();
    room.keys('host', 'screen');
    expect(brief(room.chooses('host', '3'))).toContain('tell host: you-are-alone');
  });
});

describe('#8', () => {
  it('admits everyone in the lobby, in order of arrival, announced as one batch', () => {
    const room = withLobby(['ann', 'bob']);
    expect(brief(room.keys('host', 'admit-all'))).toEqual([
      'admit ann: joining there-are 2 other-callers',
      'admit bob: joining there-are 2 other-callers',
      'tell host: all-admitted',
    ]);
    room.joins('bob');
    expect(room.roomHeard).toEqual([]);
    room.joins('ann');
    room.wait(20_000);
    expect(room.roomHeard).toEqual(['<entry>']);
  });

  it('says so where no one waits', () => {
    expect(brief(withLobby([]).keys('host', 'admit-all'))).toEqual(['tell host: lobby-empty']);
    expect(brief(new Room().withHostAnd('ann').keys('host', 'admit-all'))).toEqual(['tell host: lobby-empty']);
  });

  it('admits nobody past the lock, and says so', () => {
    const room = withLobby(['ann', 'bob']);
    room.keys('host', 'lock');
    expect(brief(room.keys('host', 'admit-all'))).toEqual([
      'refuse ann: locked',
      'tell host: <discreet>',
      'refuse bob: locked',
      'tell host: conference-locked',
    ]);
  });

  it('admits as many as there is room for, and says so', () => {
    const room = withLobby(['ann', 'bob'], { maxCallers: 2 });
    expect(brief(room.keys('host', 'admit-all'))).toEqual([
      'refuse bob: full',
      'admit ann: joining there-is-one-other',
      'tell host: conference-full',
    ]);
  });

  it('is the host’s', () => {
    const room = withLobby(['ann', 'bob']);
    expect(brief(room.keys('ann', 'admit-all'))).toEqual(['tell ann: only-host-can-do-that']);
  });
});
