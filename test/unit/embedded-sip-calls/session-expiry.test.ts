import { describe, expect, it } from 'vitest';
import {
  answerTimer,
  expiresAfterMs,
  parseMinSe,
  parseSessionExpires,
  refreshAfterMs,
  timerOf2xx,
} from '../../../src/adapters/embedded-sip/session-expiry.js';

const asks = (
  supported: boolean,
  interval: number | null,
  refresher: 'uac' | 'uas' | null = null,
  minSe: number | null = null,
) => answerTimer({ supported, sessionExpires: interval === null ? null : { interval, refresher }, minSe });

describe('session timer rules (RFC 4028)', () => {
  it('reads Session-Expires with and without a refresher', () => {
    expect(parseSessionExpires('1800')).toEqual({ interval: 1800, refresher: null });
    expect(parseSessionExpires(' 90 ; foo=1; Refresher = UAS')).toEqual({ interval: 90, refresher: 'uas' });
    expect([null, '', '-5', 'x', '1800 s'].map(parseSessionExpires)).toEqual(Array(5).fill(null));
  });

  it('reads Min-SE', () => {
    expect([parseMinSe('120;x=y'), parseMinSe('x'), parseMinSe(null)]).toEqual([120, null, null]);
  });

  it('offers 1800 s, refreshed by the caller, where the caller supports timers but asks for none', () => {
    expect(asks(true, null)).toEqual({ kind: 'timer', interval: 1800, refresher: 'uas', required: false });
  });

  it('offers no less than the Min-SE of the caller', () => {
    expect(asks(true, null, null, 3600)).toMatchObject({ interval: 3600 });
  });

  it('runs none where the caller neither supports timers nor asks', () => {
    expect(asks(false, null)).toEqual({ kind: 'none' });
  });

  it('takes the interval and refresher asked for, and lets the caller refresh where it names none', () => {
    expect(asks(true, 600, 'uas')).toEqual({ kind: 'timer', interval: 600, refresher: 'uas', required: false });
    expect(asks(true, 600)).toEqual({ kind: 'timer', interval: 600, refresher: 'uac', required: true });
  });

  it('refreshes itself where a proxy asked on behalf of a caller without timers', () => {
    expect(asks(false, 600, 'uac')).toEqual({ kind: 'timer', interval: 600, refresher: 'uas', required: false });
  });

  it('refuses less than 90 s, but not where the caller could not do anything about it', () => {
    expect(asks(true, 89)).toEqual({ kind: 'tooShort' });
    expect(asks(false, 89)).toEqual({ kind: 'none' });
    expect(asks(true, 90)).toMatchObject({ kind: 'timer' });
  });

  it('learns from a 2xx who refreshes', () => {
    expect(timerOf2xx({ interval: 600, refresher: 'uas' })).toEqual({ interval: 600, weRefresh: false });
    expect(timerOf2xx({ interval: 600, refresher: 'uac' })).toEqual({ interval: 600, weRefresh: true });
    expect(timerOf2xx(null)).toBeNull();
  });

  it('refreshes at half time, and gives up a third or 32 s before the end', () => {
    expect(refreshAfterMs(1800)).toBe(900_000);
    expect(expiresAfterMs(1800)).toBe(1_768_000);
    expect(expiresAfterMs(90)).toBe(60_000);
  });
});
