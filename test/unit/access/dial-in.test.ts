import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalNumber, dialInNumberFor, isDialInNumber, sameNumber } from '../../../src/domain/access/dial-in.js';

const london = { number: '+442071234567', pinLength: 9, greeting: 'welcome' };
const desk = { number: '8000', pinLength: 6, greeting: null };
const sales = { number: 'Sales', pinLength: 7, greeting: null };
const numbers = [london, desk, sales];
const defaults = { pinLength: 8, greeting: 'welcome' };

describe('the dial-in number of a call', () => {
  it.each([
    ['+442071234567', london],
    ['442071234567', london],
    ['00442071234567', london],
    ['+44 (20) 7123-4567', london],
    ['+44.20.7123.4567', london],
    ['+442071234567;phone-context=example.org', london],
    ['8000', desk],
    ['sales', sales],
  ])('is found by %s', (user, expected) => {
    expect(dialInNumberFor(numbers, defaults, user)).toBe(expected);
  });

  it.each(['', '+44207123456', '2071234567', '08000', '+8000', 'conference', '+', ';', 'sale', '80 00 1'])(
    'is not found by %j',
    (user) => {
      expect(dialInNumberFor(numbers, defaults, user)).toBeNull();
    },
  );

  it('is "conference" with the configured PIN length as long as none is provisioned', () => {
    const expected = { number: 'conference', pinLength: 8, greeting: 'welcome' };
    expect(dialInNumberFor([], defaults, 'conference')).toEqual(expected);
    expect(dialInNumberFor([], defaults, 'Conference')).toEqual(expected);
    expect(dialInNumberFor([], defaults, '+442071234567')).toBeNull();
    expect(dialInNumberFor([london], defaults, 'conference')).toBeNull();
  });

  it('is looked for in any text without harm', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), (user) => {
        expect(() => dialInNumberFor(numbers, defaults, user)).not.toThrow();
      }),
    );
  });
});

describe('the spelling of a number', () => {
  it('is stored without separators and with + for 00', () => {
    expect(canonicalNumber(' 0044 20-7123 4567 ')).toBe('+442071234567');
    expect(canonicalNumber('+44 (20) 7123.4567')).toBe('+442071234567');
    expect(canonicalNumber('(020) 7123-4567')).toBe('02071234567');
    expect(canonicalNumber('(+44) 20 7123 4567')).toBe('+442071234567');
    // pasted: a dash that does not break, a dash of print, blanks that do not break, marks of direction
    expect(canonicalNumber('\u202a+44\u00a020\u20117123\u20134567\u202c')).toBe('+442071234567');
    expect(canonicalNumber('+44 (0)20 7123 4567')).toBe('+442071234567');
    expect(canonicalNumber('0044(0)2071234567')).toBe('+442071234567');
    expect(canonicalNumber('(0)20')).toBe('020');
    expect(canonicalNumber('(')).toBe('(');
    expect(canonicalNumber('0012')).toBe('0012');
    expect(canonicalNumber('conference')).toBe('conference');
  });

  it('does not change when it is stored once more', () => {
    const spelt = fc.string({ unit: fc.constantFrom(...Array.from('+0123456789 ().-/')), maxLength: 20 });
    fc.assert(fc.property(spelt, (text) => canonicalNumber(canonicalNumber(text)) === canonicalNumber(text)));
  });

  it('decides nothing: two spellings of a number are the same', () => {
    expect(sameNumber('+44 20 7123 4567', '00442071234567')).toBe(true);
    expect(sameNumber('0012', '12')).toBe(false);
  });

  it.each(['+442071234567', '8000', 'conference', 'sales-team.2'])('may be %s', (text) => {
    expect(isDialInNumber(text)).toBe(true);
  });

  it.each(['', '+', '++44', '44+20', 'a b', 'user@example.org', '1'.repeat(65), 'x;y', '"q"'])(
    'may not be %j',
    (text) => {
      expect(isDialInNumber(text)).toBe(false);
    },
  );
});
