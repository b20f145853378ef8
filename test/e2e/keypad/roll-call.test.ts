import { forEachEngine } from '../kit/engines.js';
import { withBridge } from '../kit/scene.js';
import { noiseScenes } from './noise.js';
import { rollCallScenes } from './roll-call.js';

forEachEngine((engine) => {
  const scene = withBridge({ engine, env: { PARTYLINE_ENTRY_GREETING: 'none' } });
  rollCallScenes(scene);
  noiseScenes(scene);
});
