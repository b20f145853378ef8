import { expect } from 'vitest';
import type { FakeCall } from '../../fakes/fake-signaling.js';
import { settle, type World } from './world.js';

/** Up to the tone after which a name is said: the mixer records. */
export async function saysName(world: World, pin: string, callerNumber?: string): Promise<FakeCall> {
  const call = await world.answered(callerNumber);
  world.clock.advance(400);
  await settle();
  world.press(call, pin);
  await settle();
  expect(world.endpoint(call).log.at(-1)).toBe('play say-your-name');
  // A hash within 3 s would still belong to the PIN.
  await world.wait(3_100);
  world.endpoint(call).finish();
  await settle();
  return call;
}

/** With what was said as a name. */
export async function inConferenceNamed(world: World, pin: string, callerNumber?: string): Promise<FakeCall> {
  const call = await saysName(world, pin, callerNumber);
  world.press(call, '#');
  await settle();
  await world.listen(call);
  return call;
}
