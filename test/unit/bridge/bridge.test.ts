import { beforeEach, describe, expect, it } from 'vitest';
import type { Key } from '../../../src/domain/keys.js';
import { MediaExhausted, MediaNotAcceptable } from '../../../src/ports/media.js';
import { GUEST_PIN, HOST_PIN, settle, World } from './world.js';

describe('the bridge', () => {
  let world: World;

  beforeEach(async () => {
    world = new World();
    await world.bridge.start();
  });

  it('answers a call to a number it knows with the SDP of an endpoint, and asks for the PIN 400 ms after the ACK', async () => {
    const call = world.signaling.invite();
    await settle();
    expect(call.answeredWith).toBe('v=0 local');
    call.acknowledge();
    await settle();
    world.clock.advance(399);
    await settle();
    expect(world.endpoint(call).log).toEqual([]);
    world.clock.advance(1);
    await settle();
    expect(world.endpoint(call).log[0]).toContain('enter-pin');
  });

  it('refuses a number it does not know with 404, and records the attempt', async () => {
    const call = world.signaling.invite('nobody');
    await settle();
    expect(call.refusal).toEqual({ status: 404 });
    expect(world.records().map(({ outcome }) => outcome)).toEqual(['unknown-number']);
  });

  it('knows the sources of its trunks, and those only', () => {
    const { listener } = world.signaling;
    expect(listener.isKnownSource({ transport: 'udp', address: '127.0.0.1', port: 5060 })).toBe(true);
    expect(listener.isKnownSource({ transport: 'udp', address: '192.0.2.1', port: 5060 })).toBe(false);
    world.store.addTrunk({ name: 'pbx', sources: ['192.0.2.0/24'], enabled: true, createdAt: 0 });
    world.clock.advance(1_000);
    expect(listener.isKnownSource({ transport: 'udp', address: '192.0.2.1', port: 5060 })).toBe(true);
  });

  it('refuses an offer without a common codec with 488 and a bridge without free ports with 503 and Retry-After', async () => {
    world.media.failNext = new MediaNotAcceptable('no codec');
    const odd = world.signaling.invite();
    await settle();
    expect(odd.refusal).toEqual({ status: 488 });
    world.media.failNext = new MediaExhausted('no port');
    const late = world.signaling.invite();
    await settle();
    expect(late.refusal).toEqual({ status: 503, retryAfter: 30 });
    world.media.failNext = new Error('engine trouble');
    const broken = world.signaling.invite();
    await settle();
    expect(broken.refusal).toEqual({ status: 500 });
    expect(
      world
        .records()
        .map(({ outcome }) => outcome)
        .sort(),
    ).toEqual(['failed', 'not-acceptable', 'overloaded']);
  });

  it('refuses calls beyond its bound with 503', async () => {
    world = new World(1);
    await world.bridge.start();
    await world.answered();
    const second = world.signaling.invite();
    await settle();
    expect(second.refusal?.status).toBe(503);
  });

  it('releases the endpoint of a call that was cancelled before the ACK', async () => {
    const call = world.signaling.invite();
    world.signaling.listener.cancelled(call.id);
    await settle();
    expect(world.endpoint(call).closed).toBe(true);
    expect(world.bridge.status().calls).toBe(0);
    expect(world.records()[0]?.outcome).toBe('cancelled');
  });

  it('releases the endpoint of a call whose ACK never came', async () => {
    const call = world.signaling.invite();
    await settle();
    call.abandon();
    await settle();
    expect(world.endpoint(call).closed).toBe(true);
    expect(world.records()[0]?.outcome).toBe('line-lost');
  });

  it('takes host and guest into one conference and records both', async () => {
    const host = await world.inConference(HOST_PIN);
    const guest = await world.inConference(GUEST_PIN);
    expect(world.endpoint(host).room).not.toBeNull();
    expect(world.endpoint(guest).room).toBe(world.endpoint(host).room);
    expect(world.bridge.status().conferences).toBe(1);
    world.signaling.listener.hungUp(guest.id, { lineLost: false, cause: 'BYE' });
    await settle();
    world.signaling.listener.hungUp(host.id, { lineLost: false, cause: 'BYE' });
    await settle();
    expect(world.bridge.status()).toMatchObject({ calls: 0, conferences: 0 });
    expect(world.records().map(({ role, outcome, keyMethod }) => ({ role, outcome, keyMethod }))).toEqual(
      expect.arrayContaining([
        { role: 'host', outcome: 'completed', keyMethod: 'event' },
        { role: 'guest', outcome: 'completed', keyMethod: 'event' },
      ]),
    );
    expect(world.records().every(({ conferenceRecordId }) => conferenceRecordId !== null)).toBe(true);
    expect(world.clock.pending).toBe(0);
  });

  it('keeps a guest on hold music until the host is in, then lets the guest in', async () => {
    const guest = await world.inConference(GUEST_PIN);
    expect(world.endpoint(guest).room).toBeNull();
    expect(world.endpoint(guest).log.at(-1)).toContain('music (loop)');
    const host = await world.inConference(HOST_PIN);
    await world.listen(guest);
    expect(world.endpoint(guest).room).toBe(world.endpoint(host).room);
  });

  it('ends the call of a caller whom the mixer does not take', async () => {
    const call = await world.answered();
    world.clock.advance(400);
    await settle();
    world.endpoint(call).refuseJoin = true;
    world.press(call, HOST_PIN);
    await settle();
    await world.listen(call);
    expect(call.hungUp).toBe(true);
    expect(world.endpoint(call).closed).toBe(true);
    expect(world.records()[0]?.outcome).toBe('failed');
  });

  it('counts only one method of keys per leg: events or INFO silence the other and the search for tones', async () => {
    const call = await world.answered();
    world.clock.advance(400);
    await settle();
    world.signaling.listener.keyPressed(call.id, '9');
    world.press(call, '9');
    for (const key of HOST_PIN.slice(1)) world.signaling.listener.keyPressed(call.id, key as Key);
    await settle();
    expect(world.endpoint(call).log).toContain('no in-band');
    await world.listen(call);
    expect(world.endpoint(call).room).not.toBeNull();
  });

  it('counts a key once whose tone is heard before its INFO comes', async () => {
    const call = await world.answered();
    world.clock.advance(400);
    await settle();
    const [first] = HOST_PIN;
    world.media.listener.keyPressed(call.id, first as Key, 'inband');
    world.clock.advance(200);
    for (const key of HOST_PIN) world.signaling.listener.keyPressed(call.id, key as Key);
    await settle();
    await world.listen(call);
    expect(world.endpoint(call).room).not.toBeNull();
    expect(world.records()).toEqual([]);
  });

  it('asks a silent line whether it is still there, and ends the call when nobody answers', async () => {
    const host = await world.inConference(HOST_PIN);
    world.media.listener.audioMissing(host.id, 60_000);
    await settle();
    expect(host.hungUp).toBe(false);
    host.alive = false;
    world.media.listener.audioMissing(host.id, 60_000);
    await settle();
    expect(host.hungUp).toBe(true);
    expect(world.records()[0]?.outcome).toBe('line-lost');
  });

  it('asks a line again that answered but stays silent, until it is heard or gone', async () => {
    const host = await world.inConference(HOST_PIN);
    world.media.listener.audioMissing(host.id, 60_000);
    await settle();
    host.alive = false;
    world.clock.advance(59_999);
    await settle();
    expect(host.hungUp).toBe(false);
    world.clock.advance(1);
    await settle();
    expect(host.hungUp).toBe(true);
    expect(world.records()[0]?.outcome).toBe('line-lost');
    expect(world.clock.pending).toBe(0);
  });

  it('does not ask a line again that was heard meanwhile', async () => {
    const host = await world.inConference(HOST_PIN);
    world.media.listener.audioMissing(host.id, 60_000);
    await settle();
    host.alive = false;
    const before = await world.endpoint(host).statistics();
    world.endpoint(host).statistics = () => Promise.resolve({ ...before, packetsReceived: before.packetsReceived + 1 });
    world.clock.advance(60_000);
    await settle();
    expect(host.hungUp).toBe(false);
    expect(world.clock.pending).toBe(1);
  });

  it('takes a line that cannot even be asked for lost', async () => {
    const host = await world.inConference(HOST_PIN);
    host.probe = () => Promise.reject(new Error('transport gone'));
    world.media.listener.audioMissing(host.id, 60_000);
    await settle();
    expect(world.records()[0]?.outcome).toBe('line-lost');
  });

  it('goes on with calls when the store fails, and lets nobody in by a PIN it could not look up', async () => {
    const host = await world.inConference(HOST_PIN);
    const guest = await world.answered();
    world.clock.advance(400);
    await settle();
    world.store.addCallRecord = () => {
      throw new Error('disk full');
    };
    world.store.findPin = () => {
      throw new Error('disk full');
    };
    world.press(guest, GUEST_PIN);
    await settle();
    expect(world.endpoint(guest).room).toBeNull();
    world.signaling.listener.hungUp(guest.id, { lineLost: false, cause: 'BYE' });
    await settle();
    expect(world.endpoint(guest).closed).toBe(true);
    expect(world.endpoint(host).room).not.toBeNull();
  });

  it('drains: new calls get 503 with Retry-After, running ones go on to their end', async () => {
    const host = await world.inConference(HOST_PIN);
    let drained = false;
    const draining = world.bridge.drain(60_000).then(() => {
      drained = true;
    });
    const late = world.signaling.invite();
    await settle();
    expect(late.refusal).toEqual({ status: 503, retryAfter: 30 });
    expect(drained).toBe(false);
    world.signaling.listener.hungUp(host.id, { lineLost: false, cause: 'BYE' });
    await settle();
    await draining;
    expect(drained).toBe(true);
  });

  it('stops in order: every call hung up, every endpoint released, every record written', async () => {
    const host = await world.inConference(HOST_PIN);
    const entering = await world.answered();
    const ringing = world.signaling.invite();
    await settle();
    await world.bridge.stop();
    for (const call of [host, entering, ringing]) {
      expect(call.hungUp).toBe(true);
      expect(world.endpoint(call).closed).toBe(true);
    }
    expect(world.records()).toHaveLength(3);
  });

  it('ends a call that is hearing its farewell at once when it stops, recorded with what it was ended for', async () => {
    const call = await world.answered();
    world.clock.advance(400);
    await settle();
    for (let miss = 1; miss <= 3; miss += 1) {
      world.press(call, '111222333');
      await settle();
    }
    await world.bridge.stop();
    expect(call.hungUp).toBe(true);
    expect(world.records().map(({ outcome }) => outcome)).toEqual(['wrong-pin']);
  });

  it('writes the record of a call whose set-up the engine never ends, when it stops', async () => {
    world.media.createEndpoint = () => new Promise(() => undefined);
    world.signaling.invite();
    await settle();
    const stopped = world.bridge.stop();
    world.clock.advance(5_000);
    await stopped;
    expect(world.records().map(({ outcome }) => outcome)).toEqual(['draining']);
  });

  it('ends draining too when it is stopped meanwhile', async () => {
    await world.inConference(HOST_PIN);
    const drained = world.bridge.drain(60_000);
    await world.bridge.stop();
    await drained;
    expect(world.clock.pending).toBe(0);
  });

  it('stops the media also when the signalling cannot be stopped', async () => {
    let stopped = false;
    world.signaling.stop = () => Promise.reject(new Error('not reachable'));
    world.media.stop = () => {
      stopped = true;
      return Promise.resolve();
    };
    await expect(world.bridge.stop()).rejects.toThrow('not reachable');
    expect(stopped).toBe(true);
  });

  it('never logs a PIN, a key or a whole caller number', async () => {
    await world.inConference(HOST_PIN);
    const wrong = await world.answered();
    world.clock.advance(400);
    await settle();
    world.press(wrong, '111222333');
    await settle();
    const text = world.lines.join('\n');
    expect(text).toContain('***567');
    for (const secret of [HOST_PIN, GUEST_PIN, '111222333', '442071234567']) expect(text).not.toContain(secret);
  });
});
