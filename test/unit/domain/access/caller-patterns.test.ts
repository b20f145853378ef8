import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { callerPattern, fitsPattern, isListed } from '../../../../src/domain/access/caller-patterns.js';

describe('a pattern of callers', () => {
  it.each([
    ['+44 20 7123-4567', '442071234567'],
    ['0044 20 7123 4567', '442071234567'],
    ['+4420*', '4420*'],
    ['004420*', '4420*'],
    ['(0900) ??????', '0900??????'],
    ['0012', '0012'],
    ['?1', '?1'],
  ])('%s is kept as %s', (text, kept) => {
    expect(callerPattern(text)).toBe(kept);
  });

  it.each(['', '*', '?', '??*', 'anonymous', '44*20', '44**', '+', '4'.repeat(33), `${'4'.repeat(32)}*`])(
    '%j is none',
    (text) => {
      expect(callerPattern(text)).toBeNull();
    },
  );

  it('fits what a regular expression of the same meaning fits', () => {
    const digits = fc.string({ unit: fc.constantFrom('1', '2'), maxLength: 6 });
    const pattern = fc.tuple(fc.string({ unit: fc.constantFrom('1', '2', '?'), maxLength: 5 }), fc.boolean());
    fc.assert(
      fc.property(digits, pattern, (number, [fixed, open]) => {
        const meaning = new RegExp(`^${fixed.replaceAll('?', '\\d')}${open ? '\\d*' : ''}$`);
        expect(fitsPattern(number, fixed + (open ? '*' : ''))).toBe(meaning.test(number));
      }),
    );
  });

  it('has no caller on it who withholds the number', () => {
    expect(isListed(null, ['44*'])).toBe(false);
    expect(isListed('4420', ['33*', '44*'])).toBe(true);
    expect(isListed('4420', [])).toBe(false);
  });
});
