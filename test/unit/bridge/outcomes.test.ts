import { describe, expect, it } from 'vitest';
import type { ConferenceOptions } from '../../../src/domain/conference-options.js';
import { accountId, bookingId } from '../../../src/domain/identifiers.js';
import { CALL_OUTCOMES, type CallOutcome } from '../../../src/domain/outcomes.js';
import { MediaExhausted, MediaNotAcceptable } from '../../../src/ports/media.js';
import type { FakeCall } from '../../fakes/fake-signaling.js';
import { Dialling } from './dialling.js';
import { GUEST_PIN, HOST_PIN, settle, World } from './world.js';

/** How a call comes to end so, and what the account has chosen for it. @returns the call */
interface Way {
  readonly options?: Partial<ConferenceOptions>;
  readonly ends: (world: World) => Promise<Pick<FakeCall, 'id'>>;
}

const guest = (world: World): Promise<FakeCall> => world.inConference(GUEST_PIN);
const host = (world: World): Promise<FakeCall> => world.inConference(HOST_PIN);

async function keys(world: World, call: FakeCall, digits: string): Promise<void> {
  await world.wait(3_500);
  world.press(call, digits);
  await settle();
  await world.listen(call);
  await world.listenInRooms();
}

async function keysPin(world: World, pin = GUEST_PIN): Promise<FakeCall> {
  const call = await world.answered();
  await world.wait(500);
  world.press(call, pin);
  await settle();
  await world.listen(call);
  return call;
}

async function invited(world: World, user?: string): Promise<FakeCall> {
  const call = world.signaling.invite(user);
  await settle();
  return call;
}

const WAYS: Readonly<Record<Exclude<CallOutcome, 'given-up' | 'not-answered'>, Way>> = {
  completed: {
    async ends(world) {
      await host(world);
      const call = await guest(world);
      await world.hangUp(call);
      return call;
    },
  },
  abandoned: {
    async ends(world) {
      const call = await world.answered();
      await world.hangUp(call);
      return call;
    },
  },
  cancelled: {
    async ends(world) {
      const call = world.signaling.invite();
      world.signaling.listener.cancelled(call.id);
      await settle();
      return call;
    },
  },
  'wrong-pin': {
    async ends(world) {
      const call = await world.answered();
      await world.wait(500);
      for (let tries = 0; tries < 3; tries += 1) {
        world.press(call, '111111119');
        await settle();
        await world.listen(call);
      }
      return call;
    },
  },
  'no-entry': {
    async ends(world) {
      const call = await world.answered();
      await world.wait(500);
      for (let tries = 0; tries < 3; tries += 1) {
        await world.listen(call);
        await world.wait(10_100);
      }
      await world.listen(call);
      return call;
    },
  },
  'entry-too-long': {
    async ends(world) {
      const call = await world.answered();
      await world.wait(500);
      for (let since = 0; since < 120_000; since += 3_000) {
        // begun anew each time: it is no try
        world.press(call, '1*');
        await world.wait(3_000);
      }
      await world.listen(call);
      return call;
    },
  },
  full: {
    options: { maxCallers: 1 },
    async ends(world) {
      await host(world);
      return keysPin(world);
    },
  },
  locked: {
    async ends(world) {
      await keys(world, await host(world), '*5');
      return keysPin(world);
    },
  },
  'no-host': {
    options: { waitLimitSeconds: 20 },
    async ends(world) {
      const call = await keysPin(world);
      await world.wait(21_000);
      await world.listen(call);
      return call;
    },
  },
  'host-ended': {
    async ends(world) {
      const first = await host(world);
      const call = await guest(world);
      await keys(world, first, '##');
      await world.wait(20_000);
      await world.listen(call);
      return call;
    },
  },
  'host-left': {
    options: { hostLeaves: 'end' },
    async ends(world) {
      const first = await host(world);
      const call = await guest(world);
      await world.hangUp(first);
      await settle();
      return call;
    },
  },
  'host-not-back': {
    options: { hostLeaves: 'hold', graceSeconds: 10 },
    async ends(world) {
      const first = await host(world);
      const call = await guest(world);
      await world.hangUp(first);
      await world.wait(11_000);
      await world.listen(call);
      return call;
    },
  },
  alone: {
    options: { aloneLimitSeconds: 10 },
    async ends(world) {
      const call = await host(world);
      await world.hangUp(await guest(world));
      await world.listen(call);
      await world.wait(11_000);
      await world.listen(call);
      return call;
    },
  },
  'time-limit': {
    options: { durationLimitSeconds: 10 },
    async ends(world) {
      const call = await host(world);
      await world.wait(11_000);
      await world.listenInRooms();
      await world.wait(20_000);
      await world.listen(call);
      return call;
    },
  },
  'booking-ended': {
    async ends(world) {
      const startsAt = world.clock.wall() - 60_000;
      world.store.addBooking(
        {
          ...{ id: bookingId('b1'), accountId: accountId('a1'), title: 'Weekly', startsLocal: '2025-12-31T23:59' },
          ...{ timeZone: 'UTC', durationMs: 120_000, rule: null, pinsEach: false, personalPins: false, earlyMs: 0 },
          ...{ overrunMs: 0, recording: null, createdAt: 0, unrolledUntil: null },
        },
        {
          occurrences: [{ startsAt, endsAt: startsAt + 120_000, pins: null }],
          pins: { host: { hash: 'h:111222333', length: 9 }, guest: { hash: 'h:444555666', length: 9 } },
          invitees: [],
        },
      );
      const call = await world.inConference('111222333');
      await world.wait(61_000);
      await world.listenInRooms();
      await world.wait(20_000);
      await world.listen(call);
      return call;
    },
  },
  dropped: {
    async ends(world) {
      const first = await host(world);
      const call = await guest(world);
      await keys(world, first, '#3');
      await world.listen(call);
      return call;
    },
  },
  refused: {
    options: { lobby: true },
    async ends(world) {
      const first = await host(world);
      const call = await keysPin(world);
      await keys(world, first, '#1');
      await keys(world, first, '3');
      await world.listen(call);
      return call;
    },
  },
  blocked: {
    async ends(world) {
      world.store.addBlock({ accountId: null, callerNumber: '44207*', createdAt: 0 });
      return keysPin(world);
    },
  },
  'not-allowed': {
    options: { allowedCallers: ['4930*'] },
    ends: (world) => keysPin(world),
  },
  'line-lost': {
    async ends(world) {
      const call = await invited(world);
      call.abandon();
      await settle();
      return call;
    },
  },
  'unknown-number': { ends: (world) => invited(world, 'nobody') },
  'unknown-source': {
    async ends(world) {
      world.signaling.address = '192.0.2.9';
      return invited(world);
    },
  },
  'mixer-lost': {
    async ends(world) {
      await host(world);
      const call = await guest(world);
      world.media.createEndpoint = () => Promise.reject(new MediaExhausted('no mixer'));
      world.media.listener.endpointLost(call.id, 'the mixer died');
      await world.wait(25_000);
      return call;
    },
  },
  'not-acceptable': {
    async ends(world) {
      world.media.failNext = new MediaNotAcceptable('no codec');
      return invited(world);
    },
  },
  overloaded: {
    async ends(world) {
      world.media.failNext = new MediaExhausted('no port');
      return invited(world);
    },
  },
  draining: {
    async ends(world) {
      await world.answered();
      void world.bridge.drain(1_000).catch(() => undefined);
      return invited(world);
    },
  },
  failed: {
    async ends(world) {
      world.media.failNext = new Error('engine trouble');
      return invited(world);
    },
  },
};

const PLACED: readonly CallOutcome[] = ['given-up', 'not-answered'];

describe('every outcome', () => {
  it.each(CALL_OUTCOMES.filter((outcome) => !PLACED.includes(outcome)))(
    'is reached, and leaves one record of the call: %s',
    async (outcome) => {
      const { options = {}, ends } = WAYS[outcome as keyof typeof WAYS];
      const world = new World(100, options);
      await world.bridge.start();
      const { id } = await ends(world);
      expect(world.records().filter((record) => record.id === id)).toMatchObject([{ outcome }]);
      expect(world.bridge.status().outcomes.get(outcome)).toBeGreaterThan(0);
    },
  );

  it('of a call that a host places: not-answered, and given-up', async () => {
    const world = await Dialling.open();
    const busy = await world.dial();
    busy?.turnDown();
    await settle();
    await world.listen(world.host);
    await world.wait(4_000);
    const answered = await world.talkingAside();
    world.press(world.host, '*3');
    await settle();
    await world.listen(answered);
    const outcomes = world.records().map(({ direction, outcome }) => [direction, outcome]);
    expect(outcomes).toEqual([
      ['out', 'given-up'],
      ['out', 'not-answered'],
    ]);
  });
});

describe('a number that is blocked bridge-wide', () => {
  it('is refused before the answer where the bridge is set so, and no one else is', async () => {
    const world = new World(100, {}, { refuseBlocked: true });
    await world.bridge.start();
    world.store.addBlock({ accountId: null, callerNumber: '442071??????', createdAt: 0 });
    const call = await invited(world);
    expect([call.refusal, call.answeredWith]).toEqual([{ status: 603 }, null]);
    expect(world.records()).toMatchObject([{ id: call.id, outcome: 'blocked', answeredAt: null }]);
    const other = world.signaling.invite(undefined, '442081234567');
    await settle();
    expect(other.answeredWith).not.toBeNull();
    world.store.broken = true;
    const unknown = await invited(world);
    expect(unknown.refusal?.status).not.toBe(603);
  });
});

describe('a conference', () => {
  it('counts the attempts of callers who are blocked or not allowed, under the next process too', async () => {
    const world = new World(100, { allowedCallers: ['442071234567', '44208*'] }).keep('m1');
    await world.bridge.start();
    const first = await host(world);
    world.store.addBlock({ accountId: null, callerNumber: '442081111111', createdAt: 0 });
    const turnedAway = async (number: string | null): Promise<void> => {
      const call = world.signaling.invite();
      call.callerNumber = number;
      await settle();
      call.acknowledge();
      await world.wait(500);
      world.press(call, GUEST_PIN);
      await settle();
      expect(world.endpoint(call).log.join()).toContain('conference-full');
      await world.listen(call);
    };
    await turnedAway('442081111111');
    await turnedAway('4930123456');
    await world.restart();
    await turnedAway(null);
    const records = world.records();
    expect(records.map(({ outcome }) => outcome)).toEqual(['not-allowed', 'not-allowed', 'blocked']);
    expect(new Set(records.map(({ conferenceRecordId }) => conferenceRecordId)).size).toBe(1);
    await world.hangUp(first);
    expect(world.store.conferenceRecords({ limit: 9 })).toMatchObject([{ blocked: 3, lockedOut: 0, peak: 1 }]);
  });
});
