import { beforeEach, describe, expect, it } from 'vitest';
import { GUEST_PIN, HOST_PIN, settle, World } from './world.js';
import { outcomes, stored } from './left-behind.js';

let world: World;

beforeEach(async () => {
  world = new World().keep('m1', 'm2');
  await world.bridge.start();
});

describe('the bridge dies while a caller', () => {
  it('waits for the host: the music begins again, and the host lets him in', async () => {
    const guest = await world.inConference(GUEST_PIN);
    world.crash();
    const { log } = world.endpoint(guest);
    const before = log.length;
    await world.restart();
    expect(log.slice(before)).toEqual(['play music (loop)']);
    const host = await world.inConference(HOST_PIN);
    await world.listen(guest);
    expect(world.endpoint(guest).room).toBe(world.endpoint(host).room);
  });

  it('keys the PIN: what was keyed is stored nowhere, and the PIN is asked for again', async () => {
    const call = await world.answered();
    world.clock.advance(400);
    await settle();
    world.press(call, HOST_PIN.slice(0, 6));
    await settle();
    world.crash();
    expect(JSON.stringify(world.store.live('call'))).not.toContain(HOST_PIN.slice(0, 3));
    await world.restart();
    expect(world.endpoint(call).log.at(-1)).toContain('enter-pin');
    world.press(call, HOST_PIN);
    await settle();
    await world.listen(call);
    expect(world.endpoint(call).room).not.toBeNull();
  });

  it('hears the introduction: it begins again, then he is in', async () => {
    const call = await world.answered();
    world.clock.advance(400);
    await settle();
    world.press(call, HOST_PIN);
    await settle();
    await world.restart();
    expect(world.endpoint(call).log.at(-1)).toContain('joining');
    world.endpoint(call).finish();
    await settle();
    expect(world.endpoint(call).room).toBe('conference-a1');
  });

  it('is being taken in: he is in afterwards, and the conference knows', async () => {
    const call = await world.answered();
    world.clock.advance(400);
    await settle();
    world.press(call, HOST_PIN);
    await settle();
    world.endpoint(call).frozen = true;
    world.endpoint(call).finish();
    await settle();
    world.crash();
    world.endpoint(call).frozen = false;
    await world.restart();
    expect(world.endpoint(call).room).toBe('conference-a1');
    world.press(call, '*#');
    await settle();
    expect(world.endpoint(call).log.at(-1)).toContain('you-are-the-only-one');
  });

  it('hears a farewell: it begins again, and he is hung up with its outcome', async () => {
    const call = await world.answered();
    world.clock.advance(400);
    await settle();
    for (let miss = 1; miss <= 3; miss += 1) {
      world.press(call, '111222333');
      await settle();
    }
    await world.restart();
    world.endpoint(call).finish();
    await settle();
    expect(call.hungUp).toBe(true);
    expect(outcomes(world)).toEqual(['wrong-pin']);
  });

  it('was answered, the ACK still to come: he is asked for the PIN, on the endpoint he has', async () => {
    const call = world.signaling.invite();
    await settle();
    const endpoint = world.endpoint(call);
    await world.restart();
    call.acknowledge();
    await world.wait(400);
    expect(world.endpoint(call)).toBe(endpoint);
    expect(endpoint.log.at(-1)).toContain('enter-pin');
    await world.hangUp(call);
    expect(outcomes(world)).toEqual(['abandoned']);
  });

  it('is not answered yet: told again as new it is one call with one record', async () => {
    const createEndpoint = world.media.createEndpoint.bind(world.media);
    world.media.createEndpoint = () => new Promise(() => undefined);
    const call = world.signaling.invite();
    await settle();
    const startedAt = world.clock.wall();
    world.crash();
    world.clock.advance(1_000);
    world.media.createEndpoint = createEndpoint;
    await world.restart();
    world.signaling.listener.incomingCall(call);
    await settle();
    call.acknowledge();
    await settle();
    await world.wait(6_000);
    await world.hangUp(call);
    expect(world.records()).toMatchObject([{ outcome: 'abandoned', startedAt }]);
    expect(stored(world)).toEqual([]);
  });

  it('is not answered yet and not told again: it has failed', async () => {
    world.media.createEndpoint = () => new Promise(() => undefined);
    world.signaling.invite();
    await settle();
    await world.restart();
    expect(outcomes(world)).toEqual([]);
    await world.wait(5_000);
    expect(outcomes(world)).toEqual(['failed']);
    expect(stored(world)).toEqual([]);
  });
});

describe('an engine that hangs at the start', () => {
  it('by its mixers holds it up for five seconds at most', async () => {
    const host = await world.inConference(HOST_PIN);
    world.crash();
    world.media.adopt = () => new Promise(() => undefined);
    world.media.sweep = () => new Promise(() => undefined);
    let started = false;
    void world.restart().then(() => {
      started = true;
    });
    await world.wait(4_900);
    expect(started).toBe(true);
    expect(world.endpoint(host).room).toBe('conference-a1');
    expect(outcomes(world)).toEqual([]);
  });

  it('and gives no call back for 15 s leaves their records', async () => {
    await world.inConference(HOST_PIN);
    world.crash();
    world.signaling.takeBack = () => new Promise(() => undefined);
    void world.restart();
    await world.wait(14_000);
    expect(outcomes(world)).toEqual([]);
    await world.wait(2_000);
    expect(outcomes(world)).toEqual(['failed']);
  });
});

describe('a hand-over', () => {
  it('ends no call: the next process goes on with all of them', async () => {
    const host = await world.inConference(HOST_PIN);
    const guest = await world.inConference(GUEST_PIN);
    world.press(guest, '*6');
    const old = world.bridge;
    await old.handOver();
    await old.stop();
    expect([host.hungUp, guest.hungUp]).toEqual([false, false]);
    expect(world.media.open()).toHaveLength(2);
    expect(world.clock.pending).toBe(0);
    expect(world.records()).toEqual([]);
    await world.restart();
    expect(world.endpoint(guest)).toMatchObject({ room: 'conference-a1', muted: true });
    await world.hangUp(guest);
    await world.hangUp(host);
    expect(outcomes(world)).toEqual(['completed', 'completed']);
  });
});
