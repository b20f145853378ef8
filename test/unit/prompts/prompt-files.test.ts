import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { NUMBER_PARTS } from '../../../src/bridge/prompt-catalogue.js';
import { SPOKEN_PROMPTS, TONES } from '../../../src/domain/prompts.js';

const PROMPTS = join(import.meta.dirname, '../../../prompts');
const BUILD = join(import.meta.dirname, '../../../scripts/prompts/build.mjs');

const sentences = SPOKEN_PROMPTS.map((name) => `en/${name}.wav`);
const parts = NUMBER_PARTS.map((name) => `en/numbers/${name}.wav`);
const digits = Array.from({ length: 10 }, (_, digit) => `en/digits/${digit}.wav`);
const tones = TONES.map((name) => `tones/${name}.wav`);

/** Samples of a prompt, full scale 1.0. The headers of rendered files are always 44 bytes. */
function samplesOf(file: string): number[] {
  const wav = readFileSync(join(PROMPTS, file));
  expect(wav.toString('latin1', 0, 4) + wav.toString('latin1', 8, 16) + wav.toString('latin1', 36, 40)).toBe(
    'RIFFWAVEfmt data',
  );
  expect([wav.readUInt16LE(20), wav.readUInt16LE(22), wav.readUInt32LE(24), wav.readUInt16LE(34)]).toEqual([
    1, 1, 16_000, 16,
  ]);
  expect([wav.readUInt32LE(4), wav.readUInt32LE(40)]).toEqual([wav.length - 8, wav.length - 44]);
  return Array.from({ length: (wav.length - 44) / 2 }, (_, i) => wav.readInt16LE(44 + 2 * i) / 32_768);
}

const levelDb = (samples: readonly number[]): number =>
  10 * Math.log10(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length + 1e-12);

const peakOf = (samples: readonly number[]): number =>
  samples.reduce((max, sample) => Math.max(max, Math.abs(sample)), 0);

/** Level over the blocks of 20 ms in which there is speech: no more than 30 dB below the loudest. */
function speechLevelDb(samples: readonly number[]): number {
  const blocks = Array.from({ length: Math.ceil(samples.length / 320) }, (_, i) =>
    samples.slice(320 * i, 320 * (i + 1)),
  );
  const loudest = Math.max(...blocks.map(levelDb));
  return levelDb(blocks.filter((block) => levelDb(block) > loudest - 30).flat());
}

/** Strength of one frequency (Goertzel), as the level of the sine that would have it. */
function levelAtDb(samples: readonly number[], hz: number): number {
  let [re, im] = [0, 0];
  samples.forEach((sample, i) => {
    const angle = (2 * Math.PI * hz * i) / 16_000;
    re += sample * Math.cos(angle);
    im += sample * Math.sin(angle);
  });
  return 10 * Math.log10((2 * (re * re + im * im)) / samples.length ** 2 + 1e-12);
}

describe.each([...sentences, ...parts, ...digits])('%s', (file) => {
  it('is speech: neither too short nor too long, level, unclipped, quiet at both ends', () => {
    const samples = samplesOf(file);
    const seconds = samples.length / 16_000;
    expect(seconds).toBeGreaterThan(0.15);
    expect(seconds).toBeLessThan(8);
    expect(Math.abs(speechLevelDb(samples) + 23)).toBeLessThan(2);
    expect(peakOf(samples)).toBeLessThan(10 ** (-3 / 20));
    expect(levelDb(samples.slice(0, 32))).toBeLessThan(-55);
    expect(levelDb(samples.slice(-32))).toBeLessThan(-55);
  });
});

describe.each(tones)('%s', (file) => {
  it('is short, soft and begins and ends without a click', () => {
    const samples = samplesOf(file);
    expect(samples.length / 16).toBeGreaterThan(100);
    // The rings of a telephone are as long as those of a telephone.
    expect(samples.length / 16).toBeLessThanOrEqual(file.includes('ringing') ? 1_100 : 450);
    expect(levelDb(samples)).toBeGreaterThan(-42);
    expect(peakOf(samples)).toBeLessThan(0.25);
    expect(levelDb(samples.slice(0, 32))).toBeLessThan(-50);
    expect(levelDb(samples.slice(-32))).toBeLessThan(-50);
  });
});

describe('tones tell what they mean', () => {
  const half = (file: string, second: boolean): number[] => {
    const samples = samplesOf(file);
    const middle = samples.length / 2;
    return second ? samples.slice(middle) : samples.slice(0, middle);
  };
  const [LOW, HIGH] = [587.33, 880];

  it('rises when someone comes', () => {
    expect(levelAtDb(half('tones/entry.wav', false), LOW)).toBeGreaterThan(
      levelAtDb(half('tones/entry.wav', false), HIGH),
    );
    expect(levelAtDb(half('tones/entry.wav', true), HIGH)).toBeGreaterThan(
      levelAtDb(half('tones/entry.wav', true), LOW),
    );
  });

  it('falls when someone goes', () => {
    expect(levelAtDb(half('tones/exit.wav', false), HIGH)).toBeGreaterThan(
      levelAtDb(half('tones/exit.wav', false), LOW),
    );
    expect(levelAtDb(half('tones/exit.wav', true), LOW)).toBeGreaterThan(levelAtDb(half('tones/exit.wav', true), HIGH));
  });

  it('is at least 6 dB softer where only the host should notice', () => {
    expect(peakOf(samplesOf('tones/discreet.wav'))).toBeLessThan(peakOf(samplesOf('tones/entry.wav')) / 2);
  });

  it.each([...tones, 'music/hold.wav'])('%s has no two frequencies of a key as its strongest', (file) => {
    // 100 ms is longer than a receiver needs (ITU-T Q.24: 40 ms); both tones of a key would lie within 8 dB of the whole.
    const samples = samplesOf(file);
    for (let at = 0; at + 1600 <= samples.length; at += 16_000 * 0.5) {
      const block = samples.slice(at, at + 1600);
      const strongest = (frequencies: readonly number[]): number =>
        Math.max(...frequencies.map((hz) => levelAtDb(block, hz)));
      const weaker = Math.min(strongest([697, 770, 852, 941]), strongest([1209, 1336, 1477, 1633]));
      if (levelDb(block) > -50) expect(weaker - levelDb(block)).toBeLessThan(-8);
    }
  });
});

describe('silence', () => {
  it.each([100, 200, 400, 1000])('of %i ms is exactly that', (ms) => {
    const samples = samplesOf(`silence/${ms}.wav`);
    expect(samples).toHaveLength(16 * ms);
    expect(peakOf(samples)).toBe(0);
  });
});

describe('hold music', () => {
  const samples = samplesOf('music/hold.wav');

  it('lasts 40 to 60 s and is quiet', () => {
    expect(samples.length / 16_000).toBeGreaterThan(40);
    expect(samples.length / 16_000).toBeLessThan(60);
    expect(Math.abs(levelDb(samples) + 26)).toBeLessThan(1);
    expect(peakOf(samples)).toBeLessThan(0.5);
  });

  it('starts again without a click: the step over the seam is like any other', () => {
    const steps = samples.slice(1, 20_000).map((sample, i) => Math.abs(sample - (samples[i] ?? 0)));
    const typical = steps.reduce((sum, step) => sum + step, 0) / steps.length;
    expect(Math.abs((samples[0] ?? 0) - (samples.at(-1) ?? 0))).toBeLessThan(3 * typical);
  });

  it('never falls silent', () => {
    for (let at = 0; at < samples.length; at += 16_000)
      expect(levelDb(samples.slice(at, at + 16_000))).toBeGreaterThan(-40);
  });
});

describe('the bandwidth of a telephone', () => {
  /** Largest level between two frequencies, in steps of 50 Hz over blocks of 20 ms with a window. */
  const loudestDb = (samples: readonly number[], from: number, to: number): number => {
    let loudest = -120;
    for (let at = 0; at + 320 <= samples.length; at += 1600) {
      const block = samples
        .slice(at, at + 320)
        .map((sample, i) => sample * (0.5 - 0.5 * Math.cos((2 * Math.PI * i) / 320)));
      for (let hz = from; hz < to; hz += 50) loudest = Math.max(loudest, levelAtDb(block, hz));
    }
    return loudest;
  };

  it.each(['en/still-waiting.wav', 'en/press.wav', 'en/numbers/6.wav'])(
    '%s has nothing that would alias at 8 kHz',
    (file) => {
      expect(loudestDb(samplesOf(file), 4150, 8000)).toBeLessThan(-70);
    },
  );

  it('hold music has nothing above 3.5 kHz', () => {
    expect(loudestDb(samplesOf('music/hold.wav').slice(0, 160_000), 3550, 8000)).toBeLessThan(-70);
  });
});

describe('the folder', () => {
  const check = (directory: string): { status: number | null; problems: string } => {
    const { status, stderr } = spawnSync(process.execPath, [BUILD, '--check', '--directory', directory], {
      encoding: 'utf8',
    });
    return { status, problems: stderr };
  };

  it('holds what the manifest says, as it was rendered', () => {
    expect(check(PROMPTS)).toEqual({ status: 0, problems: '' });
  });

  it('is found out when a text was changed but not rendered', () => {
    const scratch = mkdtempSync(join(tmpdir(), 'prompts-'));
    cpSync(PROMPTS, scratch, { recursive: true });
    const manifest = join(scratch, 'manifest.json');
    writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('"Goodbye."', '"Farewell."'));
    cpSync(join(scratch, 'en/joining.wav'), join(scratch, 'en/welcome.wav'));
    const { status, problems } = check(scratch);
    rmSync(scratch, { recursive: true });
    expect(status).toBe(1);
    expect(problems.trim().split('\n')).toEqual([
      'en/welcome.wav was changed after it was rendered',
      'en/goodbye.wav does not match the manifest any more',
    ]);
  });

  it('holds no sound that nothing plays', () => {
    const known = new Set([...sentences, ...parts, ...digits, ...tones, 'music/hold.wav']);
    const found = readdirSync(PROMPTS, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.wav'));
    expect(found.filter((file) => !known.has(file) && !file.startsWith('silence/'))).toEqual([]);
  });

  it('stays small enough to be kept with the source', () => {
    const found = readdirSync(PROMPTS, { recursive: true, encoding: 'utf8' });
    const bytes = found.reduce((sum, file) => sum + statSync(join(PROMPTS, file)).size, 0);
    expect(bytes).toBeLessThan(15_000_000);
  });
});
