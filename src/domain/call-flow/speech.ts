import { music, type Utterance } from '../prompts.js';
import type { Speech } from './speech-state.js';
import { play, stopPlaying, type Turn } from './turn.js';

/** What is heard when nothing is said. */
export type Background = 'music' | 'none';

/** Messages that may wait their turn; beyond that the newest win, the oldest are out of date. */
const LONGEST_QUEUE = 3;

export const silentSpeech = (at: number): Speech => ({ saying: null, queue: [], quietSince: at });

/** Says it now, or after what is being said. */
export function hear(turn: Turn, speech: Speech, utterances: readonly Utterance[]): Speech {
  if (utterances.length === 0) return speech;
  if (speech.saying !== null) return holdBack(speech, utterances);
  return begin(turn, speech, utterances);
}

/** Says it now, in place of what is being said; the messages in the queue are kept. */
export const sayNow = (turn: Turn, speech: Speech, utterances: readonly Utterance[]): Speech =>
  begin(turn, ended(turn, speech), utterances);

/** Keeps it for when there is someone to say it to. */
export function holdBack(speech: Speech, utterances: readonly Utterance[]): Speech {
  if (utterances.length === 0) return speech;
  return { ...speech, queue: [...speech.queue, utterances].slice(-LONGEST_QUEUE) };
}

/** Barge-in: leaves the message under way; those in the queue are still said. */
export function interrupt(turn: Turn, speech: Speech, background: Background): Speech {
  if (speech.saying !== 'words') return speech;
  const after = next(turn, ended(turn, speech), background);
  if (after.saying === null && background === 'none') stopPlaying(turn);
  return after;
}

/** Ends the words under way; what waits in the queue goes on waiting. */
export function cutShort(turn: Turn, speech: Speech): Speech {
  if (speech.saying !== 'words') return speech;
  stopPlaying(turn);
  return ended(turn, speech);
}

/** The message under way is over or goes unheard; the next one is begun, or the background. */
export function next(turn: Turn, speech: Speech, background: Background): Speech {
  const [message, ...queue] = speech.queue;
  if (message !== undefined) return begin(turn, { ...speech, queue }, message);
  if (background === 'music') play(turn, [music]);
  return speech;
}

/** Since when no words are said; `null` while they are. */
export const quietSince = (speech: Speech): number | null => (speech.saying === 'words' ? null : speech.quietSince);

/** The speech with nothing under way; its queue is kept. */
export const ended = (turn: Turn, speech: Speech): Speech => ({
  ...speech,
  saying: null,
  quietSince: speech.saying === 'words' ? turn.at : speech.quietSince,
});

function begin(turn: Turn, speech: Speech, utterances: readonly Utterance[]): Speech {
  play(turn, utterances);
  const tonesOnly = utterances.every((piece) => piece.kind === 'tone' || piece.kind === 'silence');
  return { ...speech, saying: tonesOnly ? 'tones' : 'words' };
}
