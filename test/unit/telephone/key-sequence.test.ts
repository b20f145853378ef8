import { describe, expect, it } from 'vitest';
import { NotKeyable, PAUSE_MS, readKeys } from '../../../src/app/telephone/key-sequence.js';

describe('a sequence of keys', () => {
  it('has 0 to 9, *, #, A to D, and a pause of a second for each comma', () => {
    expect(readKeys('*6, #b')).toEqual([
      { kind: 'key', key: '*' },
      { kind: 'key', key: '6' },
      { kind: 'pause', ms: PAUSE_MS },
      { kind: 'key', key: '#' },
      { kind: 'key', key: 'B' },
    ]);
  });

  it('is refused with another character in it, without repeating it', () => {
    expect(() => readKeys('12345678x')).toThrow(NotKeyable);
    expect(() => readKeys('12345678x')).not.toThrow(/12345678/);
  });

  it('is refused when nobody would key so much', () => {
    expect(() => readKeys('1'.repeat(201))).toThrow(NotKeyable);
  });
});
