import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadSound, Recording, SoundFileUnusable } from '../../../src/app/telephone/sound-files.js';
import { levelDbfs, sine, writeWav } from '../../sound.js';

describe('sound files of the telephone', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'partyline-sound-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('reads 8 kHz as it is and 16 kHz at half the rate', async () => {
    const tone = sine(440, 500);
    await writeWav(join(folder, 'a.wav'), tone);
    await writeWav(join(folder, 'b.wav'), tone, 16_000);
    expect(loadSound(join(folder, 'a.wav'))).toEqual(tone);
    const halved = loadSound(join(folder, 'b.wav'));
    expect(halved.length).toBe(tone.length / 2);
    expect(levelDbfs(halved.subarray(200, -200))).toBeCloseTo(levelDbfs(tone), 0);
  });

  it.each([
    ['missing.wav', null, /cannot read .*no such file/],
    ['text.wav', 'hello', /text\.wav is no WAV file/],
    ['empty.wav', '', /is no WAV file/],
  ])('refuses %s in one line', (name, content, words) => {
    const path = join(folder, name);
    if (content !== null) writeFileSync(path, content);
    expect(() => loadSound(path)).toThrow(SoundFileUnusable);
    expect(() => loadSound(path)).toThrow(words);
  });

  it('puts a recording into its place only when it is finished', async () => {
    const path = join(folder, 'out.wav');
    writeFileSync(path, 'from before');
    const recording = await Recording.begin(path);
    recording.write(sine(440, 300));
    expect(readFileSync(path, 'utf8')).toBe('from before');
    await recording.finish();
    expect(loadSound(path)).toEqual(sine(440, 300));
    expect(readdirSync(folder)).toEqual(['out.wav']);
  });

  it('leaves nothing of a recording that is given up', async () => {
    const recording = await Recording.begin(join(folder, 'out.wav'));
    recording.write(sine(440, 300));
    await recording.abandon();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('refuses to record into a folder that is not there, or over one', async () => {
    await expect(Recording.begin(join(folder, 'no', 'out.wav'))).rejects.toThrow(/cannot record .*no such/);
    await expect(Recording.begin(folder)).rejects.toThrow(/it is a folder/);
  });
});
