import { describe, expect, it } from 'vitest';
import { levelDbfs, sine, toneDbfs } from '../../sound.js';
import { Bench, order, type Leg } from './bench.js';

/** The pieces told for a leg. */
const pieces = (bench: Bench): readonly Int16Array[] =>
  bench.told('recorded').flatMap((event) => (event.type === 'recorded' ? [event.samples] : []));

const recorded = (bench: Bench): Int16Array => Int16Array.from(pieces(bench).flatMap((piece) => [...piece]));

const talking = (bench: Bench): Leg => {
  const leg = bench.leg();
  leg.says = sine(500, 5_000, -20);
  bench.tick(20);
  return leg;
};

describe('the recording of a leg', () => {
  it('is told in pieces of 200 ms, the rest of it when it is stopped, and nothing afterwards', () => {
    const bench = new Bench();
    const leg = talking(bench);
    leg.session.record(80_000);
    bench.tick(25);
    expect(pieces(bench).map(({ length }) => length)).toEqual([1_600, 1_600]);
    leg.session.stopRecording();
    leg.session.stopRecording();
    bench.tick(25);
    expect(pieces(bench).map(({ length }) => length)).toEqual([1_600, 1_600, 800]);
  });

  it('ends at its limit, to the sample', () => {
    const bench = new Bench();
    const leg = talking(bench);
    leg.session.record(1_999);
    bench.tick(30);
    expect(pieces(bench).map(({ length }) => length)).toEqual([1_600, 399]);
  });

  it('keeps the time when ticks are left out', () => {
    const bench = new Bench();
    const leg = talking(bench);
    leg.session.record(80_000);
    bench.tick(10);
    bench.tick(1, 39);
    leg.session.stopRecording();
    expect(recorded(bench)).toHaveLength(50 * 160);
  });

  it('has what the caller says while muted in a room and played to, and nothing else', () => {
    const bench = new Bench();
    const leg = talking(bench);
    const other = bench.leg();
    other.says = sine(900, 5_000, -20);
    bench.engine.join(1, 'room', true);
    bench.engine.join(2, 'room', false);
    leg.session.play(order('p', sine(1_500, 3_000)));
    leg.session.record(80_000);
    bench.tick(50);
    expect(toneDbfs(recorded(bench), 500)).toBeGreaterThan(-24);
    expect(toneDbfs(recorded(bench), 900)).toBeLessThan(-60);
    expect(toneDbfs(recorded(bench), 1_500)).toBeLessThan(-60);
  });

  it('goes on in silence while the caller sends nothing', () => {
    const bench = new Bench();
    const leg = talking(bench);
    leg.says = null;
    bench.tick(50);
    leg.session.record(80_000);
    bench.tick(10);
    expect(recorded(bench)).toHaveLength(1_600);
    expect(levelDbfs(recorded(bench))).toBeLessThan(-70);
  });

  it('is told to its end when the leg closes', () => {
    const bench = new Bench();
    const leg = talking(bench);
    leg.session.record(80_000);
    bench.tick(5);
    leg.session.close(bench.nowMs);
    expect(recorded(bench)).toHaveLength(800);
  });
});
