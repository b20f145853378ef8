import type { FakeCall } from '../../fakes/fake-signaling.js';
import type { World } from './world.js';

/** Where a call's audio is: room and mixer. */
export const place = (world: World, call: FakeCall) => {
  const { room, mixer, muted } = world.endpoint(call);
  return { inRoom: room !== null, mixer, muted };
};

/** The mixer the conference is on, and the one it is not on. */
export const mixers = (world: World): readonly [string, string] => {
  const on = [...world.media.rooms.values()][0] ?? '';
  return [on, on === 'm1' ? 'm2' : 'm1'];
};
