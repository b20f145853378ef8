import { describe, expect, it } from 'vitest';
import { advertised } from '../../../src/app/advertised.js';
import { loadConfig } from '../../../src/app/config.js';

const config = (settings: Readonly<Record<string, string>>) =>
  loadConfig({ env: settings, workingDirectory: '/nonexistent' }).config;

describe('the address that SDP tells', () => {
  const behindNat = config({
    PARTYLINE_MEDIA_ADDRESS: '203.0.113.7',
    PARTYLINE_LOCAL_NETWORKS: '10.0.0.0/8,fd00::/8',
  });

  it.each([
    ['198.51.100.1', '203.0.113.7'],
    ['2001:db8::1', '203.0.113.7'],
    ['10.1.2.3', null],
    ['fd00::5', null],
    ['127.0.0.1', null],
    ['::1', null],
  ])('a caller at %s is told %s', (remote, told) => {
    expect(advertised(behindNat, null)(remote)).toBe(told);
  });

  it('is that of the mixer where it has its own', () => {
    expect(advertised(behindNat, '203.0.113.8')('198.51.100.1')).toBe('203.0.113.8');
    expect(advertised(behindNat, '203.0.113.8')('10.1.2.3')).toBeNull();
  });

  it("is the mixer's own where nothing is configured", () => {
    expect(advertised(config({}), null)('198.51.100.1')).toBeNull();
  });
});
