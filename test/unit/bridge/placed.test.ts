import { describe, expect, it } from 'vitest';
import { DEFAULT_CONFERENCE_OPTIONS, type DialOutRights } from '../../../src/domain/conference-options.js';
import { accountId, conferenceId } from '../../../src/domain/identifiers.js';
import { FakeEndpoint } from '../../fakes/fake-media.js';
import { MediaOfferTooSoon } from '../../../src/ports/signaling.js';
import type { FakeCall, FakePlacedCall } from '../../fakes/fake-signaling.js';
import { HOST_PIN, GUEST_PIN, settle, World } from './world.js';

const RIGHTS: DialOutRights = { trunk: 'carrier', prefixes: ['020'], callsPerHour: 5, atOnce: 2, minutesPerDay: 30 };
const NUMBER = '02079460000';

/** A conference with a host, and what a host dials. */
class Dialling extends World {
  host!: FakeCall;

  static async open(
    rights: Partial<DialOutRights> | null = {},
    keep: readonly string[] | null = null,
  ): Promise<Dialling> {
    const dialOut = rights === null ? null : { ...RIGHTS, ...rights };
    const world = new Dialling(100, { dialOut });
    if (keep !== null) world.keep(...keep);
    await world.bridge.start();
    world.host = await world.comeIn(HOST_PIN);
    return world;
  }

  async comeIn(pin: string): Promise<FakeCall> {
    const call = await this.answered();
    this.clock.advance(500);
    await settle();
    this.press(call, `${pin}#`);
    await settle();
    await this.listen(call, 8);
    return call;
  }

  /** The host keys it; what is said about it comes to its end. */
  async dial(number = NUMBER, host = this.host): Promise<FakePlacedCall | undefined> {
    const before = this.signaling.placements.length;
    this.press(host, '*1');
    await settle();
    await this.listen(host);
    this.press(host, `${number}#`);
    await settle();
    return this.signaling.placements.slice(before).at(-1);
  }

  async talkingAside(): Promise<FakePlacedCall> {
    const call = await this.dial();
    if (call === undefined) throw new Error('no call was placed');
    call.pickUp();
    await settle();
    await this.listen(this.host);
    return call;
  }

  get room(): string {
    return this.endpoint(this.host).room ?? '';
  }

  get out() {
    return this.store.callRecords({ limit: 100 }).find(({ direction }) => direction === 'out');
  }
}

/** As the conference's own room is called. */
const aside = /\/aside-\d+$/;

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

describe('the guards of calling out', () => {
  const refused = async (world: Dialling, number = NUMBER): Promise<void> => {
    const conference = world.room;
    expect(await world.dial(number)).toBeUndefined();
    expect(world.room).toBe(conference);
    expect(world.endpoint(world.host).log.join()).toContain('not-available');
  };

  it('let nobody call by an account that may not, nor a number outside its prefixes, nor by a trunk there is none of', async () => {
    await refused(await Dialling.open({}), '0033123456');
    await refused(await Dialling.open({ trunk: 'another' }));
    const world = await Dialling.open();
    world.bridge.drain(60_000).catch(() => undefined);
    await refused(world);
  });

  it('count the calls of the hour, those under way with those of the store', async () => {
    const world = await Dialling.open({ callsPerHour: 2 });
    for (let count = 0; count < 2; count += 1) {
      const call = await world.dial();
      call?.turnDown();
      await settle();
      await world.listen(world.host);
    }
    await refused(world);
    world.clock.advance(3_600_000);
    await settle();
    const later = await world.comeIn(HOST_PIN);
    expect(await world.dial(NUMBER, later)).toBeDefined();
  });

  it('count the calls at once, ringing ones too', async () => {
    const world = await Dialling.open({ atOnce: 1 });
    const second = await world.comeIn(HOST_PIN);
    expect(await world.dial()).toBeDefined();
    expect(await world.dial(NUMBER, second)).toBeUndefined();
  });

  it('end a call, with words, when the minutes of the day are over, and let nobody call after it', async () => {
    const world = await Dialling.open({ minutesPerDay: 1 });
    const call = await world.talkingAside();
    world.press(world.host, '*2');
    await settle();
    await world.listen(call);
    await world.listen(world.host);
    world.clock.advance(55_000);
    await settle();
    expect(call.hungUp).toBe(false);
    world.clock.advance(6_000);
    await settle();
    expect(world.endpoint(call).log.join()).toContain('time-limit-reached');
    await world.listen(call);
    await settle();
    expect(call.hungUp).toBe(true);
    expect(world.out?.outcome).toBe('time-limit');
    await refused(world);
    world.clock.advance(24 * 3_600_000);
  });

  it('share the minutes among calls that run together', async () => {
    const world = await Dialling.open({ minutesPerDay: 1 });
    const second = await world.comeIn(HOST_PIN);
    const first = await world.talkingAside();
    const other = await world.dial(NUMBER, second);
    other?.pickUp();
    await settle();
    world.clock.advance(32_000);
    await settle();
    for (const call of [first, other]) if (call !== undefined) await world.listen(call);
    await settle();
    expect([first.hungUp, other?.hungUp]).toEqual([true, true]);
  });

  it('let nobody call while the store cannot say what was called before', async () => {
    const world = await Dialling.open();
    world.store.placedSince = () => {
      throw new Error('database is locked');
    };
    await refused(world);
  });
});

describe('a call placed for a host, and what dies', () => {
  it('moves with its mixer as other calls do, aside', async () => {
    const world = await Dialling.open({}, ['m1', 'm2']);
    const call = await world.talkingAside();
    const mixer = world.endpoint(call).mixer;
    world.media.kill(mixer);
    await settle();
    world.clock.advance(100);
    await settle();
    expect(call.reoffers).toHaveLength(1);
    expect(world.endpoint(call).mixer).not.toBe(mixer);
    expect(world.endpoint(call).room).toBe(world.room);
    expect(world.room).toMatch(aside);
  });

  it('gets another endpoint at its answer when its mixer died while it rang', async () => {
    const world = await Dialling.open({}, ['m1', 'm2']);
    const call = await world.dial();
    if (call === undefined) throw new Error('no call');
    call.ringBack();
    const lost = world.endpoint(call);
    world.media.kill(lost.mixer);
    await settle();
    call.pickUp();
    await settle();
    world.clock.advance(100);
    await settle();
    const now = world.endpoint(call);
    expect(now).toBeInstanceOf(FakeEndpoint);
    expect(now.mixer).not.toBe(lost.mixer);
    expect(call.reoffers).toHaveLength(1);
    expect(now.room).toBe(world.room);
  });

  it('goes on under the next process, aside and brought in, and the budget with it', async () => {
    const world = await Dialling.open({ minutesPerDay: 2 }, []);
    const conference = world.room;
    const call = await world.talkingAside();
    world.clock.advance(10_000);
    world.crash();
    await world.restart();
    expect(world.endpoint(call).room).toMatch(aside);
    expect(world.room).toBe(world.endpoint(call).room);
    world.press(world.host, '*2');
    await settle();
    await world.listen(call);
    await world.listen(world.host);
    expect([world.endpoint(call).room, world.room]).toEqual([conference, conference]);
    world.crash();
    await world.restart();
    expect(world.endpoint(call).room).toBe(conference);
    world.clock.advance(112_000);
    await settle();
    await world.listen(call);
    await settle();
    expect(call.hungUp).toBe(true);
    expect(world.out).toMatchObject({ outcome: 'time-limit', dialled: '***000' });
    expect((world.out?.endedAt ?? 0) - (world.out?.answeredAt ?? 0)).toBeGreaterThanOrEqual(119_000);
  });

  it('that rang when the process died has come to nothing for the host, is recorded, and counts', async () => {
    const world = await Dialling.open({ callsPerHour: 1 }, []);
    const conference = world.room;
    const call = await world.dial();
    call?.ringBack();
    await settle();
    world.crash();
    call?.turnDown();
    expect(world.out).toBeUndefined();
    await world.restart();
    await world.listen(world.host);
    expect(world.room).toBe(conference);
    expect(world.bridge.status().calls).toBe(1);
    const record = {
      outcome: 'failed',
      sipCallId: call?.sipCallId,
      dialled: '***000',
      accountId: 'a1',
      role: 'guest',
      answeredAt: null,
    };
    expect(world.out).toMatchObject(record);
    expect(world.out?.conferenceRecordId).not.toBeNull();
    expect(await world.dial()).toBeUndefined();
    await world.restart();
    expect(world.records().filter(({ direction }) => direction === 'out')).toHaveLength(1);
  });

  it('that was just being made, or could not be kept, when the process died is recorded too', async () => {
    const world = await Dialling.open();
    const answered = await world.dial();
    answered?.pickUp();
    await settle();
    world.clock.advance(30_000);
    const second = await world.comeIn(HOST_PIN);
    await world.dial(NUMBER, second);
    world.crash();
    await world.restart();
    const records = world.records().filter(({ direction }) => direction === 'out');
    expect(records.map(({ outcome }) => outcome)).toEqual(['failed', 'failed']);
    const lasted = records.map(({ answeredAt, endedAt }) => (answeredAt === null ? null : endedAt - answeredAt));
    expect(lasted.filter((ms) => ms === null)).toHaveLength(1);
    expect(lasted.some((ms) => ms !== null && ms >= 30_000)).toBe(true);
    expect(world.store.live('call')).toEqual([]);
  });

  it('that rings when the process hands over is given up and recorded, and counts', async () => {
    const world = await Dialling.open({ callsPerHour: 1 }, []);
    const call = await world.dial();
    call?.ringBack();
    world.clock.advance(3_000);
    await world.bridge.handOver();
    expect(call?.hungUp).toBe(true);
    expect(world.out).toMatchObject({ direction: 'out', outcome: 'failed', answeredAt: null, accountId: 'a1' });
    await world.restart();
    await world.listen(world.host);
    expect(await world.dial()).toBeUndefined();
  });

  it('is not left alone aside where its conference cannot be taken back', async () => {
    const world = await Dialling.open({}, []);
    const call = await world.talkingAside();
    world.crash();
    for (const { id } of world.store.live('conference')) {
      world.store.saveLive([{ kind: 'conference', id, data: '{' }]);
    }
    await world.restart();
    world.clock.advance(10_000);
    await settle();
    expect(call.hungUp).toBe(true);
    expect(world.out).toMatchObject({ outcome: 'failed' });
  });

  it('belongs to nobody else: another account has a budget of its own', async () => {
    const world = await Dialling.open({ callsPerHour: 1 });
    world.store.addAccount(
      {
        id: accountId('a2'),
        name: 'Bob',
        enabled: true,
        options: { ...DEFAULT_CONFERENCE_OPTIONS, dialOut: { ...RIGHTS, callsPerHour: 1 } },
        createdAt: 0,
      },
      { host: 'h:112233445', guest: 'h:554433221' },
    );
    const other = await world.comeIn('112233445');
    expect(await world.dial()).toBeDefined();
    expect(await world.dial(NUMBER, other)).toBeDefined();
    await world.comeIn(GUEST_PIN);
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
