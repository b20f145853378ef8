import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { completeRecording, recordedSound, wavFile } from '../../../src/adapters/freeswitch/recorded-file.js';

const SOUND = Buffer.from([1, 0, 2, 0, 3, 0]);

/** A file with another chunk before its data, as libsndfile writes it; `lengths` filled in or not yet. */
const written = (lengths: 'filled in' | 'open', tail = SOUND): Buffer => {
  const plain = wavFile(tail);
  const note = Buffer.from('LIST\x03\0\0\0abc\0', 'latin1');
  const file = Buffer.concat([plain.subarray(0, 36), note, plain.subarray(36)]);
  file.writeUInt32LE(lengths === 'open' ? 0 : file.length - 8, 4);
  if (lengths === 'open') file.writeUInt32LE(0, 36 + note.length + 4);
  return file;
};

describe('a file that FreeSWITCH recorded', () => {
  it('gives back what was put in', () => {
    expect(recordedSound(wavFile(SOUND))).toEqual({ sound: SOUND, closed: true });
    expect(recordedSound(wavFile(Buffer.alloc(0)))).toEqual({ sound: Buffer.alloc(0), closed: true });
  });

  it('is read past chunks of other kinds', () => {
    expect(recordedSound(written('filled in'))).toEqual({ sound: SOUND, closed: true });
  });

  it('is not closed before its lengths are filled in; what there is are whole samples', () => {
    const begun = recordedSound(written('open', Buffer.from([1, 0, 2, 0, 3])));
    expect(begun).toEqual({ sound: Buffer.from([1, 0, 2, 0]), closed: false });
  });

  it('is not closed where it was cut off anywhere', () => {
    const whole = wavFile(SOUND);
    for (let length = 0; length < whole.length; length++) {
      const { sound, closed } = recordedSound(whole.subarray(0, length));
      expect(closed).toBe(false);
      expect(sound.length).toBeLessThan(SOUND.length);
    }
  });

  it('is refused at another rate', () => {
    const wide = wavFile(SOUND);
    wide.writeUInt32LE(16_000, 24);
    expect(() => recordedSound(wide)).toThrow('the mixer recorded 1 channels of 16 bits at 16000 Hz');
  });
});

describe('a recording that is made whole', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'partyline-whole-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const completed = async (file: Buffer): Promise<{ readonly ms: number; readonly file: Buffer }> => {
    const path = join(folder, 'recording.wav');
    await writeFile(path, file);
    return { ms: await completeRecording(path), file: await readFile(path) };
  };
  const long = Buffer.alloc(100_000, 7);

  it('stays as it is where it was closed', async () => {
    for (const file of [wavFile(long), written('filled in', long)]) {
      expect(await completed(file)).toEqual({ ms: 6_250, file });
    }
  });

  it('gets its lengths where the mixer died, wherever it was cut off', async () => {
    for (const cut of [0, 1, 2, 31, 99_999]) {
      const { ms, file } = await completed(written('open', long.subarray(0, long.length - cut)));
      expect(recordedSound(file).closed).toBe(true);
      expect(ms).toBe(recordedSound(file).sound.length / 16);
      expect(recordedSound(file).sound.length).toBe(long.length - cut - (cut % 2));
    }
  });

  it('is empty where not even its header was there', async () => {
    const { ms, file } = await completed(Buffer.from('RIFF'));
    expect(ms).toBe(0);
    expect(recordedSound(file)).toEqual({ sound: Buffer.alloc(0), closed: true });
  });

  it('is refused where there is none', async () => {
    await expect(completeRecording(join(folder, 'missing.wav'))).rejects.toThrow('ENOENT');
  });
});
