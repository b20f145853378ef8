import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { AesPinSeal } from '../../../src/adapters/system/aes-pin-seal.js';
import { PinKey } from '../../../src/adapters/system/pin-key.js';
import { SystemRandomness } from '../../../src/adapters/system/randomness.js';
import { drawFree, drawUntilAccepted, PinsExhausted } from '../../../src/app/drawing.js';
import { drawPin, isWeakPin } from '../../../src/domain/access/pins.js';
import { accountId } from '../../../src/domain/identifiers.js';
import { Duplicate } from '../../../src/ports/store.js';
import { account, NINETY_DAYS_MS, pin } from '../../conformance/store-stage.js';
import { MemoryStore } from '../../fakes/memory-store.js';

/** The same bytes in every run: a hash of a counter. */
function fixedBytes(): (count: number) => Uint8Array {
  let counter = 0;
  let rest = Buffer.alloc(0);
  return (count) => {
    while (rest.length < count) {
      counter += 1;
      rest = Buffer.concat([rest, createHash('sha256').update(`PINs ${counter}`).digest()]);
    }
    const bytes = rest.subarray(0, count);
    rest = rest.subarray(count);
    return bytes;
  };
}

const LENGTH = 6;
const DRAWN = 100_000;
/** Chi-square of 54 degrees of freedom, 9 for each of six places, is beyond this less than once in 10^6. */
const BEYOND = 120;

/** How often each digit would stand at each place, were all PINs of the length that are not weak drawn once. */
function expectedShares(): readonly (readonly number[])[] {
  const counts = Array.from({ length: LENGTH }, () => Array.from({ length: 10 }, () => 0));
  let usable = 0;
  for (let value = 0; value < 10 ** LENGTH; value += 1) {
    const digits = String(value).padStart(LENGTH, '0');
    if (isWeakPin(digits)) continue;
    usable += 1;
    for (let place = 0; place < LENGTH; place += 1) {
      const at = counts[place];
      if (at !== undefined) at[Number(digits[place])] = (at[Number(digits[place])] ?? 0) + 1;
    }
  }
  return counts.map((places) => places.map((count) => count / usable));
}

/** Chi-square of each place. */
function chiSquares(pins: readonly string[], shares: readonly (readonly number[])[]): readonly number[] {
  return shares.map((places, place) => {
    const counts = new Map<number, number>();
    for (const digits of pins) counts.set(Number(digits[place]), (counts.get(Number(digits[place])) ?? 0) + 1);
    return places.reduce((total, share, digit) => {
      const expected = share * pins.length;
      return total + ((counts.get(digit) ?? 0) - expected) ** 2 / expected;
    }, 0);
  });
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

const drawn = (randomness: SystemRandomness): readonly string[] =>
  Array.from({ length: DRAWN }, () => drawPin((count) => randomness.digits(count), LENGTH));

describe('PINs that are drawn', () => {
  const shares = expectedShares();

  it('have every digit at every place as often as chance would, from a fixed source', () => {
    // beyond 27.9 once in a thousand; the source is fixed, so that this never changes
    for (const chi of chiSquares(drawn(new SystemRandomness(fixedBytes())), shares)) expect(chi).toBeLessThan(27.9);
  });

  it('have them from the source of the system too', () => {
    expect(sum(chiSquares(drawn(new SystemRandomness()), shares))).toBeLessThan(BEYOND);
  });

  it('would be found out were the source ever so slightly biased', () => {
    // bytes up to 255 taken modulo ten favour 0 to 5 by a twenty-fifth
    const bytes = fixedBytes();
    const biased = (length: number): string => Array.from(bytes(length), (byte) => String(byte % 10)).join('');
    const pins = Array.from({ length: DRAWN }, () => drawPin(biased, LENGTH));
    expect(sum(chiSquares(pins, shares))).toBeGreaterThan(BEYOND);
  });

  const drawing = (store = new MemoryStore()) => ({
    store,
    pins: new PinKey([Buffer.alloc(32, 7)]),
    seal: new AesPinSeal(() => Buffer.alloc(32, 9)),
    randomness: new SystemRandomness(),
  });

  it('are unique, a thousand of six digits, and none is a sequence or a repetition', () => {
    const parts = drawing();
    const digits = Array.from({ length: 500 }, (_, n) =>
      drawUntilAccepted(parts, { host: { length: 6 }, guest: { length: 6 } }, (codes) =>
        parts.store.addAccount(account(`a${n}`), codes),
      ),
    ).flatMap(({ host, guest }) => [host, guest]);
    expect(new Set(digits).size).toBe(1000);
    expect(digits.filter((one) => isWeakPin(one) || !/^\d{6}$/.test(one))).toEqual([]);
    for (const one of digits) expect(parts.store.findPin(parts.pins.hash(one), 0)).not.toBeNull();
  });

  it('are never those of the last 90 days, and may be afterwards', () => {
    let time = 1_700_000_000_000;
    const store = new MemoryStore(() => time);
    const offered: string[] = [];
    const parts = {
      ...drawing(store),
      randomness: { identifier: () => 'x', digits: () => offered.shift() ?? '482915' },
    };
    const { id } = account('a1');
    store.addAccount(account('a1'), { host: pin('h'), guest: { hash: parts.pins.hash('482915'), length: 6 } });
    const rotate = (...next: string[]): string => {
      offered.push(...next);
      const wanted = { guest: { length: 6 } };
      return drawUntilAccepted(parts, wanted, (codes) => store.rotatePins(id, codes)).guest;
    };
    expect(rotate('482915', '593026')).toBe('593026');
    expect(rotate('482915', '593026', '604137')).toBe('604137');
    time += NINETY_DAYS_MS;
    expect(rotate('482915')).toBe('482915');
  });

  it('are given up on when hardly any is free, having written nothing', () => {
    const refuse = (): never => {
      throw new Duplicate('taken');
    };
    expect(() => drawUntilAccepted(drawing(), { host: { length: 6 } }, refuse)).toThrow(PinsExhausted);
  });

  it('are all different for many who are added together', () => {
    const parts = drawing();
    const taken = new Set<string>();
    const offered = ['482915', '482915', '593026'];
    const few = { ...parts, randomness: { identifier: () => 'x', digits: () => offered.shift() ?? '604137' } };
    const first = drawFree(few, { host: { length: 6 } }, taken);
    expect([first.digits.host, drawFree(few, { host: { length: 6 } }, taken).digits.host]).toEqual([
      '482915',
      '593026',
    ]);
    expect(taken.size).toBe(2);
  });

  it('are sealed for whose they are, where that is asked for', () => {
    const parts = drawing();
    const owner = { account: accountId('a1'), role: 'guest' as const };
    const { digits, pins } = drawFree(
      parts,
      { host: { length: 9 }, guest: { length: 9, sealedFor: owner } },
      new Set(),
    );
    expect(pins.host.sealed).toBeUndefined();
    expect(parts.seal.open(pins.guest.sealed ?? '', owner)).toBe(digits.guest);
    expect(pins.guest.sealed).not.toContain(digits.guest);
  });
});
