import { createSocket } from 'node:dgram';
import { describe, expect, it } from 'vitest';
import { pairIsFree, PortRange } from '../../../src/adapters/embedded-media/port-range.js';

const range = (min: number, max: number, options: { now?: () => number; random?: () => number } = {}): PortRange =>
  new PortRange({ min, max, restMs: 1_000, now: options.now ?? (() => 0), random: options.random ?? (() => 0) });

describe('the range of RTP ports', () => {
  it('gives even ports, each once', () => {
    const ports = range(10_001, 10_006);
    expect([ports.take(), ports.take(), ports.take()]).toEqual([10_002, 10_004, null]);
    expect(ports.inUse).toBe(2);
  });

  it('begins anywhere in the range and goes round', () => {
    const ports = range(10_000, 10_007, { random: () => 2 });
    expect([ports.take(), ports.take(), ports.take(), ports.take()]).toEqual([10_004, 10_006, 10_000, 10_002]);
  });

  it('lets a freed pair rest before it is given out again', () => {
    let now = 0;
    const ports = range(10_000, 10_001, { now: () => now });
    expect(ports.take()).toBe(10_000);
    ports.free(10_000);
    expect(ports.take()).toBeNull();
    now = 999;
    expect(ports.take()).toBeNull();
    now = 1_000;
    expect(ports.take()).toBe(10_000);
  });

  it('does not mind a port freed twice', () => {
    const ports = range(10_000, 10_001);
    ports.take();
    ports.free(10_000);
    ports.free(10_000);
    expect(ports.inUse).toBe(0);
  });

  it.each([
    [10_001, 10_002],
    [10_000, 10_000],
    [0, 100],
    [65_535, 70_000],
    [10.5, 20_000],
  ])('refuses a range without a pair: %i to %i', (min, max) => {
    expect(() => range(min, max)).toThrow(/RTP port range/);
  });

  it('finds out whether another program holds either port', async () => {
    const theirs = createSocket('udp4');
    await new Promise<void>((bound) => theirs.bind(0, '127.0.0.1', bound));
    const { port } = theirs.address();
    expect(await pairIsFree('127.0.0.1', port)).toBe(false);
    expect(await pairIsFree('127.0.0.1', port - 1)).toBe(false);
    await new Promise<void>((closed) => theirs.close(closed));
  });
});
