import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  drawPin,
  drawPins,
  enoughDigits,
  GUESS_RISK_LIMIT,
  guessRisk,
  isWeakPin,
  PIN_LENGTHS,
} from '../../../src/domain/access/pins.js';

/** Gives the PINs of a list, one after the other. */
const fixed = (...pins: readonly string[]): (() => string) => {
  const rest = [...pins];
  return () => rest.shift() ?? '';
};

const anyPin = fc
  .integer({ min: PIN_LENGTHS.least, max: PIN_LENGTHS.most })
  .chain((length) =>
    fc.string({ unit: fc.constantFrom(...Array.from('0123456789')), minLength: length, maxLength: length }),
  );

describe('a PIN', () => {
  it.each([
    '111111',
    '000000000',
    '123456',
    '123456789',
    '987654321',
    '890123456',
    '321098765',
    '1234907',
    '5550000',
    '121212',
    '123123123',
    '472472472',
    '48264826',
    '112233',
    '100100',
    '700000731',
  ])('is not %s: a sequence, a repetition, or too few digits', (pin) => {
    expect(isWeakPin(pin)).toBe(true);
  });

  it.each(['482915', '482915037', '112358', '135790', '271828182', '314159265358'])('may be %s', (pin) => {
    expect(isWeakPin(pin)).toBe(false);
  });

  it('loses few of all PINs to that rule, so that a guesser gains little', () => {
    let weak = 0;
    for (let value = 0; value < 1_000_000; value += 1) if (isWeakPin(String(value).padStart(6, '0'))) weak += 1;
    expect(weak / 1_000_000).toBeLessThan(0.08);
  });

  it('that counts up or down by one throughout is always weak, around 0 and 9 too', () => {
    const counting = fc.tuple(fc.nat(9), fc.constantFrom(1, 9), fc.integer({ min: 6, max: 12 }));
    fc.assert(
      fc.property(counting, ([start, step, length]) =>
        isWeakPin(Array.from({ length }, (_, index) => (start + index * step) % 10).join('')),
      ),
    );
  });

  it('that is drawn is the first that is not weak', () => {
    expect(drawPin(fixed('123456789', '111111111', '482915037', '593026148'), 9)).toBe('482915037');
  });

  it('that is drawn is never weak and has the length asked for', () => {
    fc.assert(
      fc.property(fc.array(anyPin, { minLength: 1, maxLength: 20 }), (pins) => {
        const same = pins.filter((pin) => pin.length === pins[0]?.length);
        fc.pre(same.some((pin) => !isWeakPin(pin)));
        const drawn = drawPin(fixed(...same), same[0]?.length ?? 0);
        expect(isWeakPin(drawn)).toBe(false);
        expect(same).toContain(drawn);
      }),
    );
  });

  it.each([0, 5, 13, 6.5, Number.NaN])('has no length of %d', (length) => {
    expect(() => drawPin(() => '482915037', length)).toThrow(RangeError);
  });

  it('is not drawn for ever from a broken source', () => {
    expect(() => drawPin(() => '000000000', 9)).toThrow(/no usable PIN/);
    expect(() => drawPins(() => '482915037', 9)).toThrow(/same PIN again and again/);
  });

  it('of the host is never that of the guest', () => {
    expect(drawPins(fixed('482915037', '482915037', '593026148'), 9)).toEqual({
      host: '482915037',
      guest: '593026148',
    });
  });
});

describe('the chance to guess a PIN', () => {
  it('is live PINs times tries a day by all PINs of the length', () => {
    expect(guessRisk(2, 6)).toBeCloseTo(0.0006);
    expect(guessRisk(3333, 9)).toBeLessThanOrEqual(GUESS_RISK_LIMIT);
    expect(guessRisk(3334, 9)).toBeGreaterThan(GUESS_RISK_LIMIT);
  });

  it('says how many digits are enough', () => {
    expect(enoughDigits(2)).toBe(6);
    expect(enoughDigits(4)).toBe(7);
    expect(enoughDigits(3334)).toBe(10);
    expect(enoughDigits(10_000_000)).toBeNull();
  });
});
