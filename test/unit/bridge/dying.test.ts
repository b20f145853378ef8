import { beforeEach, describe, expect, it } from 'vitest';
import type { ConferenceId } from '../../../src/domain/identifiers.js';
import { MediaExhausted, type MediaEndpoint } from '../../../src/ports/media.js';
import type { FakeEndpoint } from '../../fakes/fake-media.js';
import type { FakeCall } from '../../fakes/fake-signaling.js';
import { GUEST_PIN, HOST_PIN, settle, World } from './world.js';

const outcomes = (world: World): readonly string[] => world.records().map(({ outcome }) => outcome);
const never = <T>(): Promise<T> => new Promise(() => undefined);

let world: World;

beforeEach(async () => {
  world = new World().keep('m1', 'm2');
  await world.bridge.start();
});

describe('the process dies', () => {
  it('in the moment its answer leaves: the next one goes on with the call', async () => {
    const call = world.signaling.invite();
    const answer = call.answer.bind(call);
    call.answer = (sdp) => {
      const acknowledged = answer(sdp);
      world.crash();
      return acknowledged;
    };
    await settle();
    await world.restart();
    await world.wait(400);
    expect(call.hungUp).toBe(false);
    expect(world.endpoint(call).log.at(-1)).toContain('enter-pin');
    await world.hangUp(call);
    expect(outcomes(world)).toEqual(['abandoned']);
  });

  it('while an ended call still releases its endpoint: its record is written, nothing is left of it', async () => {
    const host = await world.inConference(HOST_PIN);
    world.endpoint(host).close = never;
    const at = world.clock.wall();
    host.ended = { lineLost: false, at };
    await world.hangUp(host);
    expect(world.records()).toEqual([]);
    world.crash();
    Reflect.deleteProperty(world.endpoint(host), 'close');
    world.clock.advance(1_000);
    await world.restart();
    expect(world.records()).toMatchObject([{ id: host.id, outcome: 'completed', endedAt: at, role: 'host' }]);
    expect(world.bridge.status()).toMatchObject({ calls: 0, conferences: 0 });
    expect(world.store.live('call')).toEqual([]);
  });

  it('while a call that it ends is not hung up yet: it is hung up', async () => {
    const host = await world.inConference(HOST_PIN);
    world.endpoint(host).close = never;
    host.hangUp = never;
    world.endpoint(host).setMuted = () => Promise.reject(new Error('mixer says no'));
    world.press(host, '*6');
    await settle();
    world.crash();
    Reflect.deleteProperty(host, 'hangUp');
    Reflect.deleteProperty(world.endpoint(host), 'close');
    await world.restart();
    expect(host.hungUp).toBe(true);
    expect(outcomes(world)).toEqual(['failed']);
  });

  it('again while calls are taken back: they keep the endpoints they have', async () => {
    const host = await world.inConference(HOST_PIN);
    const endpoint = world.endpoint(host);
    world.crash();
    world.media.adopt = never;
    void world.restart();
    await world.wait(500);
    world.crash();
    Reflect.deleteProperty(world.media, 'adopt');
    const before = host.reoffers.length;
    await world.restart();
    expect(world.endpoint(host)).toBe(endpoint);
    expect(endpoint).toMatchObject({ closed: false, room: 'conference-a1' });
    expect(host.reoffers).toHaveLength(before);
  });

  it('and again with the mixer of an endpoint that is just taken back: the call gets one endpoint more', async () => {
    const host = await world.inConference(HOST_PIN);
    const seat = world.endpoint(host);
    world.crash();
    seat.join = never;
    await world.restart();
    const made = world.media.all.length;
    world.media.kill(seat.mixer);
    await settle();
    expect(world.media.all).toHaveLength(made + 1);
    expect(world.endpoint(host).room).toBe('conference-a1');
  });

  describe('while a caller is brought to the mixer of his room', () => {
    let guest: FakeCall;
    let seat: FakeEndpoint;
    let room: ConferenceId;
    let on: string;

    beforeEach(async () => {
      await world.inConference(HOST_PIN);
      [[room, on]] = [...world.media.rooms] as [[ConferenceId, string]];
      guest = await world.answered();
      world.clock.advance(400);
      await settle();
      seat = world.endpoint(guest);
      expect(seat.mixer).not.toBe(on);
      world.press(guest, GUEST_PIN);
      await settle();
    });

    const isTakenInThere = (): void => {
      expect(seat.log).not.toContain('join');
      expect(world.endpoint(guest)).toMatchObject({ mixer: on, room });
      expect(world.roomHeard()).not.toContain('tone-moved');
      expect(outcomes(world)).toEqual([]);
    };

    it('which has no place yet: the next one brings him there before he joins', async () => {
      const placeRoom = world.media.placeRoom.bind(world.media);
      world.media.placeRoom = () => {
        throw new MediaExhausted('no mixer');
      };
      seat.finish();
      await settle();
      world.crash();
      world.media.placeRoom = placeRoom;
      await world.restart();
      isTakenInThere();
    });

    it('and is just re-offered: he comes in there, and the room does not hear that it was moved', async () => {
      guest.answerReoffer = never;
      seat.finish();
      await settle();
      world.crash();
      guest.answerReoffer = () => Promise.resolve('v=0');
      await world.restart();
      isTakenInThere();
    });
  });
});

describe('a mixer that is found only while calls are taken back', () => {
  it('keeps the rooms that are there: newcomers come to those who are in', async () => {
    const host = await world.inConference(HOST_PIN);
    const { mixer } = world.endpoint(host);
    world.crash();
    world.media.down.add(mixer);
    const takeBack = world.signaling.takeBack.bind(world.signaling);
    world.signaling.takeBack = (asked) => {
      world.media.down.clear();
      return takeBack(asked);
    };
    await world.restart();
    const guest = await world.inConference(GUEST_PIN);
    expect(world.endpoint(guest).room).toBe('conference-a1');
    expect(world.endpoint(host)).toMatchObject({ room: 'conference-a1', mixer: world.endpoint(guest).mixer });
    expect(world.media.open()).toHaveLength(2);
  });
});

describe('a signalling that gives calls back too late', () => {
  it('has them hung up: their records are written, and nobody is in charge of them', async () => {
    const host = await world.inConference(HOST_PIN);
    world.crash();
    const takeBack = world.signaling.takeBack.bind(world.signaling);
    world.signaling.takeBack = async (asked) => {
      await new Promise<void>((resolve) => void world.clock.after(16_000, resolve));
      return takeBack(asked);
    };
    void world.restart();
    await world.wait(17_000);
    expect(world.records()).toMatchObject([
      { outcome: 'failed', role: 'host', accountId: 'a1', conferenceRecordId: 1 },
    ]);
    expect(world.records()[0]?.joinedAt).not.toBeNull();
    expect(host.hungUp).toBe(true);
  });
});

describe('a hand-over', () => {
  it('between answer and ACK leaves the call its endpoint and writes no record', async () => {
    const call = world.signaling.invite();
    await settle();
    const endpoint = world.endpoint(call);
    // With its connection the process that lets go loses the answer it waits for.
    world.signaling.release = () => {
      call.abandon();
      return Promise.resolve();
    };
    await world.bridge.handOver();
    await settle();
    expect(endpoint.closed).toBe(false);
    expect(call.hungUp).toBe(false);
    expect(world.records()).toEqual([]);
    await world.restart();
    await world.wait(400);
    expect(endpoint.log.at(-1)).toContain('enter-pin');
    await world.hangUp(call);
    expect(outcomes(world)).toEqual(['abandoned']);
  });

  it('before the answer neither refuses the call nor records it', async () => {
    let fail: (error: Error) => void = () => undefined;
    world.media.createEndpoint = () =>
      new Promise<MediaEndpoint>((_, reject) => {
        fail = reject;
      });
    const call = world.signaling.invite();
    await settle();
    await world.bridge.handOver();
    fail(new Error('let go'));
    await settle();
    expect(call.refusal).toBeNull();
    expect(world.records()).toEqual([]);
  });

  it('while an endpoint of an ended call is released leaves its record to the next process', async () => {
    const host = await world.inConference(HOST_PIN);
    world.endpoint(host).close = never;
    host.ended = { lineLost: false, at: world.clock.wall() };
    await world.hangUp(host);
    await world.bridge.handOver();
    await world.wait(4_000);
    Reflect.deleteProperty(world.endpoint(host), 'close');
    await world.restart();
    expect(outcomes(world)).toEqual(['completed']);
    expect(world.store.live('call')).toEqual([]);
  });
});
