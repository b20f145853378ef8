import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { brief, Room } from './room.js';
import { byName, roomOf } from './named-room.js';

describe('several who come together are heard together:', () => {
  /** Bob comes first and is heard; the others come meanwhile. */
  const together = (...guests: readonly (string | null)[]): string | undefined => {
    const { room, heard } = roomOf([]);
    room.comesNamed('first');
    guests.forEach((guest, n) => (guest === null ? room.comes(`unnamed${n}`) : room.comesNamed(guest)));
    room.wait(30_000);
    expect(heard()).toHaveLength(2);
    return heard()[1];
  };

  it('two and three of them by name', () => {
    expect(together('ann', 'bob')).toBe('name:ann and name:bob have-joined');
    expect(together('ann', 'bob', 'cid')).toBe('name:ann name:bob and name:cid have-joined');
  });

  it('of more the first two, and how many others', () => {
    expect(together('ann', 'bob', 'cid', 'dan')).toBe('name:ann name:bob and 2 others-have-joined');
    expect(together('ann', 'bob', 'c', 'd', 'e', 'f', 'g', 'h')).toBe('name:ann name:bob and 6 others-have-joined');
  });

  it('those with names before one without', () => {
    expect(together(null, 'ann')).toBe('name:ann and unnamed-caller have-joined');
    expect(together(null, 'ann', 'bob')).toBe('name:ann name:bob and unnamed-caller have-joined');
    expect(together(null, 'ann', null)).toBe('name:ann and 2 others-have-joined');
    expect(together(null, 'ann', null, null)).toBe('name:ann and 3 others-have-joined');
  });

  it('only how many where none has a name', () => {
    expect(together(null, null)).toBe('2 more-have-joined');
    expect(together(null, null, null, null, null)).toBe('5 more-have-joined');
  });

  it('one tone for all where the account wants tones', () => {
    const room = new Room().withHostAnd();
    for (const guest of ['ann', 'bob', 'cid']) room.comes(guest);
    room.wait(20_000);
    expect(room.roomHeard).toEqual(['<entry>', '<entry>']);
  });

  it('those who leave too', () => {
    const { room, heard } = roomOf(['ann', 'bob', 'cid', 'dan', 'eve', 'fay']);
    for (const guest of ['ann', 'bob', 'cid', 'dan', 'eve']) room.leaves(guest);
    room.wait(20_000);
    expect(heard()).toEqual(['name:ann has-left', 'name:bob name:cid and 2 others-have-left']);
  });

  it('those who leave without a name too', () => {
    const room = byName().withHostAnd('a', 'b', 'c', 'd');
    for (const guest of ['a', 'b', 'c']) room.leaves(guest);
    room.wait(20_000);
    expect(room.roomHeard.slice(-2)).toEqual(['unnamed-caller has-left', '2 more-have-left']);
  });

  it('those who come and those who leave in one announcement', () => {
    const { room, heard } = roomOf(['ann', 'bob', 'cid']);
    room.comesNamed('dan');
    room.comesNamed('eve');
    room.leaves('ann');
    room.wait(20_000);
    expect(heard()).toEqual(['name:dan has-joined', 'name:eve has-joined name:ann has-left']);
  });
});

describe('announcements never pile up:', () => {
  it('of more than 3 who come within 4 s the room hears the first, then one for all the others', () => {
    const { room, heard } = roomOf([]);
    for (let n = 1; n <= 9; n += 1) {
      room.comesNamed(`guest${n}`);
      room.wait(100);
    }
    expect(heard()).toEqual(['name:guest1 has-joined']);
    room.wait(3_099);
    expect(heard()).toHaveLength(1);
    room.wait(1);
    expect(heard()).toEqual(['name:guest1 has-joined', 'name:guest2 name:guest3 and 6 others-have-joined']);
    room.wait(60_000);
    expect(heard()).toHaveLength(2);
  });

  it('in words each is heard to its end before the next begins', () => {
    const { room, heard } = roomOf([]);
    room.comesNamed('ann');
    room.wait(1_999);
    room.comesNamed('bob');
    expect(heard()).toHaveLength(1);
    room.wait(1);
    expect(heard()).toEqual(['name:ann has-joined', 'name:bob has-joined']);
  });

  it('arrivals further apart are announced one by one, at once', () => {
    const { room, heard } = roomOf([]);
    for (const guest of ['a', 'b', 'c', 'd', 'e']) {
      room.comesNamed(guest);
      expect(heard().at(-1)).toBe(`name:${guest} has-joined`);
      room.wait(5_000);
    }
    expect(heard()).toHaveLength(5);
  });

  it('an announcement whose end is never reported keeps the others back for a bounded time', () => {
    const { room, heard } = roomOf([]);
    room.playsEnd = false;
    room.comesNamed('ann');
    room.comesNamed('bob');
    room.wait(39_999);
    expect(heard()).toHaveLength(1);
    room.wait(1);
    expect(heard()).toHaveLength(2);
  });

  it('the end of something else is not the end of an announcement', () => {
    const { room, heard } = roomOf([]);
    room.playsEnd = false;
    room.keys('host', 'lock');
    const other = room.lastRoomPlay;
    room.keys('host', 'lock');
    room.comesNamed('ann');
    room.comesNamed('bob');
    room.happen({ type: 'PlayFinished', playId: other });
    expect(heard().filter((line) => line.startsWith('name:'))).toHaveLength(1);
  });

  it('in rooms over 20 names become tones by themselves', () => {
    const guests = Array.from({ length: 19 }, (_, n) => `guest${n}`);
    const { room, heard } = roomOf(guests);
    room.leaves('guest0');
    room.wait(20_000);
    room.comesNamed('ann');
    room.wait(20_000);
    room.comesNamed('bob');
    room.wait(20_000);
    room.comesNamed('cid');
    room.wait(20_000);
    room.leaves('cid');
    expect(heard()).toEqual(['name:guest0 has-left', 'name:ann has-joined', '<entry>', '<entry>', '<exit>']);
  });
});

describe('whoever comes and goes at whatever moment,', () => {
  /** How many callers one announcement is of, comings and goings together. */
  const people = (line: string): number => {
    const [names, others] = [line.match(/name:/g) ?? [], /(\d+) (?:others|more)-have/g];
    return names.length + [...line.matchAll(others)].reduce((sum, [, count]) => sum + Number(count), 0);
  };

  const visits = fc.array(
    fc.record({
      at: fc.integer({ min: 0, max: 60_000 }),
      staysMs: fc.oneof(fc.constant(Infinity), fc.integer({ min: 0, max: 60_000 })),
    }),
    { maxLength: 40 },
  );

  it('is announced once coming and once going, or neither where both were too close; and one announcement at a time', () => {
    fc.assert(
      fc.property(visits, (plan) => {
        const { room, heard } = roomOf(['witness'], { namesUpTo: 1_000 });
        const start = room.now;
        const steps = plan
          .flatMap(({ at, staysMs }, n) => [
            { at, what: () => room.comesNamed(`guest${n}`) },
            { at: at + staysMs, what: () => room.leaves(`guest${n}`) },
          ])
          .filter(({ at }) => at < Infinity)
          .toSorted((one, other) => one.at - other.at);
        for (const { at, what } of steps) {
          room.wait(start + at - room.now);
          what();
          expect(room.playsQueued).toBeLessThanOrEqual(1);
        }
        room.wait(60_000);
        const all = heard();
        const said = all.reduce((sum, line) => sum + people(line), 0);
        const gone = plan.filter(({ staysMs }) => staysMs < Infinity).length;
        const most = plan.length + gone;
        expect(said).toBeLessThanOrEqual(most);
        expect((most - said) % 2).toBe(0);
        expect(said).toBeGreaterThanOrEqual(plan.length - gone);
        for (const name of all.flatMap((line) => line.match(/name:\w+(?= has-joined)/g) ?? [])) {
          expect(all.filter((line) => line.includes(`${name} has-joined`))).toHaveLength(1);
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('60 callers with names who come within 10 s', () => {
  /** When each of them comes in, ms; then what the room heard, and for how long. */
  const arrive = (times: readonly number[], options = {}): { heard: readonly string[]; spokenMs: number } => {
    const { room, heard } = roomOf([], options);
    const before = room.spokenMs;
    const start = room.now;
    times.forEach((at, n) => {
      room.wait(start + at - room.now);
      room.comesNamed(`guest${n}`);
    });
    room.wait(120_000);
    return { heard: heard(), spokenMs: room.spokenMs - before };
  };
  const evenly = Array.from({ length: 60 }, (_, n) => (n * 10_000) / 60);

  it('are heard in at most 4 announcements, the room spoken to for less than 5 s', () => {
    const { heard, spokenMs } = arrive(evenly);
    expect(heard).toEqual(['name:guest0 has-joined', '<entry>', '<entry>']);
    expect(spokenMs).toBeLessThan(5_000);
  });

  it('also where names do not become tones: then for less than 15 s', () => {
    const { heard, spokenMs } = arrive(evenly, { namesUpTo: 1_000 });
    expect(heard).toEqual([
      'name:guest0 has-joined',
      'name:guest1 name:guest2 and 21 others-have-joined',
      'name:guest24 name:guest25 and 34 others-have-joined',
    ]);
    expect(spokenMs).toBeLessThan(15_000);
  });

  it('also at random moments, and when the last of them are a little late', () => {
    const moment = fc.integer({ min: 0, max: 12_000 });
    fc.assert(
      fc.property(
        fc.array(moment, { minLength: 60, maxLength: 60 }),
        fc.constantFrom(20, 1_000),
        (times, namesUpTo) => {
          const sorted = times.toSorted((one, other) => one - other);
          expect(arrive(sorted, { namesUpTo }).heard.length).toBeLessThanOrEqual(4);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('are in the conference at once: none waits for an announcement', () => {
    const { room } = roomOf([]);
    for (let n = 0; n < 60; n += 1) {
      expect(brief(room.arrives(`guest${n}`))[0]).toContain('admit');
      room.joins(`guest${n}`);
    }
    expect(room.state.facts.members.filter(({ phase }) => phase === 'in')).toHaveLength(61);
  });

  it('are announced as one where they had waited for the host', () => {
    const room = byName();
    for (let n = 0; n < 60; n += 1) room.arrives(`guest${n}`, 'guest', null, {}, `guest${n}`);
    room.comesNamed('host', 'host');
    for (let n = 0; n < 60; n += 1) {
      room.joins(`guest${n}`);
      room.wait(30);
    }
    room.wait(60_000);
    expect(room.roomHeard).toEqual(['<entry>']);
  });
});
