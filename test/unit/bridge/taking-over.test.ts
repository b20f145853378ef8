import { beforeEach, describe, expect, it } from 'vitest';
import type { FakeCall } from '../../fakes/fake-signaling.js';
import { GUEST_PIN, HOST_PIN, settle, World } from './world.js';

const outcomes = (world: World): readonly string[] => world.records().map(({ outcome }) => outcome);
const stored = (world: World): readonly string[] =>
  (['call', 'conference'] as const).flatMap((kind) => world.store.live(kind).map(({ id }) => id));

let world: World;

beforeEach(async () => {
  world = new World().keep('m1', 'm2');
  await world.bridge.start();
});

describe('the bridge dies with a host and a guest in a conference; the one that comes next', () => {
  let host: FakeCall;
  let guest: FakeCall;

  beforeEach(async () => {
    host = await world.inConference(HOST_PIN);
    guest = await world.inConference(GUEST_PIN);
    await world.wait(10_000);
  });

  it('leaves their audio as it is and goes on with every key, announcement, hang-up and record', async () => {
    world.press(guest, '*6');
    await settle();
    await world.listen(guest);
    const endpoints = [world.endpoint(host), world.endpoint(guest)];
    const heard = world.roomHeard().length;
    const reoffers = [host.reoffers.length, guest.reoffers.length];
    world.crash();
    await world.restart();
    expect([world.endpoint(host), world.endpoint(guest)]).toEqual(endpoints);
    expect(endpoints.map(({ room, muted, closed }) => [room, muted, closed])).toEqual([
      ['conference-a1', false, false],
      ['conference-a1', true, false],
    ]);
    expect(world.roomHeard()).toHaveLength(heard);
    expect([host.reoffers.length, guest.reoffers.length]).toEqual(reoffers);
    expect(world.bridge.status()).toMatchObject({ calls: 2, conferences: 1, callsTakenBack: 2, callsMoved: 0 });

    world.press(guest, '*6');
    world.press(host, '*7');
    await settle();
    expect(world.endpoint(guest)).toMatchObject({ muted: false });
    expect(world.roomHeard().at(-1)).toBe('conference-now-locked');
    await world.listenInRooms();
    await world.wait(10_000);
    await world.hangUp(guest);
    await world.listen(host);
    world.press(host, '##');
    await settle();
    world.clock.advance(15_000);
    await settle();
    expect(host.hungUp).toBe(true);
    expect(world.records().map(({ outcome, role, joinedAt }) => [outcome, role, joinedAt === null])).toEqual([
      ['completed', 'guest', false],
      ['host-ended', 'host', false],
    ]);
    expect(new Set(world.records().map(({ conferenceRecordId }) => conferenceRecordId))).toEqual(new Set([1]));
    expect(world.store.conferenceRecords({ limit: 10 })).toMatchObject([{ outcome: 'host-ended', peak: 2 }]);
    expect(stored(world)).toEqual([]);
    expect(world.clock.pending).toBe(0);
  });

  it('answers a re-offer, also one of a caller without SDP', async () => {
    await world.restart();
    const { listener } = world.signaling;
    expect(await listener.mediaOffered(guest.id, 'v=0 hold')).toMatch(/^v=0 again/);
    expect(await listener.mediaOffered(guest.id, null)).toMatch(/^v=0 again/);
    listener.mediaAnswered(guest.id, 'v=0 answer');
    await settle();
    expect(world.endpoint(guest).remote.at(-1)).toBe('v=0 answer');
  });

  it('moves those whose mixer died meanwhile', async () => {
    const { mixer } = world.endpoint(host);
    world.crash();
    world.media.kill(mixer, false);
    await world.restart();
    expect(world.endpoint(host)).toMatchObject({ room: 'conference-a1', lost: false });
    expect(world.endpoint(guest).mixer).toBe(world.endpoint(host).mixer);
    expect(world.endpoint(guest).mixer).not.toBe(mixer);
    expect(world.roomHeard().filter((sounds) => sounds === 'tone-moved')).toHaveLength(1);
    expect(world.bridge.status()).toMatchObject({ callsTakenBack: 2, callsMoved: 2 });
    expect(world.media.open()).toHaveLength(2);
  });

  it('moves them again when it died while they were being moved', async () => {
    guest.answerReoffer = () => new Promise(() => undefined);
    world.media.kill(world.endpoint(host).mixer);
    await settle();
    world.crash();
    guest.answerReoffer = () => Promise.resolve('v=0');
    await world.restart();
    expect(world.endpoint(guest)).toMatchObject({ room: 'conference-a1', mixer: world.endpoint(host).mixer });
    expect(world.media.open()).toHaveLength(2);
  });

  it('records who hung up meanwhile, when that was, and the conference knows', async () => {
    world.crash();
    const at = world.clock.wall();
    guest.ended = { lineLost: false, at };
    world.clock.advance(2_000);
    await world.restart();
    expect(world.records()).toMatchObject([{ id: guest.id, outcome: 'completed', endedAt: at }]);
    expect(world.endpoint(host).log.at(-1)).toContain('you-are-alone');
    expect(world.media.open().map(({ callId }) => callId)).toEqual([host.id]);
  });

  it('closes a conference whose callers have all gone', async () => {
    world.crash();
    host.ended = { lineLost: false, at: null };
    guest.ended = { lineLost: true, at: null };
    await world.restart();
    expect(outcomes(world).toSorted()).toEqual(['completed', 'line-lost']);
    expect(world.store.conferenceRecords({ limit: 10 })).toMatchObject([{ outcome: 'emptied', peak: 2 }]);
    expect(world.bridge.status()).toMatchObject({ calls: 0, conferences: 0 });
    expect(stored(world)).toEqual([]);
    expect(world.clock.pending).toBe(0);
  });

  it('keeps the audio of a caller whose dialog is lost, until his mixer dies too', async () => {
    host.dialogLost = true;
    await world.restart();
    expect(world.endpoint(host).room).toBe('conference-a1');
    world.media.kill(world.endpoint(host).mixer);
    await settle();
    expect(outcomes(world)).toEqual(['mixer-lost']);
    expect(world.endpoint(guest).room).toBe('conference-a1');
  });

  it('ends a call whose conference cannot be read, and a conference whose calls cannot; the start goes on', async () => {
    world.crash();
    world.store.saveLive([{ kind: 'conference', id: 'conference-a1', data: '{"version":1,"memory":{}}' }]);
    await world.restart();
    expect(outcomes(world)).toEqual(['failed', 'failed']);
    expect(world.bridge.status()).toMatchObject({ calls: 0, conferences: 0 });
    expect(stored(world)).toEqual([]);

    await world.inConference(HOST_PIN);
    world.crash();
    for (const data of ['no JSON', '{"version":2}', '[]', '{"version":1,"identity":null}', 'null']) {
      for (const { id } of world.store.live('call')) world.store.saveLive([{ kind: 'call', id, data }]);
      await world.restart();
      expect(world.bridge.status()).toMatchObject({ calls: 0, conferences: 0 });
      expect(stored(world)).toEqual([]);
    }
    expect(world.media.open()).toEqual([]);
  });

  it('has the rest of each time: a conference of two hours ends two hours after it began', async () => {
    world = new World(100, { durationLimitSeconds: 7_200 }).keep();
    await world.bridge.start();
    const caller = await world.inConference(HOST_PIN);
    world.clock.advance(7_100_000);
    await world.restart();
    world.clock.advance(99_000);
    await settle();
    expect(world.endpoint(caller).room).not.toBeNull();
    await world.wait(1_000);
    expect(world.endpoint(caller).log.at(-1)).toContain('time-limit-reached');
    world.endpoint(caller).finish();
    await settle();
    expect(outcomes(world)).toEqual(['time-limit']);
  });

  it('does so at once where the time ran out meanwhile', async () => {
    world = new World(100, { durationLimitSeconds: 7_200 }).keep();
    await world.bridge.start();
    const caller = await world.inConference(HOST_PIN);
    world.crash();
    world.clock.advance(7_300_000);
    await world.restart();
    await world.wait(100);
    expect(world.endpoint(caller).log.at(-1)).toContain('time-limit-reached');
  });

  it('ends the conference whose last words were heard by nobody in charge', async () => {
    world.press(host, '##');
    await settle();
    expect(world.roomHeard().at(-1)).toContain('host-ended-conference');
    await world.restart();
    expect(outcomes(world)).toEqual(['host-ended', 'host-ended']);
    expect(world.store.conferenceRecords({ limit: 10 })).toMatchObject([{ outcome: 'host-ended' }]);
  });

  it('survives dying again and again', async () => {
    for (let time = 0; time < 5; time += 1) await world.restart();
    world.press(guest, '*6');
    await settle();
    expect(world.endpoint(guest).muted).toBe(true);
    await world.hangUp(host);
    await world.hangUp(guest);
    expect(outcomes(world)).toEqual(['completed', 'completed']);
    expect(world.clock.pending).toBe(0);
  });
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

describe('what is stored', () => {
  it('has neither PINs nor SDP in it', async () => {
    await world.inConference(HOST_PIN);
    const text = JSON.stringify([world.store.live('call'), world.store.live('conference')]);
    expect(text).not.toContain(HOST_PIN);
    expect(text).not.toContain('v=0');
    expect(world.store.live('call')).toHaveLength(1);
  });

  it('is nothing of calls that die with the process', async () => {
    world = new World();
    await world.bridge.start();
    await world.inConference(HOST_PIN);
    expect(stored(world)).toEqual([]);
  });

  it('by an engine that kept its calls is recorded as failed where the engine keeps none', async () => {
    await world.inConference(HOST_PIN);
    world.crash();
    world.signaling.keeps = false;
    await world.restart();
    expect(outcomes(world)).toEqual(['failed']);
    expect(world.store.conferenceRecords({ limit: 10 })[0]?.outcome).not.toBeNull();
    expect(stored(world)).toEqual([]);
  });

  it('is written in one transaction for all that happens at once', async () => {
    await world.inConference(HOST_PIN);
    const guest = await world.inConference(GUEST_PIN);
    const written: number[] = [];
    const save = world.store.saveLive.bind(world.store);
    world.store.saveLive = (changes) => {
      written.push(changes.length);
      save(changes);
    };
    world.press(guest, '*6');
    await settle();
    expect(written).toEqual([2]);
  });

  it('is tried again with the next change when the store fails, which is logged once and ends no call', async () => {
    const host = await world.inConference(HOST_PIN);
    const save = world.store.saveLive.bind(world.store);
    world.store.saveLive = () => {
      throw new Error('disk full');
    };
    for (const keys of ['*6', '*6', '*6']) {
      world.press(host, keys);
      await settle();
    }
    expect(world.lines.filter((line) => line.includes('disk full'))).toHaveLength(1);
    world.store.saveLive = save;
    world.press(host, '*#');
    await settle();
    await world.restart();
    expect(world.endpoint(host)).toMatchObject({ room: 'conference-a1', muted: true });
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
