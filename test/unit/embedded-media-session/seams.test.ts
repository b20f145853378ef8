import { describe, expect, it } from 'vitest';
import { sine } from '../../sound.js';
import { Bench, order, type Leg } from './bench.js';

/** The largest step between two samples that lie next to each other. */
const largestStep = (samples: Int16Array): number =>
  samples.reduce((most, sample, index) => Math.max(most, Math.abs(sample - (samples[index - 1] ?? sample))), 0);

/** A loud low tone: its own steps, those of the codec and a step spread over 5 ms stay below this. */
const LOUD = sine(60, 4_000, -6);
const CLICK = 2_200;

const talkingRoom = (): { readonly bench: Bench; readonly talker: Leg; readonly listener: Leg } => {
  const bench = new Bench();
  const [talker, listener] = [bench.leg({ room: 'r' }), bench.leg({ room: 'r' })];
  talker.says = LOUD;
  bench.tick(30);
  return { bench, talker, listener };
};

describe('nothing clicks', () => {
  /** Somewhere in its swing, so that no seam falls on a zero. */
  it.each([0, 20, 45, 70])('where a sound is replaced by another (%i samples into it)', (into) => {
    const bench = new Bench();
    const leg = bench.leg();
    leg.session.play(order('a', LOUD.subarray(into)));
    bench.tick(10);
    leg.session.play(order('b', LOUD.subarray(into + 20)));
    bench.tick(10);
    expect(largestStep(leg.heard().subarray(160))).toBeLessThan(CLICK);
  });

  it('where a caller comes into a room in which somebody talks', () => {
    const { bench } = talkingRoom();
    const guest = bench.leg();
    bench.tick(10);
    bench.engine.join(3, 'r', false);
    bench.tick(10);
    expect(largestStep(guest.heard())).toBeLessThan(CLICK);
  });

  it('where a caller leaves a room in which somebody talks', () => {
    const { bench, listener } = talkingRoom();
    listener.sent.length = 0;
    bench.tick(10);
    bench.engine.leave(2);
    bench.tick(10);
    expect(largestStep(listener.heard())).toBeLessThan(CLICK);
  });

  it('where a talker leaves in the middle of a word', () => {
    const { bench, listener } = talkingRoom();
    listener.sent.length = 0;
    bench.tick(7);
    bench.engine.leave(1);
    bench.tick(3);
    expect(largestStep(listener.heard())).toBeLessThan(CLICK);
  });

  it('where a talker comes in, is muted and unmuted', () => {
    const bench = new Bench();
    const [talker, listener] = [bench.leg(), bench.leg({ room: 'r' })];
    talker.says = LOUD;
    bench.tick(30);
    bench.engine.join(1, 'r', false);
    bench.tick(7);
    talker.session.member.muted = true;
    bench.tick(7);
    talker.session.member.muted = false;
    bench.tick(7);
    expect(largestStep(listener.heard())).toBeLessThan(CLICK);
  });

  it('and nothing of a sound is changed that begins out of silence', () => {
    const bench = new Bench();
    const leg = bench.leg();
    bench.tick(3);
    leg.session.play(order('a', LOUD.subarray(20)));
    bench.tick(2);
    expect(Math.abs((leg.heard()[3 * 160] ?? 0) - (LOUD[20] ?? 0))).toBeLessThan(600);
  });
});

describe('a muted talker', () => {
  it('is silent 5 ms after he was muted, with nothing said since', () => {
    const { bench, talker, listener } = talkingRoom();
    talker.session.member.muted = true;
    listener.sent.length = 0;
    bench.tick(10);
    expect(
      listener
        .heard()
        .subarray(40)
        .every((sample) => Math.abs(sample) < 10),
    ).toBe(true);
  });

  it('is not heard at all in a room that he enters muted', () => {
    const { bench, listener } = talkingRoom();
    bench.engine.leave(1);
    bench.tick(10);
    listener.sent.length = 0;
    bench.engine.join(1, 'r', true);
    bench.tick(10);
    expect(listener.heard().every((sample) => Math.abs(sample) < 10)).toBe(true);
  });
});
