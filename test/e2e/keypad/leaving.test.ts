import { forEachEngine } from '../kit/engines.js';
import { part, withBridge } from '../kit/scene.js';
import { gateScenes } from './gate.js';
import { leavingScenes } from './leaving.js';
import { lobbyScenes } from './lobby.js';
import { recordScenes } from './records.js';

// Together in one file: in most of them callers wait most of the time.
forEachEngine((engine) => {
  const scene = withBridge({
    engine,
    env: { PARTYLINE_ENTRY_GREETING: 'none', PARTYLINE_MEDIA_SILENCE_SECONDS: '10' },
  });
  part('the gate: full, blocked, locked, no host yet', () => gateScenes(scene));
  part('the lobby', () => lobbyScenes(scene));
  part('leaving, and what becomes of the others', () => leavingScenes(scene, engine));
  part('what the records say', () => recordScenes(scene));
});
