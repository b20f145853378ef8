import { describe, expect, it } from 'vitest';
import { HOST_PIN, settle } from './world.js';
import { Dialling, NUMBER } from './dialling.js';

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
