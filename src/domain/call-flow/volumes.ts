import type { KeypadAction } from '../keypad/contract.js';
import { say, tone, type Utterance } from '../prompts.js';
import type { Gains } from './contract.js';
import type { Turn } from './turn.js';

/** One press, decibels, and how far it goes in either direction. */
const STEP_DB = 4;
const MOST_DB = 12;

type VolumeAction = Extract<
  KeypadAction,
  'hear-quieter' | 'hear-louder' | 'speak-quieter' | 'speak-louder' | 'volume-normal'
>;

const CHANGES: Readonly<Record<VolumeAction, (gains: Gains) => Gains>> = {
  'hear-quieter': (gains) => ({ ...gains, hearDb: gains.hearDb - STEP_DB }),
  'hear-louder': (gains) => ({ ...gains, hearDb: gains.hearDb + STEP_DB }),
  'speak-quieter': (gains) => ({ ...gains, speakDb: gains.speakDb - STEP_DB }),
  'speak-louder': (gains) => ({ ...gains, speakDb: gains.speakDb + STEP_DB }),
  'volume-normal': () => ({ hearDb: 0, speakDb: 0 }),
};

export const isVolume = (action: KeypadAction): action is VolumeAction => Object.hasOwn(CHANGES, action);

/** Changes the caller's own volumes. @returns what he is told; at the end of the range a mere tone. */
export function changeVolume(turn: Turn, action: VolumeAction): readonly Utterance[] {
  const gains = CHANGES[action](turn.facts.gains);
  if (Math.abs(gains.hearDb) > MOST_DB || Math.abs(gains.speakDb) > MOST_DB) return [tone('refused')];
  turn.facts = { ...turn.facts, gains };
  turn.effects.push({ type: 'SetGains', gains });
  return [say(action)];
}
