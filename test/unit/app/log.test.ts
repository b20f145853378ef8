import { afterEach, describe, expect, it, vi } from 'vitest';
import { hushLibraries } from '../../../src/app/log.js';

describe('what libraries print', () => {
  const original = { error: console.error, warn: console.warn, log: console.log };
  afterEach(() => Object.assign(console, original));

  it('is told to the log, but not what it was: it may be a message with numbers and keys', () => {
    const lines: string[] = [];
    const line = (fields: unknown, message: string): void => void lines.push(JSON.stringify({ fields, message }));
    hushLibraries({ debug: vi.fn(), info: vi.fn(), warn: line, error: vi.fn() });
    console.error(new Error('bad'), 'INFO sip:+442071234567@bridge SIP/2.0\r\n\r\nSignal=7');
    console.log('Signal=7');
    expect(lines).toHaveLength(2);
    expect(lines.join()).not.toMatch(/2071234567|Signal/);
  });
});
