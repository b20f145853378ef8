import { BlockList, isIP, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';

/** IP addresses as this engine writes them: no brackets, lower case, IPv4-mapped IPv6 as IPv4. */

const MAPPED = /^::ffff:([0-9]{1,3}(?:\.[0-9]{1,3}){3})$/i;

export function plainIp(address: string): string {
  return MAPPED.exec(address)?.[1] ?? address.toLowerCase();
}

export function isWildcard(address: string): boolean {
  return address === '0.0.0.0' || address === '::';
}

/**
 * The address of this machine that `remote` most likely sees: the one in the same network, or else the first that is not
 * loopback. For sockets bound to a wildcard, which do not tell the address a datagram came to.
 */
export function localAddressTowards(remote: string): string {
  const family = isIPv6(remote) ? 'ipv6' : 'ipv4';
  const loopback = family === 'ipv6' ? '::1' : '127.0.0.1';
  if (remote === '::1' || remote.startsWith('127.') || isIP(remote) === 0) return loopback;
  let first: string | null = null;
  for (const candidate of Object.values(networkInterfaces()).flatMap((entries) => entries ?? [])) {
    if (candidate.internal || candidate.family.toLowerCase() !== family) continue;
    const [network, prefix] = candidate.cidr?.split('/') ?? [];
    if (network !== undefined && prefix !== undefined && inNetwork(remote, network, Number(prefix), family)) {
      return candidate.address;
    }
    first ??= candidate.address;
  }
  return first ?? loopback;
}

function inNetwork(address: string, network: string, prefix: number, family: 'ipv4' | 'ipv6'): boolean {
  const list = new BlockList();
  list.addSubnet(network, prefix, family);
  return list.check(address, family);
}
