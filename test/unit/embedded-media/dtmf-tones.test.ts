import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DtmfToneDetector, keyTone } from '../../../src/adapters/embedded-media/dtmf-tones.js';
import { halveRate } from '../../../src/adapters/embedded-media/resample.js';
import { parseWav } from '../../../src/adapters/embedded-media/wav.js';
import { KEYS } from '../../../src/domain/keys.js';
import { coded, concat, noise, seeded, tone } from './kit.js';

const hear = (samples: Int16Array, detector = new DtmfToneDetector()): string => {
  let keys = '';
  for (let at = 0; at + 160 <= samples.length; at += 160) keys += detector.feed(samples.subarray(at, at + 160)) ?? '';
  return keys;
};

const pause = (ms: number): Int16Array => new Int16Array(ms * 8);

const add = (a: Int16Array, b: Int16Array): Int16Array =>
  a.map((value, i) => Math.max(-32_768, Math.min(32_767, value + (b[i] ?? 0))));

/** Two tones with any frequencies and levels (dBFS). */
const pair = (low: number, high: number, ms: number, lowDb = -12, highDb = -12): Int16Array =>
  add(tone(low, ms * 8, lowDb), tone(high, ms * 8, highDb));

describe('a key pressed as tones (ITU-T Q.24)', () => {
  test('every key is heard once, as short as 40 ms with 40 ms between, wherever its blocks fall', () => {
    for (let offset = 0; offset < 110; offset += 7) {
      const presses = KEYS.flatMap((key) => [keyTone(key, 40, -10), pause(40)]);
      expect(hear(coded(concat([new Int16Array(offset), ...presses, pause(40)])))).toBe(KEYS.join(''));
    }
  });

  test('the same key three times quickly is three keys, and one held for 5 s is one', () => {
    const one = concat([keyTone('5', 50, -10), pause(45)]);
    expect(hear(concat([one, one, one, pause(40)]))).toBe('555');
    expect(hear(concat([keyTone('5', 5000, -10), pause(40)]))).toBe('5');
  });

  test('from loud to -25 dBm0 a tone is heard; at -50 dBFS it is not', () => {
    for (const level of [-7, -20, -28, -33])
      expect(hear(concat([pause(33), coded(keyTone('8', 60, level))]))).toBe('8');
    expect(hear(coded(keyTone('8', 100, -50)))).toBe('');
  });

  test('the high tone may be 4 dB louder or 8 dB softer, and no more than 10 dB either way', () => {
    expect(hear(pair(770, 1336, 80, -16, -12))).toBe('5');
    expect(hear(pair(770, 1336, 80, -12, -20))).toBe('5');
    expect(hear(pair(770, 1336, 80, -24, -12))).toBe('');
    expect(hear(pair(770, 1336, 80, -12, -24))).toBe('');
  });

  test('tones 1.5% off are taken, 3.5% off refused', () => {
    for (const [low, high, key] of [
      [697, 1209, '1'],
      [770, 1336, '5'],
      [852, 1477, '9'],
      [941, 1633, 'D'],
    ] as const) {
      for (const offset of [-0.015, 0.015]) expect(hear(pair(low * (1 + offset), high * (1 + offset), 80))).toBe(key);
      for (const offset of [-0.035, 0.035]) {
        expect(hear(pair(low * (1 + offset), high, 80)), `low of ${key} ${offset}`).toBe('');
        expect(hear(pair(low, high * (1 + offset), 80)), `high of ${key} ${offset}`).toBe('');
      }
    }
  });

  test('a gap of 10 ms does not make two keys of one; 20 ms of tone are no key', () => {
    for (let offset = 0; offset < 110; offset += 9) {
      const cut = concat([new Int16Array(offset), keyTone('3', 60, -10), pause(10), keyTone('3', 60, -10), pause(40)]);
      expect(hear(cut)).toBe('3');
      expect(hear(concat([new Int16Array(offset), keyTone('3', 20, -10), pause(60)]))).toBe('');
    }
  });

  test('with noise 15 dB below each tone 99 of 100 keys are heard', () => {
    const random = seeded(1);
    let heard = 0;
    for (let i = 0; i < 200; i++) {
      const key = KEYS[Math.floor(random() * 16)] ?? '0';
      const said = concat([pause(20 + (i % 13)), keyTone(key, 60, -13), pause(40)]);
      // Even noise of this peak lies 15 dB below a sine of -13 dBFS in power.
      if (hear(add(said, noise(said.length, -13 - 15 + 1.8, i))) === key) heard += 1;
    }
    expect(heard).toBeGreaterThanOrEqual(198);
  });

  test('a key is known within 40 ms of its start, and its tone is reported while it sounds', () => {
    const detector = new DtmfToneDetector();
    const said = concat([pause(20), keyTone('6', 100, -10), pause(60)]);
    const told: string[] = [];
    for (let at = 0; at < said.length; at += 160) {
      const key = detector.feed(said.subarray(at, at + 160));
      told.push(`${key ?? '-'}${detector.toneHeard ? '+' : ''}`);
    }
    expect(told.slice(0, 4)).toContain('6+');
    expect(told.at(-1)).toBe('-');
  });

  test('a reset in mid-tone forgets it', () => {
    const detector = new DtmfToneDetector();
    expect(hear(keyTone('6', 60, -10), detector)).toBe('6');
    detector.reset();
    expect(detector.toneHeard).toBe(false);
    expect(hear(keyTone('6', 60, -10), detector)).toBe('6');
  });
});

describe('what is no key', () => {
  test('a minute of noise, loud or soft', () => {
    for (const level of [-6, -20]) expect(hear(noise(8 * 60_000, level, 21))).toBe('');
  });

  test('single tones, dial tone, ringing tone and a pair from one group', () => {
    for (const hz of [350, 440, 480, 697, 770, 941, 1209, 1336, 1633, 2100]) expect(hear(tone(hz, 8000, -10))).toBe('');
    expect(hear(pair(350, 440, 1000))).toBe('');
    expect(hear(pair(440, 480, 1000))).toBe('');
    expect(hear(pair(697, 941, 1000))).toBe('');
  });

  test('vowels with a moving pitch, four minutes of them', () => {
    const random = seeded(77);
    let keys = '';
    const detector = new DtmfToneDetector();
    for (let vowel = 0; vowel < 800; vowel++) {
      const pitch = 80 + random() * 220;
      const glide = 1 + (random() - 0.5) * 0.4;
      const formants = [300 + random() * 600, 900 + random() * 1500, 2300 + random() * 800];
      let phase = 0;
      const samples = Int16Array.from({ length: 2400 }, (_, i) => {
        phase += (2 * Math.PI * pitch * (1 + ((glide - 1) * i) / 2400)) / 8000;
        let value = 0;
        for (let harmonic = 1; harmonic * pitch < 3600; harmonic++) {
          const hz = harmonic * pitch;
          const weight = formants.reduce((sum, formant) => sum + 1 / (1 + ((hz - formant) / 90) ** 2), 0.02);
          value += weight * Math.sin(harmonic * phase);
        }
        return Math.max(-32_768, Math.min(32_767, value * 6000));
      });
      keys += hear(samples, detector);
    }
    expect(keys).toBe('');
  });

  const prompts = join(import.meta.dirname, '../../../prompts');
  const files = existsSync(prompts)
    ? readdirSync(prompts, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.wav'))
    : [];

  test.skipIf(files.length === 0)('our own prompts, tones and music, as loud as they are and 8 dB softer', () => {
    const heardIn: string[] = [];
    for (const file of files) {
      const sound = parseWav(readFileSync(join(prompts, file)));
      if (sound.kind === 'refused') continue;
      const samples = sound.sampleRateHz === 16_000 ? halveRate(sound.samples) : sound.samples;
      for (const gain of [1, 0.4]) {
        const keys = hear(coded(samples.map((sample) => sample * gain)));
        if (keys !== '') heardIn.push(`${file}: ${keys}`);
      }
    }
    expect(heardIn).toEqual([]);
  });
});
