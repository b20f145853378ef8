import { describe, expect, it } from 'vitest';
import { recordedSound, wavFile } from '../../../src/adapters/freeswitch/recorded-file.js';

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
