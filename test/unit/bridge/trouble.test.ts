import { beforeEach, describe, expect, it } from 'vitest';
import type { KeyMap } from '../../../src/domain/keypad/contract.js';
import type { FakeCall } from '../../fakes/fake-signaling.js';
import { GUEST_PIN, HOST_PIN, settle, World } from './world.js';

/** Options as a damaged store might give them: the codes of one action are no list. */
const damaged = { keyMap: { mute: null } as unknown as Partial<KeyMap> };

const hangUp = async (world: World, call: FakeCall): Promise<void> => {
  world.signaling.listener.hungUp(call.id, { lineLost: false, cause: 'BYE' });
  await settle();
};

const outcomes = (world: World): readonly string[] => world.records().map(({ outcome }) => outcome);

describe('a call goes on', () => {
  let world: World;

  beforeEach(async () => {
    world = new World();
    await world.bridge.start();
  });

  it('without a prompt that cannot be spoken: the caller can still key the PIN and is taken in', async () => {
    world.unspeakable = 'enter-pin';
    const host = await world.inConference(HOST_PIN);
    expect(world.endpoint(host).room).not.toBeNull();
  });

  it('without an announcement that cannot be spoken: `##` still ends the conference', async () => {
    const host = await world.inConference(HOST_PIN);
    const guest = await world.inConference(GUEST_PIN);
    world.unspeakable = 'host-ended-conference';
    world.clock.advance(5_000);
    world.press(host, '##');
    await settle();
    expect([host.hungUp, guest.hungUp]).toEqual([true, true]);
    expect(outcomes(world)).toEqual(['host-ended', 'host-ended']);
    expect(world.bridge.status()).toMatchObject({ calls: 0, conferences: 0 });
  });
});

describe('a call that nothing can move any more', () => {
  it('because its flow breaks is hung up, recorded as failed, and its conference knows', async () => {
    const world = new World(100, damaged);
    await world.bridge.start();
    const host = await world.inConference(HOST_PIN);
    world.press(host, '*6');
    await settle();
    expect(host.hungUp).toBe(true);
    expect(world.endpoint(host).closed).toBe(true);
    expect(outcomes(world)).toEqual(['failed']);
    expect(world.bridge.status()).toMatchObject({ calls: 0, conferences: 0 });
    expect(world.clock.pending).toBe(0);
  });

  it('because the engine refuses to let the caller out of the room is ended: on hold nobody hears or is heard', async () => {
    const world = new World(100, { hostLeaves: 'hold' });
    await world.bridge.start();
    const host = await world.inConference(HOST_PIN);
    const guest = await world.inConference(GUEST_PIN);
    world.endpoint(guest).leave = () => Promise.reject(new Error('mixer says no'));
    await hangUp(world, host);
    expect(guest.hungUp).toBe(true);
    expect(world.endpoint(guest).closed).toBe(true);
    expect(world.bridge.status()).toMatchObject({ calls: 0, conferences: 0 });
  });
});

describe('a caller who cannot be muted', () => {
  it('is let go rather than heard by a room that was told otherwise', async () => {
    const world = new World();
    await world.bridge.start();
    const host = await world.inConference(HOST_PIN);
    world.endpoint(host).setMuted = () => Promise.reject(new Error('mixer says no'));
    world.press(host, '*6');
    await settle();
    expect(host.hungUp).toBe(true);
    expect(world.records()[0]?.outcome).toBe('failed');
  });
});

describe('a conference that breaks', () => {
  it('where someone leaves ends for everyone, with its record, and its name is free', async () => {
    const world = new World(100, { hostLeaves: 'nonsense' as 'end' });
    await world.bridge.start();
    const host = await world.inConference(HOST_PIN);
    const guest = await world.inConference(GUEST_PIN);
    await hangUp(world, host);
    expect(guest.hungUp).toBe(true);
    expect(outcomes(world).toSorted()).toEqual(['completed', 'failed']);
    expect(world.store.conferenceRecords({ limit: 10 })).toMatchObject([{ outcome: 'failed', peak: 2 }]);
    expect(world.bridge.status()).toMatchObject({ calls: 0, conferences: 0 });
    expect(world.clock.pending).toBe(0);
  });
});

describe('an endpoint that is being released', () => {
  let world: World;

  beforeEach(async () => {
    world = new World();
    await world.bridge.start();
  });

  it('is not asked to join any more, though it was about to', async () => {
    const host = await world.answered();
    world.clock.advance(400);
    await settle();
    world.press(host, HOST_PIN);
    await settle();
    world.endpoint(host).finish();
    await hangUp(world, host);
    expect(world.endpoint(host).log).not.toContain('join');
    expect(outcomes(world)).toEqual(['abandoned']);
  });

  it('holds up neither the record of the call nor the end of the bridge when the engine gives no answer', async () => {
    const host = await world.inConference(HOST_PIN);
    world.endpoint(host).close = () => new Promise(() => undefined);
    await hangUp(world, host);
    expect(outcomes(world)).toEqual([]);
    const endedAt = world.clock.wall();
    world.clock.advance(3_000);
    await settle();
    expect(world.records()).toMatchObject([{ outcome: 'completed', endedAt }]);
    expect(world.bridge.status().calls).toBe(0);
  });
});
