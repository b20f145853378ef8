import { parse, type MediaDescription } from 'sdp-transform';

/** Where nothing can be sent to: the hold of RFC 2543, still understood by RFC 3264 section 8.4. */
const NOWHERE = new Set(['0.0.0.0', '::']);

/**
 * Whether the far end has put its line on hold (RFC 3264 section 8.4): what it sends, if anything, is then its music and nobody
 * speaking. That is so where its audio is `sendonly` or `inactive`, or is to be sent nowhere; in offers and in answers alike.
 * An SDP that cannot be read holds nothing.
 */
export function isHeld(sdp: string): boolean {
  try {
    const session = parse(sdp);
    const audio: MediaDescription | undefined = session.media.find(({ type, port }) => type === 'audio' && port !== 0);
    if (audio === undefined) return false;
    const direction = audio.direction ?? session.direction ?? 'sendrecv';
    const address = (audio.connection ?? session.connection)?.ip.trim();
    return direction === 'sendonly' || direction === 'inactive' || (address !== undefined && NOWHERE.has(address));
  } catch {
    return false;
  }
}
