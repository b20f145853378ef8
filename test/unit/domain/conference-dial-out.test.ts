import { describe, expect, it } from 'vitest';
import type { ConferenceEffect } from '../../../src/domain/conference/contract.js';
import { callId, type CallId } from '../../../src/domain/identifiers.js';
import { brief, Room } from './room.js';

const DIAL_OUT = { trunk: 'out', prefixes: ['4'], callsPerHour: 9, atOnce: 2, minutesPerDay: 60 };

const room = (options: ConstructorParameters<typeof Room>[0] = {}): Room =>
  new Room({ dialOut: DIAL_OUT, ...options }).withHostAnd('ann');

const enter = (where: Room, host = 'host', digits = '447700900123'): readonly ConferenceEffect[] => {
  where.keys(host, 'dial-out');
  return where.happen({ type: 'EntryKeyed', callId: callId(host), menuId: where.menuOf(host), digits });
};

const called = (where: Room): CallId => {
  const placed = where.did('PlaceCall').at(-1)?.placed;
  if (placed === undefined) throw new Error('no call was placed');
  return placed;
};

const answered = (where: Room): readonly ConferenceEffect[] =>
  where.happen({ type: 'PlacedCallAnswered', placed: called(where) });

const BACK = ['close menu host: ', 'send host to room'];

describe('*1', () => {
  it('asks for the number, and takes the host aside to hear it ring; the others hear nothing of it', () => {
    const where = room();
    expect(brief(where.keys('host', 'dial-out'))).toEqual(['entry host: enter-number-to-dial']);
    expect(brief(enter(where))).toEqual([
      'place host-out-1 to 447700900123 for host in room/aside-1',
      'send host to room/aside-1',
      'menu host (*3): ',
    ]);
  });

  it('offers to bring in the one called when the call is answered', () => {
    const where = room();
    enter(where);
    expect(brief(answered(where))).toEqual(['menu host (*2 *3): dial-out-menu']);
    expect(answered(where)).toEqual([]);
  });

  it('*2 brings in, as every newcomer comes in: introduced, announced when really in', () => {
    const where = room();
    where.keys('host', 'record');
    where.chooses('host', '1');
    enter(where);
    answered(where);
    where.wait(10_000);
    expect(brief(where.chooses('host', '*2'))).toEqual([
      'admit host-out-1: joining there-are 2 other-callers is-recorded',
      ...BACK,
    ]);
    expect(brief(where.joins('host'))).toEqual([]);
    expect(brief(where.joins('host-out-1'))).toEqual(['room: <entry>']);
    where.keys('host', 'count');
    expect(where.told('host')).toBe('3 callers-in-conference');
    where.wait(10_000);
    expect(brief(where.leaves('host-out-1'))).toEqual(['room: <exit>']);
  });

  it('brings in muted where guests are, past a lock, and where the conference is full', () => {
    const where = room({ maxCallers: 2 });
    where.keys('host', 'mute-all');
    where.keys('host', 'lock');
    enter(where);
    answered(where);
    expect(brief(where.chooses('host', '*2'))[0]).toBe(
      'admit host-out-1 muted: joining there-are 2 other-callers you-are-muted',
    );
  });

  it.each(['while it rings', 'after the answer'])('*3 gives up %s', (when) => {
    const where = room();
    enter(where);
    if (when === 'after the answer') answered(where);
    expect(brief(where.chooses('host', '*3'))).toEqual([
      'dismiss host-out-1 (given-up): ',
      ...BACK,
      'tell host: <done>',
    ]);
    expect(answered(where)).toEqual([]);
    expect(brief(where.joins('host'))).toEqual([]);
  });

  it.each([
    ['not-allowed', 'not-available'],
    ['not-answered', 'dial-out-failed'],
  ] as const)('that is %s brings the host back with words', (reason, words) => {
    const where = room();
    enter(where);
    const ended = where.happen({ type: 'PlacedCallEnded', placed: called(where), reason });
    expect(brief(ended)).toEqual([...BACK, `tell host: ${words}`]);
  });

  it('brings the host back with a tone when the one called hangs up before being brought in', () => {
    const where = room();
    enter(where);
    answered(where);
    expect(brief(where.leaves('host-out-1'))).toEqual([...BACK, 'tell host: <exit>']);
    expect(where.happen({ type: 'PlacedCallEnded', placed: called(where), reason: 'hung-up' })).toEqual([]);
  });

  it('takes the one called away who hangs up just when brought in', () => {
    const where = room();
    enter(where);
    answered(where);
    where.chooses('host', '*2');
    where.joins('host');
    where.happen({ type: 'PlacedCallEnded', placed: called(where), reason: 'hung-up' });
    where.keys('host', 'count');
    expect(where.told('host')).toBe('2 callers-in-conference');
  });

  it('keeps the host’s seat: counted, neither announced nor alone, other hosts not needed', () => {
    const where = room({ hostLeaves: 'end' });
    enter(where);
    where.keys('ann', 'count');
    expect(where.told('ann')).toBe('2 callers-in-conference');
    expect(where.wait(600_000)).toEqual([]);
    expect(where.outcome).toBeUndefined();
    expect(where.roomHeard).toEqual(['<entry>']);
  });

  it.each(['end', 'hold', 'continue'] as const)(
    'is given up when its host leaves, whatever comes of it (%s)',
    (how) => {
      const where = room({ hostLeaves: how });
      enter(where);
      expect(brief(where.leaves('host'))[0]).toBe('dismiss host-out-1 (given-up): ');
      expect(where.happen({ type: 'PlacedCallAnswered', placed: called(where) })).toEqual([]);
    },
  );

  it('is given up when another host ends the conference; the host aside hears it there', () => {
    const where = room().comes('host2', 'host');
    enter(where);
    const ended = brief(where.keys('host2', 'end'));
    expect(ended).toContain('dismiss host-out-1 (given-up): ');
    expect(ended).toContain('dismiss host (host-ended): host-ended-conference');
    expect(ended).toContain('room: host-ended-conference _');
  });

  it('by two hosts at once are two calls, each with a room and a menu of its own', () => {
    const where = room().comes('host2', 'host');
    enter(where);
    const first = called(where);
    expect(brief(enter(where, 'host2', '4420'))).toEqual([
      'place host2-out-2 to 4420 for host2 in room/aside-2',
      'send host2 to room/aside-2',
      'menu host2 (*3): ',
    ]);
    where.happen({ type: 'PlacedCallAnswered', placed: first });
    expect(brief(where.chooses('host', '*2'))[0]).toMatch(/^admit host-out-1/);
    expect(brief(where.chooses('host2', '*3'))[0]).toBe('dismiss host2-out-2 (given-up): ');
  });

  it('is one call at a time for each host', () => {
    const where = room();
    enter(where);
    expect(brief(where.keys('host', 'dial-out'))).toEqual(['tell host: <refused>']);
  });

  it('leaves the host no other menu, but every other code', () => {
    const where = room();
    enter(where);
    for (const action of ['roll-call', 'hands', 'record', 'screen', 'find-noise'] as const) {
      expect(brief(where.keys('host', action))).toEqual(['tell host: <refused>']);
    }
    expect(brief(where.keys('host', 'mute-all'))).toEqual([
      'mute ann',
      'room: all-guests-muted',
      'tell host: all-guests-muted',
    ]);
    expect(brief(where.keys('host', 'end'))).toContain('dismiss host-out-1 (given-up): ');
  });

  it('comes to nothing when the entry is left, or the host is not in any more', () => {
    const where = room();
    where.keys('host', 'dial-out');
    const menuId = where.menuOf('host');
    expect(where.happen({ type: 'MenuLeft', callId: callId('host'), menuId })).toEqual([]);
    expect(where.happen({ type: 'EntryKeyed', callId: callId('host'), menuId, digits: '44' })).toEqual([]);
  });

  it('keeps its menu as long as the call', () => {
    const where = room();
    enter(where);
    answered(where);
    const left = where.happen({ type: 'MenuLeft', callId: callId('host'), menuId: where.menuOf('host') });
    expect(brief(left)).toEqual(['menu host (*2 *3): ']);
  });

  it('comes back muted as the host was before', () => {
    const where = room();
    where.keys('host', 'mute');
    expect(brief(enter(where))).toContain('send host to room/aside-1');
    expect(brief(where.chooses('host', '*3'))).toContain('send host to room muted');
  });

  it('is not available to accounts without the right, and refused on the way in', () => {
    const without = new Room().withHostAnd('ann');
    expect(brief(without.keys('host', 'dial-out'))).toEqual(['tell host: not-available']);
    const early = new Room({ dialOut: DIAL_OUT });
    early.arrives('host', 'host');
    expect(brief(early.keys('host', 'dial-out'))).toEqual(['tell host: <refused>']);
  });
});

describe('a host who is aside', () => {
  it('and hangs up is announced like everyone who leaves', () => {
    const where = room();
    where.comes('bob');
    where.wait(10_000);
    enter(where);
    expect(brief(where.leaves('host'))).toEqual(['dismiss host-out-1 (given-up): ', 'room: <exit>']);
  });

  it('on the way back too', () => {
    const where = room();
    where.comes('bob');
    where.wait(10_000);
    enter(where);
    where.chooses('host', '*3');
    expect(brief(where.leaves('host'))).toEqual(['room: <exit>']);
  });

  it('is not alone', () => {
    const where = room();
    where.leaves('ann');
    where.wait(890_000);
    enter(where);
    answered(where);
    where.wait(900_000);
    expect(where.outcome).toBeUndefined();
    where.chooses('host', '*3');
    where.joins('host');
    where.wait(900_000);
    expect(where.outcome).toBe('alone');
  });

  it('hears the discreet tone, and may admit everyone', () => {
    const where = room({ lobby: true });
    where.keys('host', 'admit-all');
    where.joins('ann');
    where.wait(10_000);
    enter(where);
    expect(brief(where.arrives('bob'))).toEqual(['keep bob waiting: lobby', 'tell host: <discreet>']);
    expect(brief(where.keys('host', 'admit-all'))).toEqual([
      'admit bob: joining there-are 2 other-callers',
      'tell host: all-admitted',
    ]);
  });
});

describe('the one called', () => {
  const broughtIn = (where: Room): void => {
    enter(where);
    answered(where);
    where.chooses('host', '*2');
    where.joins('host');
    where.joins(called(where));
    where.wait(10_000);
  };

  it('is not left for ever with others who were called, when all who came in by themselves are gone: 15 minutes', () => {
    const where = room();
    broughtIn(where);
    broughtIn(where);
    where.leaves('ann');
    where.wait(900_000);
    expect(where.outcome).toBeUndefined();
    expect(brief(where.leaves('host'))).toEqual(['room: <exit>']);
    where.wait(600_000);
    expect(brief(where.leaves('host-out-1'))).toContain('tell host-out-2: <exit> you-are-alone');
    where.wait(299_999);
    expect(where.outcome).toBeUndefined();
    expect(brief(where.wait(1))).toEqual(['dismiss host-out-2 (alone): conference-ended', 'close: alone']);
  });

  it('stays where somebody comes in meanwhile', () => {
    const where = room();
    broughtIn(where);
    broughtIn(where);
    where.leaves('ann');
    where.leaves('host');
    where.wait(600_000);
    where.comes('bob');
    where.wait(1_000_000);
    expect(where.outcome).toBeUndefined();
  });

  it('is known by the number as it is shown, not as it was keyed', () => {
    const where = room();
    enter(where, 'host', '00447700900123');
    answered(where);
    where.chooses('host', '*2');
    expect(where.state.facts.members.at(-1)?.callerNumber).toBe('447700900123');
  });
});
