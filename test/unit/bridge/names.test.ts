import { beforeEach, describe, expect, it } from 'vitest';
import type { ConferenceOptions } from '../../../src/domain/conference-options.js';
import { conferenceId, nameId } from '../../../src/domain/identifiers.js';
import type { FakeCall } from '../../fakes/fake-signaling.js';
import { inConferenceNamed, saysName } from './named.js';
import { GUEST_PIN, HOST_PIN, settle, World } from './world.js';

const WITH_NAMES: Partial<ConferenceOptions> = { nameOnEntry: true, entry: 'name', exit: 'name' };

let world: World;

const start = async (options: Partial<ConferenceOptions> = {}, keep = false): Promise<void> => {
  world = new World(100, { ...WITH_NAMES, ...options });
  if (keep) world.keep('m1', 'm2');
  await world.bridge.start();
};

const nameOf = (call: FakeCall): string => `name-${call.id}-name`;

const atTheTone = (pin: string): Promise<FakeCall> => saysName(world, pin);
const named = (pin: string): Promise<FakeCall> => inConferenceNamed(world, pin);
const roomHears = (): string => world.roomHeard().join(', ');

describe('a spoken name', () => {
  beforeEach(() => start());

  it('is recorded from the tone on and kept when hash is pressed; the room hears it', async () => {
    const host = await named(HOST_PIN);
    const guest = await atTheTone(GUEST_PIN);
    expect(world.endpoint(guest).recording).toMatch(/^\/names\//);
    expect(world.endpoint(guest).room).toBeNull();
    world.press(guest, '#');
    await settle();
    expect(world.endpoint(guest).recording).toBeNull();
    await world.listen(guest);
    expect(roomHears()).toContain(`${nameOf(guest)} + has-joined`);
    await world.listenInRooms();
    await world.hangUp(guest);
    expect(world.endpoint(host).log.at(-1)).toContain(`${nameOf(guest)} + has-left`);
  });

  it('ends by itself five seconds after the tone, from when the mixer records', async () => {
    const guest = await atTheTone(GUEST_PIN);
    await world.wait(5_300);
    expect(world.endpoint(guest).recording).not.toBeNull();
    await world.wait(200);
    expect(world.endpoint(guest).recording).toBeNull();
    expect(world.names.kept.size).toBe(1);
  });

  it('lives until its conference ends, also when its caller has left', async () => {
    const host = await named(HOST_PIN);
    const guest = await named(GUEST_PIN);
    await world.hangUp(guest);
    expect(world.names.kept.size).toBe(2);
    await world.hangUp(host);
    expect(world.bridge.status().conferences).toBe(0);
    expect(world.names.kept.size).toBe(0);
  });

  it('of one who hangs up before coming in is forgotten at once, the others are not', async () => {
    await named(HOST_PIN);
    const guest = await atTheTone(GUEST_PIN);
    world.press(guest, '#');
    await settle();
    expect(world.names.kept.size).toBe(2);
    await world.hangUp(guest);
    expect([...world.names.kept.keys()]).toEqual(['call-1-name']);
  });

  it('of one who hangs up while saying it leaves nothing', async () => {
    const guest = await atTheTone(GUEST_PIN);
    await world.hangUp(guest);
    expect([world.names.kept.size, world.names.placed.size]).toEqual([0, 0]);
    expect(world.clock.pending).toBe(0);
  });

  it('of one who is refused is forgotten', async () => {
    const host = await named(HOST_PIN);
    const guest = await atTheTone(GUEST_PIN);
    world.press(host, '*7');
    await settle();
    world.press(guest, '#');
    await settle();
    await world.listen(guest);
    expect(world.records().map(({ outcome }) => outcome)).toEqual(['locked']);
    expect([...world.names.kept.keys()]).toEqual(['call-1-name']);
  });

  it('is not asked for where the gate would refuse the caller, who is recorded with his account', async () => {
    const host = await named(HOST_PIN);
    world.press(host, '*7');
    await settle();
    const guest = await world.answered();
    world.clock.advance(400);
    await settle();
    world.press(guest, GUEST_PIN);
    await settle();
    expect(world.endpoint(guest).log.at(-1)).toContain('conference-locked');
    await world.listen(guest);
    expect(world.records()[0]).toMatchObject({
      outcome: 'locked',
      accountId: 'a1',
      role: 'guest',
      conferenceRecordId: 1,
    });
  });

  it('of someone still coming is not that of the conference that ends meanwhile', async () => {
    const host = await named(HOST_PIN);
    const guest = await atTheTone(GUEST_PIN);
    await world.hangUp(host);
    world.press(guest, '#');
    await settle();
    expect([...world.names.kept.keys()]).toEqual(['call-2-name']);
  });
});

describe('a name that comes to nothing makes an unnamed caller, never a lost call', () => {
  beforeEach(() => start());

  const comesInUnnamed = async (guest: FakeCall): Promise<void> => {
    await settle();
    await world.listen(guest);
    expect(world.endpoint(guest).room).toBe('conference-a1');
    expect(roomHears()).not.toContain(nameOf(guest));
    expect(roomHears()).toContain('unnamed-caller + has-joined');
  };

  it('where nothing was said', async () => {
    await named(HOST_PIN);
    const guest = await atTheTone(GUEST_PIN);
    world.names.speechMs = 0;
    world.press(guest, '#');
    await comesInUnnamed(guest);
  });

  it('where there is no place for it', async () => {
    await named(HOST_PIN);
    world.names.broken = true;
    await comesInUnnamed(await atTheTone(GUEST_PIN));
  });

  it('where it cannot be kept', async () => {
    await named(HOST_PIN);
    const guest = await atTheTone(GUEST_PIN);
    world.names.broken = true;
    world.press(guest, '#');
    await comesInUnnamed(guest);
  });

  it('where keeping it takes too long; what comes too late is forgotten', async () => {
    await named(HOST_PIN);
    const guest = await atTheTone(GUEST_PIN);
    let done: () => void = () => undefined;
    const keep = world.names.keep.bind(world.names);
    world.names.keep = async (conference, name) => {
      await new Promise<void>((resolve) => (done = resolve));
      return keep(conference, name);
    };
    world.press(guest, '#');
    await world.wait(3_100);
    await comesInUnnamed(guest);
    done();
    await settle();
    expect([...world.names.kept.keys()]).toEqual(['call-1-name']);
  });

  it('where the mixer does not record', async () => {
    await named(HOST_PIN);
    const guest = await world.answered();
    world.clock.advance(400);
    await settle();
    world.press(guest, GUEST_PIN);
    await settle();
    world.endpoint(guest).record = () => Promise.reject(new Error('disk full'));
    world.endpoint(guest).finish();
    await comesInUnnamed(guest);
  });

  it('where its mixer dies meanwhile: the call goes on on another', async () => {
    await start({}, true);
    await named(HOST_PIN);
    const guest = await atTheTone(GUEST_PIN);
    world.media.kill(world.endpoint(guest).mixer);
    await settle();
    world.press(guest, '#');
    await comesInUnnamed(guest);
  });

  /** Its mixer dies; what that had recorded of the name is whole a second later. */
  const losesMixerWhileSpeaking = (guest: FakeCall): void => {
    const endpoint = world.endpoint(guest);
    endpoint.close = () =>
      new Promise((resolve) => {
        world.clock.after(1_000, () => {
          world.names.place(conferenceId('conference-a1'), nameId(`${guest.id}-name`));
          resolve();
        });
      });
    world.media.kill(endpoint.mixer);
  };

  it('where its mixer dies and leaves what was said after it was forgotten: it does not outlive the call', async () => {
    await start({}, true);
    await named(HOST_PIN);
    const guest = await atTheTone(GUEST_PIN);
    losesMixerWhileSpeaking(guest);
    await settle();
    world.press(guest, '#');
    await comesInUnnamed(guest);
    await world.wait(2_000);
    await world.hangUp(guest);
    expect([...world.names.placed.keys()]).toEqual([]);
  });

  it('where the caller hangs up in the moment his mixer dies: nothing of it stays', async () => {
    await start({}, true);
    await named(HOST_PIN);
    const guest = await atTheTone(GUEST_PIN);
    losesMixerWhileSpeaking(guest);
    await world.hangUp(guest);
    await world.wait(2_000);
    expect([...world.names.placed.keys()]).toEqual([]);
    expect(world.bridge.status().calls).toBe(1);
  });
});

describe('the process dies', () => {
  beforeEach(() => start({}, true));

  it('while a name is said: it is asked for again, and a recording left running is ended first', async () => {
    await named(HOST_PIN);
    const guest = await atTheTone(GUEST_PIN);
    expect(world.endpoint(guest).recording).not.toBeNull();
    await world.restart();
    expect(world.endpoint(guest).log.at(-1)).toBe('play say-your-name');
    world.endpoint(guest).finish();
    await settle();
    expect(world.endpoint(guest).log.filter((line) => line === 'record')).toHaveLength(2);
    world.press(guest, '#');
    await settle();
    await world.listen(guest);
    expect(roomHears()).toContain(`${nameOf(guest)} + has-joined`);
  });

  it('with names in the conference: they are still known, and forgotten with it', async () => {
    const host = await named(HOST_PIN);
    const guest = await named(GUEST_PIN);
    await world.restart();
    expect(world.names.kept.size).toBe(2);
    await world.listenInRooms();
    await world.hangUp(guest);
    expect(world.endpoint(host).log.at(-1)).toContain(`${nameOf(guest)} + has-left`);
    await world.hangUp(host);
    expect(world.names.kept.size).toBe(0);
  });

  it('and what was said for conferences that are over is swept, not that of one who is still coming', async () => {
    const guest = await atTheTone(GUEST_PIN);
    world.names.kept.set('someone', 'conference-gone' as never);
    await world.restart();
    expect([...world.names.kept.keys()]).toEqual([]);
    expect(world.names.placed.size).toBe(1);
    await world.hangUp(guest);
    expect(world.names.placed.size).toBe(0);
  });
});

describe('logs and what is stored', () => {
  it('hold no name said, no code and no digit of an entry', async () => {
    await start({ dialOut: { trunk: 't', prefixes: ['44'], callsPerHour: 5, atOnce: 2, minutesPerDay: 60 } }, true);
    const host = await named(HOST_PIN);
    await settle();
    world.press(host, '*1');
    await settle();
    world.press(host, '447700900');
    await settle();
    const stored = world.store
      .live('call')
      .map(({ data }) => data)
      .join('\n');
    expect(stored).toContain('"menu"');
    expect(`${stored}\n${world.lines.join('\n')}`).not.toContain('4477009');
    world.press(host, '#');
    await settle();
    expect(world.lines.join('\n')).not.toContain('447700900');
  });
});
