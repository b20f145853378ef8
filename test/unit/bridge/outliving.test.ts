import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FakeCall } from '../../fakes/fake-signaling.js';
import { GUEST_PIN, HOST_PIN, settle, World } from './world.js';

type Move = (world: World) => Promise<void>;

const isLive = (call: FakeCall): boolean => !call.hungUp && call.ended === null;

const live = (world: World): readonly FakeCall[] => world.signaling.calls.filter(isLive);

const onCall = (n: number, what: (world: World, call: FakeCall) => Promise<void> | void): Move => {
  return async (world) => {
    const calls = live(world);
    const call = calls[n % Math.max(calls.length, 1)];
    if (call !== undefined) await what(world, call);
    await settle();
  };
};

const comes = (pin: string): Move => {
  return async (world) => {
    await world.inConference(pin);
  };
};

/** Where each caller is and how he is heard, by call. */
const audio = (world: World) =>
  live(world).map((call) => {
    const { room, muted, mixer } = world.endpoint(call);
    return { id: call.id, room, muted: room !== null && muted, mixer };
  });

/** Those to whom something is privately played. */
const listening = (world: World) =>
  live(world).flatMap((call) => (world.endpoint(call).playing === null ? [] : [call.id]));

/** The room's last words count as heard once the process dies while they are said. */
const isHostEnded = (world: World, id: string): boolean =>
  world.records().some((record) => record.id === id && record.outcome === 'host-ended');

/** The process dies and another takes its place: nobody hears a difference. */
const dies: Move = async (world) => {
  await settle();
  const before = audio(world);
  const heard = listening(world);
  world.crash();
  await world.restart();
  expect(audio(world)).toEqual(before.filter(({ id }) => !isHostEnded(world, id)));
  // Who was just keying a PIN is asked for it again.
  expect(listening(world)).toEqual(expect.arrayContaining(heard.filter((id) => !isHostEnded(world, id))));
};

/** Lets go of everything for the one that comes next. */
const handsOver: Move = async (world) => {
  await settle();
  const before = audio(world);
  await world.bridge.handOver();
  await settle();
  await world.restart();
  expect(audio(world)).toEqual(before.filter(({ id }) => !isHostEnded(world, id)));
};

/** What may happen while calls are moved by re-offers that are slow to be answered. */
const MEANWHILE: Readonly<Record<string, (world: World, n: number, mixer: string) => Promise<void>>> = {
  'one hangs up': (world, n) => onCall(n, endedBy)(world),
  'one mutes himself': (world, n) => onCall(n, (_, call) => world.press(call, '*6'))(world),
  'the host ends it': (world, n) => onCall(n, (_, call) => world.press(call, '##'))(world),
  'one re-offers': (world, n) =>
    onCall(n, (_, call) => {
      world.signaling.listener.mediaOffered(call.id, 'v=0').catch(() => undefined);
    })(world),
  'the other mixer dies': async (world, _, mixer) => {
    world.media.down.clear();
    world.media.kill(mixer === 'm1' ? 'm2' : 'm1');
    await settle();
  },
  'the process dies': async (world) => {
    world.crash();
    await world.restart();
  },
  'the process hands over': async (world) => {
    await world.bridge.handOver();
    await world.restart();
  },
};

const isMovedSlowly = (mixer: string, n: number, meanwhile: string): Move => {
  return async (world) => {
    const answers: (() => void)[] = [];
    for (const call of live(world)) {
      call.answerReoffer = () => new Promise((resolve) => void answers.push(() => resolve('v=0')));
    }
    world.media.kill(mixer);
    await settle();
    await MEANWHILE[meanwhile]?.(world, n, mixer);
    world.media.down.clear();
    for (const call of live(world)) call.answerReoffer = () => Promise.resolve('v=0');
    for (const answer of answers) answer();
    await world.wait(3_500);
    // The far end talks to the endpoint it was offered last.
    for (const call of live(world)) {
      expect(world.endpoint(call).localSdp).toBe(call.reoffers.at(-1) ?? call.answeredWith);
    }
  };
};

const diesWhileOneHangsUp = (n: number): Move => {
  return async (world) => {
    world.crash();
    await onCall(n, (_, call) => {
      call.ended = { lineLost: false, at: world.clock.wall() };
    })(world);
    await world.restart();
  };
};

const losesMixer = (name: string, crashed: boolean): Move => {
  return async (world) => {
    if (crashed) world.crash();
    world.media.kill(name, !crashed);
    if (crashed) await world.restart();
    await world.wait(100);
    world.media.down.delete(name);
    await world.wait(1_200);
  };
};

/** In the midst of what was just keyed: the store may be behind by a turn, but whoever is in stays in. */
const diesAtOnce = (n: number, code: string): Move => {
  return async (world) => {
    await onCall(n, (_, call) => world.press(call, code))(world);
    world.crash();
    await world.restart();
  };
};

const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(HOST_PIN, GUEST_PIN, GUEST_PIN, '11').map(comes) },
  {
    weight: 5,
    arbitrary: fc
      .tuple(fc.nat(6), fc.constantFrom('*6', '*6', '*7', '*#', '**', '##', '12', '#'))
      .map(([n, code]) => onCall(n, (world, call) => world.press(call, code))),
  },
  { weight: 3, arbitrary: fc.nat(6).map((n) => onCall(n, (world, call) => world.listen(call))) },
  { weight: 2, arbitrary: fc.nat(6).map((n) => onCall(n, (world, call) => endedBy(world, call))) },
  { weight: 3, arbitrary: fc.constant(dies) },
  { weight: 2, arbitrary: fc.constant(handsOver) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.constantFrom('m1', 'm2'), fc.nat(6), fc.constantFrom(...Object.keys(MEANWHILE)))
      .map(([mixer, n, meanwhile]) => isMovedSlowly(mixer, n, meanwhile)),
  },
  { weight: 1, arbitrary: fc.nat(6).map(diesWhileOneHangsUp) },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.nat(6), fc.constantFrom('*6', '*7', '12')).map(([n, code]) => diesAtOnce(n, code)),
  },
  { weight: 2, arbitrary: fc.tuple(fc.constantFrom('m1', 'm2'), fc.boolean()).map(([m, c]) => losesMixer(m, c)) },
);

/** The far end hangs up. */
async function endedBy(world: World, call: FakeCall): Promise<void> {
  call.ended = { lineLost: false, at: null };
  await world.hangUp(call);
}

const options = fc.record({
  hostLeaves: fc.constantFrom('continue' as const, 'end' as const, 'hold' as const),
  muteGuestsOnEntry: fc.boolean(),
});

describe('calls, whatever happens to mixers and to the process,', () => {
  it('keep exactly one endpoint each, are heard as before, and leave exactly one record', async () => {
    await fc.assert(
      fc.asyncProperty(
        options,
        fc.array(fc.tuple(fc.constantFrom(0, 300, 5_000), move), { maxLength: 25 }),
        async (chosen, moves) => {
          const world = new World(100, chosen).keep('m1', 'm2');
          await world.bridge.start();
          for (const [after, make] of moves) {
            world.clock.advance(after);
            await settle();
            await make(world);
            await settle();
            const calls = live(world).map(({ id }) => id);
            expect(
              world.media
                .open()
                .map(({ callId }) => callId)
                .toSorted(),
            ).toEqual(calls.toSorted());
            expect(world.bridge.status().calls).toBe(calls.length);
            expect(
              world
                .records()
                .map(({ id }) => id)
                .toSorted(),
            ).toEqual(
              world.signaling.calls
                .filter((call) => !isLive(call))
                .map(({ id }) => id)
                .toSorted(),
            );
          }
          for (const call of live(world)) await endedBy(world, call);
          expect(world.records()).toHaveLength(world.signaling.calls.length);
          expect(world.records().map(({ outcome }) => outcome)).not.toContain('failed');
          expect(world.bridge.status()).toMatchObject({ calls: 0, conferences: 0, callsBeingMoved: 0 });
          expect([...world.store.live('call'), ...world.store.live('conference')]).toEqual([]);
          expect(world.store.conferenceRecords({ limit: 100 }).every(({ endedAt }) => endedAt !== null)).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });
});
