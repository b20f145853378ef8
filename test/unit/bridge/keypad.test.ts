import { beforeEach, describe, expect, it } from 'vitest';
import type { ConferenceId } from '../../../src/domain/identifiers.js';
import { conferenceId } from '../../../src/domain/identifiers.js';
import { AsideRooms, conferenceAside } from '../../../src/bridge/aside-rooms.js';
import { pin } from '../../conformance/store-stage.js';
import type { FakeCall } from '../../fakes/fake-signaling.js';
import { inConferenceNamed } from './named.js';
import { GUEST_PIN, HOST_PIN, settle, World } from './world.js';

let world: World;

const start = async (...given: ConstructorParameters<typeof World>): Promise<void> => {
  world = new World(...given);
  await world.bridge.start();
};

const press = async (call: FakeCall, keys: string): Promise<void> => {
  world.press(call, keys);
  await settle();
};

const lastHeard = (call: FakeCall): string => world.endpoint(call).log.at(-1) ?? '';

describe('volumes', () => {
  beforeEach(async () => {
    world = new World().keep('m1', 'm2');
    await world.bridge.start();
  });

  it('are those the caller chose, on the next mixer and under the next process too', async () => {
    const guest = await world.inConference(GUEST_PIN);
    const host = await world.inConference(HOST_PIN);
    await world.listen(guest);
    await world.wait(3_100);
    await press(guest, '#6');
    await press(guest, '#7');
    const chosen = { hearDb: 4, speakDb: -4 };
    expect(world.endpoint(guest).gains).toEqual(chosen);
    world.media.kill(world.endpoint(guest).mixer);
    await settle();
    expect(world.endpoint(guest).gains).toEqual(chosen);
    await world.restart();
    expect(world.endpoint(guest)).toMatchObject({ gains: chosen, room: world.endpoint(host).room });
    expect(world.endpoint(host).gains).toEqual({ hearDb: 0, speakDb: 0 });
  });

  it('that the mixer does not take cost nobody his call', async () => {
    const guest = await world.inConference(HOST_PIN);
    await world.wait(3_100);
    world.endpoint(guest).setGains = () => Promise.reject(new Error('mixer says no'));
    await press(guest, '#6');
    expect(world.endpoint(guest).room).not.toBeNull();
    expect(world.records()).toEqual([]);
  });
});

describe('a menu', () => {
  beforeEach(() => start(100, {}));

  it('goes from the conference to its host and his keys back, also after the process died', async () => {
    world = new World().keep('m1');
    await world.bridge.start();
    const host = await world.inConference(HOST_PIN);
    const guest = await world.inConference(GUEST_PIN);
    await press(guest, '*6');
    await press(guest, '*9');
    await press(host, '*9');
    expect(lastHeard(host)).toContain('hand-menu');
    await world.restart();
    expect(world.endpoint(guest).muted).toBe(true);
    await press(host, '1');
    expect(world.endpoint(guest).muted).toBe(false);
    await world.listen(guest);
    expect(world.endpoint(guest).log.join()).toContain('host-unmuted-you');
  });
});

describe('the loudest line', () => {
  let host: FakeCall;
  let guest: FakeCall;

  beforeEach(async () => {
    world = new World().keep('m1');
    await world.bridge.start();
    host = await world.inConference(HOST_PIN);
    guest = await world.inConference(GUEST_PIN);
    await world.wait(3_100);
    world.media.lines = [{ callId: guest.id, levelDb: -30, activeShare: 0.97 }];
  });

  it('is measured, named and muted', async () => {
    await press(host, '#2');
    expect(lastHeard(host)).toContain('noisy-line-menu');
    await press(host, '1');
    expect(world.endpoint(guest).muted).toBe(true);
  });

  /** What the host hears, to its end, from now on. */
  const hears = async (since: number): Promise<string> => {
    await world.listen(host);
    return world.endpoint(host).log.slice(since).join();
  };
  const heard = (): number => world.endpoint(host).log.length;

  it('is none where the mixer cannot say, or never does', async () => {
    world.media.measureRoom = () => Promise.reject(new Error('mixer says no'));
    await press(host, '#2');
    expect(await hears(0)).toContain('no-noisy-line');
    world.media.measureRoom = () => new Promise(() => undefined);
    const before = heard();
    await press(host, '#2');
    await world.wait(4_900);
    expect(await hears(before)).not.toContain('no-noisy-line');
    await world.wait(200);
    expect(await hears(before)).toContain('no-noisy-line');
  });

  it('is none where the process died that asked', async () => {
    world.media.measureRoom = () => new Promise(() => undefined);
    await press(host, '#2');
    await world.restart();
    expect(await hears(0)).toContain('no-noisy-line');
  });
});

describe('a blocked caller', () => {
  beforeEach(() => start(100, { nameOnEntry: true }));

  it('is stored by the account, and hears what a full conference says from then on', async () => {
    const host = await inConferenceNamed(world, HOST_PIN, '442079460000');
    const guest = await inConferenceNamed(world, GUEST_PIN);
    await press(host, '*8');
    expect(lastHeard(host)).toContain('name-call-1-name');
    await press(host, '1');
    expect(lastHeard(host)).toContain('name-call-2-name');
    await press(host, '4');
    expect([...world.store.blocks()]).toMatchObject([{ accountId: 'a1', callerNumber: '442071234567' }]);
    await world.listen(guest);
    expect(world.records()[0]).toMatchObject({ id: guest.id, outcome: 'dropped' });
    const again = await world.answered();
    world.clock.advance(400);
    await settle();
    await press(again, GUEST_PIN);
    expect(lastHeard(again)).toContain('conference-full');
    await world.listen(again);
    expect(world.records()).toContainEqual(
      expect.objectContaining({ id: again.id, outcome: 'blocked', accountId: 'a1', joinedAt: null }),
    );
  });
});

describe('someone muted who talks', () => {
  it('is told', async () => {
    await start();
    await world.inConference(HOST_PIN);
    const guest = await world.inConference(GUEST_PIN);
    await press(guest, '*6');
    await world.listen(guest);
    const before = world.endpoint(guest).log.length;
    world.media.listener.spokeWhileMuted(guest.id);
    world.media.listener.spokeWhileMuted(guest.id);
    await settle();
    expect(world.endpoint(guest).log.slice(before)).toEqual(['play you-are-muted']);
  });

  it('before he is anywhere, or when he is gone, is nobody', async () => {
    await start();
    const call = await world.answered();
    world.media.listener.spokeWhileMuted(call.id);
    await world.hangUp(call);
    world.media.listener.spokeWhileMuted(call.id);
    expect(world.lines.join('\n')).not.toContain('broke');
  });
});

describe('codes besides the PIN', () => {
  it('are looked up: a wrong one is a miss, and one that the store cannot look up costs no try', async () => {
    await start();
    world.store.updateAccount('a1' as never, { securityCode: pin('h:4711') });
    const guest = await world.answered();
    world.clock.advance(400);
    await settle();
    await press(guest, GUEST_PIN);
    expect(lastHeard(guest)).toContain('enter-security-code');
    await world.wait(3_100);
    await press(guest, '1234#');
    expect(lastHeard(guest)).toContain('security-code-not-recognised');
    const securityCodeOf = world.store.securityCodeOf.bind(world.store);
    world.store.securityCodeOf = () => {
      throw new Error('disk full');
    };
    await press(guest, '4711#');
    world.store.securityCodeOf = securityCodeOf;
    expect(lastHeard(guest)).toContain('enter-security-code');
    await press(guest, '4711#');
    await world.listen(guest);
    expect(lastHeard(guest)).toContain('(loop)');
    expect(world.lines.join('\n')).not.toMatch(/4711|1234/);
  });
});

describe('a room aside', () => {
  it('is told from a conference by its name', () => {
    expect(conferenceAside(conferenceId('conference-a1/aside-2'))).toBe('conference-a1');
    expect(conferenceAside(conferenceId('conference-a1'))).toBeNull();
  });

  it('is forgotten with the last who leaves it, and once', () => {
    const forgotten: ConferenceId[] = [];
    const rooms = new AsideRooms((room) => forgotten.push(room));
    const [home, aside] = [conferenceId('c'), conferenceId('c/aside-1')];
    const [one, two] = ['one', 'two'] as never[] as [never, never];
    rooms.inRoom(one, home);
    rooms.inRoom(one, aside);
    rooms.inRoom(two, aside);
    rooms.inRoom(two, aside);
    rooms.inRoom(one, home);
    expect(forgotten).toEqual([]);
    rooms.inRoom(two, null);
    rooms.inRoom(two, null);
    rooms.inRoom(one, null);
    expect(forgotten).toEqual([aside]);
  });
});
