import { describe, expect, it } from 'vitest';
import { conferenceId } from '../../../src/domain/identifiers.js';
import { MediaOfferTooSoon } from '../../../src/ports/signaling.js';
import type { FakeCall, FakePlacedCall } from '../../fakes/fake-signaling.js';
import { HOST_PIN, settle } from './world.js';
import { aside, Dialling, NUMBER } from './dialling.js';

describe('a call placed for a host', () => {
  it('is sent to the trunk with our offer, and the host goes aside to hear it', async () => {
    const world = await Dialling.open();
    const conference = world.room;
    const call = await world.dial();
    expect(call?.request).toMatchObject({
      target: { transport: 'udp', host: '127.0.0.1', port: 5090 },
      user: NUMBER,
      callerNumber: '442071230000',
      credentials: { username: 'bridge' },
      localSdp: 'v=0 local',
    });
    expect(world.room).toBe(`${conference}/aside-1`);
    expect(world.endpoint(call as FakeCall).remote).toEqual([null]);
    expect(world.lines.join('\n')).not.toContain(NUMBER);
    expect(world.lines.join('\n')).not.toContain('the password');
  });

  it('rings in the ears of the host alone, again and again, until it is answered', async () => {
    const world = await Dialling.open();
    const call = await world.dial();
    call?.ringBack();
    const rings = () => world.media.roomPlays.filter(({ items }) => items[0]?.path === 'tone-ringing');
    expect(rings()).toHaveLength(1);
    expect(rings()[0]?.room).toMatch(aside);
    const first = rings()[0];
    if (first === undefined) throw new Error('no ring');
    world.media.listener.roomPlayFinished(first.room, first.playId, 'failed');
    world.clock.advance(500);
    expect(rings()).toHaveLength(2);
    const second = rings()[1];
    if (second !== undefined) world.media.listener.roomPlayFinished(second.room, second.playId, 'completed');
    world.clock.advance(1_900);
    expect(rings()).toHaveLength(2);
    world.clock.advance(200);
    expect(rings()).toHaveLength(3);
    call?.pickUp();
    await settle();
    const third = rings()[2];
    if (third !== undefined) world.media.listener.roomPlayFinished(third.room, third.playId, 'completed');
    world.clock.advance(10_000);
    expect(rings()).toHaveLength(3);
  });

  it('lets the host hear early media instead, also where they come after ringing', async () => {
    const world = await Dialling.open();
    const call = await world.dial();
    if (call === undefined) throw new Error('no call');
    call.ringBack(180);
    call.ringBack(183, 'v=0 early');
    await settle();
    const endpoint = world.endpoint(call);
    expect(endpoint.remote).toEqual([null, 'v=0 early']);
    expect(endpoint.room).toBe(world.room);
    const [ring] = world.media.roomPlays.filter(({ items }) => items[0]?.path === 'tone-ringing');
    if (ring !== undefined) world.media.listener.roomPlayFinished(ring.room, ring.playId, 'completed');
    world.clock.advance(5_000);
    expect(world.media.roomPlays.filter(({ items }) => items[0]?.path === 'tone-ringing')).toHaveLength(1);
    call.pickUp('v=0 far');
    await settle();
    expect(endpoint.remote).toEqual([null, 'v=0 early', 'v=0 far']);
    expect(endpoint.room).toBe(world.room);
  });

  it('is in the room aside once answered, and in the conference once brought in; its record says so', async () => {
    const world = await Dialling.open();
    const conference = world.room;
    const call = await world.talkingAside();
    const endpoint = world.endpoint(call);
    expect(endpoint.room).toMatch(aside);
    expect(endpoint.room).toBe(world.room);
    world.clock.advance(10_000);
    world.press(world.host, '*2');
    await settle();
    await world.listen(call);
    await world.listen(world.host);
    await settle();
    expect([endpoint.room, world.room]).toEqual([conference, conference]);
    call.leave();
    await settle();
    const record = world.out;
    expect(record).toMatchObject({
      direction: 'out',
      trunk: 'carrier',
      dialled: '***000',
      caller: '442071230000',
      role: 'guest',
      accountId: 'a1',
      outcome: 'completed',
      sipCallId: call.sipCallId,
    });
    expect(record?.joinedAt).not.toBeNull();
    expect(record?.conferenceRecordId).not.toBeNull();
    expect(world.bridge.status().calls).toBe(1);
  });

  it.each([
    ['rings', 'CANCEL', () => undefined],
    ['was answered', 'BYE', (call: FakePlacedCall) => call.pickUp()],
  ])('is given up by the host while it %s: %s', async (_when, _how, before) => {
    const world = await Dialling.open();
    const conference = world.room;
    const call = await world.dial();
    if (call === undefined) throw new Error('no call');
    before(call);
    await settle();
    await world.listen(world.host);
    world.press(world.host, '*3');
    await settle();
    expect(call.hungUp).toBe(true);
    expect(world.endpoint(call).closed).toBe(true);
    expect(world.room).toBe(conference);
    expect(world.out?.outcome).toBe('given-up');
    expect(world.bridge.status().calls).toBe(1);
    expect(world.media.open()).toHaveLength(1);
  });

  it('that comes to nothing is told to the host, who is back among the others', async () => {
    const world = await Dialling.open();
    const conference = world.room;
    const call = await world.dial();
    call?.ringBack();
    call?.turnDown(486);
    await settle();
    expect(world.room).toBe(conference);
    expect(world.endpoint(world.host).log.join()).toContain('dial-out-failed');
    expect(world.out).toMatchObject({ outcome: 'not-answered', answeredAt: null, joinedAt: null, accountId: 'a1' });
    expect(world.media.open()).toHaveLength(1);
  });

  it('that hangs up aside lets the host go back', async () => {
    const world = await Dialling.open();
    const conference = world.room;
    const call = await world.talkingAside();
    call.leave();
    await settle();
    expect(world.room).toBe(conference);
    expect(world.out).toMatchObject({ outcome: 'abandoned', joinedAt: null });
    expect(world.out?.answeredAt).not.toBeNull();
  });

  it('whose answer cannot be taken is hung up', async () => {
    const world = await Dialling.open();
    const call = await world.dial();
    if (call === undefined) throw new Error('no call');
    const endpoint = world.endpoint(call);
    endpoint.acceptAnswer = () => Promise.reject(new Error('no common codec'));
    call.pickUp();
    await settle();
    expect(call.hungUp).toBe(true);
    // It cost what a short call costs.
    expect(world.out).toMatchObject({ outcome: 'failed', joinedAt: null });
    expect(world.out?.answeredAt).not.toBeNull();
    expect(world.room).not.toMatch(aside);
  });

  it('whose early media could not be taken takes the same from the answer that comes meanwhile', async () => {
    const world = await Dialling.open();
    const call = await world.dial();
    if (call === undefined) throw new Error('no call');
    const endpoint = world.endpoint(call);
    const accept = endpoint.acceptAnswer.bind(endpoint);
    endpoint.acceptAnswer = () => {
      endpoint.acceptAnswer = accept;
      return Promise.reject(new Error('busy'));
    };
    call.ringBack(183, 'v=0 far');
    call.pickUp('v=0 far');
    await settle();
    expect(endpoint.remote).toEqual([null, 'v=0 far']);
    expect(endpoint.room).toBe(world.room);
    expect(call.hungUp).toBe(false);
  });

  it('whose far end offers anew before its answer is taken is asked to try again', async () => {
    const world = await Dialling.open();
    const call = await world.dial();
    if (call === undefined) throw new Error('no call');
    const endpoint = world.endpoint(call);
    let taken: () => void = () => undefined;
    endpoint.acceptAnswer = () => new Promise((resolve) => (taken = resolve));
    call.pickUp();
    await settle();
    const offering = () => world.signaling.listener.mediaOffered(call.id, 'v=0 hold');
    await expect(offering()).rejects.toThrow(MediaOfferTooSoon);
    taken();
    await settle();
    expect(await offering()).toContain('v=0');
  });

  it('for which there is no mixer comes to nothing', async () => {
    const world = await Dialling.open();
    world.media.failNext = new Error('no port');
    expect(await world.dial()).toBeUndefined();
    expect(world.room).not.toMatch(aside);
    expect(world.out?.outcome).toBe('failed');
  });

  it('is given up when the host hangs up, ringing or answered', async () => {
    const world = await Dialling.open();
    const ringing = await world.dial();
    world.signaling.listener.hungUp(world.host.id, { lineLost: false, cause: 'BYE' });
    await settle();
    expect(ringing?.hungUp).toBe(true);
    expect(world.bridge.status().calls).toBe(0);
    world.host = await world.comeIn(HOST_PIN);
    const answered = await world.talkingAside();
    world.signaling.listener.hungUp(world.host.id, { lineLost: true, cause: 'gone' });
    await settle();
    expect(answered.hungUp).toBe(true);
    expect(world.bridge.status().calls).toBe(0);
    expect(world.media.open()).toEqual([]);
  });

  it('ends in order at shutdown, ringing or answered', async () => {
    const world = await Dialling.open();
    const answered = await world.talkingAside();
    const second = await world.comeIn(HOST_PIN);
    const ringing = await world.dial(NUMBER, second);
    const stopping = world.bridge.stop();
    await settle();
    world.clock.advance(6_000);
    await stopping;
    expect([answered.hungUp, ringing?.hungUp]).toEqual([true, true]);
    expect(world.store.callRecords({ limit: 100 }).filter(({ direction }) => direction === 'out')).toHaveLength(2);
  });
});

describe('a host alone who is recorded', () => {
  it('and calls someone in is recorded on, in another part, once back', async () => {
    const world = await Dialling.open();
    await world.wait(3_100);
    world.press(world.host, '*2');
    await settle();
    world.press(world.host, '1');
    await settle();
    await world.wait(3_100);
    const conference = conferenceId(world.room);
    expect(world.media.roomRecordings.get(conference)?.path).toBe('/dev/shm/r1.wav');
    await world.talkingAside();
    expect(world.room).toMatch(aside);
    // the mixer ends an empty room, and its recording, without a word
    world.media.roomRecordings.delete(conference);
    await world.wait(60_000);
    world.press(world.host, '*2');
    await settle();
    expect(world.room).toBe(conference);
    expect(world.media.roomRecordings.get(conference)?.path).toBe('/dev/shm/r2.wav');
    expect(world.recordings.sealed.map(({ id }) => id)).toEqual(['r1']);
    expect(world.bridge.status()).toMatchObject({ recordings: 1, recordingFailures: 0 });
  });
});
