import { describe, expect, it } from 'vitest';
import { levelFor } from '../../../src/adapters/freeswitch/leg-gains.js';
import { figureOf, levelOf, soundsLikeSpeech, SPEECH_SAMPLES } from '../../../src/adapters/freeswitch/loudness.js';
import { levelDbfs, noise, sine } from '../../sound.js';
import { speech } from '../../speech.js';

/** As the mixer tells it: the mean magnitude of one frame of 20 ms, one every 60 ms. */
function energies(sound: Int16Array, from = 0): readonly number[] {
  const { count, everyMs } = SPEECH_SAMPLES;
  return Array.from({ length: count }, (_none, index) => {
    const frame = sound.subarray(from + index * everyMs * 8, from + index * everyMs * 8 + 160);
    return Math.trunc(frame.reduce((sum, sample) => sum + Math.abs(sample), 0) / Math.max(frame.length, 1));
  });
}

const WINDOW_MS = SPEECH_SAMPLES.count * SPEECH_SAMPLES.everyMs;

describe('how a line sounds to the mixer', () => {
  it.each([-45, -30, -16])('is its level, within 1 dB, of noise at %i dBFS', (dbfs) => {
    const sound = noise(4_000, dbfs);
    const { levelDb, activeShare } = figureOf(energies(sound));
    expect(Math.abs(levelDb - levelDbfs(sound))).toBeLessThan(1);
    expect(activeShare).toBe(1);
  });

  it('is nothing where nothing comes', () => {
    expect(figureOf([0, 0, 0])).toEqual({ levelDb: -96, activeShare: 0 });
    expect(figureOf([])).toEqual({ levelDb: -96, activeShare: 0 });
    expect(levelOf(0)).toBe(-96);
  });

  it('is the level while there is anything, and the share of the time', () => {
    const { levelDb, activeShare } = figureOf([0, 2_621, 2_621, 10]);
    expect(activeShare).toBe(0.5);
    expect(levelDb).toBeCloseTo(-20, 1);
  });

  it.each([-36, -24, -16])('is speech, of sentences at %i dBFS, wherever one begins to listen', (dbfs) => {
    const said = speech(60_000, dbfs);
    const windows = Array.from({ length: 55 }, (_none, second) => energies(said, second * 8_000));
    const found = windows.filter((window) => soundsLikeSpeech(window)).length;
    expect(found / windows.length).toBeGreaterThan(0.9);
  });

  it('is no speech, of silence, noise and tones of any level, nor of a few words', () => {
    for (const dbfs of [-60, -45, -30, -16]) {
      expect(soundsLikeSpeech(energies(noise(WINDOW_MS + 100, dbfs)))).toBe(false);
      expect(soundsLikeSpeech(energies(sine(425, WINDOW_MS + 100, dbfs)))).toBe(false);
    }
    expect(soundsLikeSpeech([])).toBe(false);
    expect(soundsLikeSpeech(energies(speech(500)))).toBe(false);
  });
});

describe('a volume in dB', () => {
  it.each([
    [-24, -4],
    [-12, -4],
    [-8, -3],
    [-4, -2],
    [0, 0],
    [4, 1],
    [8, 2],
    [12, 4],
    [24, 4],
  ])('of %i is the level %i', (db, level) => {
    expect(levelFor(db)).toBe(level);
  });
});
