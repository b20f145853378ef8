import { describe, expect, it } from 'vitest';
import { keysHeard } from '../../key-line.js';
import { eventTraffic, keyErrors, soundTraffic, toneTraffic, type KeyTraffic } from '../../key-traffic.js';
import { pitched, PITCHES, speech } from '../../speech.js';

const errorsOf = (legs: readonly KeyTraffic[]): { readonly missed: number; readonly extra: number } =>
  legs
    .map((traffic) =>
      keyErrors(
        traffic.keys,
        keysHeard(traffic).map(({ key }) => key),
      ),
    )
    .reduce((sum, one) => ({ missed: sum.missed + one.missed, extra: sum.extra + one.extra }));
const legs = (count: number, of: (index: number) => KeyTraffic): readonly KeyTraffic[] =>
  Array.from({ length: count }, (_, index) => of(index));

describe('many keys', { timeout: 60_000 }, () => {
  it('10,000 by RFC 4733, with 5 % of the packets lost and 5 % overtaken: none twice, at most 3 missed', () => {
    const errors = errorsOf(legs(20, (index) => eventTraffic(index, 500, { loss: 0.05, overtaken: 0.05 })));
    expect(errors.extra).toBe(0);
    expect(errors.missed).toBeLessThanOrEqual(3);
  });

  it('4,000 as tones with noise and with speech behind them: 99 %, and none that was not pressed', () => {
    const behind = speech(120_000);
    const conditions = { behindDb: 12, noiseDb: 20 };
    const errors = errorsOf(
      legs(8, (index) => toneTraffic(500 + index, 500, { behind: index % 2 === 0 ? behind : null, ...conditions })),
    );
    expect(errors.extra).toBe(0);
    expect(errors.missed).toBeLessThanOrEqual(40);
  });

  it('tones with 1 % of the packets lost: 98 %, and none twice', () => {
    const conditions = { behind: null, behindDb: 0, noiseDb: 30 };
    const errors = errorsOf(
      legs(4, (index) => toneTraffic(900 + index, 500, conditions, { loss: 0.01, overtaken: 0.01 })),
    );
    expect(errors.extra).toBeLessThanOrEqual(2);
    expect(errors.missed).toBeLessThanOrEqual(40);
  });

  it('none in 30 minutes of speech, loud and soft, by voices deep and high', () => {
    const said = speech(270_000, -18);
    let minutes = 0;
    const keys: string[] = [];
    for (const [index, pitch] of PITCHES.entries()) {
      const voice = pitched(said, pitch).map((sample) => sample * (index % 2 === 0 ? 1 : 0.3));
      minutes += voice.length / 8_000 / 60;
      for (const { key, atMs } of keysHeard(soundTraffic(index, voice)))
        keys.push(`${key} at ${atMs} of voice ${pitch}`);
    }
    expect(keys).toEqual([]);
    expect(minutes).toBeGreaterThan(30);
  });
});
