import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { halveRate } from '../../../src/adapters/embedded-media/resample.js';
import { SoundCache } from '../../../src/adapters/embedded-media/sound-cache.js';
import { WavWriter } from '../../../src/adapters/embedded-media/wav-writer.js';
import { parseWav, wavHeader } from '../../../src/adapters/embedded-media/wav.js';
import { noise, rms, tone } from './kit.js';

const octetsOf = (samples: Int16Array): Buffer => {
  const octets = Buffer.alloc(samples.length * 2);
  samples.forEach((sample, i) => octets.writeInt16LE(sample, i * 2));
  return octets;
};

const chunk = (name: string, body: Buffer, length = body.length): Buffer => {
  const head = Buffer.alloc(8);
  head.write(name, 'latin1');
  head.writeUInt32LE(length, 4);
  return Buffer.concat([head, body]);
};

const riff = (...chunks: Buffer[]): Buffer => {
  const body = Buffer.concat(chunks);
  return chunk('RIFF', Buffer.concat([Buffer.from('WAVE'), body]));
};

const format = (encoding: number, channels: number, rate: number, bits: number): Buffer => {
  const body = Buffer.alloc(16);
  body.writeUInt16LE(encoding, 0);
  body.writeUInt16LE(channels, 2);
  body.writeUInt32LE(rate, 4);
  body.writeUInt32LE((rate * channels * bits) / 8, 8);
  body.writeUInt16LE((channels * bits) / 8, 12);
  body.writeUInt16LE(bits, 14);
  return chunk('fmt ', body);
};

const plain = format(1, 1, 8000, 16);
const sound = Int16Array.of(1, -2, 300, -32_768, 32_767);
const data = chunk('data', octetsOf(sound));

const samplesOf = (file: Buffer): number[] => {
  const parsed = parseWav(file);
  return parsed.kind === 'sound' ? [...parsed.samples] : [];
};

describe('reading a WAV file', () => {
  test('16-bit PCM is read as it is, at 8 and 16 kHz', () => {
    expect(parseWav(riff(plain, data))).toEqual({ kind: 'sound', sampleRateHz: 8000, samples: sound });
    expect(parseWav(riff(format(1, 1, 16_000, 16), data))).toMatchObject({ sampleRateHz: 16_000 });
  });

  test('two channels become their mean', () => {
    const stereo = chunk('data', octetsOf(Int16Array.of(100, 300, -5, -5)));
    expect(samplesOf(riff(format(1, 2, 8000, 16), stereo))).toEqual([200, -5]);
  });

  test('the extensible form is understood', () => {
    const body = Buffer.concat([plain.subarray(8), Buffer.alloc(24)]);
    body.writeUInt16LE(0xfffe, 0);
    body.writeUInt16LE(22, 16);
    body.writeUInt16LE(1, 24);
    expect(samplesOf(riff(chunk('fmt ', body), data))).toEqual([...sound]);
  });

  test('other chunks are passed over, odd ones with their pad octet or without', () => {
    const odd = chunk('LIST', Buffer.from('abc'));
    expect(samplesOf(riff(odd, Buffer.alloc(1), plain, odd, Buffer.alloc(1), data))).toEqual([...sound]);
    expect(samplesOf(riff(odd, plain, odd, data))).toEqual([...sound]);
  });

  test('a recording that was cut off is read to the end of the file', () => {
    for (const length of [0, 0xffff_ffff, 1000]) {
      const file = riff(plain, chunk('data', octetsOf(sound), length));
      file.writeUInt32LE(36, 4);
      expect(samplesOf(file)).toEqual([...sound]);
    }
  });

  test('a finished recording without a sample is empty', () => {
    expect(samplesOf(riff(plain, chunk('data', Buffer.alloc(0)), chunk('LIST', Buffer.from('abcd'))))).toEqual([]);
  });

  test.each([
    ['is no WAV file', Buffer.from('ID3 something else')],
    ['has no format chunk', riff(chunk('LIST', Buffer.alloc(4)))],
    ['has no data chunk', riff(plain)],
    ['has its data before its format', riff(data, plain)],
    ['has a format chunk that is too short', riff(chunk('fmt ', Buffer.alloc(8)))],
    ['is not 16-bit PCM (format 7, 8 bits)', riff(format(7, 1, 8000, 8), data)],
    ['is at 44100 Hz instead of 8000 or 16000', riff(format(1, 1, 44_100, 16), data)],
    ['has 6 channels instead of 1 or 2', riff(format(1, 6, 8000, 16), data)],
  ])('one that %s is refused in these words', (reason, file) => {
    expect(parseWav(file)).toEqual({ kind: 'refused', reason });
  });

  test('any octets are read or refused, never more samples than the file has room for', () => {
    const part = fc.oneof(
      fc.constantFrom(plain, data, format(1, 2, 16_000, 16)),
      fc
        .tuple(fc.constantFrom('fmt ', 'data', 'LIST', 'xxxx'), fc.uint8Array({ maxLength: 60 }), fc.nat(0xffff_ffff))
        .map(([name, body, length]) => chunk(name, Buffer.from(body), length % 3 === 0 ? length : body.length)),
      fc.uint8Array({ maxLength: 20 }).map((octets) => Buffer.from(octets)),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
        const file = riff(...parts);
        const parsed = parseWav(file);
        if (parsed.kind === 'sound') expect(parsed.samples.byteLength).toBeLessThanOrEqual(file.length);
      }),
      { numRuns: 500 },
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), (octets) => parseWav(octets).kind !== 'sound'));
  });
});

describe('halving the rate', () => {
  const at16 = (hz: number): Int16Array =>
    Int16Array.from({ length: 16_000 }, (_, i) => Math.round(16_000 * Math.sin((2 * Math.PI * hz * i) / 16_000)));
  const middle = (samples: Int16Array): number => rms(samples.subarray(400, samples.length - 400));

  test('speech up to 3.5 kHz keeps its level within 0.1 dB and its place', () => {
    for (const hz of [100, 300, 1000, 2500, 3500]) {
      expect(Math.abs(20 * Math.log10(middle(halveRate(at16(hz))) / middle(at16(hz))))).toBeLessThan(0.1);
    }
    const expected = tone(1000, 8000).map((_, i) => Math.round(16_000 * Math.sin((2 * Math.PI * 1000 * i) / 8000)));
    const result = halveRate(at16(1000));
    expect(expected.subarray(100, 7900).every((value, i) => Math.abs(value - (result[i + 100] ?? 0)) < 40)).toBe(true);
  });

  test('what lies above 4 kHz comes back at less than -50 dB', () => {
    for (let hz = 4000; hz <= 7900; hz += 130) {
      expect(20 * Math.log10((middle(halveRate(at16(hz))) + 1e-9) / middle(at16(hz))), `${hz} Hz`).toBeLessThan(-50);
    }
  });
});

describe('on disk', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'partyline-wav-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const write = (name: string, samples: Int16Array, rate = 8000): string => {
    const path = join(folder, name);
    writeFileSync(path, Buffer.concat([wavHeader(samples.length * 2, rate), octetsOf(samples)]));
    return path;
  };

  test('a recording is read back as it was written, whatever its length', async () => {
    for (const samples of [0, 160, 16_000, 100_003]) {
      const said = noise(samples, -6);
      const path = join(folder, `recording-${samples}.wav`);
      const writer = await WavWriter.create(path);
      for (let at = 0; at < said.length; at += 160) writer.write(said.subarray(at, at + 160));
      expect(writer.durationMs).toBeCloseTo(samples / 8);
      await writer.close();
      await writer.close();
      const file = readFileSync(path);
      expect(file.readUInt32LE(4)).toBe(file.length - 8);
      expect(parseWav(file)).toEqual({ kind: 'sound', sampleRateHz: 8000, samples: said });
    }
  });

  test('a recording never overwrites another, nor appears where it cannot', async () => {
    const path = write('there.wav', sound);
    await expect(WavWriter.create(path)).rejects.toThrow('EEXIST');
    await expect(WavWriter.create(join(folder, 'no/such/folder.wav'))).rejects.toThrow('ENOENT');
  });

  test('the cache reads a file once, at 8 kHz, and hands the same array to all', async () => {
    const cache = new SoundCache(1_000_000);
    const path = write('wide.wav', noise(3200, -6), 16_000);
    const [one, two] = await Promise.all([cache.load(path), cache.load(path)]);
    expect(one).toBe(two);
    expect(one).toHaveLength(1600);
    expect(await cache.load(path)).toBe(one);
    cache.forget(path);
    expect(await cache.load(path)).not.toBe(one);
  });

  test('the cache stays within its bound, and forgets the longest unused first', async () => {
    const cache = new SoundCache(2 * 2000);
    const [a, b, c] = ['a', 'b', 'c'].map((name) => write(`${name}.wav`, noise(800, -6)));
    const large = write('large.wav', noise(8000, -6));
    if (a === undefined || b === undefined || c === undefined) throw new Error('unreachable');
    const first = await cache.load(a);
    const second = await cache.load(b);
    await cache.load(a);
    await cache.load(c);
    expect(cache.bytes).toBe(3200);
    expect(await cache.load(a)).toBe(first);
    expect(await cache.load(b)).not.toBe(second);
    expect(await cache.load(large)).toHaveLength(8000);
    expect(cache.bytes).toBeLessThanOrEqual(4000);
  });

  test('a file that cannot be played is named, with the reason', async () => {
    const cache = new SoundCache(1000);
    const path = join(folder, 'broken.wav');
    writeFileSync(path, 'not audio at all');
    await expect(cache.load(path)).rejects.toThrow(`${path} is no WAV file`);
    await expect(cache.load(join(folder, 'none.wav'))).rejects.toThrow(/none\.wav cannot be read: ENOENT/);
  });
});
