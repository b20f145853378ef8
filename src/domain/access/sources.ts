/**
 * Where calls may come from: IP addresses and CIDR networks (RFC 4632, RFC 4291), matched without any library
 * so that the domain stays pure. An IPv4-mapped IPv6 address (`::ffff:192.0.2.1`) is the IPv4 address it carries.
 */

export interface Network {
  readonly family: 4 | 6;
  /** The address as a number, 32 or 128 bits. */
  readonly address: bigint;
  /** Leading bits that count. */
  readonly prefix: number;
}

export type NetworkReading =
  { readonly ok: true; readonly network: Network } | { readonly ok: false; readonly problem: string };

const BITS = { 4: 32, 6: 128 } as const;
const MAPPED_PREFIX = 0xffffn << 32n;

function parseIpv4(text: string): bigint | null {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (match === null) return null;
  let address = 0n;
  for (const part of match.slice(1)) {
    // a leading zero means octal to some and decimal to others: refused
    if (Number(part) > 255 || (part.length > 1 && part.startsWith('0'))) return null;
    address = (address << 8n) | BigInt(part);
  }
  return address;
}

/** Groups of one side of `::`; a dotted quad is allowed at the very end (RFC 4291 section 2.2). */
function parseGroups(text: string, last: boolean): readonly bigint[] | null {
  if (text === '') return [];
  const groups: bigint[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    if (last && index === parts.length - 1 && part.includes('.')) {
      const quad = parseIpv4(part);
      if (quad === null) return null;
      groups.push(quad >> 16n, quad & 0xffffn);
    } else if (/^[0-9a-f]{1,4}$/i.test(part)) {
      groups.push(BigInt(`0x${part}`));
    } else {
      return null;
    }
  }
  return groups;
}

function parseIpv6(text: string): bigint | null {
  if (text.length > 45) return null;
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const [head = '', tail] = halves;
  const left = parseGroups(head, tail === undefined);
  const right = parseGroups(tail ?? '', true);
  if (left === null || right === null) return null;
  const missing = 8 - left.length - right.length;
  // `::` stands for at least one group
  if (tail === undefined ? missing !== 0 : missing < 1) return null;
  const groups = [...left, ...Array.from({ length: missing }, () => 0n), ...right];
  return groups.reduce((address, group) => (address << 16n) | group, 0n);
}

function parseAddress(text: string): Network | null {
  const four = parseIpv4(text);
  if (four !== null) return { family: 4, address: four, prefix: 32 };
  const six = parseIpv6(text);
  if (six === null) return null;
  return { family: 6, address: six, prefix: 128 };
}

const maskOff = (address: bigint, family: 4 | 6, prefix: number): bigint => {
  const hostBits = BigInt(BITS[family] - prefix);
  return (address >> hostBits) << hostBits;
};

/** IPv4 carried in IPv6 becomes IPv4 (RFC 4291 section 2.5.5.2). */
function unmapped(network: Network): Network {
  if (network.family === 4 || network.prefix < 96 || network.address >> 32n !== MAPPED_PREFIX >> 32n) return network;
  return { family: 4, address: network.address & 0xffff_ffffn, prefix: network.prefix - 96 };
}

/** Reads an address or a network such as `192.0.2.10`, `10.0.0.0/8`, `2001:db8::/32`; zones (`%eth0`) and host names are refused. */
export function parseNetwork(text: string): NetworkReading {
  const [addressText = '', prefixText, ...more] = text.split('/');
  const address = more.length === 0 ? parseAddress(addressText) : null;
  if (address === null) return { ok: false, problem: `"${text}" is not an IP address or network` };
  const bits = BITS[address.family];
  if (prefixText === undefined) return { ok: true, network: unmapped(address) };
  if (!/^(?:0|[1-9]\d{0,2})$/.test(prefixText) || Number(prefixText) > bits) {
    return { ok: false, problem: `"${text}" has no prefix length from 0 to ${bits} after the slash` };
  }
  const prefix = Number(prefixText);
  const network = maskOff(address.address, address.family, prefix);
  if (network !== address.address) {
    return {
      ok: false,
      problem: `"${text}" has bits set beyond its prefix: did you mean ${showNetwork({ ...address, address: network, prefix })} or ${addressText}?`,
    };
  }
  return { ok: true, network: unmapped({ family: address.family, address: network, prefix }) };
}

/** The usual notation; a network of one address is shown as that address. */
export function showNetwork({ family, address, prefix }: Network): string {
  const width = family === 4 ? 8n : 16n;
  const parts: string[] = [];
  for (let shift = BigInt(BITS[family]) - width; shift >= 0n; shift -= width) {
    parts.push(((address >> shift) & ((1n << width) - 1n)).toString(family === 4 ? 10 : 16));
  }
  const shown = family === 4 ? parts.join('.') : compress(parts);
  return prefix === BITS[family] ? shown : `${shown}/${prefix}`;
}

/** The longest run of two or more zero groups becomes `::` (RFC 5952 section 4.2). */
function compress(groups: readonly string[]): string {
  let best = { start: -1, length: 1 };
  for (let start = 0; start < groups.length; start += 1) {
    let length = 0;
    while (groups[start + length] === '0') length += 1;
    if (length > best.length) best = { start, length };
  }
  if (best.start < 0) return groups.join(':');
  return `${groups.slice(0, best.start).join(':')}::${groups.slice(best.start + best.length).join(':')}`;
}

const contains = (outer: Network, inner: Network): boolean =>
  outer.family === inner.family &&
  outer.prefix <= inner.prefix &&
  maskOff(inner.address, inner.family, outer.prefix) === outer.address;

/** Whether any address belongs to both networks: then one contains the other. */
export const networksOverlap = (a: Network, b: Network): boolean => contains(a, b) || contains(b, a);

/** Whether `address` is in one of the networks. What cannot be read, address or network, matches nothing. */
export function matchesSource(networks: readonly string[], address: string): boolean {
  const reading = address.includes('/') ? null : parseNetwork(address);
  if (reading?.ok !== true) return false;
  return networks.some((text) => {
    const network = parseNetwork(text);
    return network.ok && contains(network.network, reading.network);
  });
}
