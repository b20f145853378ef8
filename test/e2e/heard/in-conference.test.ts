import { forEachEngine } from '../kit/engines.js';
import { part, withBridge } from '../kit/scene.js';
import { keyScenes } from './keys.js';
import { leavingScenes } from './leaving.js';
import { signallingScenes } from './signalling.js';

// In one file, so that all of them play while the caller who vanished is still being missed, which takes two minutes.
forEachEngine((engine) => {
  const scene = withBridge({ engine, env: { PARTYLINE_ENTRY_GREETING: 'none' } });
  part('leaving', () => leavingScenes(scene, engine));
  part('keys', () => keyScenes(scene, engine));
  part('telephones and trunks that differ', () => signallingScenes(scene));
});
