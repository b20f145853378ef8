import { beforeEach, describe, expect, it } from 'vitest';
import type { Story } from '../../../src/domain/call-flow/story.js';
import type { CallId } from '../../../src/domain/identifiers.js';
import type { LiveChange } from '../../../src/ports/store.js';
import type { FakeCall } from '../../fakes/fake-signaling.js';
import { GUEST_PIN, HOST_PIN, settle, World } from './world.js';

let world: World;
beforeEach(async () => {
  world = new World(100, { nameOnEntry: false }).keep('m1');
  await world.bridge.start();
});

const storyOf = ({ id }: { readonly id: CallId }): Story => JSON.parse(world.store.callStory(id) ?? 'null') as Story;
const words = (call: FakeCall): string[] => storyOf(call).lines.map(([, word]) => word);

async function keysPin(call: FakeCall, pin: string): Promise<void> {
  world.press(call, pin);
  await settle();
  await world.listen(call);
}

describe('the story of a call', () => {
  it('tells the way in and out in order, with milliseconds since the INVITE', async () => {
    const call = await world.answered();
    await world.wait(1_000);
    await keysPin(call, '987654321');
    await world.wait(2_000);
    await keysPin(call, HOST_PIN);
    await world.wait(5_000);
    world.press(call, '*5');
    await settle();
    await world.hangUp(call);
    expect(storyOf(call)).toEqual({
      lines: [
        [0, 'answered'],
        [1_000, 'first-key', { method: 'event' }],
        [1_000, 'pin-wrong', { misses: 1 }],
        [3_000, 'pin-accepted', { kind: 'host' }],
        [3_000, 'admitted', { muted: false }],
        [3_000, 'joined'],
        [8_000, 'action', { action: 'lock' }],
        [8_000, 'caller-hung-up'],
        [8_000, 'ended', { outcome: 'completed' }],
      ],
      leftOut: 0,
    });
  });

  it('never holds a key of an entry, a PIN or a number', async () => {
    const call = await world.answered();
    await world.wait(500);
    await keysPin(call, '123456789');
    await keysPin(call, GUEST_PIN);
    await world.hangUp(call);
    const text = world.store.callStory(call.id) ?? '';
    for (const secret of ['123456789', GUEST_PIN, '1234567', 'Ada']) expect(text).not.toContain(secret);
    expect(text).toContain('pin-wrong');
  });

  it('tells silences, waiting, and that a caller was turned away', async () => {
    const silent = await world.answered();
    await world.wait(500);
    for (let tries = 0; tries < 3; tries += 1) {
      await world.listen(silent);
      await world.wait(10_100);
    }
    await world.listen(silent);
    expect(words(silent)).toEqual([
      ...['answered', 'nothing-entered', 'nothing-entered', 'nothing-entered', 'bridge-hung-up', 'ended'],
    ]);
    const waiting = await world.inConference(GUEST_PIN);
    const host = await world.inConference(HOST_PIN);
    await world.listen(waiting);
    await world.hangUp(waiting);
    expect(words(waiting).slice(3)).toEqual(['waits', 'admitted', 'joined', 'caller-hung-up', 'ended']);
    await world.wait(3_000);
    await keysPin(host, '*5');
    const late = await world.inConference(GUEST_PIN);
    expect(words(late).slice(3)).toEqual(['refused', 'bridge-hung-up', 'ended']);
    expect(storyOf(late).lines).toContainEqual([expect.any(Number), 'refused', { reason: 'locked' }]);
  });

  it('goes on over the loss of a mixer and of the bridge', async () => {
    world.media.names = ['m1', 'm2'];
    const host = await world.inConference(HOST_PIN);
    const { mixer } = world.endpoint(host);
    world.media.lose(world.endpoint(host));
    await settle();
    await world.wait(1_000);
    await world.restart();
    await world.hangUp(host);
    expect(words(host).slice(-6)).toEqual([
      'joined',
      'mixer-lost',
      'moved',
      'bridge-replaced',
      'caller-hung-up',
      'ended',
    ]);
    expect(storyOf(host).lines.find(([, word]) => word === 'mixer-lost')?.[2]).toEqual({ mixer });
  });

  it('is kept of a call that cannot be taken back', async () => {
    const host = await world.inConference(HOST_PIN);
    world.signaling.keeps = false;
    await world.restart();
    expect(world.records()).toMatchObject([{ id: host.id, outcome: 'failed' }]);
    expect(words(host)).toContain('joined');
  });

  it('begins late where the bridge before kept none', async () => {
    const host = await world.inConference(HOST_PIN);
    world.crash();
    const forgetful = world.store.live('call').map(({ id, data }): LiveChange => {
      const { memory, ...snapshot } = JSON.parse(data) as { memory: Record<string, unknown> };
      const { story, ...others } = memory;
      expect(story).toBeDefined();
      return { kind: 'call', id, data: JSON.stringify({ ...snapshot, memory: others }) };
    });
    world.store.saveLive(forgetful);
    await world.restart();
    expect(world.bridge.status().callsTakenBack).toBe(1);
    await world.hangUp(host);
    expect(words(host)).toEqual(['bridge-replaced', 'caller-hung-up', 'ended']);
  });

  it('has a bound: its beginning and its end stay, what is left out is counted', async () => {
    const host = await world.inConference(HOST_PIN);
    for (let times = 0; times < 50; times += 1) {
      await world.wait(3_000);
      await keysPin(host, '*6');
    }
    await world.hangUp(host);
    const { lines, leftOut } = storyOf(host);
    expect(lines).toHaveLength(40);
    expect(leftOut).toBe(50 + 7 - 40);
    expect([lines[0]?.[1], lines.at(-1)?.[1]]).toEqual(['answered', 'ended']);
    expect((world.store.callStory(host.id) ?? '').length).toBeLessThan(4_000);
  });

  it('is none of a call that was refused', async () => {
    const call = world.signaling.invite('nobody');
    await settle();
    expect(world.records()).toMatchObject([{ id: call.id, outcome: 'unknown-number' }]);
    expect(world.store.callStory(call.id)).toBeNull();
  });
});
