import type { Utterance } from '../prompts.js';

/** What is privately said to a caller: one message at a time, the others in a short queue. */
export interface Speech {
  /** What plays now: words, mere tones (which are no prompt), or no message. */
  readonly saying: 'words' | 'tones' | null;
  /** Messages still to be said, oldest first. */
  readonly queue: readonly (readonly Utterance[])[];
  /** When words last ended. */
  readonly quietSince: number;
}
