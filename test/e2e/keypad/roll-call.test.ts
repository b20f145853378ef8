import { forEachEngine } from '../kit/engines.js';
import { part, withBridge } from '../kit/scene.js';
import { noiseScenes } from './noise.js';
import { rollCallScenes } from './roll-call.js';

forEachEngine((engine) => {
  const scene = withBridge({ engine, env: { PARTYLINE_ENTRY_GREETING: 'none' } });
  part('roll call: *8', () => rollCallScenes(scene));
  part('noisy lines: #2', () => noiseScenes(scene));
});
