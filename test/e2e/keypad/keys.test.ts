import { forEachEngine } from '../kit/engines.js';
import { withBridge } from '../kit/scene.js';
import { everyonesKeyScenes } from './everyones-keys.js';
import { hostKeyScenes } from './host-keys.js';

// Together in one file: in most of them callers wait most of the time.
forEachEngine((engine) => {
  const scene = withBridge({ engine, env: { PARTYLINE_ENTRY_GREETING: 'none' } });
  everyonesKeyScenes(scene, engine);
  hostKeyScenes(scene);
});
