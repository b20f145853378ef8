import type { Utterance } from '../prompts.js';
import { sayToRoom, unsay } from './sayings.js';
import type { Topic } from './state.js';
import { tell, type Turn } from './turn.js';

/** Everyone who is or comes in hears it: the room together, those on the way in and aside each by himself. */
export function tellEveryone(turn: Turn, topic: Topic, words: readonly Utterance[]): void {
  const { members } = turn.facts;
  if (members.some(({ phase }) => phase === 'in')) sayToRoom(turn, { topic, words });
  else unsay(turn, topic);
  for (const { callId, phase } of members) {
    if (phase === 'joining' || phase === 'aside') tell(turn, callId, words);
  }
}
