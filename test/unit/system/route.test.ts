import { networkInterfaces } from 'node:os';
import { isIPv4, isIPv6 } from 'node:net';
import { describe, expect, it } from 'vitest';
import { localAddressFor } from '../../../src/adapters/system/route.js';

describe('the address a far end is shown', () => {
  it('is loopback for a far end on loopback, whichever loopback address it has', () => {
    expect(localAddressFor('127.0.0.1')).toBe('127.0.0.1');
    expect(localAddressFor('127.9.8.7')).toBe('127.0.0.1');
  });

  it('is the address itself for a far end on this machine', () => {
    for (const address of Object.values(networkInterfaces()).flatMap((list) => list ?? [])) {
      expect(localAddressFor(address.address)).toBe(address.address);
    }
  });

  it('is of the same family as the far end', () => {
    expect(isIPv4(localAddressFor('192.0.2.1'))).toBe(true);
    expect(isIPv6(localAddressFor('2001:db8::1'))).toBe(true);
  });
});
