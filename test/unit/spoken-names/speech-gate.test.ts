import { describe, expect, it } from 'vitest';
import { activeLevel, levelled } from '../../../src/adapters/spoken-names/level.js';
import { findSpeech } from '../../../src/adapters/spoken-names/speech-gate.js';
import { concatenated, noise, sine } from '../../sound.js';
import { sentences } from '../../speech.js';

const silence = (ms: number): Int16Array => new Int16Array(ms * 8);

const mixed = (one: Int16Array, other: Int16Array): Int16Array =>
  one.map((sample, index) => Math.max(-32_768, Math.min(32_767, sample + (other[index] ?? 0))));

const atLevel = (sound: Int16Array, dbfs: number): Int16Array => {
  const gain = 10 ** ((dbfs - activeLevel(sound)) / 20);
  return sound.map((sample) => Math.round(sample * gain));
};

/** With this share of its packets lost, by chance and up to three in a row, beginning so far into a packet. */
function withLosses(sound: Int16Array, share: number, seed: number, offsetMs: number): Int16Array {
  const packet = 160;
  const heard = Int16Array.from(sound);
  let state = seed;
  const chance = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  for (let at = offsetMs * 8; at < heard.length; at += packet) {
    // two on average
    if (chance() < share / 2) heard.fill(0, at, at + packet * (1 + Math.floor(chance() * 3)));
  }
  return heard;
}

/** Short sentences, as long as names are. */
const NAMES = [...sentences()].filter(({ length }) => length > 3_000 && length < 16_000).slice(0, 12);

describe('what is said between silence', () => {
  for (const level of [-16, -26, -38]) {
    for (const line of [-120, -64, level - 22]) {
      it(`is found at ${level} dBFS on a line with noise at ${line} dBFS, whatever is said`, () => {
        for (const words of NAMES) {
          const said = atLevel(words, level);
          const quiet = concatenated(silence(700), said, silence(900));
          const heard = line > -100 ? mixed(quiet, noise(quiet.length / 8, line, 3)) : quiet;
          const found = findSpeech(heard);
          expect(found).not.toBeNull();
          // Of the prompt itself some 30 and 80 ms are silence; soft sounds may drown in noise.
          expect((found?.from ?? 0) / 8).toBeGreaterThan(700 - 150);
          expect((found?.from ?? 0) / 8).toBeLessThan(700 + 160);
          expect((found?.to ?? 0) / 8).toBeGreaterThan(700 + said.length / 8 - 260);
          expect((found?.to ?? 0) / 8).toBeLessThan(700 + said.length / 8 + 200);
        }
      });
    }
  }

  it('is found where there is hardly any silence around it', () => {
    for (const words of NAMES) {
      const found = findSpeech(atLevel(words, -26));
      expect((found?.to ?? 0) - (found?.from ?? 0)).toBeGreaterThan(words.length * 0.7);
    }
  });

  it('is found where it is as loud from its beginning to its end, on a line that is silent otherwise', () => {
    const steady = noise(260, -22);
    const found = findSpeech(concatenated(silence(740), steady, silence(440)));
    expect((found?.to ?? 0) - (found?.from ?? 0)).toBeGreaterThanOrEqual(steady.length);
  });

  it('goes over a pause within a name, and leaves out a click before and the key that ended it', () => {
    const [one = silence(0), two = silence(0)] = NAMES.map((words) => atLevel(words, -24));
    const click = noise(20, -12);
    const hash = mixed(sine(941, 160, -14), sine(1_477, 160, -13));
    const heard = concatenated(silence(300), click, silence(500), one, silence(800), two, silence(400), hash);
    const from = 300 + 20 + 500;
    const found = findSpeech(heard);
    expect((found?.from ?? 0) / 8).toBeGreaterThan(from - 100);
    expect((found?.to ?? 0) / 8).toBeGreaterThan(from + (one.length + two.length) / 8 + 800 - 250);
    expect((found?.to ?? 0) / 8).toBeLessThan(from + (one.length + two.length) / 8 + 800 + 200);
  });

  it('leaves out the echo of the tone after which it is said', () => {
    const [words = silence(0)] = NAMES;
    const heard = concatenated(sine(1_046.5, 200, -35), silence(400), atLevel(words, -26), silence(500));
    expect((findSpeech(heard)?.from ?? 0) / 8).toBeGreaterThan(500);
  });
});

describe('nothing is said', () => {
  it.each([
    ['silence', silence(5_000)],
    ['no sound at all', silence(0)],
    ['the noise of a line', noise(5_000, -50)],
    ['a loud line', noise(5_000, -34)],
    ['noise that begins late', concatenated(silence(2_000), noise(3_000, -42))],
    ['the hum of the mains', sine(50, 5_000, -25)],
    ['clicks', concatenated(silence(500), noise(20, -15), silence(700), noise(15, -10), silence(900))],
    ['a key', concatenated(silence(900), mixed(sine(941, 180, -14), sine(1_477, 180, -13)), silence(100))],
    ['the echo of the tone', concatenated(sine(1_046.5, 300, -32), silence(4_000))],
  ])('by %s', (_, heard) => {
    expect(findSpeech(heard)).toBeNull();
  });
});

describe('on a line that loses packets', () => {
  const seeds = Array.from({ length: 30 }, (_, index) => index + 1);

  it.each([
    [0.03, 0],
    [0.03, 7],
    [0.06, 3],
  ])('noise is still noise: %d of them, %d ms into a packet', (share, offset) => {
    const kept = seeds.filter((seed) => {
      const heard = withLosses(noise(5_000, -40, seed), share, seed, offset);
      return findSpeech(concatenated(silence(300), heard)) !== null;
    });
    expect(kept).toEqual([]);
  });

  it('a name is still found, with the noise of the line and without', () => {
    for (const [index, words] of NAMES.entries()) {
      for (const line of [-120, -60]) {
        const quiet = concatenated(silence(700), atLevel(words, -26), silence(900));
        const whole = line > -100 ? mixed(quiet, noise(quiet.length / 8, line, 3)) : quiet;
        const found = findSpeech(withLosses(whole, 0.03, index + 1, 5));
        expect((found?.from ?? 0) / 8).toBeGreaterThan(700 - 150);
        expect((found?.to ?? 0) - (found?.from ?? 0)).toBeGreaterThan(words.length * 0.6);
      }
    }
  });
});

describe('the level', () => {
  it('becomes that of the prompts, from a whisper and from a shout, never clipped', () => {
    for (const words of NAMES) {
      for (const level of [-44, -30, -12]) {
        const out = levelled(atLevel(words, level));
        expect(activeLevel(out)).toBeGreaterThan(-24.5);
        expect(activeLevel(out)).toBeLessThan(-22);
        expect(out.every((sample) => Math.abs(sample) < 32_767)).toBe(true);
      }
    }
  });

  it('of next to nothing is raised within bounds', () => {
    expect(activeLevel(levelled(noise(500, -70)))).toBeLessThan(-44);
  });

  it('begins and ends at nothing', () => {
    const out = levelled(noise(500, -20));
    expect([Math.abs(out[0] ?? 0) < 700, Math.abs(out.at(-1) ?? 0) < 700]).toEqual([true, true]);
  });
});
