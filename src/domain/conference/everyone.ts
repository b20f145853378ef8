import type { Utterance } from '../prompts.js';
import { playToRoom, tell, type Turn } from './turn.js';

/** Everyone who is or comes in hears it: the room together, those on the way in and aside each by himself. */
export function tellEveryone(turn: Turn, words: readonly Utterance[]): void {
  const { members } = turn.facts;
  if (members.some(({ phase }) => phase === 'in')) playToRoom(turn, words);
  for (const { callId, phase } of members) {
    if (phase === 'joining' || phase === 'aside') tell(turn, callId, words);
  }
}
