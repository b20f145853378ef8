import { beforeEach, describe, expect, it } from 'vitest';
import { MediaNotAcceptable } from '../../../src/ports/media.js';
import type { FakeCall } from '../../fakes/fake-signaling.js';
import { settle, World } from './world.js';

describe('a call between INVITE and the first prompt', () => {
  let world: World;
  let call: FakeCall;

  beforeEach(async () => {
    world = new World();
    await world.bridge.start();
    call = world.signaling.invite();
    await settle();
  });

  const outcome = (): string | undefined => world.records()[0]?.outcome;
  const released = (): boolean => world.endpoint(call).closed;

  it('whose BYE overtakes the ACK was hung up by the caller: abandoned, no line lost', async () => {
    call.abandon();
    world.signaling.listener.hungUp(call.id, { lineLost: false, cause: 'BYE' });
    await settle();
    expect(outcome()).toBe('abandoned');
    expect(released()).toBe(true);
  });

  it('that is ended by a shutdown is recorded so', async () => {
    await world.bridge.stop();
    expect(outcome()).toBe('draining');
    expect(released()).toBe(true);
  });

  it('is hung up when its answer is not acceptable', async () => {
    world.endpoint(call).acceptAnswer = () => Promise.reject(new MediaNotAcceptable('no codec'));
    call.acknowledge('v=0 answer');
    await settle();
    expect(call.hungUp).toBe(true);
    expect(outcome()).toBe('not-acceptable');
    expect(released()).toBe(true);
  });

  it('is hung up when the engine fails at its answer, so that nobody listens to silence', async () => {
    world.endpoint(call).acceptAnswer = () => Promise.reject(new Error('engine trouble'));
    call.acknowledge('v=0 answer');
    await settle();
    expect(call.hungUp).toBe(true);
    expect(outcome()).toBe('failed');
    expect(released()).toBe(true);
  });

  it('is hung up when the engine never takes its answer', async () => {
    world.endpoint(call).acceptAnswer = () => new Promise(() => undefined);
    call.acknowledge('v=0 answer');
    await settle();
    world.clock.advance(8_000);
    await settle();
    expect(call.hungUp).toBe(true);
    expect(outcome()).toBe('failed');
    expect(world.bridge.status().calls).toBe(0);
  });

  it('whose caller hangs up while the engine takes the answer is abandoned', async () => {
    let taken: () => void = () => undefined;
    world.endpoint(call).acceptAnswer = () =>
      new Promise((resolve) => {
        taken = resolve;
      });
    call.acknowledge('v=0 answer');
    await settle();
    world.signaling.listener.hungUp(call.id, { lineLost: false, cause: 'BYE' });
    taken();
    await settle();
    expect(outcome()).toBe('abandoned');
    expect(released()).toBe(true);
    expect(world.clock.pending).toBe(0);
  });
});
