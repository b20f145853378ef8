import { describe, expect, it } from 'vitest';
import { KeyMethods } from '../../../src/bridge/key-methods.js';
import type { Key, KeyMethod } from '../../../src/domain/keys.js';

/** Presses as `9 inband 0` (key, method, milliseconds); returns the keys that counted. */
const counted = (...presses: readonly string[]): string => {
  const methods = new KeyMethods();
  return presses
    .map((press) => press.split(' '))
    .filter(([key, method, at]) => methods.take(key as Key, method as KeyMethod, Number(at)).counts)
    .map(([key]) => key)
    .join('');
};

describe('the keys of one leg', () => {
  it('count by the first of events and INFO that is seen, for a phone that sends both', () => {
    expect(counted('1 event 0', '1 info 50', '2 event 500', '2 info 550')).toBe('12');
    expect(counted('1 info 0', '1 event 50', '2 info 500', '2 event 550')).toBe('12');
  });

  it('count as tones until another method is seen, and as tones never again', () => {
    expect(counted('1 inband 0', '2 inband 300', '3 info 5000', '3 inband 5050', '4 info 6000')).toBe('1234');
  });

  it('count once where the INFO comes after the tone of the same press', () => {
    expect(counted('9 inband 0', '9 info 300', '8 info 800')).toBe('98');
    expect(counted('9 inband 0', '9 event 40', '9 event 900')).toBe('99');
  });

  it('count as another press where the INFO is of another key or comes much later', () => {
    expect(counted('9 inband 0', '8 info 300')).toBe('98');
    expect(counted('9 inband 0', '9 info 1501')).toBe('99');
  });

  it('need no search for tones once INFO is seen', () => {
    const methods = new KeyMethods();
    expect(methods.take('1', 'inband', 0).stopInband).toBe(false);
    expect(methods.take('2', 'info', 5_000).stopInband).toBe(true);
    expect(methods.seen).toBe('info');
  });
});
