import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_CONFERENCE_OPTIONS } from '../../../src/domain/conference-options.js';
import { KEYS, type Key } from '../../../src/domain/keys.js';
import { GUEST_PIN, HOST_PIN, wasEndedByHost, World } from './world.js';

type Move = (world: World) => void;

const pick = (world: World, n: number) => world.lines[n % Math.max(world.lines.length, 1)];

const comes = (pin: string): Move => {
  return (world) => {
    const line = world.dial();
    world.wait(500);
    for (const key of pin) world.press(line, key as Key);
  };
};

const onLine = (n: number, what: (world: World, line: World['lines'][number]) => void): Move => {
  return (world) => {
    const line = pick(world, n);
    if (line !== undefined) what(world, line);
  };
};

const codes = ['*6', '*#', '**', '*5', '*7', '*8', '##', '##', '###', '#', '*1'];

const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(GUEST_PIN, GUEST_PIN, HOST_PIN, '99').map(comes) },
  {
    weight: 6,
    arbitrary: fc.tuple(fc.nat(6), fc.constantFrom(...codes)).map(([n, code]) =>
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
);

const options = fc
  .record({
    hostLeaves: fc.constantFrom('continue' as const, 'end' as const, 'hold' as const),
    maxCallers: fc.constantFrom(null, 3),
    confirmHangup: fc.boolean(),
    readmit: fc.boolean(),
    muteGuestsOnEntry: fc.boolean(),
  })
  .map((some) => ({ ...DEFAULT_CONFERENCE_OPTIONS, ...some }));

describe('callers and their conference, whatever they key and whenever they hang up,', () => {
  it('are never in before a host was, all leave after ##, and none is stuck for ever', () => {
    fc.assert(
      fc.property(options, beginning, moves, (chosenOptions, first, then) => {
        const world = new World(chosenOptions);
        for (const make of first) make(world);
        for (const [pause, make] of then) {
          world.wait(pause);
          make(world);
        }
        expect(world.tooEarly).toEqual([]);

        world.wait(60_000);
        for (const conference of world.conferences.filter(wasEndedByHost)) {
          expect(conference.state.kind).toBe('Closed');
          const left = world.lines.filter((line) => line.conference === conference);
          expect(left.map((line) => line.state.kind)).toEqual(left.map(() => 'Ended'));
        }

        world.wait(DEFAULT_CONFERENCE_OPTIONS.durationLimitSeconds * 1_000 + 3_600_000);
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
