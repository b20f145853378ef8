import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PromptCatalogue, PromptUnusable } from '../../../src/bridge/prompt-catalogue.js';
import { nameId } from '../../../src/domain/identifiers.js';
import { music, say, sayNumber, silence, tone, type Utterance } from '../../../src/domain/prompts.js';

const PROMPTS = join(import.meta.dirname, '../../../prompts');

let scratch: string;
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'prompts-'));
});
afterEach(() => {
  rmSync(scratch, { recursive: true });
});

/** A prompt folder of one's own, to spoil. */
function copyOfPrompts(): string {
  const directory = join(scratch, 'prompts');
  cpSync(PROMPTS, directory, { recursive: true });
  return directory;
}

/** A valid sound where the recorded human voice would be, for every file it is said to have. */
function recordedVoice(): string {
  const directory = join(scratch, 'human');
  const listed = readFileSync(join(PROMPTS, 'asterisk-en.json'), 'utf8');
  for (const [, file] of listed.matchAll(/\["([^\]]+)"\]/g)) {
    for (const part of (file ?? '').split(/",\s*"/)) {
      mkdirSync(dirname(join(directory, part)), { recursive: true });
      cpSync(join(PROMPTS, 'tones/entry.wav'), join(directory, `${part}.wav`));
    }
  }
  return directory;
}

const played = (catalogue: PromptCatalogue, utterances: readonly Utterance[]): string[] =>
  catalogue.resolve(utterances).map(({ path }) => relative(PROMPTS, path));

describe('utterances become files', () => {
  it('plays sentences, numbers, digits and tones in their order', () => {
    const catalogue = PromptCatalogue.load({ directory: PROMPTS });
    const utterances: Utterance[] = [
      tone('entry'),
      say('there-are'),
      sayNumber(21),
      say('other-callers'),
      { kind: 'digits', digits: '*6#' },
    ];
    expect(played(catalogue, utterances)).toEqual([
      'tones/entry.wav',
      'en/there-are.wav',
      'en/numbers/20.wav',
      'en/numbers/1.wav',
      'en/other-callers.wav',
      'en/star.wav',
      'en/digits/6.wav',
      'en/hash.wav',
    ]);
  });

  it('loops hold music and nothing else', () => {
    const items = PromptCatalogue.load({ directory: PROMPTS }).resolve([say('host-not-arrived'), music]);
    expect(items.map(({ loop }) => loop)).toEqual([false, true]);
  });

  it.each([
    [0, []],
    [200, [200]],
    [400, [400]],
    [1000, [1000]],
    [2700, [1000, 1000, 400, 200, 100]],
    [10, [100]],
  ])('keeps silent for %i ms, rounded up to a tenth of a second', (ms, parts) => {
    const catalogue = PromptCatalogue.load({ directory: PROMPTS });
    expect(played(catalogue, [silence(ms)])).toEqual(parts.map((part) => `silence/${part}.wav`));
  });

  it('plays a configured greeting, and the ordinary welcome where there is none', () => {
    const greeting = join(PROMPTS, 'en/joining.wav');
    const catalogue = PromptCatalogue.load({ directory: PROMPTS, greetings: { sales: greeting } });
    expect(played(catalogue, [{ kind: 'greeting', name: 'sales' }])).toEqual(['en/joining.wav']);
    expect(played(catalogue, [{ kind: 'greeting', name: 'other' }])).toEqual(['en/welcome.wav']);
  });

  it('plays configured hold music', () => {
    const holdMusic = join(PROMPTS, 'silence/1000.wav');
    const catalogue = PromptCatalogue.load({ directory: PROMPTS, holdMusic });
    expect(catalogue.resolve([music])).toEqual([{ path: holdMusic, loop: true }]);
  });

  it('never repeats digits it cannot read out', () => {
    const catalogue = PromptCatalogue.load({ directory: PROMPTS });
    expect(() => catalogue.resolve([{ kind: 'digits', digits: '12345A' }])).toThrow(
      /^only 0-9, \* and # can be read out$/,
    );
  });
});

describe('a name that was said', () => {
  const utterances: Utterance[] = [{ kind: 'name', name: nameId('mary') }, say('has-joined')];
  const spokenName = (name: string): string | null => (name === 'mary' ? join(PROMPTS, 'said.wav') : null);

  it('is its own file, in one list with the words around it', () => {
    const catalogue = PromptCatalogue.load({ directory: PROMPTS, spokenName });
    expect(played(catalogue, utterances)).toEqual(['said.wav', 'en/has-joined.wav']);
  });

  it('is an unnamed caller where it is not there any more, or there are no names', () => {
    const catalogue = PromptCatalogue.load({ directory: PROMPTS, spokenName });
    expect(played(catalogue, [{ kind: 'name', name: nameId('tom') }])).toEqual(['en/unnamed-caller.wav']);
    expect(played(PromptCatalogue.load({ directory: PROMPTS }), utterances)).toEqual([
      'en/unnamed-caller.wav',
      'en/has-joined.wav',
    ]);
  });
});

describe('the human voice', () => {
  const load = (): PromptCatalogue =>
    PromptCatalogue.load({ directory: PROMPTS, voice: 'asterisk', asteriskDirectory: recordedVoice() });
  const voices = (utterances: readonly Utterance[]): string[] =>
    load()
      .resolve(utterances)
      .map(({ path }) => (path.startsWith(PROMPTS) ? 'rendered' : 'human'));

  it('speaks the sentences it has, the rendered voice the others', () => {
    expect(voices([say('conference-full'), say('help-intro')])).toEqual(['human', 'rendered']);
  });

  it('may need two recordings for one sentence', () => {
    expect(voices([say('still-waiting')])).toEqual(['human', 'human']);
  });

  it('counts', () => {
    expect(voices([say('there-are'), sayNumber(3), say('other-callers')])).toEqual(['human', 'human', 'human']);
  });

  it('leaves a whole sentence to the rendered voice when it lacks a part of it', () => {
    expect(voices([sayNumber(3), say('were-turned-away')])).toEqual(['rendered', 'rendered']);
  });

  it('is refused where it is not installed, with the file it lacks', () => {
    expect(() =>
      PromptCatalogue.load({ directory: PROMPTS, voice: 'asterisk', asteriskDirectory: '/nowhere' }),
    ).toThrow(/^prompt file \/nowhere\/\S+\.wav: does not exist \(and \d+ more like it\)$/);
  });
});

describe('what cannot be played is refused at start, in one line that names the file', () => {
  const refusal = (directory: string, more: object = {}): string => {
    try {
      PromptCatalogue.load({ directory, ...more });
    } catch (error) {
      expect(error).toBeInstanceOf(PromptUnusable);
      return error instanceof Error ? error.message : '';
    }
    return 'was accepted';
  };

  it('a missing folder', () => {
    expect(refusal('/nowhere')).toBe('/nowhere/manifest.json: does not exist');
  });

  it('a manifest that is not JSON', () => {
    const directory = copyOfPrompts();
    writeFileSync(join(directory, 'manifest.json'), '{');
    expect(refusal(directory)).toBe(`${directory}/manifest.json: is not JSON`);
  });

  it('a manifest of another shape', () => {
    const directory = copyOfPrompts();
    writeFileSync(join(directory, 'manifest.json'), '{"version":2}');
    expect(refusal(directory)).toMatch(/manifest\.json: version: [^\n]+$/);
  });

  it('a manifest without one of the sentences', () => {
    const directory = copyOfPrompts();
    const text = readFileSync(join(directory, 'manifest.json'), 'utf8');
    writeFileSync(join(directory, 'manifest.json'), text.replace('"enter-pin"', '"enter-pim"'));
    expect(refusal(directory)).toBe(`${directory}/manifest.json: no prompt "enter-pin"`);
  });

  it('a language that is not there', () => {
    expect(refusal(PROMPTS, { language: 'cy' })).toBe(`${PROMPTS}/manifest.json: no language "cy", there is en`);
  });

  it('a missing prompt', () => {
    const directory = copyOfPrompts();
    rmSync(join(directory, 'en/goodbye.wav'));
    expect(refusal(directory)).toBe(`prompt file ${directory}/en/goodbye.wav: does not exist`);
  });

  it('a prompt that was cut short', () => {
    const directory = copyOfPrompts();
    truncateSync(join(directory, 'en/goodbye.wav'), 1000);
    expect(refusal(directory)).toBe(`prompt file ${directory}/en/goodbye.wav: is cut short`);
  });

  it('music that is not a WAV file', () => {
    const file = join(PROMPTS, 'manifest.json');
    expect(refusal(PROMPTS, { holdMusic: file })).toBe(`prompt file ${file}: is not a WAV file`);
  });

  it('an empty file', () => {
    const file = join(scratch, 'empty.wav');
    writeFileSync(file, '');
    expect(refusal(PROMPTS, { holdMusic: file })).toBe(`prompt file ${file}: is not a WAV file`);
  });

  it('a folder', () => {
    expect(refusal(PROMPTS, { greetings: { sales: scratch } })).toBe(`prompt file ${scratch}: is a folder`);
  });

  it('a format the engines do not play', () => {
    const file = join(scratch, 'stereo.wav');
    const wav = readFileSync(join(PROMPTS, 'silence/200.wav'));
    wav.writeUInt16LE(2, 22);
    wav.writeUInt32LE(44_100, 24);
    writeFileSync(file, wav);
    expect(refusal(PROMPTS, { holdMusic: file })).toBe(
      `prompt file ${file}: must be 16-bit PCM, mono, 8000 or 16000 Hz; it is 16 bits, 2 channel(s), 44100 Hz`,
    );
  });
});

describe('a running bridge', () => {
  it('has nothing to complain of while all files are there', () => {
    expect(PromptCatalogue.load({ directory: PROMPTS }).check()).toEqual([]);
  });

  it('names every file that went missing since the start', () => {
    const directory = copyOfPrompts();
    const catalogue = PromptCatalogue.load({ directory });
    rmSync(join(directory, 'en/goodbye.wav'));
    rmSync(join(directory, 'tones/exit.wav'));
    expect(catalogue.check()).toEqual([
      `prompt file ${directory}/en/goodbye.wav: does not exist`,
      `prompt file ${directory}/tones/exit.wav: does not exist`,
    ]);
  });
});
