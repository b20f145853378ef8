import { describe, expect, it } from 'vitest';
import { callerDigits, maskCaller } from '../../../src/domain/access/callers.js';

describe("a caller's number as logs and records show it", () => {
  it('shows the last digits and hides the rest, however many there are', () => {
    expect(maskCaller('+442071234567', 3)).toBe('***567');
    expect(maskCaller('2071234567', 3)).toBe('***567');
  });

  it('never shows more than half of a short number', () => {
    expect(maskCaller('201', 3)).toBe('***1');
    expect(maskCaller('7', 3)).toBe('***');
  });

  it('hides all of it, or nothing, where that is configured', () => {
    expect(maskCaller('+442071234567', 0)).toBe('***');
    expect(maskCaller('+442071234567', null)).toBe('+442071234567');
  });
});

describe('the number a caller is known again by', () => {
  it('is the same in every spelling', () => {
    for (const spelling of ['+442071234567', '00442071234567', '442071234567', '+44 20 7123-4567']) {
      expect(callerDigits(spelling)).toBe('442071234567');
    }
    expect(callerDigits('201')).toBe('201');
  });

  it('is none where it is withheld, or only a name is shown: many may share that', () => {
    for (const none of [null, '', 'unknown', 'pbx-1', 'anonymous']) expect(callerDigits(none)).toBeNull();
  });
});
