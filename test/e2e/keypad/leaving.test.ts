import { forEachEngine } from '../kit/engines.js';
import { withBridge } from '../kit/scene.js';
import { gateScenes } from './gate.js';
import { leavingScenes } from './leaving.js';
import { lobbyScenes } from './lobby.js';

// Together in one file: in most of them callers wait most of the time.
forEachEngine((engine) => {
  const scene = withBridge({
    engine,
    env: { PARTYLINE_ENTRY_GREETING: 'none', PARTYLINE_MEDIA_SILENCE_SECONDS: '10' },
  });
  gateScenes(scene);
  lobbyScenes(scene);
  leavingScenes(scene, engine);
});
