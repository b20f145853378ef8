import { readFileSync } from 'node:fs';
import { join, resolve as absolute } from 'node:path';
import { z } from 'zod';
import { assertNever } from '../domain/assert-never.js';
import type { NameId } from '../domain/identifiers.js';
import { SPOKEN_PROMPTS, TONES, type SpokenPrompt, type Utterance } from '../domain/prompts.js';
import type { PlayItem } from '../ports/media.js';
import { accessProblem, wavProblem } from './wav-problem.js';

/** What every whole number from 0 to 999 999 is put together from. */
export const NUMBER_PARTS: readonly string[] = [
  ...Array.from({ length: 21 }, (_, n) => String(n)),
  ...['30', '40', '50', '60', '70', '80', '90', 'hundred', 'thousand', 'and'],
];
const DIGITS = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'] as const;
const LARGEST_NUMBER = 999_999;

/** A prompt file or its description cannot be used; the message is one line that names the file and what is wrong. */
export class PromptUnusable extends Error {
  override readonly name = 'PromptUnusable';
}

export interface PromptCatalogueOptions {
  /** The folder with `manifest.json` and the rendered prompts. */
  readonly directory: string;
  /** A language of the manifest; `en` if not given. */
  readonly language?: string | undefined;
  /**
   * `slt`: the rendered voice (default). `asterisk`: the recorded human voice, where it has words with the same meaning,
   * the rendered one elsewhere.
   */
  readonly voice?: 'slt' | 'asterisk' | undefined;
  /** A WAV file (16-bit PCM, mono, 8 or 16 kHz) instead of the hold music that comes along. */
  readonly holdMusic?: string | undefined;
  /** WAV files by name of greeting. A greeting that is not here is the ordinary welcome. */
  readonly greetings?: Readonly<Record<string, string>> | undefined;
  /** The sound file of a name that was said, or `null` where there is none (any more). */
  readonly spokenName?: ((name: NameId) => string | null) | undefined;
  /** Where the human voice lies; the place named in `asterisk-en.json` if not given. */
  readonly asteriskDirectory?: string | undefined;
}

const texts = z.record(z.string(), z.string());
const manifestSchema = z.object({
  version: z.literal(1),
  music: z.string(),
  silence: z.object({ directory: z.string(), partsMs: z.array(z.int().positive()).nonempty() }),
  tones: z.object({ directory: z.string(), signals: z.record(z.string(), z.unknown()) }),
  languages: z.record(z.string(), z.object({ directory: z.string(), prompts: texts, numbers: texts, digits: texts })),
});

const files = z.record(z.string(), z.array(z.string()).nonempty());
const recordedVoiceSchema = z.object({
  version: z.literal(1),
  language: z.string(),
  directory: z.string(),
  prompts: z.partialRecord(z.enum(SPOKEN_PROMPTS), z.array(z.string()).nonempty()),
  numbers: files,
  digits: files,
});

/** Files by name; several where a recording is put together. */
type Files = ReadonlyMap<string, readonly string[]>;

/** An utterance whose name, if it is one, has been found. */
type Piece = Exclude<Utterance, { kind: 'name' }> | { readonly kind: 'file'; readonly path: string };

interface Voice {
  readonly prompts: Files;
  readonly numbers: Files;
  readonly digits: Files;
}

interface Sounds {
  readonly rendered: Voice;
  /** The human voice, where it was chosen. */
  readonly recorded: Voice | null;
  readonly tones: Files;
  readonly silences: readonly { readonly ms: number; readonly path: string }[];
  readonly music: string;
  readonly greetings: ReadonlyMap<string, string>;
}

/** Turns what the domain says into sound files. Loaded once at start, so that a missing file is found before a caller does. */
export class PromptCatalogue {
  readonly #sounds: Sounds;
  readonly #spokenName: (name: NameId) => string | null;

  private constructor(sounds: Sounds, spokenName: (name: NameId) => string | null) {
    this.#sounds = sounds;
    this.#spokenName = spokenName;
  }

  /** @throws {PromptUnusable} if a description or any sound file is missing or not what the engines play */
  static load(options: PromptCatalogueOptions): PromptCatalogue {
    const catalogue = new PromptCatalogue(findSounds(options), options.spokenName ?? (() => null));
    const [first, ...others] = catalogue.check();
    if (first !== undefined) {
      throw new PromptUnusable(others.length === 0 ? first : `${first} (and ${others.length} more like it)`);
    }
    return catalogue;
  }

  /** Looks at every file again, for `doctor`: a line for each that can no longer be played; empty if all is well. */
  check(): string[] {
    const { rendered, recorded, tones, silences, music, greetings } = this.#sounds;
    const voices = recorded === null ? [rendered] : [rendered, recorded];
    const paths = [...voices.flatMap(({ prompts, numbers, digits }) => [prompts, numbers, digits]), tones].flatMap(
      (group) => [...group.values()].flat(),
    );
    const all = new Set([...paths, ...silences.map(({ path }) => path), music, ...greetings.values()]);
    return [...all].flatMap((path) => {
      const problem = wavProblem(path);
      return problem === null ? [] : [`prompt file ${path}: ${problem}`];
    });
  }

  /**
   * The files to play, in order. Bound, so that it can be handed on by itself.
   * A number, a row of digits or a name is only part of a sentence: such an announcement is spoken in one voice throughout
   * (but for the name), the human one only if that has all of it.
   * @throws {RangeError} for a number that is not whole or beyond 0 to 999 999, and for digits other than 0-9, * and #
   */
  readonly resolve = (utterances: readonly Utterance[]): PlayItem[] => {
    const { rendered, recorded } = this.#sounds;
    const composed = utterances.some(({ kind }) => kind === 'number' || kind === 'digits' || kind === 'name');
    const pieces = utterances.map((utterance) => this.#found(utterance));
    const human = recorded !== null && (!composed || pieces.every((piece) => canSay(recorded, piece)));
    return pieces.flatMap((piece) => this.#items(piece, human ? [recorded, rendered] : [rendered]));
  };

  /** Names as the files they are in. */
  #found(utterance: Utterance): Piece {
    if (utterance.kind !== 'name') return utterance;
    const path = this.#spokenName(utterance.name);
    return path === null ? { kind: 'prompt', prompt: 'unnamed-caller' } : { kind: 'file', path };
  }

  #items(utterance: Piece, voices: readonly Voice[]): PlayItem[] {
    switch (utterance.kind) {
      case 'file':
        return once([utterance.path]);
      case 'prompt':
      case 'number':
      case 'digits':
        return speech(utterance).flatMap(([group, name]) => {
          const voice = voices.find((candidate) => candidate[group].has(name));
          return once(voice?.[group].get(name) ?? []);
        });
      case 'greeting': {
        const path = this.#sounds.greetings.get(utterance.name);
        return path === undefined ? this.#items({ kind: 'prompt', prompt: 'welcome' }, voices) : once([path]);
      }
      case 'tone':
        return once(this.#sounds.tones.get(utterance.tone) ?? []);
      case 'silence':
        return once(this.#silence(utterance.ms));
      case 'music':
        return [{ path: this.#sounds.music, loop: true }];
      default:
        return assertNever(utterance);
    }
  }

  /** As few files as make up at least this silence, rounded up to the shortest there is. */
  #silence(ms: number): string[] {
    const paths: string[] = [];
    const shortest = this.#sounds.silences.at(-1)?.ms ?? 1;
    let left = Math.ceil(ms / shortest) * shortest;
    for (const part of this.#sounds.silences) {
      for (; left >= part.ms; left -= part.ms) paths.push(part.path);
    }
    return paths;
  }
}

/**
 * The parts of a number as it is spoken in British English: "one thousand and one", "twenty one thousand and forty two".
 * @throws {RangeError} if it is not whole or beyond 0 to 999 999
 */
export function composeNumber(value: number): string[] {
  if (!Number.isInteger(value) || value < 0 || value > LARGEST_NUMBER) {
    throw new RangeError(`${value} cannot be spoken: whole numbers from 0 to ${LARGEST_NUMBER} can`);
  }
  if (value <= 20) return [String(value)];
  if (value < 100) return [String(value - (value % 10)), ...rest(value % 10)];
  if (value < 1000) return [String(Math.floor(value / 100)), 'hundred', ...rest(value % 100, 'and')];
  const below = value % 1000;
  return [...composeNumber(Math.floor(value / 1000)), 'thousand', ...(below < 100 ? rest(below, 'and') : rest(below))];
}

const rest = (value: number, ...link: string[]): string[] => (value === 0 ? [] : [...link, ...composeNumber(value)]);

type SpokenUtterance = Extract<Utterance, { kind: 'prompt' | 'number' | 'digits' }>;

/** The pieces of speech, each by the group and name it has in a voice. */
function speech(utterance: SpokenUtterance): (readonly [keyof Voice, string])[] {
  switch (utterance.kind) {
    case 'prompt':
      return [['prompts', utterance.prompt]];
    case 'number':
      return composeNumber(utterance.value).map((part) => ['numbers', part]);
    case 'digits':
      // What was keyed may be secret: the message does not repeat it.
      if (!/^[0-9*#]*$/.test(utterance.digits)) throw new RangeError('only 0-9, * and # can be read out');
      return Array.from(utterance.digits, (key) => {
        const sign = KEY_NAMES.get(key);
        return sign === undefined ? ['digits', key] : ['prompts', sign];
      });
    default:
      return assertNever(utterance);
  }
}

const KEY_NAMES: ReadonlyMap<string, SpokenPrompt> = new Map([
  ['*', 'star'],
  ['#', 'hash'],
]);

/** Whether a voice has all of what is spoken here; what is not speech is in no voice. */
function canSay(voice: Voice, utterance: Piece): boolean {
  switch (utterance.kind) {
    case 'prompt':
    case 'number':
    case 'digits':
      return speech(utterance).every(([group, name]) => voice[group].has(name));
    case 'file':
    case 'tone':
    case 'silence':
    case 'greeting':
    case 'music':
      return true;
    default:
      return assertNever(utterance);
  }
}

const once = (paths: readonly string[]): PlayItem[] => paths.map((path) => ({ path, loop: false }));

function findSounds(options: PromptCatalogueOptions): Sounds {
  const root = absolute(options.directory);
  const file = join(root, 'manifest.json');
  const manifest = readDescription(file, manifestSchema);
  const code = options.language ?? 'en';
  const language = manifest.languages[code];
  if (language === undefined) {
    throw new PromptUnusable(`${file}: no language "${code}", there is ${Object.keys(manifest.languages).join(', ')}`);
  }
  const filesIn = (directory: string, names: readonly string[], listed: object, what: string): Files => {
    const missing = names.find((name) => !Object.hasOwn(listed, name));
    if (missing !== undefined) throw new PromptUnusable(`${file}: no ${what} "${missing}"`);
    return new Map(names.map((name) => [name, [join(root, directory, `${name}.wav`)]]));
  };
  const { silence, tones } = manifest;
  return {
    rendered: {
      prompts: filesIn(language.directory, SPOKEN_PROMPTS, language.prompts, 'prompt'),
      numbers: filesIn(join(language.directory, 'numbers'), NUMBER_PARTS, language.numbers, 'number part'),
      digits: filesIn(join(language.directory, 'digits'), DIGITS, language.digits, 'digit'),
    },
    recorded: options.voice === 'asterisk' ? recordedVoice(root, code, options.asteriskDirectory) : null,
    tones: filesIn(tones.directory, TONES, tones.signals, 'tone'),
    silences: silence.partsMs
      .toSorted((a, b) => b - a)
      .map((ms) => ({ ms, path: join(root, silence.directory, `${ms}.wav`) })),
    music: absolute(options.holdMusic ?? join(root, manifest.music)),
    greetings: new Map(Object.entries(options.greetings ?? {}).map(([name, path]) => [name, absolute(path)])),
  };
}

function recordedVoice(root: string, language: string, directory: string | undefined): Voice {
  const file = join(root, 'asterisk-en.json');
  const voice = readDescription(file, recordedVoiceSchema);
  if (voice.language !== language) {
    throw new PromptUnusable(`${file}: the human voice speaks "${voice.language}", not "${language}"`);
  }
  const home = absolute(directory ?? voice.directory);
  const filesOf = (group: Readonly<Record<string, readonly string[]>>): Files =>
    new Map(Object.entries(group).map(([name, parts]) => [name, parts.map((part) => join(home, `${part}.wav`))]));
  return { prompts: filesOf(voice.prompts), numbers: filesOf(voice.numbers), digits: filesOf(voice.digits) };
}

function readDescription<T>(file: string, schema: z.ZodType<T>): T {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new PromptUnusable(`${file}: ${error instanceof SyntaxError ? 'is not JSON' : accessProblem(error)}`, {
      cause: error,
    });
  }
  const parsed = schema.safeParse(content);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new PromptUnusable(`${file}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'is not as it should be'}`);
}
