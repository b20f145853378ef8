import { describe, expect, it } from 'vitest';
import { brief, Room } from './room.js';

describe('before the host', () => {
  it('guests wait', () => {
    const room = new Room();
    expect(brief(room.arrives('ann'))).toEqual(['keep ann waiting: no-host']);
    expect(brief(room.arrives('bob'))).toEqual(['keep bob waiting: no-host']);
  });

  it('nobody is in while a host only hears the introduction', () => {
    const room = new Room();
    room.arrives('ann');
    expect(brief(room.arrives('host', 'host'))).toEqual(['admit host: joining you-are-the-host one-is-waiting']);
    expect(brief(room.arrives('bob'))).toEqual(['keep bob waiting: no-host']);
  });

  it('a host who hangs up during the introduction leaves the others waiting', () => {
    const room = new Room();
    room.arrives('ann');
    room.arrives('host', 'host');
    expect(brief(room.leaves('host'))).toEqual([]);
    expect(brief(room.comes('host2', 'host').effects)).toContain('admit ann: joining there-is-one-other');
  });

  it('a conference everyone gave up is over', () => {
    const room = new Room();
    room.arrives('ann');
    expect(brief(room.leaves('ann'))).toEqual(['close: no-host']);
    expect(room.did('RecordStarted')).toEqual([]);
  });
});

describe('the first host in', () => {
  it('hears to be the first and the host', () => {
    const room = new Room();
    room.arrives('host', 'host');
    expect(room.introduction('host')).toBe('joining you-are-the-first you-are-the-host');
  });

  it('hears how many wait', () => {
    const room = new Room();
    for (const name of ['ann', 'bob', 'cid']) room.arrives(name);
    room.arrives('host', 'host');
    expect(room.introduction('host')).toBe('joining you-are-the-host 3 are-waiting');
  });

  it('brings in everyone waiting at once, in order of arrival, each told of all the others', () => {
    const room = new Room();
    for (const name of ['ann', 'bob', 'cid']) room.arrives(name);
    room.arrives('host', 'host');
    expect(brief(room.joins('host'))).toEqual([
      'admit ann: joining there-are 3 other-callers',
      'admit bob: joining there-are 3 other-callers',
      'admit cid: joining there-are 3 other-callers',
    ]);
  });

  it('hears those who waited announced as one batch, when the last of them is in', () => {
    const room = new Room();
    for (const name of ['ann', 'bob', 'cid']) room.arrives(name);
    room.comes('host', 'host');
    room.joins('bob');
    room.joins('ann');
    expect(room.roomHeard).toEqual([]);
    room.joins('cid');
    expect(room.roomHeard).toEqual(['<entry>']);
    room.wait(60_000);
    expect(room.roomHeard).toEqual(['<entry>']);
  });

  it('need not wait for a straggler of the batch to hear of the others', () => {
    const room = new Room();
    for (const name of ['ann', 'bob']) room.arrives(name);
    room.comes('host', 'host');
    room.joins('ann');
    room.wait(4_000);
    expect(room.roomHeard).toEqual(['<entry>']);
    room.wait(1_000);
    room.joins('bob');
    expect(room.roomHeard).toEqual(['<entry>', '<entry>']);
  });

  it('hears of a batch whose last caller gave up', () => {
    const room = new Room();
    for (const name of ['ann', 'bob']) room.arrives(name);
    room.comes('host', 'host');
    room.joins('ann');
    room.leaves('bob');
    expect(room.roomHeard).toEqual(['<entry>']);
  });

  it('begins the record of the conference', () => {
    const room = new Room().withHostAnd('ann', 'bob');
    expect(room.did('RecordStarted')).toHaveLength(1);
  });
});

describe('a newcomer while a host is in', () => {
  it('joins at once and hears how many others are there', () => {
    const room = new Room().withHostAnd();
    room.arrives('ann');
    expect(room.introduction('ann')).toBe('joining there-is-one-other');
    room.arrives('bob');
    expect(room.introduction('bob')).toBe('joining there-are 2 other-callers');
  });

  it('is announced to the room only once really in', () => {
    const room = new Room().withHostAnd();
    room.arrives('ann');
    expect(room.roomHeard).toEqual([]);
    room.joins('ann');
    expect(room.roomHeard).toEqual(['<entry>']);
  });

  it('who gives up before being in is announced neither coming nor going', () => {
    const room = new Room().withHostAnd('ann');
    const before = room.roomHeard.length;
    room.arrives('bob');
    room.leaves('bob');
    expect(room.roomHeard).toHaveLength(before);
  });

  it('is not announced where the account wants none', () => {
    const room = new Room({ entry: 'none', exit: 'none' }).withHostAnd('ann', 'bob');
    room.leaves('ann');
    expect(room.roomHeard).toEqual([]);
  });

  it('joins at once under `continue` also after the host has left', () => {
    const room = new Room().withHostAnd('ann');
    room.leaves('host');
    expect(brief(room.arrives('bob'))).toEqual(['admit bob: joining there-is-one-other']);
  });

  it('comes in muted where the account wants guests muted, and is told; a host does not', () => {
    const room = new Room({ muteGuestsOnEntry: true });
    room.comes('host', 'host');
    expect(brief(room.arrives('ann'))).toEqual(['admit ann muted: joining there-is-one-other you-are-muted']);
    expect(room.introduction('host')).not.toContain('muted');
  });
});

describe('a full conference', () => {
  it('refuses guests, never a host', () => {
    const room = new Room({ maxCallers: 2 }).withHostAnd('ann');
    expect(brief(room.arrives('bob'))).toEqual(['refuse bob: full']);
    expect(brief(room.arrives('host2', 'host'))).toEqual(['admit host2: joining there-are 2 other-callers']);
  });

  it('counts a seat from the admission on', () => {
    const room = new Room({ maxCallers: 2 }).withHostAnd();
    room.arrives('ann');
    expect(brief(room.arrives('bob'))).toEqual(['refuse bob: full']);
    room.leaves('ann');
    expect(brief(room.arrives('cid'))).toEqual(['admit cid: joining there-is-one-other']);
  });

  it('is decided for those waiting at the moment of joining, in order of arrival', () => {
    const room = new Room({ maxCallers: 2 });
    for (const name of ['ann', 'bob']) room.arrives(name);
    room.arrives('host', 'host');
    expect(brief(room.joins('host'))).toEqual(['refuse bob: full', 'admit ann: joining there-is-one-other']);
  });

  it('is said before that it is locked', () => {
    const room = new Room({ maxCallers: 2 }).withHostAnd('ann');
    room.keys('host', 'lock');
    expect(brief(room.arrives('bob'))).toEqual(['refuse bob: full']);
  });
});

describe('the first look at the gate, before a name is said,', () => {
  it('is passed where nothing is against the caller, before a host is in too', () => {
    expect(brief(new Room().looks('ann'))).toEqual(['let ann pass']);
    const room = new Room();
    room.arrives('bob');
    expect(brief(room.looks('ann'))).toEqual(['let ann pass']);
    expect(brief(new Room().withHostAnd().looks('ann'))).toEqual(['let ann pass']);
  });

  it('is passed by those who will wait in the lobby or for a host who is away', () => {
    expect(brief(new Room({ lobby: true }).withHostAnd().looks('ann'))).toEqual(['let ann pass']);
    const room = new Room({ hostLeaves: 'hold' }).withHostAnd('bob');
    room.leaves('host');
    expect(brief(room.looks('ann'))).toEqual(['let ann pass']);
  });

  it('says full and locked now; a host always passes', () => {
    const room = new Room({ maxCallers: 2 }).withHostAnd('bob');
    expect(brief(room.looks('ann'))).toEqual(['refuse ann: full']);
    room.leaves('bob');
    room.keys('host', 'lock');
    expect(brief(room.looks('ann'))).toEqual(['refuse ann: locked', 'tell host: <discreet>']);
    expect(brief(room.looks('host2', 'host'))).toEqual(['let host2 pass']);
  });

  it('says locked also while the host is away', () => {
    const room = new Room({ hostLeaves: 'hold' }).withHostAnd('bob');
    room.keys('host', 'lock');
    room.leaves('host');
    expect(brief(room.looks('ann'))).toEqual(['refuse ann: locked']);
  });

  it('counts whom it refuses as turned away, and changes nothing else', () => {
    const room = new Room().withHostAnd('bob');
    const before = room.state;
    room.looks('ann');
    expect(room.state).toEqual(before);
    room.keys('host', 'lock');
    room.looks('ann');
    room.keys('host', 'count');
    expect(room.told('host')).toBe('2 callers-in-conference one-was-turned-away');
  });

  it('does not use up the right to come back to a locked conference', () => {
    const room = new Room({ readmit: true }).withHostAnd('bob');
    room.comes('ann', 'guest', '49301234');
    room.keys('host', 'lock');
    room.leaves('ann');
    expect(brief(room.looks('ann2', 'guest', '49301234'))).toEqual(['let ann2 pass']);
    expect(brief(room.arrives('ann2', 'guest', '49301234'))[0]).toContain('admit ann2');
  });

  it('holds for nothing later: what counts is the moment of joining', () => {
    const room = new Room().withHostAnd('bob');
    room.looks('ann');
    room.keys('host', 'lock');
    expect(brief(room.arrives('ann'))[0]).toBe('refuse ann: locked');
  });

  it('is refused while the host is just ending the conference', () => {
    const room = new Room().withHostAnd('bob');
    room.keys('host', 'end');
    expect(brief(room.looks('ann'))).toEqual(['refuse ann: closing']);
  });
});

describe('whoever comes in while it is recorded', () => {
  const recorded = (options = {}): Room => {
    const room = new Room(options).withHostAnd('bob');
    room.keys('host', 'record');
    room.chooses('host', '1');
    return room;
  };

  it('hears so before being in', () => {
    const room = recorded();
    room.arrives('ann');
    expect(room.introduction('ann')).toBe('joining there-are 2 other-callers is-recorded');
  });

  it('hears so after hold too, where it goes on with the host', () => {
    const room = recorded({ hostLeaves: 'hold' });
    room.leaves('host');
    room.arrives('ann');
    room.arrives('host2', 'host');
    expect(brief(room.joins('host2'))).toEqual([
      'ResumeRecording',
      'admit bob: host-returned is-recorded',
      'admit ann: joining there-are 2 other-callers is-recorded',
    ]);
    expect(room.introduction('host2')).toBe('joining you-are-the-host 2 are-waiting is-recorded');
  });

  it('hears so where it began by itself with the host', () => {
    const room = new Room({ recording: 'automatic' });
    room.arrives('ann');
    room.comes('host', 'host');
    expect(room.did('StartRecording')).toHaveLength(1);
    expect(room.introduction('ann')).toBe('joining there-is-one-other is-recorded');
  });
});
