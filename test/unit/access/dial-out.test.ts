import { describe, expect, it } from 'vitest';
import { checkDialOut, keyedForm, leftMs, type DialOutUse } from '../../../src/domain/access/dial-out.js';
import type { DialOutRights } from '../../../src/domain/conference-options.js';

const RIGHTS: DialOutRights = {
  trunk: 'carrier',
  prefixes: ['020', '+44', '112'],
  callsPerHour: 5,
  atOnce: 2,
  minutesPerDay: 30,
};
const NOTHING: DialOutUse = { callsLastHour: 0, atOnce: 0, answeredMs: 0 };

const verdict = (keyed: string, rights: Partial<DialOutRights> = {}, used: Partial<DialOutUse> = {}) =>
  checkDialOut({ ...RIGHTS, ...rights }, keyed, { ...NOTHING, ...used });

describe('whom a host may call', () => {
  it('is nobody where the account may not call out', () => {
    expect(checkDialOut(null, '02079460000', NOTHING)).toEqual({ allowed: false, reason: 'off' });
  });

  it.each([
    ['02079460000', '02079460000'],
    ['00442079460000', '00442079460000'],
    ['+442079460000', '00442079460000'],
    ['020 7946-0000', '02079460000'],
    ['1123', '1123'],
  ])('may be %s, dialled %s', (keyed, number) => {
    expect(verdict(keyed)).toEqual({ allowed: true, number });
  });

  it.each([
    ['', 'number'],
    ['*123', 'number'],
    ['020#', 'number'],
    ['sip:900@evil', 'number'],
    ['+', 'prefix'],
    ['9', 'prefix'],
    ['0900123456', 'prefix'],
    ['00334567890', 'prefix'],
    ['0044', 'prefix'],
    ['020', 'prefix'],
    ['0'.repeat(21), 'number'],
  ])('may not be %j: %s', (keyed, reason) => {
    expect(verdict(keyed)).toEqual({ allowed: false, reason });
  });

  it('is nobody abroad by a national prefix', () => {
    expect(verdict('0033456789', { prefixes: ['0'] })).toEqual({ allowed: false, reason: 'prefix' });
    expect(verdict('02079460000', { prefixes: ['0'] })).toMatchObject({ allowed: true });
    expect(verdict('0033456789', { prefixes: ['00'] })).toMatchObject({ allowed: true });
    expect(verdict('0033456789', { prefixes: ['+'] })).toMatchObject({ allowed: true });
  });

  it.each([['', 'x', '+*', '0x']])('is nobody by a prefix that is none: %j', (prefix) => {
    expect(verdict('02079460000', { prefixes: [prefix] })).toEqual({ allowed: false, reason: 'prefix' });
    expect(verdict('02079460000', { prefixes: [] })).toEqual({ allowed: false, reason: 'prefix' });
  });

  it('is limited by calls an hour, calls at once and minutes a day, to the last one', () => {
    expect(verdict('02079460000', {}, { callsLastHour: 4 })).toMatchObject({ allowed: true });
    expect(verdict('02079460000', {}, { callsLastHour: 5 })).toEqual({ allowed: false, reason: 'rate' });
    expect(verdict('02079460000', {}, { atOnce: 1 })).toMatchObject({ allowed: true });
    expect(verdict('02079460000', {}, { atOnce: 2 })).toEqual({ allowed: false, reason: 'at-once' });
    expect(verdict('02079460000', {}, { answeredMs: 30 * 60_000 - 1 })).toMatchObject({ allowed: true });
    expect(verdict('02079460000', {}, { answeredMs: 30 * 60_000 })).toEqual({ allowed: false, reason: 'budget' });
    expect(leftMs(RIGHTS, { answeredMs: 60_000 })).toBe(29 * 60_000);
  });

  it('writes a number as it is keyed', () => {
    expect(keyedForm('+1 (212) 555-0100')).toBe('0012125550100');
    expect(keyedForm('++1')).toBeNull();
  });
});
