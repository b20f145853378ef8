import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Concealment } from '../../../src/adapters/embedded-media/concealment.js';
import { Player } from '../../../src/adapters/embedded-media/player.js';
import { concat, noise, rms, roughness, tone } from './kit.js';

const ramp = (from: number, length: number): Int16Array => Int16Array.from({ length }, (_, i) => from + i);

const playAll = (player: Player, mostFrames = 1000): Int16Array => {
  const frames: Int16Array[] = [];
  const frame = new Int16Array(160);
  while (frames.length < mostFrames && player.pull(frame)) frames.push(frame.slice());
  return concat(frames);
};

describe('playing a list of sounds', () => {
  test('leaves no gap and no sample out between them, whatever their lengths', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(700), { maxLength: 6 }), (lengths) => {
        const sounds = lengths.map((length, i) => ramp(1 + i * 1000, length));
        const whole = concat(sounds);
        const player = new Player(sounds, false);
        const played = playAll(player);
        expect(played.subarray(0, whole.length)).toEqual(whole);
        expect(played.length).toBe(Math.ceil(whole.length / 160) * 160);
        expect(played.subarray(whole.length).every((sample) => sample === 0)).toBe(true);
        expect(player.finished).toBe(true);
      }),
    );
  });

  test('ends as soon as its last sample is out', () => {
    const player = new Player([ramp(1, 320)], false);
    const frame = new Int16Array(160);
    expect([player.pull(frame), player.finished]).toEqual([true, false]);
    expect([player.pull(frame), player.finished]).toEqual([true, true]);
    expect(player.pull(frame)).toBe(false);
  });

  test('repeats the last of them seamlessly, and only the last', () => {
    const played = playAll(new Player([ramp(1, 100), ramp(5000, 70)], true), 3);
    const expected = concat([ramp(1, 100), ...Array.from({ length: 6 }, () => ramp(5000, 70))]).subarray(0, 480);
    expect(played).toEqual(expected);
  });

  test('of nothing, or of a loop of nothing, ends at once', () => {
    expect(new Player([], true).pull(new Int16Array(160))).toBe(false);
    expect(new Player([new Int16Array(0)], true).pull(new Int16Array(160))).toBe(false);
  });

  test('when stopped fades within 5 ms and leaves the sound itself untouched', () => {
    const music = tone(400, 1600, -3);
    const untouched = music.slice();
    const player = new Player([music], true);
    const frame = new Int16Array(160);
    player.pull(frame);
    const before = frame.slice();
    player.stop();
    expect(player.pull(frame)).toBe(true);
    expect(frame.subarray(40).every((sample) => sample === 0)).toBe(true);
    expect(roughness(concat([before, frame]))).toBeLessThan(6000);
    expect(player.pull(frame)).toBe(false);
    expect(music).toEqual(untouched);
  });
});

describe('bridging a gap', () => {
  /** A tone with `lostMs` missing from 500 ms on. */
  const bridged = (said: Int16Array, lostMs: number): Int16Array => {
    const concealment = new Concealment();
    const heard = said.slice();
    for (let at = 0; at + 160 <= said.length; at += 160) {
      if (at >= 4000 && at < 4000 + lostMs * 8) concealment.conceal(heard, at, 160);
      else concealment.heard(heard, at, 160);
    }
    return heard;
  };

  test.each([150, 220, 400, 1000])(
    'of 20 ms in a voice of %i Hz goes on at its pitch and level, with no click at either end',
    (hz) => {
      const octave = tone(hz * 2, 8000, -10);
      const said = tone(hz, 8000, -10).map((sample, i) => sample * 0.6 + 0.3 * (octave[i] ?? 0));
      const heard = bridged(said, 20);
      expect(roughness(heard)).toBeLessThan(roughness(said) * 1.6 + 300);
      expect(20 * Math.log10(rms(heard.subarray(4000, 4160)) / rms(said.subarray(4000, 4160)))).toBeGreaterThan(-3);
      expect(heard.subarray(0, 4000)).toEqual(said.subarray(0, 4000));
      expect(heard.subarray(4160 + 80)).toEqual(said.subarray(4160 + 80));
    },
  );

  test('fades from 10 ms on and is silent after 60 ms', () => {
    const heard = bridged(tone(200, 8000, -6), 200);
    const levels = [0, 20, 40, 60].map((ms) => rms(heard.subarray(4000 + ms * 8, 4000 + ms * 8 + 80)));
    expect(levels[0]).toBeGreaterThan(levels[1] ?? 0);
    expect(levels[1]).toBeGreaterThan(levels[2] ?? 0);
    expect(levels[3]).toBe(0);
    expect(roughness(heard)).toBeLessThan(1500);
  });

  test('of silence is silence, and of noise is no louder than the noise', () => {
    expect(rms(bridged(new Int16Array(8000), 40))).toBe(0);
    const heard = bridged(noise(8000, -20), 40);
    expect(rms(heard.subarray(4000, 4320))).toBeLessThan(1.2 * rms(heard.subarray(0, 4000)));
  });
});
