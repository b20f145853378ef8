import { forEachEngine } from '../kit/engines.js';
import { part, withBridge } from '../kit/scene.js';
import { everyonesKeyScenes } from './everyones-keys.js';
import { hostKeyScenes } from './host-keys.js';

// Together in one file: in most of them callers wait most of the time.
forEachEngine((engine) => {
  const scene = withBridge({ engine, env: { PARTYLINE_ENTRY_GREETING: 'none' } });
  part('the rules of keys, and codes that everyone has', () => everyonesKeyScenes(scene, engine));
  part('codes of the host', () => hostKeyScenes(scene));
});
