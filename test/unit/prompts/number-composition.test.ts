import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { composeNumber, NUMBER_PARTS } from '../../../src/bridge/prompt-catalogue.js';

const spoken = (value: number): string => composeNumber(value).join(' ');

describe('a number is spoken in British English', () => {
  it.each([
    [0, '0'],
    [1, '1'],
    [11, '11'],
    [20, '20'],
    [21, '20 1'],
    [30, '30'],
    [99, '90 9'],
    [100, '1 hundred'],
    [101, '1 hundred and 1'],
    [110, '1 hundred and 10'],
    [999, '9 hundred and 90 9'],
    [1000, '1 thousand'],
    [1001, '1 thousand and 1'],
    [1100, '1 thousand 1 hundred'],
    [1234, '1 thousand 2 hundred and 30 4'],
    [21_042, '20 1 thousand and 40 2'],
    [100_000, '1 hundred thousand'],
    [999_999, '9 hundred and 90 9 thousand 9 hundred and 90 9'],
  ])('%i', (value, parts) => {
    expect(spoken(value)).toBe(parts);
  });

  it('needs no part beyond those that are rendered', () => {
    const parts = new Set(NUMBER_PARTS);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 999_999 }), (value) =>
        composeNumber(value).every((part) => parts.has(part)),
      ),
      { numRuns: 5000 },
    );
  });

  it('means the number it was made from', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 999_999 }), (value) => {
        expect(meaningOf(composeNumber(value))).toBe(value);
      }),
    );
  });

  it.each([-1, 1_000_000, 1.5, Number.NaN])('refuses %d', (value) => {
    expect(() => composeNumber(value)).toThrow(RangeError);
  });
});

/** Reads the parts back as a listener does. */
function meaningOf(parts: readonly string[]): number {
  let thousands = 0;
  let below = 0;
  for (const part of parts) {
    if (part === 'hundred') below *= 100;
    else if (part === 'thousand') [thousands, below] = [below, 0];
    else if (part !== 'and') below += Number(part);
  }
  return thousands * 1000 + below;
}
