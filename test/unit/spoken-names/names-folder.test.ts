import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { activeLevel } from '../../../src/adapters/spoken-names/level.js';
import { NamesFolder, NamesFolderUnusable } from '../../../src/adapters/spoken-names/names-folder.js';
import { readWav, writeWav } from '../../../src/adapters/spoken-names/wav.js';
import { conferenceId } from '../../../src/domain/identifiers.js';
import { concatenated, noise } from '../../sound.js';
import { speech } from '../../speech.js';

const CONFERENCE = conferenceId('conference-a1');
const OTHER = conferenceId('conference-b2');

let directory: string;
let names: NamesFolder;

function opened(path: string): NamesFolder {
  const folder = new NamesFolder(path);
  folder.prepare();
  return folder;
}

beforeEach(() => {
  directory = join(mkdtempSync(join(tmpdir(), 'names-')), 'names');
  names = opened(directory);
});

afterEach(() => rmSync(join(directory, '..'), { recursive: true, force: true }));

/** Says something: a second of silence, the words, another second. */
async function say(name: string, conference = CONFERENCE, words = speech(900)): Promise<number> {
  writeFileSync(names.place(conference, name), writeWav(concatenated(noise(1_000, -60), words, noise(1_000, -60))));
  return names.keep(conference, name);
}

const soundOf = (name: string): Int16Array => readWav(readFileSync(names.find(name) ?? ''));

describe('a spoken name', () => {
  it('is kept without the silence around it, as loud as the prompts are, for its owner alone', async () => {
    const speechMs = await say('mary', CONFERENCE, speech(900, -38));
    expect(speechMs).toBeGreaterThan(700);
    expect(speechMs).toBeLessThan(1_200);
    expect(soundOf('mary').length / 8).toBe(speechMs);
    expect(activeLevel(soundOf('mary'))).toBeCloseTo(-23, 0);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(statSync(names.find('mary') ?? '').mode & 0o777).toBe(0o600);
  });

  it('leaves nothing of the recording it was made from, and tells nothing by its file name', async () => {
    await say('mary');
    const files = readdirSync(directory);
    expect(files).toHaveLength(1);
    expect(files[0]).not.toMatch(/mary|conference/);
  });

  it('is nothing where nothing was said', async () => {
    expect(await say('mary', CONFERENCE, noise(500, -60))).toBe(0);
    expect(names.find('mary')).toBeNull();
    expect(readdirSync(directory)).toEqual([]);
  });

  it('that somebody else recorded before is laid ready, for its owner alone, and forgotten as any other', () => {
    const sound = writeWav(speech(900));
    names.lay(CONFERENCE, 'mary', sound);
    names.lay(CONFERENCE, 'mary', sound);
    const path = names.find('mary') ?? '';
    expect(readFileSync(path).equals(sound)).toBe(true);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(directory)).toHaveLength(1);
    expect(opened(directory).find('mary')).toBe(path);
    names.forget(CONFERENCE, 'mary');
    expect(readdirSync(directory)).toEqual([]);
    rmSync(directory, { recursive: true });
    expect(() => names.lay(CONFERENCE, 'mary', sound)).toThrow('could not be laid ready: ENOENT');
  });

  it('is replaced by another take, in a file of another name', async () => {
    await say('mary');
    const first = names.find('mary');
    await say('mary', CONFERENCE, speech(400));
    expect(names.find('mary')).not.toBe(first);
    expect(soundOf('mary').length / 8).toBeLessThan(700);
    expect(readdirSync(directory)).toHaveLength(1);
  });

  it('is gone where the second take says nothing', async () => {
    await say('mary');
    expect(await say('mary', CONFERENCE, noise(500, -60))).toBe(0);
    expect(names.find('mary')).toBeNull();
    expect(readdirSync(directory)).toEqual([]);
  });

  it('is forgotten, and no other', async () => {
    await say('mary');
    await say('tom');
    names.forget(CONFERENCE, 'mary');
    expect([names.find('mary'), names.find('tom') === null]).toEqual([null, false]);
    expect(readdirSync(directory)).toHaveLength(1);
  });

  it('that is not finished within 10 minutes is removed, and what is finished or younger stays', async () => {
    await say('mary');
    const [raw, young] = [names.place(CONFERENCE, 'tom'), names.place(CONFERENCE, 'sue')];
    const hidden = join(directory, `.${basename(raw)}.1a2b3c4d.partial`);
    const half = `${names.find('mary') ?? ''}.partial`;
    const note = join(directory, 'note.raw.wav');
    const now = Date.now();
    const made = (path: string, minutes: number): void => {
      if (!existsSync(path)) writeFileSync(path, 'half');
      utimesSync(path, now / 1_000 - minutes * 60, now / 1_000 - minutes * 60);
    };
    for (const path of [raw, hidden, half, note, names.find('mary') ?? '']) made(path, 11);
    made(young, 9);
    await names.removeUnfinished(now);
    expect([raw, hidden, half].filter(existsSync)).toEqual([]);
    expect([young, note, names.find('mary') ?? ''].filter((path) => !existsSync(path))).toEqual([]);
  });

  it('is found by the next process, which sweeps those of conferences that are over, recordings under way too', async () => {
    await say('mary');
    await say('sue', OTHER);
    writeFileSync(names.place(OTHER, 'ann'), 'half a recording');
    writeFileSync(join(directory, `.${names.place(OTHER, 'ann').split('/').pop() ?? ''}.1a2b3c4d.partial`), 'half');
    writeFileSync(join(directory, 'note.txt'), 'not ours');
    const kept = names.find('mary');
    writeFileSync(`${kept}.partial`, 'half of what a process that died was keeping');
    names = opened(directory);
    const recording = names.place(OTHER, 'joe');
    writeFileSync(recording, 'of somebody who came since');
    await names.sweep([CONFERENCE]);
    expect(names.find('mary')).toBe(kept);
    expect(names.find('sue')).toBeNull();
    expect(readdirSync(directory).sort()).toEqual([basename(kept ?? ''), basename(recording), 'note.txt'].sort());
  });

  it('is one clear line without a path where the recording cannot be used, and nothing is left of it', async () => {
    await expect(names.keep(CONFERENCE, 'mary')).rejects.toThrow(/^the name could not be kept: ENOENT$/);
    writeFileSync(names.place(CONFERENCE, 'mary'), 'no sound');
    await expect(names.keep(CONFERENCE, 'mary')).rejects.toThrow('the recording is not a WAV file');
    writeFileSync(names.place(CONFERENCE, 'mary'), writeWav(new Int16Array(8_000 * 70)));
    await expect(names.keep(CONFERENCE, 'mary')).rejects.toThrow('longer than any name');
    expect(readdirSync(directory)).toEqual([]);
  });

  it('can be read by the group where the folder is open to it', async () => {
    rmSync(directory, { recursive: true });
    mkdirSync(directory);
    chmodSync(directory, 0o2770);
    names = opened(directory);
    await say('mary');
    expect(statSync(names.find('mary') ?? '').mode & 0o777).toBe(0o660);
  });
});

describe('the folder of names', () => {
  it('is made when it is needed, and not before', () => {
    const later = join(directory, 'later');
    const folder = new NamesFolder(later);
    expect(existsSync(later)).toBe(false);
    folder.prepare();
    expect(existsSync(later)).toBe(true);
  });

  it('that cannot be made is one clear line', () => {
    const file = join(directory, 'file');
    writeFileSync(file, '');
    expect(() => opened(join(file, 'names'))).toThrow(NamesFolderUnusable);
    expect(() => opened(join(file, 'names'))).toThrow(/^cannot use .* for spoken names \(ENOTDIR\): /);
  });

  it('that is open to everyone is refused, with what to do', () => {
    chmodSync(directory, 0o755);
    expect(() => opened(directory)).toThrow(NamesFolderUnusable);
    expect(() => opened(directory)).toThrow(new RegExp(`is open to everyone: chmod o= ${directory}$`));
  });

  it('that went away loses names and nothing else', async () => {
    await say('mary');
    rmSync(directory, { recursive: true });
    names.forget(CONFERENCE, 'mary');
    await names.sweep([]);
    await names.removeUnfinished(Date.now());
    expect(existsSync(directory)).toBe(false);
  });
});
