import { beforeEach, describe, expect, it } from 'vitest';
import { MediaNotAcceptable } from '../../../src/ports/media.js';
import { MediaOfferRefused, ReofferRefused } from '../../../src/ports/signaling.js';
import { GUEST_PIN, HOST_PIN, settle, World } from './world.js';

const outcomes = (world: World): readonly string[] => world.records().map(({ outcome }) => outcome);
const never = <T>(): Promise<T> => new Promise(() => undefined);

let world: World;

beforeEach(async () => {
  world = new World().keep('m1', 'm2');
  await world.bridge.start();
});

describe('a caller whose mixer dies', () => {
  it('and who offers meanwhile what no mixer can take is refused that, and moved', async () => {
    const host = await world.inConference(HOST_PIN);
    const createEndpoint = world.media.createEndpoint.bind(world.media);
    world.media.createEndpoint = (request) =>
      request.offer === 'v=0 bad' ? Promise.reject(new MediaNotAcceptable('no codec')) : createEndpoint(request);
    world.media.kill('m1');
    world.media.kill('m2');
    await settle();
    const answered = world.signaling.listener.mediaOffered(host.id, 'v=0 bad').then(
      () => null,
      (error: unknown) => error,
    );
    world.media.down.clear();
    await world.wait(2_000);
    expect(await answered).toBeInstanceOf(MediaOfferRefused);
    expect(outcomes(world)).toEqual([]);
    expect(world.endpoint(host)).toMatchObject({ room: 'conference-a1', lost: false });
  });

  it('while he is to be brought to that of his room is moved once, to where he is heard', async () => {
    await world.inConference(HOST_PIN);
    const [on] = [...world.media.rooms.values()];
    world.media.names = ['m1', 'm2', 'm3'];
    const guest = await world.answered();
    world.clock.advance(400);
    await settle();
    const seat = world.endpoint(guest);
    expect(seat.mixer).not.toBe(on);
    guest.answerReoffer = () => Promise.reject(new ReofferRefused(500));
    world.press(guest, GUEST_PIN);
    await settle();
    seat.finish();
    await settle();
    expect(guest.reoffers).toHaveLength(1);
    // In the pause before the second try the far end becomes slow, and his own mixer dies.
    const answers: (() => void)[] = [];
    guest.answerReoffer = () => new Promise((resolve) => answers.push(() => resolve('v=0')));
    world.media.kill(seat.mixer);
    await world.wait(1_000);
    expect(answers).toHaveLength(1);
    for (const answer of answers) answer();
    await world.wait(1_000);
    expect(guest.reoffers.at(-1)).toBe(world.endpoint(guest).localSdp);
    expect(world.endpoint(guest)).toMatchObject({ mixer: on, room: 'conference-a1' });
    expect(world.media.open().filter(({ callId }) => callId === guest.id)).toHaveLength(1);
  });

  it('and who hangs up while he waits his turn gets no endpoint any more', async () => {
    world = new World(200).keep('m1', 'm2');
    await world.bridge.start();
    const calls = [];
    for (let n = 0; n < 60; n += 1) calls.push(await world.answered());
    for (const call of calls) call.answerReoffer = never;
    world.media.kill('m1');
    world.media.down.delete('m1');
    world.media.kill('m2');
    await settle();
    const waiting = calls.filter(({ reoffers }) => reoffers.length === 0);
    expect(waiting).toHaveLength(10);
    for (const call of waiting) await world.hangUp(call);
    const made = world.media.all.length;
    await world.wait(2_100);
    expect(world.media.all).toHaveLength(made);
  });
});

describe('an endpoint that is just answering an offer', () => {
  it('has answered it before the far end is offered another one', async () => {
    await world.inConference(HOST_PIN);
    const [on] = [...world.media.rooms.values()];
    const guest = await world.answered();
    world.clock.advance(400);
    await settle();
    const seat = world.endpoint(guest);
    expect(seat.mixer).not.toBe(on);
    world.press(guest, GUEST_PIN);
    await settle();
    let answer: (sdp: string) => void = () => undefined;
    seat.renegotiate = () =>
      new Promise((resolve) => {
        answer = resolve;
      });
    const answered = world.signaling.listener.mediaOffered(guest.id, 'v=0 elsewhere');
    guest.answerReoffer = () => Promise.resolve('v=0 elsewhere');
    await settle();
    seat.finish();
    await settle();
    expect(guest.reoffers).toEqual([]);
    answer('v=0 answer');
    await settle();
    expect(await answered).toBe('v=0 answer');
    expect(guest.reoffers).toEqual([world.endpoint(guest).localSdp]);
    expect(world.endpoint(guest)).toMatchObject({ mixer: on, room: 'conference-a1' });
    expect(world.endpoint(guest).remote.at(-1)).toBe('v=0 elsewhere');
  });
});

describe('a caller who is brought to the mixer of his room', () => {
  it('when the conference ends hears the farewell: he does not enter the room for a moment, which is placed nowhere then', async () => {
    world = new World(100, { hostLeaves: 'end' }).keep('m1', 'm2');
    await world.bridge.start();
    const host = await world.inConference(HOST_PIN);
    const guest = await world.answered();
    world.clock.advance(400);
    await settle();
    world.press(guest, GUEST_PIN);
    await settle();
    let refuse: () => void = () => undefined;
    guest.answerReoffer = () =>
      new Promise((_, reject) => {
        refuse = () => reject(new ReofferRefused(500));
      });
    const seat = world.endpoint(guest);
    seat.finish();
    await settle();
    world.clock.advance(5_000);
    world.press(host, '##');
    await settle();
    world.clock.advance(15_000);
    await settle();
    expect(world.bridge.status()).toMatchObject({ calls: 1, conferences: 0 });
    refuse();
    await world.wait(1_000);
    expect(seat.log.at(-1)).toContain('host-ended-conference');
    expect(world.media.all.filter(({ callId }) => callId === guest.id).flatMap(({ log }) => log)).not.toContain('join');
    expect(world.media.rooms.size).toBe(0);
  });
});
