/**
 * Spoken prompts: festival says a whole sentence, and the wanted part is cut out by the times festival reports for
 * each sound. A fragment said within its sentence keeps the melody of the middle of a sentence; said alone it would
 * fall as if everything ended there, and a number put together from such parts sounds like a list.
 */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import {
  activeLevel,
  decibels,
  fadeEnds,
  frameLevels,
  gainOf,
  highPass,
  join,
  peak,
  readWav,
  samplesIn,
  toPromptRate,
} from './audio.mjs';

/**
 * @typedef {object} Voice
 * @property {string} engine
 * @property {string} name festival's name of the voice, without "voice_"
 * @property {number} bandwidthHz
 * @property {number} levelDb dBFS over active speech
 * @property {number} commaMs the least pause within a sentence
 * @property {number} sentenceMs the pause between sentences
 * @property {Readonly<Record<string, string>>} pronunciations words the voice gets wrong: syllables as festival's
 *   lexicon writes them
 */

/** @typedef {{ name: string, startS: number, endS: number, word: number }} Sound word is -1 in a pause */
/** @typedef {{ samples: Float64Array, sounds: readonly Sound[] }} Sentence at 16 kHz */

/** Above the peak of this level nothing goes out: room for the resamplers and codecs behind. */
const PEAK_LIMIT_DB = -4;

/** @typedef {{ leadMs: number, tailMs: number }} Edges silence kept before and after */

/** A prompt that stands by itself: enough of a lead that no first syllable is lost. @type {Edges} */
export const PROMPT_EDGES = { leadMs: 30, tailMs: 80 };

/** A part that is joined to others: hardly any. @type {Edges} */
export const PART_EDGES = { leadMs: 2, tailMs: 4 };

/** @param {string} text @returns {string[]} its words, without punctuation */
const wordsOf = (text) => text.match(/[A-Za-z']+/g) ?? [];

/**
 * Splits "There are {five} callers." into what is said and which of its words are kept.
 * @param {string} text
 * @returns {{ sentences: string[], keep: { from: number, to: number } | undefined }} word indices, `to` exclusive
 */
export function parseText(text) {
  const marked = /^([^{}]*)\{([^{}]+)\}([^{}]*)$/.exec(text);
  if (marked === null) {
    if (/[{}]/.test(text)) throw new Error(`braces do not match in "${text}"`);
    return { sentences: text.match(/[^.]+\./g)?.map((sentence) => sentence.trim()) ?? [text], keep: undefined };
  }
  const [, before, inside, after] = marked;
  const from = wordsOf(before).length;
  return { sentences: [before + inside + after], keep: { from, to: from + wordsOf(inside).length } };
}

/**
 * Has festival say sentences, all in one run.
 * @param {readonly string[]} sentences
 * @param {Voice} voice
 * @returns {Sentence[]}
 * @throws {Error} if festival or the voice is not installed
 */
export function speak(sentences, voice) {
  const directory = mkdtempSync(joinPath(tmpdir(), 'prompts-'));
  try {
    const script = [
      `(voice_${voice.name})`,
      ...Object.entries(voice.pronunciations).map(([word, sounds]) => `(lex.add.entry '("${word}" nil ${sounds}))`),
      `(define (sound-of s)
         (format t "SOUND %s %f %f %s\\n" (item.name s) (item.feat s "segment_start") (item.feat s "end")
                 (item.feat s "R:SylStructure.parent.parent.id")))`,
      `(define (say text file)
         (let ((utt (utt.synth (eval (list 'Utterance 'Text text)))))
           (format t "SENTENCE\\n")
           (mapcar sound-of (utt.relation.items utt 'Segment))
           (utt.save.wave utt file 'riff)))`,
      ...sentences.map((sentence, i) => `(say "${sentence}" "${joinPath(directory, `${i}.wav`)}")`),
    ].join('\n');
    const scriptFile = joinPath(directory, 'say.scm');
    writeFileSync(scriptFile, script);
    const report = runFestival(scriptFile).split('SENTENCE\n').slice(1);
    return sentences.map((sentence, i) => {
      const { rateHz, samples } = readWav(readFileSync(joinPath(directory, `${i}.wav`)));
      return {
        samples: highPass(toPromptRate(samples, rateHz, voice.bandwidthHz), 80),
        sounds: readSounds(report[i], sentence),
      };
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** @param {string} scriptFile @returns {string} */
function runFestival(scriptFile) {
  try {
    return execFileSync('festival', ['-b', scriptFile], { encoding: 'utf8', maxBuffer: 1 << 26 });
  } catch (error) {
    throw new Error('festival could not speak: install festival and festvox-us-slt-hts', { cause: error });
  }
}

/** @param {string} report @param {string} sentence @returns {Sound[]} */
function readSounds(report, sentence) {
  /** @type {string[]} */
  const wordIds = [];
  const sounds = [...report.matchAll(/^SOUND (\S+) (\S+) (\S+) (\S+)$/gm)].map(([, name, start, end, id]) => {
    if (id !== '0' && wordIds.at(-1) !== id) wordIds.push(id);
    return { name, startS: Number(start), endS: Number(end), word: id === '0' ? -1 : wordIds.length - 1 };
  });
  if (wordIds.length !== wordsOf(sentence).length) {
    throw new Error(`festival reads ${wordIds.length} words in "${sentence}": write every word as it is spoken`);
  }
  return sounds;
}

/**
 * Cuts, trims and levels one prompt.
 * @param {readonly Sentence[]} sentences
 * @param {{ from: number, to: number } | undefined} keep words kept of the (then only) sentence; all if undefined
 * @param {Edges} edges
 * @param {Voice} voice
 * @returns {Float64Array} at 16 kHz
 */
export function finishPrompt(sentences, keep, edges, voice) {
  const gap = new Float64Array(samplesIn(voice.sentenceMs));
  const pieces = sentences.flatMap((sentence, i) => {
    const piece = trim(keep === undefined ? lengthenPauses(sentence, voice.commaMs) : cut(sentence, keep));
    return i === 0 ? [piece] : [gap, piece];
  });
  const sound = join([new Float64Array(samplesIn(edges.leadMs)), ...pieces, new Float64Array(samplesIn(edges.tailMs))]);
  const wanted = gainOf(voice.levelDb - activeLevel(sound));
  const gain = Math.min(wanted, gainOf(PEAK_LIMIT_DB) / peak(sound));
  if (decibels(wanted / gain) > 1.5) throw new Error('the peaks are too high for the level');
  return sound.map((sample) => sample * gain);
}

/** @param {Sentence} sentence @param {{ from: number, to: number }} keep @returns {Float64Array} */
function cut({ samples, sounds }, keep) {
  const kept = sounds.filter((sound) => sound.word >= keep.from && sound.word < keep.to);
  const first = kept[0];
  const last = kept[kept.length - 1];
  // Next to a pause the voice needs its breath to set in and die away; next to a word the cut is exact.
  const before = sounds[sounds.indexOf(first) - 1];
  const after = sounds[sounds.indexOf(last) + 1];
  const startS = first.startS - (before.word === -1 ? 0.02 : 0);
  const endS = last.endS + (after.word === -1 ? 0.04 : 0);
  return samples.slice(samplesIn(startS * 1000), samplesIn(endS * 1000));
}

/**
 * festival's pauses at commas are short for a listener who has a key to find.
 * @param {Sentence} sentence @param {number} commaMs @returns {Float64Array}
 */
function lengthenPauses({ samples, sounds }, commaMs) {
  /** @type {Float64Array[]} */
  const pieces = [];
  let from = 0;
  sounds.forEach((sound, i) => {
    if (sound.word !== -1 || i === 0 || i === sounds.length - 1) return;
    const missingMs = commaMs - (sound.endS - sound.startS) * 1000;
    if (missingMs <= 0) return;
    const middle = samplesIn((sound.startS + 0.6 * (sound.endS - sound.startS)) * 1000);
    const piece = samples.slice(from, middle);
    fadeEnds(piece, 0, 15);
    pieces.push(piece, new Float64Array(samplesIn(missingMs)));
    from = middle;
  });
  const rest = samples.slice(from);
  if (from > 0) fadeEnds(rest, 15, 0);
  return join([...pieces, rest]);
}

/** Takes off what is quieter than the loudest 5 ms by 45 dB at both ends. @param {Float64Array} samples @returns {Float64Array} */
function trim(samples) {
  const frame = samplesIn(5);
  const levels = frameLevels(samples, frame);
  const floor = Math.max(...levels) * gainOf(-45);
  const first = levels.findIndex((level) => level > floor);
  const last = levels.findLastIndex((level) => level > floor);
  const speech = samples.slice(first * frame, Math.min((last + 1) * frame, samples.length));
  fadeEnds(speech, 3, 12);
  return speech;
}
