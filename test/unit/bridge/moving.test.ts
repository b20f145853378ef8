import { beforeEach, describe, expect, it } from 'vitest';
import { CallGone, ReofferRefused } from '../../../src/ports/signaling.js';
import type { FakeCall } from '../../fakes/fake-signaling.js';
import { GUEST_PIN, HOST_PIN, settle, World } from './world.js';
import { outcomes } from './left-behind.js';
import { place, mixers } from './places.js';

let world: World;

beforeEach(async () => {
  world = new World();
  world.media.names = ['m1', 'm2'];
  await world.bridge.start();
});

describe('a mixer dies under a conference: its callers', () => {
  let host: FakeCall;
  let guest: FakeCall;
  let first: string;
  let second: string;

  beforeEach(async () => {
    world = new World(100, { durationLimitSeconds: 120 });
    world.media.names = ['m1', 'm2'];
    await world.bridge.start();
    host = await world.inConference(HOST_PIN);
    guest = await world.inConference(GUEST_PIN);
    [first, second] = mixers(world);
  });

  it('are re-offered onto another, in the room as they were, and the room hears one short tone', async () => {
    world.press(guest, '*6');
    await settle();
    await world.listen(guest);
    const before = [world.endpoint(host), world.endpoint(guest)];
    world.media.kill(first);
    await settle();
    expect(place(world, host)).toEqual({ inRoom: true, mixer: second, muted: false });
    expect(place(world, guest)).toEqual({ inRoom: true, mixer: second, muted: true });
    expect(guest.reoffers.at(-1)).toBe(world.endpoint(guest).localSdp);
    expect(before.every(({ closed }) => closed)).toBe(true);
    expect(world.roomHeard().filter((sounds) => sounds === 'tone-moved')).toHaveLength(1);
    expect(world.bridge.status()).toMatchObject({ calls: 2, callsBeingMoved: 0, callsMoved: 2 });
    world.press(host, '*7');
    await settle();
    expect(world.roomHeard().at(-1)).toBe('conference-now-locked');
    await world.listenInRooms();
    expect(world.clock.pending).toBe(1);
  });

  it('hear again what they had not heard to its end, and not what they had', async () => {
    world.press(guest, '*#');
    await settle();
    world.press(host, '*#');
    await settle();
    await world.listen(host);
    world.media.kill(first);
    await settle();
    expect(world.endpoint(guest).log).toEqual(['join', 'play 2 + callers-in-conference']);
    expect(world.endpoint(host).log).toEqual(['join']);
    world.endpoint(guest).finish();
    world.media.down.clear();
    world.media.kill(second);
    await settle();
    expect(world.endpoint(guest).log).toEqual(['join']);
  });

  it('are moved again when the next mixer dies too', async () => {
    world.media.kill(first);
    world.media.down.delete(first);
    world.media.kill(second);
    await settle();
    expect([place(world, host).mixer, place(world, guest).mixer]).toEqual([first, first]);
    expect([place(world, host).inRoom, place(world, guest).inRoom]).toEqual([true, true]);
    expect(outcomes(world)).toEqual([]);
  });

  it('start over when the next mixer dies while they are being moved to it', async () => {
    let answer: (sdp: string) => void = () => undefined;
    guest.answerReoffer = () =>
      new Promise((resolve) => {
        answer = resolve;
      });
    world.media.kill(first);
    await settle();
    const lost = world.endpoint(guest);
    guest.answerReoffer = () => Promise.resolve('v=0');
    world.media.down.delete(first);
    world.media.kill(second);
    answer('v=0');
    await settle();
    expect(lost.closed).toBe(true);
    expect(place(world, guest)).toEqual({ inRoom: true, mixer: first, muted: false });
    expect(place(world, host).inRoom).toBe(true);
    expect(world.media.open()).toHaveLength(2);
  });

  it('who refuse the re-offer are asked once more within a second, then let go as lost with their mixer', async () => {
    guest.answerReoffer = () => Promise.reject(new ReofferRefused(500));
    world.media.kill(first);
    await settle();
    expect(guest.hungUp).toBe(false);
    expect(guest.reoffers).toHaveLength(2);
    await world.wait(1_000);
    expect(guest.reoffers).toHaveLength(3);
    expect(guest.hungUp).toBe(true);
    expect(outcomes(world)).toEqual(['mixer-lost']);
    expect(world.media.open().map(({ callId }) => callId)).toEqual([host.id]);
  });

  it('who take the second re-offer go on', async () => {
    const refused = guest.reoffers.length;
    guest.answerReoffer = () =>
      guest.reoffers.length === refused + 1 ? Promise.reject(new ReofferRefused(500)) : Promise.resolve('v=0');
    world.media.kill(first);
    await world.wait(1_000);
    expect(place(world, guest).inRoom).toBe(true);
    expect(world.roomHeard().filter((sounds) => sounds === 'tone-moved')).toHaveLength(1);
  });

  it('whose dialog is gone are line lost; those who hang up meanwhile have completed their call', async () => {
    guest.answerReoffer = () => Promise.reject(new CallGone('481'));
    host.answerReoffer = () => new Promise(() => undefined);
    world.media.kill(first);
    await settle();
    expect(outcomes(world)).toEqual(['line-lost']);
    await world.hangUp(host);
    expect(outcomes(world).toSorted()).toEqual(['completed', 'line-lost']);
    expect(world.bridge.status()).toMatchObject({ calls: 0, conferences: 0, callsBeingMoved: 0 });
    await world.wait(40_000);
    expect(world.clock.pending).toBe(0);
  });

  it('wait up to 20 s for a mixer that is started again', async () => {
    world.media.kill(second);
    world.media.kill(first);
    await world.wait(15_000);
    expect(world.bridge.status().callsBeingMoved).toBe(2);
    world.media.down.delete(first);
    await world.wait(1_100);
    expect(place(world, host)).toEqual({ inRoom: true, mixer: first, muted: false });
    expect(place(world, guest).inRoom).toBe(true);
    expect(outcomes(world)).toEqual([]);
  });

  it('are let go when there is none for 20 s', async () => {
    world.media.kill(second);
    world.media.kill(first);
    await world.wait(22_000);
    expect(outcomes(world)).toEqual(['mixer-lost', 'mixer-lost']);
    expect([host.hungUp, guest.hungUp]).toEqual([true, true]);
    expect(world.bridge.status()).toMatchObject({ calls: 0, conferences: 0 });
    expect(world.clock.pending).toBe(0);
  });

  it('can key meanwhile: who mutes himself is muted on the new mixer, and hears so there', async () => {
    let answer: (sdp: string) => void = () => undefined;
    guest.answerReoffer = () =>
      new Promise((resolve) => {
        answer = resolve;
      });
    world.media.kill(first);
    await settle();
    world.press(guest, '*6');
    await settle();
    answer('v=0');
    await settle();
    expect(place(world, guest)).toMatchObject({ inRoom: true, muted: true });
    expect(world.endpoint(guest).log.at(-1)).toContain('you-are-muted');
  });

  it('hear the farewell after the move when the host ends the conference meanwhile, then are hung up', async () => {
    let answer: (sdp: string) => void = () => undefined;
    guest.answerReoffer = () =>
      new Promise((resolve) => {
        answer = resolve;
      });
    world.clock.advance(100_000);
    world.media.kill(first);
    await world.wait(20_000);
    answer('v=0');
    await settle();
    expect(world.endpoint(guest)).toMatchObject({ room: null, mixer: second });
    expect(world.endpoint(guest).log.at(-1)).toContain('time-limit-reached');
    world.endpoint(guest).finish();
    await settle();
    expect(guest.hungUp).toBe(true);
  });

  it('hear the tone after five seconds even if one of them does not answer the re-offer', async () => {
    guest.answerReoffer = () => new Promise(() => undefined);
    world.media.kill(first);
    await world.wait(4_900);
    expect(world.roomHeard()).not.toContain('tone-moved');
    await world.wait(200);
    expect(world.roomHeard().filter((sounds) => sounds === 'tone-moved')).toHaveLength(1);
    await world.wait(60_000);
    expect(outcomes(world)).toEqual(['line-lost']);
    expect(world.roomHeard().filter((sounds) => sounds === 'tone-moved')).toHaveLength(1);
  });
});

describe('the answer to the re-offer', () => {
  it('is given to the new endpoint when it says something new, not when only its origin line does', async () => {
    world.signaling.offer = 'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\nm=audio 4000';
    const same = await world.inConference(HOST_PIN);
    const other = await world.inConference(GUEST_PIN);
    const [first] = mixers(world);
    const again = 'v=0\r\no=- 1 2 IN IP4 192.0.2.1\r\nm=audio 4000\r\n';
    same.answerReoffer = () => Promise.resolve(again);
    other.answerReoffer = () => Promise.resolve(again.replace('4000', '5000'));
    world.media.kill(first);
    await settle();
    expect(world.endpoint(same).remote).toHaveLength(1);
    expect(world.endpoint(other).remote.slice(1)).toEqual([again.replace('4000', '5000')]);
  });

  it('is what the next endpoint is made from', async () => {
    const call = await world.inConference(HOST_PIN);
    const [first, second] = mixers(world);
    call.answerReoffer = () => Promise.resolve('v=0 elsewhere');
    world.media.kill(first);
    await settle();
    world.media.down.clear();
    world.media.kill(second);
    await settle();
    expect(world.endpoint(call).remote[0]).toBe('v=0 elsewhere');
  });
});
