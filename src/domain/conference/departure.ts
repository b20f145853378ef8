import { announceExit, exitAnnouncement, settleBatch } from './announcements.js';
import { hearsOfBeingAlone, watchAlone } from './presence.js';
import type { Member } from './state.js';
import type { Turn } from './turn.js';

/** Someone is taken away from a conference in session: those who stay hear of it, and the last one is told to be alone. */
export function othersGoOn(turn: Turn, gone: Member): void {
  const privately = hearsOfBeingAlone(turn);
  const isMissed = wasThere(gone);
  if (isMissed && !privately) announceExit(turn, gone);
  if (gone.inBatch) settleBatch(turn);
  watchAlone(turn, privately && isMissed ? exitAnnouncement(turn, gone) : []);
}

/** The others took a host who was aside, or just on the way back, for being there. */
const wasThere = ({ phase, hasBeenIn }: Member): boolean => hasBeenIn && phase !== 'held';
