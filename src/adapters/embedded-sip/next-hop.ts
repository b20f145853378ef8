import { BlockList, isIP } from 'node:net';
import { plainIp } from './addresses.js';
import type { Peer, SipUri } from './message.js';
import type { Destination } from './transaction-layer.js';
import { unbracketed } from './uri.js';

/**
 * Where a request within a dialog is sent (RFC 3261 sections 8.1.2 and 12.2.1.1, RFC 3581 for the spirit).
 *
 * The rule is the host of the first route, or of the Contact. Two cases of the field make an exception, in which the request
 * goes back to where the far end's last request came from:
 *
 * - The host is a name. Trunks that write names into Contact or Record-Route are reached at their source as well, and
 *   signalling in the middle of a call then depends on no DNS.
 * - The host is a private address, not the one the signalling comes from, and nothing else can be meant: no proxy stands
 *   between (one Via), or the source is public while the address is not. That is a telephone or PBX behind NAT.
 *
 * TCP and TLS: towards the address that the signalling came from, the connection that it came by is used again as long as
 * it is there, since the far end's own port seldom accepts connections through a NAT.
 */
export function nextHop(uri: SipUri, peer: Peer, proxied: boolean): Destination {
  const host = unbracketed(uri.host);
  const family = isIP(host);
  const transport = transportOf(uri, peer);
  if (family === 0 || behindNat(host, peer, proxied)) return atSource(uri, peer);
  const port = uri.port ?? (transport === 'tls' ? 5061 : 5060);
  // Its own port seldom takes connections: the one that it made is used as long as it is there.
  const reused = transport === peer.transport && sameAddress(host, peer.address) ? peer.connection : undefined;
  return { transport, address: host, port, ...(reused === undefined ? {} : { connection: reused }) };
}

/** Back to the source. Without its connection a stream goes to the port that the far end named, as its own was for once. */
function atSource(uri: SipUri, peer: Peer): Destination {
  const { transport, address } = peer;
  if (transport === 'udp') return { transport, address, port: peer.port };
  const port = uri.port ?? (transport === 'tls' ? 5061 : 5060);
  return { transport, address, port, ...(peer.connection === undefined ? {} : { connection: peer.connection }) };
}

/** An explicit transport, or the one the dialog lives on: it is known to work, and often left out of Contact. */
function transportOf(uri: SipUri, peer: Peer): Peer['transport'] {
  if (uri.scheme === 'sips') return 'tls';
  switch (uri.parameters.get('transport')?.toLowerCase()) {
    case 'udp':
      return 'udp';
    case 'tcp':
      return 'tcp';
    case 'tls':
      return 'tls';
    default:
      return peer.transport;
  }
}

function behindNat(host: string, peer: Peer, proxied: boolean): boolean {
  if (!isPrivateAddress(host) || sameAddress(host, peer.address)) return false;
  return !proxied || !isPrivateAddress(peer.address);
}

const sameAddress = (one: string, other: string): boolean => plainIp(one) === plainIp(other);

const PRIVATE = new BlockList();
// RFC 1918, RFC 6598 (carrier NAT), loopback, link-local, unspecified; RFC 4193 and its companions for IPv6.
for (const [network, prefix] of [
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['0.0.0.0', 8],
] as const) {
  PRIVATE.addSubnet(network, prefix, 'ipv4');
}
PRIVATE.addSubnet('fc00::', 7, 'ipv6');
PRIVATE.addSubnet('fe80::', 10, 'ipv6');
PRIVATE.addAddress('::1', 'ipv6');
PRIVATE.addAddress('::', 'ipv6');

/** Whether nobody beyond its own network can reach this IP address. */
export function isPrivateAddress(address: string): boolean {
  const plain = plainIp(address);
  return PRIVATE.check(plain, isIP(plain) === 6 ? 'ipv6' : 'ipv4');
}
