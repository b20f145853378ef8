import { BlockList, isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesSource, networksOverlap, parseNetwork, showNetwork } from '../../../src/domain/access/sources.js';
import type { Network } from '../../../src/domain/access/sources.js';

function network(text: string): Network {
  const reading = parseNetwork(text);
  if (!reading.ok) throw new Error(reading.problem);
  return reading.network;
}

const ipv4 = fc.ipV4();
const ipv6 = fc.ipV6();

/** An address and a prefix length; the host bits are not cut off yet. */
const prefixed = fc.oneof(
  fc.record({ family: fc.constant(4 as const), address: ipv4, prefix: fc.integer({ min: 0, max: 32 }) }),
  fc.record({ family: fc.constant(6 as const), address: ipv6, prefix: fc.integer({ min: 0, max: 128 }) }),
);

/** The same network with its host bits cut off, as text. */
function cut({ address, prefix, family }: { family: 4 | 6; address: string; prefix: number }): string {
  const bits = BigInt((family === 4 ? 32 : 128) - prefix);
  return showNetwork({ family, prefix, address: (network(address).address >> bits) << bits });
}

const isMapped = (address: string): boolean => isIP(address) === 6 && network(address).family === 4;

describe('a source', () => {
  it.each([
    ['192.0.2.10', ['192.0.2.10'], true],
    ['192.0.2.11', ['192.0.2.10'], false],
    ['10.255.0.1', ['192.0.2.10', '10.0.0.0/8'], true],
    ['11.0.0.1', ['10.0.0.0/8'], false],
    ['203.0.113.9', ['0.0.0.0/0'], true],
    ['2001:db8::1', ['0.0.0.0/0'], false],
    ['2001:db8:0:0::1', ['2001:DB8::/32'], true],
    ['2001:db9::1', ['2001:db8::/32'], false],
    ['::ffff:192.0.2.10', ['192.0.2.10'], true],
    ['192.0.2.10', ['::ffff:192.0.2.10'], true],
    ['192.0.2.10', ['::ffff:192.0.2.0/120'], true],
    ['192.0.2.10', ['::/0'], false],
    ['::1', ['::/0'], true],
    ['192.0.2.10', [], false],
    ['not an address', ['0.0.0.0/0', '::/0'], false],
    ['', ['0.0.0.0/0'], false],
    ['10.0.0.0/8', ['0.0.0.0/0'], false],
    ['10.0.0.1', ['rubbish', '10.0.0.0/8'], true],
  ])('%s is in %j: %s', (address, networks, expected) => {
    expect(matchesSource(networks, address)).toBe(expected);
  });

  it('is judged as the operating system judges it', () => {
    fc.assert(
      fc.property(prefixed, fc.oneof(ipv4, ipv6), (from, address) => {
        // the system also counts IPv4 addresses to ::/0; here 0.0.0.0/0 says that
        fc.pre(isIP(address) === from.family && !isMapped(address) && !isMapped(from.address));
        const list = new BlockList();
        list.addSubnet(from.address, from.prefix, from.family === 4 ? 'ipv4' : 'ipv6');
        const expected = list.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6');
        expect(matchesSource([cut(from)], address)).toBe(expected);
      }),
      { numRuns: 500 },
    );
  });

  it('is always in a network cut from its own address', () => {
    fc.assert(fc.property(prefixed, (from) => matchesSource([cut(from)], from.address)));
  });

  it('is never in a network from whose address it differs in the last bit that counts', () => {
    fc.assert(
      fc.property(prefixed, (from) => {
        fc.pre(from.prefix > 0 && !isMapped(from.address));
        const all = from.family === 4 ? 32 : 128;
        const other = network(from.address).address ^ (1n << BigInt(all - from.prefix));
        return !matchesSource([cut(from)], showNetwork({ family: from.family, prefix: all, address: other }));
      }),
    );
  });
});

describe('reading a network', () => {
  it('takes exactly the addresses the system takes', () => {
    const almost = fc.string({ unit: fc.constantFrom(...Array.from('0123456789abcf.:')), maxLength: 24 });
    fc.assert(
      fc.property(fc.oneof(almost, ipv4, ipv6), (text) => parseNetwork(text).ok === (isIP(text) !== 0)),
      { numRuns: 2000 },
    );
  });

  it.each(['', '10.0.0.256', '10.0.0', '010.0.0.1', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/08', '::/129', '1::2::3'])(
    'refuses %j',
    (text) => {
      expect(parseNetwork(text).ok).toBe(false);
    },
  );

  it.each(['10.0.0.1%eth0', 'fe80::1%eth0', 'pbx.example.org', ':::', '1:2:3:4:5:6:7:8:9', '10.0.0.0/8/8', '[::1]'])(
    'refuses %j',
    (text) => {
      expect(parseNetwork(text).ok).toBe(false);
    },
  );

  it('says what was meant by a network with bits beyond its prefix', () => {
    expect(parseNetwork('10.1.2.3/8')).toMatchObject({
      ok: false,
      problem: '"10.1.2.3/8" has bits set beyond its prefix: did you mean 10.0.0.0/8 or 10.1.2.3?',
    });
  });

  it('shows a network so that it reads back the same', () => {
    fc.assert(
      fc.property(prefixed, (from) => {
        const text = cut(from);
        expect(showNetwork(network(text))).toBe(showNetwork(network(showNetwork(network(text)))));
        expect(network(showNetwork(network(text)))).toEqual(network(text));
      }),
    );
    expect(showNetwork(network('2001:0db8:0:0:0:0:0:1'))).toBe('2001:db8::1');
    expect(showNetwork(network('::'))).toBe('::');
    expect(showNetwork(network('192.0.2.1/32'))).toBe('192.0.2.1');
  });
});

describe('two networks', () => {
  it('overlap when one contains the other, whichever comes first', () => {
    expect(networksOverlap(network('10.0.0.0/8'), network('10.2.0.0/16'))).toBe(true);
    expect(networksOverlap(network('10.2.0.1'), network('10.0.0.0/8'))).toBe(true);
    expect(networksOverlap(network('10.0.0.0/8'), network('11.0.0.0/8'))).toBe(false);
    expect(networksOverlap(network('0.0.0.0/0'), network('::/0'))).toBe(false);
  });
});
