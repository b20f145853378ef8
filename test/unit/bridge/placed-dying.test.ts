import { describe, expect, it } from 'vitest';
import { DEFAULT_CONFERENCE_OPTIONS } from '../../../src/domain/conference-options.js';
import { accountId } from '../../../src/domain/identifiers.js';
import { pin } from '../../conformance/store-stage.js';
import { FakeEndpoint } from '../../fakes/fake-media.js';
import { HOST_PIN, GUEST_PIN, settle } from './world.js';
import { aside, Dialling, NUMBER, RIGHTS } from './dialling.js';

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
      { host: pin('h:112233445'), guest: pin('h:554433221') },
    );
    const other = await world.comeIn('112233445');
    expect(await world.dial()).toBeDefined();
    expect(await world.dial(NUMBER, other)).toBeDefined();
    await world.comeIn(GUEST_PIN);
  });
});
