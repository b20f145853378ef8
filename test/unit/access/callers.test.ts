import { describe, expect, it } from 'vitest';
import { maskCaller } from '../../../src/domain/access/callers.js';

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
