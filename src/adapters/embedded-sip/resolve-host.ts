import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { unbracketed } from './uri.js';

/**
 * The IP address of a host: itself, or the first address of a name in this family.
 * @throws Error when the name is not found.
 */
export async function resolveHost(host: string, family: 4 | 6): Promise<string> {
  const plain = unbracketed(host);
  return isIP(plain) === 0 ? (await lookup(plain, { family })).address : plain;
}
