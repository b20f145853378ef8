import { forEachEngine } from '../kit/engines.js';
import { part, withBridge } from '../kit/scene.js';
import { announcementScenes } from './announcements.js';
import { nameScenes } from './names.js';
import { codeScenes } from './way-in-codes.js';

// Together in one file: in most of them callers wait most of the time.
forEachEngine((engine) => {
  const scene = withBridge({ engine, env: { PARTYLINE_ENTRY_GREETING: 'none' } });
  part('access codes and security codes', () => codeScenes(scene));
  part('names on entry', () => nameScenes(scene));
  part('joining, and what the room hears of it', () => announcementScenes(scene));
});
