import { fileURLToPath } from 'node:url';
import { loadSound } from '../../../src/app/telephone/sound-files.js';
import { PromptCatalogue } from '../../../src/bridge/prompt-catalogue.js';
import {
  music,
  say,
  sayNumber,
  tone,
  type SpokenPrompt,
  type Tone,
  type Utterance,
} from '../../../src/domain/prompts.js';
import { concatenated } from '../../sound.js';

/** Something a caller may hear, with the sound itself, so that it can be found again in what was heard. */
export interface Sound {
  readonly name: string;
  /** 8 kHz. */
  readonly samples: Int16Array;
}

const catalogue = PromptCatalogue.load({ directory: fileURLToPath(new URL('../../../prompts', import.meta.url)) });
/** The beginning of the hold music that is looked for: long enough to be like nothing else. */
const MUSIC_SAMPLES = 12_000;

/** A sentence, or several parts spoken without a pause: `spoken('there-are', 2, 'other-callers')`. */
export function spoken(...parts: readonly (SpokenPrompt | number)[]): Sound {
  return soundOf(
    parts.join(' '),
    parts.map((part) => (typeof part === 'number' ? sayNumber(part) : say(part))),
  );
}

/** The file of a sentence that is one file. */
export function fileOf(prompt: SpokenPrompt): string {
  const [file, ...others] = catalogue.resolve([say(prompt)]);
  if (file === undefined || others.length > 0) throw new Error(`"${prompt}" is not one file`);
  return file.path;
}

export function signal(name: Tone): Sound {
  return soundOf(`${name} tone`, [tone(name)]);
}

/** The beginning of the hold music. */
export function holdMusic(): Sound {
  const { samples } = soundOf('hold music', [music]);
  return { name: 'hold music', samples: samples.subarray(0, MUSIC_SAMPLES) };
}

/** Utterances as a telephone hears them. */
export function soundOf(name: string, utterances: readonly Utterance[]): Sound {
  return { name, samples: concatenated(...catalogue.resolve(utterances).map(({ path }) => fileSamples(path))) };
}

const files = new Map<string, Int16Array>();

function fileSamples(path: string): Int16Array {
  const known = files.get(path);
  if (known !== undefined) return known;
  const samples = loadSound(path);
  files.set(path, samples);
  return samples;
}
