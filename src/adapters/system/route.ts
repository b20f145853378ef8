import { readFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { networkInterfaces, type NetworkInterfaceInfo } from 'node:os';

/** How long what was read of the interfaces is trusted, milliseconds: addresses change seldom, calls come often. */
const FRESH_MS = 5_000;

interface Snapshot {
  readonly at: number;
  readonly addresses: readonly (NetworkInterfaceInfo & { readonly device: string })[];
  readonly defaultDevice: string | null;
}

let snapshot: Snapshot | null = null;

/**
 * The address of this machine that a far end at `remote` reaches it by: its own subnet's, else the one of the default route, else
 * loopback. An IP literal without brackets; of the same family as `remote`.
 */
export function localAddressFor(remote: string): string {
  const family = isIPv6(remote) ? 'IPv6' : 'IPv4';
  const { addresses, defaultDevice } = interfaces();
  const ours = addresses.filter((address) => address.family === family);
  const same = ours.find((address) => address.address === remote);
  if (same !== undefined) return same.address;
  const near = ours.find((address) => sameNetwork(address, remote));
  if (near !== undefined) return near.address;
  const outward = ours.filter((address) => !address.internal && !address.address.startsWith('fe80:'));
  const chosen = outward.find((address) => address.device === defaultDevice) ?? outward[0];
  return chosen?.address ?? (family === 'IPv6' ? '::1' : '127.0.0.1');
}

function interfaces(): Snapshot {
  const now = Date.now();
  if (snapshot !== null && now - snapshot.at < FRESH_MS && now >= snapshot.at) return snapshot;
  const addresses = Object.entries(networkInterfaces()).flatMap(([device, list]) =>
    (list ?? []).map((address) => ({ ...address, device })),
  );
  snapshot = { at: now, addresses, defaultDevice: defaultRouteDevice() };
  return snapshot;
}

/** Device of the default route from Linux's routing table; `null` where there is none or it cannot be read. */
function defaultRouteDevice(): string | null {
  try {
    const lines = readFileSync('/proc/net/route', 'ascii').split('\n').slice(1, 1_000);
    const route = lines.map((line) => line.split('\t')).find((fields) => fields[1] === '00000000');
    return route?.[0] ?? null;
  } catch {
    return null;
  }
}

function sameNetwork(own: NetworkInterfaceInfo, remote: string): boolean {
  const mask = addressBytes(own.netmask);
  const mine = addressBytes(own.address);
  const theirs = addressBytes(remote);
  if (mask === null || mine === null || theirs === null || mine.length !== theirs.length) return false;
  return mask.every((bits, index) => ((mine[index] ?? 0) & bits) === ((theirs[index] ?? 0) & bits));
}

/** 4 or 16 numbers; `null` for what is no IP address. */
function addressBytes(address: string): readonly number[] | null {
  if (!address.includes(':')) {
    const parts = address.split('.').map(Number);
    return parts.length === 4 && parts.every((part) => part >= 0 && part <= 255) ? parts : null;
  }
  const [head = '', tail] = address.split('%')[0]?.split('::') ?? [];
  const groups = (text: string): number[] =>
    text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
  const left = groups(head);
  const right = tail === undefined ? [] : groups(tail);
  const missing = 8 - left.length - right.length;
  if (missing < 0 || (tail === undefined && missing !== 0)) return null;
  return [...left, ...Array.from({ length: missing }, () => 0), ...right].flatMap((group) => [group >> 8, group & 255]);
}
