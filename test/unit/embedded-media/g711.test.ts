import { describe, expect, test } from 'vitest';
import { PCMA, PCMU } from '../../../src/adapters/embedded-media/g711.js';
import { coded, signalToNoise, tone } from './kit.js';

describe.each([PCMU, PCMA])('$name (G.711)', (codec) => {
  test('every octet comes back from its own sample, the second zero of the mu-law apart', () => {
    const octets = Uint8Array.from({ length: 256 }, (_, octet) => octet);
    const samples = new Int16Array(256);
    codec.decode(octets, 0, 256, samples, 0);
    const again = new Uint8Array(256);
    codec.encode(samples, again, 0);
    const changed = [...octets].filter((octet) => again[octet] !== octet);
    expect(changed).toEqual(codec === PCMU ? [0x7f] : []);
  });

  test('no sample is off by more than half a step, which is a sixteenth of its octave', () => {
    const samples = Int16Array.from({ length: 65_536 }, (_, i) => i - 32_768);
    const decoded = coded(samples, codec);
    const ceiling = codec === PCMU ? 32_635 : 32_767;
    const worst = samples.filter((sample, i) => {
      const magnitude = Math.min(Math.abs(sample), ceiling);
      const allowed = Math.max(codec === PCMU ? 4 : 8, 2 ** Math.floor(Math.log2(magnitude + 132)) / 32) + 1;
      return Math.abs(Math.sign(sample) * magnitude - (decoded[i] ?? 0)) > allowed;
    });
    expect(worst).toHaveLength(0);
  });

  test('larger samples never come back smaller', () => {
    const decoded = coded(
      Int16Array.from({ length: 65_536 }, (_, i) => i - 32_768),
      codec,
    );
    expect(decoded.every((value, i) => i === 0 || value >= (decoded[i - 1] ?? 0))).toBe(true);
  });

  test('silence is the octet named, and is as good as inaudible', () => {
    const octets = new Uint8Array(1);
    codec.encode(new Int16Array(1), octets, 0);
    expect(octets[0]).toBe(codec.silence);
    const sample = new Int16Array(1);
    codec.decode(octets, 0, 1, sample, 0);
    expect(Math.abs(sample[0] ?? 99)).toBeLessThanOrEqual(8);
  });

  test('a tone keeps 35 dB at any telephone level', () => {
    for (const level of [-3, -10, -20, -30]) {
      expect(signalToNoise(coded(tone(1004, 8000, level), codec), 1004)).toBeGreaterThan(35);
    }
  });
});

test('the laws are those of the recommendation: known samples and octets', () => {
  const octets = new Uint8Array(5);
  PCMU.encode(Int16Array.of(0, 32_767, -32_768, 1000, -1000), octets, 0);
  expect([...octets]).toEqual([0xff, 0x80, 0x00, 0xce, 0x4e]);
  PCMA.encode(Int16Array.of(0, 32_767, -32_768, 1000, -1000), octets, 0);
  expect([...octets]).toEqual([0xd5, 0xaa, 0x2a, 0xfa, 0x7a]);
  const samples = new Int16Array(3);
  PCMU.decode(Uint8Array.of(0x80, 0x00, 0x7e), 0, 3, samples, 0);
  expect([...samples]).toEqual([32_124, -32_124, -8]);
  PCMA.decode(Uint8Array.of(0xaa, 0x2a, 0xd5), 0, 3, samples, 0);
  expect([...samples]).toEqual([32_256, -32_256, 8]);
});
