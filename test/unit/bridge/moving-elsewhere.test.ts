import { beforeEach, describe, expect, it } from 'vitest';
import type { CallId } from '../../../src/domain/identifiers.js';
import { ReofferRefused } from '../../../src/ports/signaling.js';
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

describe('a caller outside the room whose mixer dies', () => {
  it('waits on with hold music', async () => {
    const guest = await world.inConference(GUEST_PIN);
    world.media.kill(world.endpoint(guest).mixer);
    await settle();
    expect(world.endpoint(guest).log).toEqual(['play music (loop)']);
    expect(world.roomHeard()).toEqual([]);
  });

  it('goes on keying the PIN', async () => {
    const call = await world.answered();
    world.clock.advance(400);
    await settle();
    world.press(call, HOST_PIN.slice(0, 4));
    world.media.kill(world.endpoint(call).mixer);
    await settle();
    world.press(call, HOST_PIN.slice(4));
    await settle();
    await world.listen(call);
    expect(place(world, call).inRoom).toBe(true);
  });

  it('is taken in on the new one although the old one froze while taking him in', async () => {
    const call = await world.answered();
    world.clock.advance(400);
    await settle();
    world.press(call, HOST_PIN);
    await settle();
    const old = world.endpoint(call);
    world.media.rooms.set([...world.media.rooms.keys()][0] ?? ('conference-a1' as never), old.mixer);
    await settle();
    old.finish();
    old.frozen = true;
    await settle();
    await world.wait(5_000);
    expect(place(world, call).inRoom).toBe(false);
    world.media.down.add(old.mixer);
    world.media.lose(old);
    await settle();
    expect(place(world, call).inRoom).toBe(true);
    world.press(call, '*#');
    await settle();
    expect(world.endpoint(call).log.at(-1)).toContain('you-are-the-only-one');
  });
});

describe('a caller who waited on another mixer than the conference is on', () => {
  it('is re-offered onto its mixer before the room is joined; no tone is heard, no loss counted', async () => {
    const guest = await world.inConference(GUEST_PIN);
    const host = await world.inConference(HOST_PIN);
    await world.listen(guest);
    await settle();
    expect(place(world, guest)).toEqual(place(world, host));
    expect(place(world, guest).inRoom).toBe(true);
    expect(guest.reoffers.length + host.reoffers.length).toBe(1);
    expect(world.media.open()).toHaveLength(2);
    expect(world.roomHeard()).not.toContain('tone-moved');
    expect(world.bridge.status().callsMoved).toBe(0);
  });

  it('is let go as failed when the re-offer is refused twice', async () => {
    world.media.names = ['m1'];
    const guest = await world.inConference(GUEST_PIN);
    world.media.names = ['m2', 'm1'];
    world.media.rooms.set('conference-a1' as never, 'm2');
    guest.answerReoffer = () => Promise.reject(new ReofferRefused(488));
    await world.inConference(HOST_PIN);
    await world.listen(guest);
    await world.wait(1_000);
    expect(guest.reoffers).toHaveLength(2);
    expect(outcomes(world)).toEqual(['failed']);
    expect(world.media.open()).toHaveLength(1);
  });
});

describe('a re-offer of a caller who is being moved', () => {
  it('waits for the new endpoint and is answered with it: nothing is re-offered then', async () => {
    const host = await world.inConference(HOST_PIN);
    world.media.kill('m1');
    world.media.kill('m2');
    await settle();
    const before = host.reoffers.length;
    const answered = world.signaling.listener.mediaOffered(host.id, 'v=0 hold');
    await world.wait(3_000);
    world.media.down.delete('m2');
    await world.wait(1_000);
    expect(await answered).toBe(world.endpoint(host).localSdp);
    expect(world.endpoint(host).remote).toEqual(['v=0 hold']);
    expect(host.reoffers).toHaveLength(before);
  });

  it('that crosses ours is answered by the new endpoint afterwards', async () => {
    const host = await world.inConference(HOST_PIN);
    const [first] = mixers(world);
    let answer: (sdp: string) => void = () => undefined;
    host.answerReoffer = () =>
      new Promise((resolve) => {
        answer = resolve;
      });
    world.media.kill(first);
    await settle();
    const answered = world.signaling.listener.mediaOffered(host.id, 'v=0 hold');
    answer('v=0');
    await settle();
    expect(await answered).toMatch(/^v=0 again/);
    expect(world.endpoint(host).remote).toEqual(['v=0', 'v=0 hold']);
  });

  it('is not left without an answer when no mixer comes back', async () => {
    const host = await world.inConference(HOST_PIN);
    world.media.kill('m1');
    world.media.kill('m2');
    const answered = world.signaling.listener.mediaOffered(host.id, 'v=0 hold').then(
      () => 'answered',
      () => 'refused',
    );
    await world.wait(8_100);
    expect(await answered).toBe('refused');
  });

  it('whose mixer dies while it answers is answered by the next one', async () => {
    const host = await world.inConference(HOST_PIN);
    const before = host.reoffers.length;
    world.endpoint(host).frozen = true;
    const answered = world.signaling.listener.mediaOffered(host.id, 'v=0 hold');
    await settle();
    world.media.kill(world.endpoint(host).mixer);
    await settle();
    expect(await answered).toMatch(/^v=0 again/);
    expect(world.endpoint(host).remote).toEqual(['v=0', 'v=0 hold']);
    expect(host.reoffers).toHaveLength(before);
  });
});

describe('a mixer that dies while a call is set up', () => {
  it('after the answer, before the ACK: the call gets another endpoint', async () => {
    const call = world.signaling.invite();
    await settle();
    world.media.kill(world.endpoint(call).mixer);
    call.acknowledge();
    await settle();
    expect(call.reoffers).toEqual([world.endpoint(call).localSdp]);
    world.clock.advance(400);
    await settle();
    expect(world.endpoint(call).log[0]).toContain('enter-pin');
    expect(world.media.open()).toHaveLength(1);
  });

  it('before the answer: another endpoint is answered with', async () => {
    const createEndpoint = world.media.createEndpoint.bind(world.media);
    let made = 0;
    world.media.createEndpoint = async (request) => {
      const endpoint = await createEndpoint(request);
      made += 1;
      if (made === 1) world.media.kill(endpoint.mixer);
      return endpoint;
    };
    const call = world.signaling.invite();
    await settle();
    expect(call.answeredWith).toBe(world.endpoint(call).localSdp);
    expect(world.endpoint(call).lost).toBe(false);
    expect(made).toBe(2);
  });
});

describe('a caller whom the mixer takes out of the room', () => {
  const kick = async (call: FakeCall): Promise<void> => {
    const endpoint = world.endpoint(call);
    const { room } = endpoint;
    if (room === null) throw new Error('not in a room');
    endpoint.room = null;
    world.media.listener.roomLeft(call.id, room);
    await settle();
  };

  it('is put back, muted as before', async () => {
    const host = await world.inConference(HOST_PIN);
    world.press(host, '*6');
    await settle();
    await kick(host);
    expect(place(world, host)).toMatchObject({ inRoom: true, muted: true });
  });

  it('again and again is let go in the end', async () => {
    const host = await world.inConference(HOST_PIN);
    for (let time = 0; time < 5; time += 1) await kick(host);
    expect(place(world, host).inRoom).toBe(true);
    await kick(host);
    expect(outcomes(world)).toEqual(['failed']);
  });

  it('and back only by the third try is in', async () => {
    const host = await world.inConference(HOST_PIN);
    world.endpoint(host).refuseJoin = true;
    await kick(host);
    await world.wait(600);
    world.endpoint(host).refuseJoin = false;
    await world.wait(600);
    expect(place(world, host).inRoom).toBe(true);
  });
});

describe('many callers of a mixer that dies', () => {
  it('are re-offered fifty at a time', async () => {
    world = new World(200);
    world.media.names = ['m1', 'm2'];
    await world.bridge.start();
    const calls: FakeCall[] = [];
    for (let n = 0; n < 120; n += 1) {
      const call = world.signaling.invite();
      calls.push(call);
      await settle();
      call.acknowledge();
    }
    await settle();
    let open = 0;
    let most = 0;
    const answers: (() => void)[] = [];
    for (const call of calls) {
      call.answerReoffer = () => {
        open += 1;
        most = Math.max(most, open);
        return new Promise((resolve) => {
          answers.push(() => {
            open -= 1;
            resolve('v=0');
          });
        });
      };
    }
    const lost = world.media.open().filter(({ mixer }) => mixer === 'm1').length;
    world.media.kill('m1');
    world.media.down.delete('m1');
    world.media.kill('m2');
    await settle();
    expect(open).toBe(50);
    for (let turn = 0; turn < 10; turn += 1) {
      for (const answer of answers.splice(0)) answer();
      await settle();
    }
    expect(most).toBe(50);
    expect(lost).toBe(60);
    expect(world.bridge.status()).toMatchObject({ calls: 120, callsBeingMoved: 0, callsMoved: 120 });
    const ids = new Set<CallId>(world.media.open().map(({ callId }) => callId));
    expect(ids.size).toBe(120);
  });
});
