import { describe, expect, it } from 'vitest';
import type { Peer, SipUri } from '../../../src/adapters/embedded-sip/message.js';
import { isPrivateAddress, nextHop } from '../../../src/adapters/embedded-sip/next-hop.js';
import { parseUri } from '../../../src/adapters/embedded-sip/uri.js';
import { PEER } from './fake-layer.js';

const uri = (text: string): SipUri => {
  const parsed = parseUri(text);
  if (parsed === null) throw new Error(text);
  return parsed;
};
const to = (text: string, peer: Peer = PEER, proxied = false) => nextHop(uri(text), peer, proxied);

describe('where a request within a dialog goes', () => {
  it('goes to the address and port of the URI', () => {
    expect(to('sip:a@203.0.113.99:5070')).toEqual({ transport: 'udp', address: '203.0.113.99', port: 5070 });
  });

  it('takes port 5060, or 5061 for TLS, where none is named', () => {
    expect(to('sip:a@203.0.113.99').port).toBe(5060);
    expect(to('sips:a@203.0.113.99')).toMatchObject({ transport: 'tls', port: 5061 });
  });

  it('takes the transport that the URI names', () => {
    expect(to('sip:a@203.0.113.99;transport=TCP').transport).toBe('tcp');
  });

  it('keeps the transport of the dialog where the URI names none, or one we do not know', () => {
    const tcp: Peer = { ...PEER, transport: 'tcp', connection: 'c1' };
    expect(to('sip:a@203.0.113.99', tcp).transport).toBe('tcp');
    expect(to('sip:a@203.0.113.99;transport=sctp', tcp).transport).toBe('tcp');
  });

  it('goes back to the source when the URI holds a name', () => {
    expect(to('sip:a@pbx.example:5080')).toEqual({ transport: 'udp', address: '203.0.113.7', port: 5060 });
  });

  it('goes back to the source and its port when the far end is behind NAT', () => {
    const peer = { ...PEER, port: 31_000 };
    expect(to('sip:a@192.168.1.20:5060', peer)).toEqual({ transport: 'udp', address: '203.0.113.7', port: 31_000 });
    expect(to('sip:a@192.168.1.20:5060', peer, true).address).toBe('203.0.113.7');
  });

  it('follows a private address when a proxy of the same private world stands between', () => {
    const peer = { ...PEER, address: '10.0.0.1' };
    expect(to('sip:a@192.168.1.20', peer, true).address).toBe('192.168.1.20');
    expect(to('sip:a@192.168.1.20', peer, false).address).toBe('10.0.0.1');
  });

  it('follows another port of the private address that the signalling comes from', () => {
    const peer = { ...PEER, address: '192.168.1.20', port: 40_000 };
    expect(to('sip:a@192.168.1.20:5062', peer)).toEqual({ transport: 'udp', address: '192.168.1.20', port: 5062 });
  });

  it('uses the TCP connection that the far end made', () => {
    const peer: Peer = { ...PEER, transport: 'tcp', port: 41_234, connection: 'c1' };
    const expected = { transport: 'tcp', address: '203.0.113.7', port: 5060, connection: 'c1' };
    expect(to('sip:a@203.0.113.7;transport=tcp', peer)).toEqual(expected);
    expect(to('sip:a@192.168.1.20;transport=tcp', peer)).toEqual(expected);
  });

  it('opens another connection to another address', () => {
    const peer: Peer = { ...PEER, transport: 'tcp', connection: 'c1' };
    expect(to('sip:a@203.0.113.99;transport=tcp', peer)).not.toHaveProperty('connection');
  });

  it('reads IPv6 addresses', () => {
    const peer = { ...PEER, address: '2001:db8::7' };
    expect(to('sip:a@[2001:db8::9]:5070', peer)).toEqual({ transport: 'udp', address: '2001:db8::9', port: 5070 });
    expect(to('sip:a@[fe80::9]', peer).address).toBe('2001:db8::7');
  });

  it('knows private addresses', () => {
    const addresses = [
      '10.1.2.3',
      '172.31.0.1',
      '100.64.0.1',
      '::1',
      '::ffff:192.168.0.1',
      '172.32.0.1',
      '8.8.8.8',
      '2001:db8::1',
    ];
    expect(addresses.map(isPrivateAddress)).toEqual([true, true, true, true, true, false, false, false]);
  });
});
