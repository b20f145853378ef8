import { describe, expect, it } from 'vitest';
import { callId } from '../../../src/domain/identifiers.js';
import { brief, Room } from './room.js';

/** The host's open menu is heard to its end. */
const spoken = (room: Room): readonly string[] =>
  brief(room.happen({ type: 'MenuSpoken', callId: callId('host'), menuId: room.menuOf('host') }));

const KEYS = '(1 2 3 4)';
const ASKS = 'roll-call-menu';

const withNames = (...guests: readonly string[]): Room => {
  const room = new Room();
  room.comesNamed('host', 'host');
  for (const guest of guests) {
    room.comesNamed(guest);
    room.wait(10_000);
  }
  return room;
};

describe('*8', () => {
  it('tells the count where nobody has said a name', () => {
    const room = new Room().withHostAnd('ann');
    expect(brief(room.keys('host', 'roll-call'))).toEqual(['tell host: 2 callers-in-conference']);
  });

  it('is not available where the account wants no roll call', () => {
    const room = new Room({ rollCall: false }).withHostAnd('ann');
    expect(brief(room.keys('host', 'roll-call'))).toEqual(['tell host: not-available']);
  });

  it('reads the names by itself, one after the other, then the count and the keys; nobody else hears it', () => {
    const room = withNames('ann').comes('bob');
    const heard = [...brief(room.keys('host', 'roll-call')), ...spoken(room), ...spoken(room), ...spoken(room)];
    expect(heard).toEqual([
      `menu host ${KEYS}: name:host _`,
      `menu host ${KEYS}: name:ann _`,
      `menu host ${KEYS}: unnamed-caller _`,
      `menu host ${KEYS}: 3 callers-in-conference ${ASKS}`,
    ]);
    expect(spoken(room)).toEqual([]);
  });

  it('goes on at once at 1, and after the last begins again', () => {
    const room = withNames('ann');
    room.keys('host', 'roll-call');
    expect(brief(room.chooses('host', '1'))).toEqual([`menu host ${KEYS}: name:ann _`]);
    spoken(room);
    expect(brief(room.chooses('host', '1'))).toEqual([`menu host ${KEYS}: name:host _`]);
  });

  it('reads in pages of ten: then asks before it goes on', () => {
    const guests = Array.from({ length: 20 }, (_, n) => `guest${n + 1}`);
    const room = withNames(...guests);
    const heard = [...brief(room.keys('host', 'roll-call'))];
    for (let more = spoken(room); more.length > 0; more = spoken(room)) heard.push(...more);
    expect(heard).toHaveLength(10);
    expect(heard.at(-1)).toBe(`menu host ${KEYS}: name:guest9 ${ASKS}`);
    heard.push(...brief(room.chooses('host', '1')));
    for (let more = spoken(room); more.length > 0; more = spoken(room)) heard.push(...more);
    expect(heard).toHaveLength(20);
    expect(heard.at(-1)).toBe(`menu host ${KEYS}: name:guest19 ${ASKS}`);
    expect(brief(room.chooses('host', '1'))).toEqual([`menu host ${KEYS}: name:guest20 _`]);
    expect(spoken(room)).toEqual([`menu host ${KEYS}: 21 callers-in-conference ${ASKS}`]);
  });

  it('passes over who has left, and comes to a newcomer at the end', () => {
    const room = withNames('ann', 'bob');
    room.keys('host', 'roll-call');
    room.leaves('ann');
    room.comesNamed('cid');
    expect(spoken(room)).toEqual([`menu host ${KEYS}: name:bob _`]);
    room.leaves('bob');
    expect(spoken(room)).toEqual([`menu host ${KEYS}: name:cid _`]);
    expect(spoken(room)).toEqual([`menu host ${KEYS}: 2 callers-in-conference ${ASKS}`]);
    room.comesNamed('dan');
    expect(brief(room.chooses('host', '1'))).toEqual([`menu host ${KEYS}: name:dan _`]);
  });

  it('leaves out who waits outside', () => {
    const room = new Room({ lobby: true });
    room.comesNamed('host', 'host');
    room.arrives('ann', 'guest', null, {}, 'ann');
    room.keys('host', 'roll-call');
    expect(spoken(room)).toEqual([`menu host ${KEYS}: you-are-the-only-one ${ASKS}`]);
  });

  it('means nothing any more when it was left', () => {
    const room = withNames('ann');
    room.keys('host', 'roll-call');
    const menuId = room.menuOf('host');
    room.happen({ type: 'MenuLeft', callId: callId('host'), menuId });
    expect(spoken(room)).toEqual([]);
    expect(room.chooses('host', '3')).toEqual([]);
  });

  it('does not act on the next name with a key meant for the last', () => {
    const room = withNames('ann', 'bob');
    room.keys('host', 'roll-call');
    spoken(room);
    const menuId = room.menuOf('host');
    spoken(room);
    expect(room.happen({ type: 'ChoiceKeyed', callId: callId('host'), menuId, choice: '3' })).toEqual([]);
  });
});

describe('in the roll call', () => {
  const at = (name: string, ...guests: readonly string[]): Room => {
    const room = withNames(...guests);
    room.keys('host', 'roll-call');
    while (brief(room.did('OpenMenu').slice(-1))[0] !== `menu host ${KEYS}: name:${name} _`) spoken(room);
    return room;
  };

  it('2 mutes the caller, who is told; the reading waits for the next key', () => {
    const room = at('ann', 'ann', 'bob');
    expect(brief(room.chooses('host', '2'))).toEqual([
      'mute ann',
      'tell ann: host-muted-you',
      `menu host ${KEYS}: caller-muted`,
    ]);
    expect(spoken(room)).toEqual([]);
    expect(brief(room.chooses('host', '2'))).toEqual([`menu host ${KEYS}: caller-muted`]);
    expect(brief(room.chooses('host', '1'))).toEqual([`menu host ${KEYS}: name:bob _`]);
  });

  it('3 drops the caller: the others hear it', () => {
    const room = at('ann', 'ann', 'bob');
    expect(brief(room.chooses('host', '3'))).toEqual([
      'dismiss ann (dropped): goodbye',
      'room: <exit>',
      `menu host ${KEYS}: caller-dropped`,
    ]);
    expect(brief(room.leaves('ann'))).toEqual([]);
    expect(brief(room.chooses('host', '3'))).toEqual([`menu host ${KEYS}: <refused>`]);
    expect(brief(room.chooses('host', '1'))).toEqual([`menu host ${KEYS}: name:bob _`]);
  });

  it('4 drops the caller and blocks the number', () => {
    const room = new Room();
    room.comesNamed('host', 'host');
    room.arrives('ann', 'guest', '447700900123', {}, 'ann');
    room.joins('ann');
    room.comesNamed('bob');
    room.wait(10_000);
    room.keys('host', 'roll-call');
    spoken(room);
    expect(brief(room.chooses('host', '4'))).toEqual([
      'block 447700900123',
      'dismiss ann (dropped): goodbye',
      'room: <exit>',
      `menu host ${KEYS}: caller-blocked`,
    ]);
  });

  it('4 blocks no number that a host calls from too: only drops', () => {
    const room = new Room();
    room.comes('host', 'host', '442079460000');
    room.arrives('ann', 'guest', '442079460000', {}, 'ann');
    room.joins('ann');
    room.wait(10_000);
    room.keys('host', 'roll-call');
    spoken(room);
    room.chooses('host', '4');
    expect(room.did('BlockCaller')).toEqual([]);
    expect(brief(room.did('OpenMenu').slice(-1))).toEqual([`menu host ${KEYS}: caller-dropped`]);
    expect(room.did('Dismiss')).toMatchObject([{ callId: 'ann', outcome: 'dropped' }]);
  });

  it('4 says no more than that the caller is dropped where the number is withheld', () => {
    const room = at('ann', 'ann', 'bob');
    expect(brief(room.chooses('host', '4'))).toEqual([
      'dismiss ann (dropped): goodbye',
      'room: <exit>',
      `menu host ${KEYS}: caller-dropped`,
    ]);
  });

  it('neither oneself nor another host can be dropped; another host can be muted', () => {
    const room = withNames();
    room.comesNamed('host2', 'host');
    room.keys('host', 'roll-call');
    for (const key of ['2', '3', '4']) {
      expect(brief(room.chooses('host', key))).toEqual([`menu host ${KEYS}: <refused>`]);
    }
    room.chooses('host', '1');
    for (const key of ['3', '4']) {
      expect(brief(room.chooses('host', key))).toEqual([`menu host ${KEYS}: <refused>`]);
    }
    expect(brief(room.chooses('host', '2'))).toContain('mute host2');
  });

  it('whoever was dropped does not come back past a lock', () => {
    const room = new Room({ readmit: true });
    room.comesNamed('host', 'host');
    room.arrives('ann', 'guest', '1', {}, 'ann');
    room.joins('ann');
    room.comesNamed('bob');
    room.keys('host', 'lock');
    room.keys('host', 'roll-call');
    spoken(room);
    room.chooses('host', '3');
    expect(brief(room.arrives('ann2', 'guest', '1'))).toContain('refuse ann2: locked');
  });

  it('the last guest dropped leaves the host alone, who is told so', () => {
    const room = at('ann', 'ann');
    expect(brief(room.chooses('host', '3'))).toEqual([
      'dismiss ann (dropped): goodbye',
      'tell host: <exit> you-are-alone',
      `menu host ${KEYS}: caller-dropped`,
    ]);
  });
});

describe('#3', () => {
  it('drops the guest who joined last', () => {
    const room = new Room().withHostAnd('ann', 'bob').comes('host2', 'host');
    room.wait(10_000);
    expect(brief(room.keys('host', 'drop-last'))).toEqual([
      'dismiss bob (dropped): goodbye',
      'room: <exit>',
      'tell host: last-guest-dropped',
    ]);
    expect(brief(room.keys('host', 'drop-last'))[0]).toBe('dismiss ann (dropped): goodbye');
  });

  it('says who is left where there is no guest', () => {
    const room = new Room().withHostAnd();
    expect(brief(room.keys('host', 'drop-last'))).toEqual(['tell host: you-are-the-only-one']);
  });
});
