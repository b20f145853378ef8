import { beforeEach, describe, expect, it } from 'vitest';
import type { FakeCall } from '../../fakes/fake-signaling.js';
import { GUEST_PIN, HOST_PIN, settle, World } from './world.js';
import { outcomes, stored } from './left-behind.js';

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
