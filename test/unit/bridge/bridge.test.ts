import { beforeEach, describe, expect, it } from 'vitest';
import { Bridge, DEFAULT_BRIDGE_OPTIONS } from '../../../src/bridge/bridge.js';
import { KnownSources } from '../../../src/bridge/known-sources.js';
import type { Log } from '../../../src/bridge/log.js';
import { DEFAULT_CONFERENCE_OPTIONS } from '../../../src/domain/conference-options.js';
import { accountId } from '../../../src/domain/identifiers.js';
import type { Key } from '../../../src/domain/keys.js';
import type { Utterance } from '../../../src/domain/prompts.js';
import { MediaExhausted, MediaNotAcceptable } from '../../../src/ports/media.js';
import type { CallRecord } from '../../../src/ports/store.js';
import { FakeMedia, type FakeEndpoint } from '../../fakes/fake-media.js';
import { FakeSignaling, type FakeCall } from '../../fakes/fake-signaling.js';
import { ManualClock } from '../../fakes/manual-clock.js';
import { MemoryStore } from '../../fakes/memory-store.js';

const HOST_PIN = '918273645';
const GUEST_PIN = '546372819';

/** Lets every promise that can settle do so. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
}

const nameOf = (utterance: Utterance): string => {
  switch (utterance.kind) {
    case 'prompt':
      return utterance.prompt;
    case 'number':
      return String(utterance.value);
    case 'tone':
      return `tone-${utterance.tone}`;
    default:
      return utterance.kind;
  }
};

class World {
  readonly clock = new ManualClock();
  readonly signaling = new FakeSignaling();
  readonly media = new FakeMedia();
  readonly store = new MemoryStore();
  readonly lines: string[] = [];
  readonly bridge: Bridge;

  constructor(maximumCalls = 100) {
    const line = (fields: unknown, message: string): void =>
      void this.lines.push(`${message} ${JSON.stringify(fields)}`);
    const log: Log = { debug: line, info: line, warn: line, error: line };
    this.store.addAccount(
      { id: accountId('a1'), name: 'Ada', enabled: true, options: DEFAULT_CONFERENCE_OPTIONS, createdAt: 0 },
      { host: `h:${HOST_PIN}`, guest: `h:${GUEST_PIN}` },
    );
    this.bridge = new Bridge(
      {
        signaling: this.signaling,
        media: this.media,
        store: this.store,
        clock: this.clock,
        log,
        sources: new KnownSources(this.store, this.clock, [
          { name: 'local', sources: ['127.0.0.0/8'], enabled: true, createdAt: 0 },
        ]),
        hashPin: (digits) => `h:${digits}`,
        resolve: (utterances) =>
          utterances.map((utterance) => ({ path: nameOf(utterance), loop: utterance.kind === 'music' })),
        dialIn: (user) => (user === 'conference' ? { number: user, pinLength: 9, greeting: null, createdAt: 0 } : null),
      },
      { ...DEFAULT_BRIDGE_OPTIONS, maximumCalls, recordedDigits: 3 },
    );
  }

  endpoint(call: FakeCall): FakeEndpoint {
    const endpoint = this.media.endpoints.get(call.id);
    if (endpoint === undefined) throw new Error('no endpoint');
    return endpoint;
  }

  async answered(): Promise<FakeCall> {
    const call = this.signaling.invite();
    await settle();
    call.acknowledge();
    await settle();
    return call;
  }

  press(call: FakeCall, keys: string): void {
    for (const key of keys) this.media.listener.keyPressed(call.id, key as Key, 'event');
  }

  /** Lets the caller listen to the end of whatever is played until nothing but music is. */
  async listen(call: FakeCall, plays = 5): Promise<void> {
    for (let turn = 0; turn < plays; turn += 1) {
      const endpoint = this.endpoint(call);
      if (endpoint.playing === null || (endpoint.log.at(-1) ?? '').includes('(loop)')) break;
      endpoint.finish();
      await settle();
    }
  }

  async inConference(pin: string): Promise<FakeCall> {
    const call = await this.answered();
    this.clock.advance(400);
    await settle();
    this.press(call, pin);
    await settle();
    await this.listen(call);
    return call;
  }

  records(): readonly CallRecord[] {
    return this.store.callRecords({ limit: 100 });
  }
}

describe('the bridge', () => {
  let world: World;

  beforeEach(async () => {
    world = new World();
    await world.bridge.start();
  });

  it('answers a call to a number it knows with the SDP of an endpoint, and asks for the PIN 400 ms after the ACK', async () => {
    const call = world.signaling.invite();
    await settle();
    expect(call.answeredWith).toBe('v=0 local');
    call.acknowledge();
    await settle();
    world.clock.advance(399);
    await settle();
    expect(world.endpoint(call).log).toEqual([]);
    world.clock.advance(1);
    await settle();
    expect(world.endpoint(call).log[0]).toContain('enter-pin');
  });

  it('refuses a number it does not know with 404, and records the attempt', async () => {
    const call = world.signaling.invite('nobody');
    await settle();
    expect(call.refusal).toEqual({ status: 404 });
    expect(world.records().map(({ outcome }) => outcome)).toEqual(['unknown-number']);
  });

  it('knows the sources of its trunks, and those only', () => {
    const { listener } = world.signaling;
    expect(listener.isKnownSource({ transport: 'udp', address: '127.0.0.1', port: 5060 })).toBe(true);
    expect(listener.isKnownSource({ transport: 'udp', address: '192.0.2.1', port: 5060 })).toBe(false);
    world.store.addTrunk({ name: 'pbx', sources: ['192.0.2.0/24'], enabled: true, createdAt: 0 });
    world.clock.advance(1_000);
    expect(listener.isKnownSource({ transport: 'udp', address: '192.0.2.1', port: 5060 })).toBe(true);
  });

  it('refuses an offer without a common codec with 488 and a bridge without free ports with 503 and Retry-After', async () => {
    world.media.failNext = new MediaNotAcceptable('no codec');
    const odd = world.signaling.invite();
    await settle();
    expect(odd.refusal).toEqual({ status: 488 });
    world.media.failNext = new MediaExhausted('no port');
    const late = world.signaling.invite();
    await settle();
    expect(late.refusal).toEqual({ status: 503, retryAfter: 30 });
    world.media.failNext = new Error('engine trouble');
    const broken = world.signaling.invite();
    await settle();
    expect(broken.refusal).toEqual({ status: 500 });
    expect(
      world
        .records()
        .map(({ outcome }) => outcome)
        .sort(),
    ).toEqual(['failed', 'not-acceptable', 'overloaded']);
  });

  it('refuses calls beyond its bound with 503', async () => {
    world = new World(1);
    await world.bridge.start();
    await world.answered();
    const second = world.signaling.invite();
    await settle();
    expect(second.refusal?.status).toBe(503);
  });

  it('releases the endpoint of a call that was cancelled before the ACK', async () => {
    const call = world.signaling.invite();
    world.signaling.listener.cancelled(call.id);
    await settle();
    expect(world.endpoint(call).closed).toBe(true);
    expect(world.bridge.status().calls).toBe(0);
    expect(world.records()[0]?.outcome).toBe('cancelled');
  });

  it('releases the endpoint of a call whose ACK never came', async () => {
    const call = world.signaling.invite();
    await settle();
    call.abandon();
    await settle();
    expect(world.endpoint(call).closed).toBe(true);
    expect(world.records()[0]?.outcome).toBe('line-lost');
  });

  it('takes host and guest into one conference and records both', async () => {
    const host = await world.inConference(HOST_PIN);
    const guest = await world.inConference(GUEST_PIN);
    expect(world.endpoint(host).room).not.toBeNull();
    expect(world.endpoint(guest).room).toBe(world.endpoint(host).room);
    expect(world.bridge.status().conferences).toBe(1);
    world.signaling.listener.hungUp(guest.id, { lineLost: false, cause: 'BYE' });
    await settle();
    world.signaling.listener.hungUp(host.id, { lineLost: false, cause: 'BYE' });
    await settle();
    expect(world.bridge.status()).toMatchObject({ calls: 0, conferences: 0 });
    expect(world.records().map(({ role, outcome, keyMethod }) => ({ role, outcome, keyMethod }))).toEqual(
      expect.arrayContaining([
        { role: 'host', outcome: 'completed', keyMethod: 'event' },
        { role: 'guest', outcome: 'completed', keyMethod: 'event' },
      ]),
    );
    expect(world.records().every(({ conferenceRecordId }) => conferenceRecordId !== null)).toBe(true);
    expect(world.clock.pending).toBe(0);
  });

  it('keeps a guest on hold music until the host is in, then lets the guest in', async () => {
    const guest = await world.inConference(GUEST_PIN);
    expect(world.endpoint(guest).room).toBeNull();
    expect(world.endpoint(guest).log.at(-1)).toContain('music (loop)');
    const host = await world.inConference(HOST_PIN);
    await world.listen(guest);
    expect(world.endpoint(guest).room).toBe(world.endpoint(host).room);
  });

  it('ends the call of a caller whom the mixer does not take', async () => {
    const call = await world.answered();
    world.clock.advance(400);
    await settle();
    world.endpoint(call).refuseJoin = true;
    world.press(call, HOST_PIN);
    await settle();
    await world.listen(call);
    expect(call.hungUp).toBe(true);
    expect(world.endpoint(call).closed).toBe(true);
    expect(world.records()[0]?.outcome).toBe('failed');
  });

  it('counts only one method of keys per leg: events or INFO silence the other and the search for tones', async () => {
    const call = await world.answered();
    world.clock.advance(400);
    await settle();
    world.signaling.listener.keyPressed(call.id, '9');
    world.press(call, '9');
    for (const key of HOST_PIN.slice(1)) world.signaling.listener.keyPressed(call.id, key as Key);
    await settle();
    expect(world.endpoint(call).log).toContain('no in-band');
    await world.listen(call);
    expect(world.endpoint(call).room).not.toBeNull();
  });

  it('asks a silent line whether it is still there, and ends the call when nobody answers', async () => {
    const host = await world.inConference(HOST_PIN);
    world.media.listener.audioMissing(host.id, 60_000);
    await settle();
    expect(host.hungUp).toBe(false);
    host.alive = false;
    world.media.listener.audioMissing(host.id, 60_000);
    await settle();
    expect(host.hungUp).toBe(true);
    expect(world.records()[0]?.outcome).toBe('line-lost');
  });

  it('goes on with calls when the store fails, and lets nobody in by a PIN it could not look up', async () => {
    const host = await world.inConference(HOST_PIN);
    const guest = await world.answered();
    world.clock.advance(400);
    await settle();
    world.store.addCallRecord = () => {
      throw new Error('disk full');
    };
    world.store.findPin = () => {
      throw new Error('disk full');
    };
    world.press(guest, GUEST_PIN);
    await settle();
    expect(world.endpoint(guest).room).toBeNull();
    world.signaling.listener.hungUp(guest.id, { lineLost: false, cause: 'BYE' });
    await settle();
    expect(world.endpoint(guest).closed).toBe(true);
    expect(world.endpoint(host).room).not.toBeNull();
  });

  it('drains: new calls get 503 with Retry-After, running ones go on to their end', async () => {
    const host = await world.inConference(HOST_PIN);
    let drained = false;
    const draining = world.bridge.drain(60_000).then(() => {
      drained = true;
    });
    const late = world.signaling.invite();
    await settle();
    expect(late.refusal).toEqual({ status: 503, retryAfter: 30 });
    expect(drained).toBe(false);
    world.signaling.listener.hungUp(host.id, { lineLost: false, cause: 'BYE' });
    await settle();
    await draining;
    expect(drained).toBe(true);
  });

  it('stops in order: every call hung up, every endpoint released, every record written', async () => {
    const host = await world.inConference(HOST_PIN);
    const entering = await world.answered();
    const ringing = world.signaling.invite();
    await settle();
    await world.bridge.stop();
    for (const call of [host, entering, ringing]) {
      expect(call.hungUp).toBe(true);
      expect(world.endpoint(call).closed).toBe(true);
    }
    expect(world.records()).toHaveLength(3);
  });

  it('never logs a PIN, a key or a whole caller number', async () => {
    await world.inConference(HOST_PIN);
    const wrong = await world.answered();
    world.clock.advance(400);
    await settle();
    world.press(wrong, '111222333');
    await settle();
    const text = world.lines.join('\n');
    expect(text).toContain('***567');
    for (const secret of [HOST_PIN, GUEST_PIN, '111222333', '442071234567']) expect(text).not.toContain(secret);
  });
});
