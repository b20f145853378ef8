import { matchesSource } from '../domain/access/sources.js';
import type { Config } from './config.js';
import { LOOPBACK } from './engine.js';

/**
 * What SDP tells callers from elsewhere. Left to FreeSWITCH it would be the mixer's own address for all of them: whether there
 * is an address translation it judges by where drachtio-server is, not by where the caller is.
 * @param own what is configured for the mixer alone.
 * @returns for the address a call comes from: the one to tell, or `null`: as the mixer writes it.
 */
export function advertised(
  { media, localNetworks }: Pick<Config, 'media' | 'localNetworks'>,
  own: string | null,
): (remoteAddress: string) => string | null {
  const local = [...LOOPBACK, ...localNetworks];
  return (remoteAddress) => (matchesSource(local, remoteAddress) ? null : (own ?? media.address));
}
