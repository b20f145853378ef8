import { pitched } from '../../speech.js';
import { concatenated } from '../../sound.js';
import { soundOf, type Sound } from './sounds.js';
import { sayNumber } from '../../../src/domain/prompts.js';

/** Words that are unlike each other, and voices unlike the bridge's. */
const WORDS = [7, 11, 90, 20, 15, 60, 30, 12, 40, 70, 17, 50];
const VOICES = [1.17, 0.86, 1.32, 0.76, 1.08];
/** As a person waits between the tone and the name. */
const BEFORE_MS = 250;
/** As a finger takes to the key: by then what was said is through the jitter buffer, also on a machine that has too much to do. */
const AFTER_MS = 400;

/**
 * What somebody is called: a word in a voice of their own, each unlike all the others and unlike whatever the bridge says. There are 60.
 * @param index 0 to 59
 */
export function nameOf(index: number): Sound {
  const word = WORDS[index % WORDS.length] ?? 0;
  const voice = VOICES[Math.floor(index / WORDS.length) % VOICES.length] ?? 1;
  const { samples } = soundOf('', [sayNumber(word)]);
  return { name: `name ${index} (${word}, pitch ${voice})`, samples: pitched(samples, voice) };
}

/** The name with the pauses that people make before they speak and before they key. */
export const withPauses = ({ samples }: Sound): Int16Array =>
  concatenated(new Int16Array(BEFORE_MS * 8), samples, new Int16Array(AFTER_MS * 8));
