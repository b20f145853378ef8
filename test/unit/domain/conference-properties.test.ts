import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_CONFERENCE_OPTIONS, type ConferenceOptions } from '../../../src/domain/conference-options.js';
import type { ConferenceEvent } from '../../../src/domain/conference/contract.js';
import type { ConferenceState } from '../../../src/domain/conference/machine.js';
import { callId, menuId, nameId, playId, timerId } from '../../../src/domain/identifiers.js';
import { KEYPAD_ACTIONS } from '../../../src/domain/keypad/contract.js';
import { Watched } from './watched.js';
import type { WithoutTime } from './words.js';

/** What may be said next, of those there are by now. */
type Move = (watched: Watched) => WithoutTime<ConferenceEvent>;

/** A number chooses among the identities given out so far, the latest first, current or stale; `wild` makes one up. */
const chosen = <T>(given: readonly T[], choice: number, wild: T): T =>
  given.toReversed()[choice % (given.length + 1)] ?? wild;

const options: fc.Arbitrary<ConferenceOptions> = fc
  .record({
    entry: fc.constantFrom('tone' as const, 'name' as const, 'none' as const),
    exit: fc.constantFrom('tone' as const, 'name' as const, 'none' as const),
    hostLeaves: fc.constantFrom('continue' as const, 'end' as const, 'hold' as const),
    maxCallers: fc.constantFrom(null, null, 0, 1, 3),
    readmit: fc.boolean(),
    rollCall: fc.boolean(),
    lockAllowed: fc.boolean(),
    muteGuestsOnEntry: fc.boolean(),
    graceSeconds: fc.constantFrom(0, 120, 1e12),
    namesUpTo: fc.constantFrom(0, 2, 20),
    lobby: fc.boolean(),
    recording: fc.constantFrom('not-allowed' as const, 'allowed' as const, 'automatic' as const),
    recordBeepSeconds: fc.constantFrom(null, 0, 60),
    dialOut: fc.constantFrom(null, { trunk: 'out', prefixes: ['4'], callsPerHour: 9, atOnce: 9, minutesPerDay: 9 }),
  })
  .map((some) => ({ ...DEFAULT_CONFERENCE_OPTIONS, ...some }));

const CALLERS = ['ann', 'bob', 'cid', 'dan', 'eve', 'host', 'host2'].map(callId);
/** A caller who has ever been heard of, calls placed too. */
const who = fc.nat(30).map((n) => (watched: Watched) => {
  const everyone = [...CALLERS, ...watched.placed];
  return everyone[n % everyone.length] ?? callId('nobody');
});
const of = (make: (id: ReturnType<typeof callId>) => WithoutTime<ConferenceEvent>): fc.Arbitrary<Move> =>
  who.map((caller) => (watched) => make(caller(watched)));

const arrival = fc.tuple(
  fc.constantFrom(...CALLERS),
  fc.constantFrom('1', '2', null),
  options,
  fc.constantFrom('CallerArrived' as const, 'CallerArrived' as const, 'GateLookedAt' as const),
  fc.boolean(),
  fc.constantFrom(null, null, 200_000, 600_000),
);
const arrives: fc.Arbitrary<Move> = arrival.map(([id, callerNumber, some, type, named, endsAt]) => () => ({
  type,
  callId: id,
  role: id.startsWith('host') ? 'host' : 'guest',
  callerNumber,
  options: some,
  name: named ? nameId(`name of ${id}`) : null,
  endsAt,
}));

/** In the menu a caller has now, or one of before. */
const inMenu: fc.Arbitrary<Move> = fc
  .tuple(fc.nat(3), fc.constantFrom('1', '1', '2', '3', '4', '*2', '*3', '9', 'number', 'left', 'spoken'))
  .map(([n, key]) => (watched) => {
    const menu = chosen(watched.menus, n, { callId: callId('ann'), menuId: menuId('wild') });
    if (key === 'number') return { type: 'EntryKeyed', ...menu, digits: '447' };
    if (key === 'left') return { type: 'MenuLeft', ...menu };
    if (key === 'spoken') return { type: 'MenuSpoken', ...menu };
    return { type: 'ChoiceKeyed', ...menu, choice: key };
  });

const measured = of((id) => ({
  type: 'LinesMeasured',
  callId: id,
  lines: CALLERS.map((line, n) => ({ callId: line, levelDb: -10 * n, activeShare: 0.8 + n / 20 })),
}));

const ofPlaced: fc.Arbitrary<Move> = fc
  .tuple(fc.nat(3), fc.constantFrom('PlacedCallAnswered', 'not-allowed', 'not-answered', 'hung-up'))
  .map(([n, what]) => (watched) => {
    const placed = chosen(watched.placed, n, callId('wild'));
    if (what === 'PlacedCallAnswered') return { type: what, placed };
    return { type: 'PlacedCallEnded', placed, reason: what as 'hung-up' };
  });

const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 6, arbitrary: arrives },
  { weight: 8, arbitrary: of((id) => ({ type: 'CallerJoined', callId: id })) },
  { weight: 2, arbitrary: of((id) => ({ type: 'CallerLeft', callId: id, lineLost: false })) },
  {
    weight: 6,
    arbitrary: fc
      .tuple(fc.constantFrom(callId('host'), callId('host2'), callId('ann')), fc.constantFrom(...KEYPAD_ACTIONS))
      .map(([id, action]): Move => () => ({ type: 'ActionRequested', callId: id, action })),
  },
  { weight: 5, arbitrary: inMenu },
  { weight: 1, arbitrary: of((id) => ({ type: 'UnknownCodeKeyed', callId: id })) },
  { weight: 1, arbitrary: of((id) => ({ type: 'SpokeWhileMuted', callId: id })) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(who, fc.boolean())
      .map(([id, held]): Move => (watched) => ({ type: 'LineHeld', callId: id(watched), held })),
  },
  { weight: 1, arbitrary: measured },
  { weight: 2, arbitrary: ofPlaced },
  { weight: 1, arbitrary: fc.constant<Move>(() => ({ type: 'RecordingFailed' })) },
  { weight: 1, arbitrary: fc.constant<Move>(() => ({ type: 'RoomMoved' })) },
  {
    weight: 2,
    arbitrary: fc.nat(20).map((n): Move => ({ plays }) => ({
      type: 'PlayFinished',
      playId: chosen(plays, n, playId('wild')),
    })),
  },
  {
    weight: 2,
    arbitrary: fc.nat(20).map((n): Move => ({ timers }) => ({
      type: 'TimerFired',
      timerId: chosen(timers, n, timerId('wild')),
    })),
  },
);

const moves = fc.array(
  fc.record({
    after: fc.constantFrom(0, 0, 1, 200, 1_500, 5_000, 120_000),
    takenOver: fc.nat(20).map((n) => n === 0),
    move,
  }),
  { maxLength: 80, size: 'max' },
);

/** A host and a guest in the room, another guest where the gate has put him. */
const beginning = (some: ConferenceOptions): readonly WithoutTime<ConferenceEvent>[] =>
  (['host', 'ann', 'bob'] as const).flatMap((name) => [
    {
      type: 'CallerArrived',
      callId: callId(name),
      role: name === 'host' ? 'host' : 'guest',
      callerNumber: null,
      options: some,
      name: nameId(`name of ${name}`),
      endsAt: null,
    },
    { type: 'CallerJoined', callId: callId(name) },
  ]);

describe('a conference, whatever happens in whatever order,', () => {
  it('knows everyone once, keeps its promises to each, and closes exactly once, everyone told exactly once', () => {
    const seen = new Set<ConferenceState['kind']>();
    fc.assert(
      fc.property(fc.option(options), moves, (some, then) => {
        const watched = new Watched();
        for (const event of some === null ? [] : beginning(some)) watched.happen(event);
        for (const { after, takenOver, move: next } of then) {
          watched.now += after;
          if (takenOver) watched.takeOver();
          watched.happen(next(watched));
          seen.add(watched.state.kind);
        }
        watched.happen({ type: 'ShutdownRequested' });
        watched.expectOver();
      }),
      { numRuns: 500 },
    );
    expect([...seen].toSorted()).toEqual(['Closed', 'Closing', 'Empty', 'HostAway', 'InSession', 'WaitingForHost']);
  });
});
