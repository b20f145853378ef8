import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_CONFERENCE_OPTIONS, type DialOutRights } from '../../../src/domain/conference-options.js';
import type { ConferenceEvent } from '../../../src/domain/conference/contract.js';
import { isSilent } from '../../../src/domain/conference/lines.js';
import type { CallId } from '../../../src/domain/identifiers.js';
import { KEYS, type Key } from '../../../src/domain/keys.js';
import type { WithoutTime } from './words.js';
import { GUEST_PIN, HOST_PIN, wasEndedByHost } from './world-state.js';
import { World } from './world.js';

type Move = (world: World) => void;

const DIAL_OUT: DialOutRights = { trunk: 'out', prefixes: ['4'], callsPerHour: 9, atOnce: 9, minutesPerDay: 60 };

const pick = (world: World, n: number) => world.lines[n % Math.max(world.lines.length, 1)];

const comes = (pin: string): Move => {
  return (world) => {
    const line = world.dial();
    world.wait(500);
    for (const key of pin) world.press(line, key as Key);
  };
};

const keys = (code: string): Move => {
  return (world) => {
    for (const key of code) world.press(world.lines[1] ?? world.dial(), key as Key);
  };
};

const onLine = (n: number, what: (world: World, line: World['lines'][number]) => void): Move => {
  return (world) => {
    const line = pick(world, n);
    if (line !== undefined) what(world, line);
  };
};

const codes = [
  ...['*6', '*#', '**', '*5', '*7', '*8', '##', '###', '#', '*9', '#4', '#9', '*4', '*3', '#8', '#1', '#2', '#3', '#0'],
  // with the keys of their menus
  ...['*21', '*2', '*81', '*82', '*83', '*84', '*91', '*92', '#11', '#12', '#13', '1', '2', '*'],
  // calls placed, brought in and given up
  ...['*1447#', '*1447#', '*1*', '*2', '*3'],
];

/** Mostly the host, who came second where someone is in already. */
const whose = fc.oneof(fc.constant(1), fc.nat(6));

const strays: fc.Arbitrary<(id: CallId) => WithoutTime<ConferenceEvent>> = fc.oneof(
  fc.boolean().map((held) => (callId: CallId) => ({ type: 'LineHeld' as const, callId, held })),
  fc.constant((callId: CallId) => ({ type: 'SpokeWhileMuted' as const, callId })),
  fc.constant(() => ({ type: 'RecordingFailed' as const })),
);

const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(GUEST_PIN, GUEST_PIN, HOST_PIN, '99').map(comes) },
  {
    weight: 6,
    arbitrary: fc.tuple(whose, fc.constantFrom(...codes)).map(([n, code]) =>
      onLine(n, (world, line) => {
        for (const key of code) world.press(line, key as Key);
      }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.nat(6), fc.constantFrom(...KEYS))
      .map(([n, key]) => onLine(n, (world, line) => world.press(line, key))),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.nat(6), fc.boolean())
      .map(([n, lineLost]) => onLine(n, (world, line) => world.hangUp(line, lineLost))),
  },
  { weight: 1, arbitrary: fc.nat(6).map((n) => onLine(n, (world, line) => world.breakMedia(line))) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.nat(6), strays)
      .map(([n, event]) => onLine(n, (world, line) => world.inConference(line, event))),
  },
  {
    weight: 1,
    arbitrary: fc.boolean().map(
      (works): Move =>
        (world) =>
          void (world.mixerWorks = works),
    ),
  },
);

/** Moves with pauses between them: at once, within a code or an introduction, after it, beyond the grace time. */
const moves = fc.array(fc.tuple(fc.constantFrom(0, 300, 5_000, 20_000, 20_000, 130_000), move), {
  minLength: 5,
  maxLength: 40,
  size: 'max',
});

/** How it begins: from nothing, or with a host and two guests in the room. */
const beginning = fc.constantFrom<readonly Move[]>(
  [],
  [comes(GUEST_PIN), comes(HOST_PIN), comes(GUEST_PIN), (world) => world.wait(30_000)],
  [comes(GUEST_PIN), comes(HOST_PIN), (world) => world.wait(30_000), keys('*1447#'), (world) => world.wait(6_000)],
);

const options = fc
  .record({
    hostLeaves: fc.constantFrom('continue' as const, 'end' as const, 'hold' as const),
    maxCallers: fc.constantFrom(null, 3),
    confirmHangup: fc.boolean(),
    readmit: fc.boolean(),
    muteGuestsOnEntry: fc.boolean(),
    nameOnEntry: fc.boolean(),
    nameReview: fc.boolean(),
    lobby: fc.boolean(),
    entry: fc.constantFrom('tone' as const, 'name' as const, 'none' as const),
    recording: fc.constantFrom('not-allowed' as const, 'allowed' as const, 'automatic' as const),
    recordBeepSeconds: fc.constantFrom(null, 3_600),
    dialOut: fc.constantFrom(null, DIAL_OUT),
  })
  .map((some) => ({
    ...DEFAULT_CONFERENCE_OPTIONS,
    ...some,
    // What takes hours is known to repeat itself.
    durationLimitSeconds: 7_200,
    reassureSeconds: 600,
  }));

type Line = World['lines'][number];

/** The open menu of a line, or the one that a confirmation lies over. */
function menuAt({ state }: Line): string | null {
  if (!('menu' in state) || state.menu === null) return null;
  if (state.menu.kind !== 'confirm-end') return state.menu.menuId;
  return state.menu.over?.menuId ?? null;
}

/** A conference and its callers never think differently of who is where, who is heard, and which menu is open. */
function expectAgreement(world: World): void {
  for (const { state, closedAt } of world.conferences) {
    if (closedAt !== null || state.kind === 'Closing') continue;
    const { members, waiting, menus, conferenceId } = state.facts;
    const lineOf = (id: CallId): Line => {
      const line = world.lines.find((other) => other.id === id);
      if (line === undefined) throw new Error(`nobody is ${id}`);
      return line;
    };
    for (const waiter of waiting) expect(lineOf(waiter.callId).state.kind).toBe('Waiting');
    for (const member of members) {
      const line = lineOf(member.callId);
      const room = 'room' in line.state ? line.state.room : null;
      expect(menuAt(line)).toBe(menus.find((open) => open.callId === member.callId)?.menuId ?? null);
      if (member.phase === 'held') expect(line.state.kind).toBe('Waiting');
      else if (member.phase === 'aside') expect(room).toContain(`${conferenceId}/aside-`);
      else expect(room).toBe(conferenceId);
      if (member.phase === 'in') {
        expect(line.state.kind).toBe('InConference');
        expect(line.muted).toBe(isSilent(member));
      }
    }
  }
}

describe('callers and their conference, whatever they key and whenever they hang up,', () => {
  it('are never in before a host was, all leave after ##, and none is stuck for ever', () => {
    fc.assert(
      fc.property(options, beginning, moves, (chosenOptions, first, then) => {
        const world = new World(chosenOptions);
        for (const make of first) make(world);
        for (const [pause, make] of then) {
          world.wait(pause);
          make(world);
          expectAgreement(world);
        }
        expect(world.tooEarly).toEqual([]);

        world.wait(60_000);
        for (const conference of world.conferences.filter(wasEndedByHost)) {
          expect(conference.state.kind).toBe('Closed');
          const left = world.lines.filter((line) => line.conference === conference);
          expect(left.map((line) => line.state.kind)).toEqual(left.map(() => 'Ended'));
        }

        world.wait(chosenOptions.durationLimitSeconds * 1_000 + 3_600_000);
        expect(world.lines.map((line) => line.state.kind)).toEqual(world.lines.map(() => 'Ended'));
        expect(world.conferences.map((conference) => conference.state.kind)).toEqual(
          world.conferences.map(() => 'Closed'),
        );
        for (const line of world.lines) {
          expect(line.effects.filter((effect) => effect.type === 'CloseCall')).toHaveLength(1);
          expect(line.timers.names).toEqual([]);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('end together: the host comes, those waiting join, ## is heard and all are gone', () => {
    const world = new World(DEFAULT_CONFERENCE_OPTIONS);
    comes(GUEST_PIN)(world);
    comes(GUEST_PIN)(world);
    world.wait(10_000);
    expect(world.lines.map((line) => line.state.kind)).toEqual(['Waiting', 'Waiting']);
    comes(HOST_PIN)(world);
    world.wait(30_000);
    expect(world.lines.map((line) => line.state.kind)).toEqual(['InConference', 'InConference', 'InConference']);
    const host = world.lines[2];
    if (host === undefined) throw new Error('no host');
    world.press(host, '#');
    world.press(host, '#');
    world.wait(5_000);
    expect(world.lines.map((line) => line.state.kind)).toEqual(['Ended', 'Ended', 'Ended']);
    expect(world.conferences.map((conference) => conference.state.kind)).toEqual(['Closed']);
  });
});
