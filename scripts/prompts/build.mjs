/**
 * Renders what callers hear from prompts/manifest.json.
 *
 *   npm run prompts:build            renders what is missing or no longer matches its text
 *   npm run prompts:build -- --all   renders everything
 *   npm run prompts:check            renders nothing; names what is missing or stale, exit status 1 if anything is
 *
 * `--directory DIR` works on another folder than prompts/. rendered.json keeps, for every file, a fingerprint of what
 * it was made from and one of its bytes, so that a changed text with an old recording is found without an ear.
 */

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { encodeWav, samplesIn } from './audio.mjs';
import { HOLD_MUSIC_VERSION, renderHoldMusic } from './hold-music.mjs';
import { finishPrompt, parseText, PART_EDGES, PROMPT_EDGES, speak } from './speech.mjs';
import { renderTone } from './tones.mjs';

/** To be raised when the processing changes in a way that is heard, so that everything counts as stale. */
const PROCESSING_VERSION = 1;

/** @typedef {import('./speech.mjs').Voice} Voice */
/** @typedef {Readonly<Record<string, string>>} Texts */
/**
 * @typedef {object} Manifest
 * @property {string} music
 * @property {{ directory: string, partsMs: readonly number[] }} silence
 * @property {{ directory: string, signals: Record<string, { notes: readonly import('./tones.mjs').Note[] }> }} tones
 * @property {Record<string, { directory: string, voice: Voice, prompts: Texts, numbers: Texts, digits: Texts }>} languages
 */
/**
 * One file to be made.
 * @typedef {object} Job
 * @property {string} file below the prompt folder
 * @property {string} fingerprint of everything the sound depends on
 * @property {() => Float64Array} render
 * @property {{ voice: Voice, sentences: readonly string[], use: (spoken: readonly import('./speech.mjs').Sentence[]) => Float64Array } | undefined} speech
 */
/** @typedef {Record<string, { fingerprint: string, sha256: string }>} Rendered by file */

/** @param {unknown} value @returns {string} */
const fingerprintOf = (value) => sha256(JSON.stringify([PROCESSING_VERSION, value])).slice(0, 16);

/** @param {string | Buffer} bytes @returns {string} */
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** @param {string} file @param {unknown} source @param {() => Float64Array} render @returns {Job} */
const soundJob = (file, source, render) => ({ file, fingerprint: fingerprintOf(source), render, speech: undefined });

/** @param {Manifest} manifest @returns {Job[]} */
function plan(manifest) {
  const { music, silence, tones, languages } = manifest;
  return [
    soundJob(music, HOLD_MUSIC_VERSION, renderHoldMusic),
    ...silence.partsMs.map((ms) =>
      soundJob(`${silence.directory}/${ms}.wav`, ms, () => new Float64Array(samplesIn(ms))),
    ),
    ...Object.entries(tones.signals).map(([name, { notes }]) =>
      soundJob(`${tones.directory}/${name}.wav`, notes, () => renderTone(notes)),
    ),
    ...Object.values(languages).flatMap(({ directory, voice, prompts, numbers, digits }) => [
      ...speechJobs(directory, prompts, voice, PROMPT_EDGES),
      ...speechJobs(`${directory}/numbers`, numbers, voice, PART_EDGES),
      ...speechJobs(`${directory}/digits`, digits, voice, PROMPT_EDGES),
    ]),
  ];
}

/** @param {string} directory @param {Texts} texts @param {Voice} voice @param {import('./speech.mjs').Edges} edges @returns {Job[]} */
function speechJobs(directory, texts, voice, edges) {
  return Object.entries(texts).map(([name, text]) => {
    const { sentences, keep } = parseText(text);
    return {
      file: `${directory}/${name}.wav`,
      fingerprint: fingerprintOf([text, voice, edges]),
      render: () => new Float64Array(),
      speech: { voice, sentences, use: (spoken) => finishPrompt(spoken, keep, edges, voice) },
    };
  });
}

/** @param {Job} job @param {Rendered} rendered @param {string} root @returns {string | undefined} what is wrong */
function trouble(job, rendered, root) {
  const path = join(root, job.file);
  const entry = Object.hasOwn(rendered, job.file) ? rendered[job.file] : undefined;
  if (!existsSync(path)) return 'is missing';
  if (entry === undefined) return 'was not rendered from the manifest';
  if (entry.fingerprint !== job.fingerprint) return 'does not match the manifest any more';
  return entry.sha256 === sha256(readFileSync(path)) ? undefined : 'was changed after it was rendered';
}

/** @param {readonly Job[]} jobs @returns {Map<Job, Float64Array>} */
function render(jobs) {
  /** @type {Map<Job, Float64Array>} */
  const sounds = new Map();
  /** @type {Map<Voice, (Job & { speech: NonNullable<Job['speech']> })[]>} */
  const byVoice = new Map();
  for (const job of jobs) {
    const { speech } = job;
    if (speech === undefined) sounds.set(job, job.render());
    else byVoice.set(speech.voice, [...(byVoice.get(speech.voice) ?? []), { ...job, speech }]);
  }
  for (const [voice, spokenJobs] of byVoice) {
    const spoken = speak(
      spokenJobs.flatMap((job) => job.speech.sentences),
      voice,
    );
    let at = 0;
    for (const job of spokenJobs) {
      const count = job.speech.sentences.length;
      sounds.set(job, job.speech.use(spoken.slice(at, at + count)));
      at += count;
    }
  }
  return sounds;
}

/** @param {string} file @returns {unknown} */
const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'));

function main() {
  const { values } = parseArgs({
    options: { check: { type: 'boolean' }, all: { type: 'boolean' }, directory: { type: 'string' } },
  });
  const root = values.directory ?? fileURLToPath(new URL('../../prompts', import.meta.url));
  const recordFile = join(root, 'rendered.json');
  const manifest = /** @type {Manifest} */ (readJson(join(root, 'manifest.json')));
  const rendered = /** @type {Rendered} */ (existsSync(recordFile) ? readJson(recordFile) : {});
  const jobs = plan(manifest);
  const wanted = new Set(jobs.map((job) => job.file));
  const orphans = Object.keys(rendered).filter((file) => !wanted.has(file));

  if (values.check === true) {
    const problems = [
      ...jobs.flatMap((job) => {
        const wrong = trouble(job, rendered, root);
        return wrong === undefined ? [] : [`${job.file} ${wrong}`];
      }),
      ...orphans.map((file) => `${file} is no longer in the manifest`),
    ];
    for (const problem of problems) console.error(problem);
    if (problems.length > 0) process.exitCode = 1;
    return;
  }

  const due = jobs.filter((job) => values.all === true || trouble(job, rendered, root) !== undefined);
  for (const [{ file, fingerprint }, samples] of render(due)) {
    const bytes = encodeWav(samples);
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), bytes);
    rendered[file] = { fingerprint, sha256: sha256(bytes) };
  }
  for (const file of orphans) rmSync(join(root, file), { force: true });
  const record = Object.fromEntries([...wanted].sort().map((file) => [file, rendered[file]]));
  writeFileSync(recordFile, `${JSON.stringify(record, null, 2)}\n`);
  console.log(`${due.length} of ${jobs.length} rendered, ${orphans.length} removed`);
}

main();
