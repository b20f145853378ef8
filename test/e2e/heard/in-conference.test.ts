import { forEachEngine } from '../kit/engines.js';
import { withBridge } from '../kit/scene.js';
import { keyScenes } from './keys.js';
import { leavingScenes } from './leaving.js';
import { signallingScenes } from './signalling.js';

// In one file, so that all of them play while the caller who vanished is still being missed, which takes two minutes.
forEachEngine((engine) => {
  const scene = withBridge({ engine, env: { PARTYLINE_ENTRY_GREETING: 'none' } });
  leavingScenes(scene, engine);
  keyScenes(scene, engine);
  signallingScenes(scene);
});
