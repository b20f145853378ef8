import { isIP } from 'node:net';
import { MediaNotAcceptable, type EndpointRequest } from '../../ports/media.js';
import { offeredAddress } from './sdp.js';

export interface AddressOptions {
  /** The address our SDP shows to a far end at `remoteAddress` (c= and o=); IPv4 or IPv6 literal. */
  readonly advertise: (remoteAddress: string) => string;
  /** Local address the RTP sockets are bound to. Default: the wildcard of the advertised address's family. */
  readonly bindAddress?: string;
}

/**
 * Our address in the SDP, of the family that the far end offers where we have both, and the one to listen on.
 * @throws {MediaNotAcceptable}
 */
export function addressesFor(
  { offer, remoteAddress }: EndpointRequest,
  { advertise, bindAddress }: AddressOptions,
): { readonly address: string; readonly bindAddress: string } {
  const theirs = offer === null ? null : offeredAddress(offer);
  const ours = advertise(remoteAddress);
  const address = theirs !== null && isIP(theirs) !== isIP(ours) ? advertise(theirs) : ours;
  if (isIP(address) === 0) throw new MediaNotAcceptable(`no address to offer to ${remoteAddress}`);
  if (bindAddress !== undefined && isIP(bindAddress) === isIP(address)) return { address, bindAddress };
  return { address, bindAddress: isIP(address) === 6 ? '::' : '0.0.0.0' };
}
