import { parse } from 'sdp-transform';
import { MediaNotAcceptable } from '../../ports/media.js';

/** What an offer of the caller's means for the leg. */
export interface OfferFacts {
  /** The caller sends nothing to us, or wants nothing of us: RTP may be silent for long. */
  readonly held: boolean;
  /** The caller can send keys as RFC 4733 events. */
  readonly telephoneEvents: boolean;
}

/** Payload types of PCMU and PCMA, which need no rtpmap (RFC 3551 section 6). */
const STATIC_PAYLOADS: ReadonlySet<string> = new Set(['0', '8']);
const CODECS: ReadonlySet<string> = new Set(['PCMU', 'PCMA']);

/**
 * Reads an offer or answer before FreeSWITCH does, which takes more than we want and fails later.
 * @throws MediaNotAcceptable where there is no audio, no common codec, or only secured audio.
 */
export function factsOf(sdp: string): OfferFacts {
  const session = parsed(sdp);
  const audio = session.media.find((media) => media.type === 'audio' && media.port !== 0);
  if (audio === undefined) throw new MediaNotAcceptable('no audio offered');
  if (/SAVP/.test(audio.protocol)) throw new MediaNotAcceptable('secured audio is not supported by this engine');
  const rtp: readonly { readonly payload: number; readonly codec: string }[] = Array.isArray(audio.rtp)
    ? audio.rtp
    : [];
  // A single payload type is parsed into a number.
  const list: unknown = audio.payloads;
  const payloads = typeof list === 'string' ? list.split(' ') : typeof list === 'number' ? [String(list)] : [];
  const common = payloads.some((payload) => {
    const map = rtp.find((entry) => String(entry.payload) === payload);
    return map === undefined ? STATIC_PAYLOADS.has(payload) : CODECS.has(map.codec.toUpperCase());
  });
  if (!common) throw new MediaNotAcceptable('no common codec');
  const direction = audio.direction ?? session.direction ?? 'sendrecv';
  const address = audio.connection?.ip ?? session.connection?.ip;
  if (address === undefined) throw new MediaNotAcceptable('no connection address');
  return {
    held: direction === 'sendonly' || direction === 'inactive' || address === '0.0.0.0',
    telephoneEvents: rtp.some((entry) => entry.codec.toLowerCase() === 'telephone-event'),
  };
}

function parsed(sdp: string): ReturnType<typeof parse> {
  try {
    const session = parse(sdp);
    if (Array.isArray(session.media)) return session;
  } catch {
    // Told below.
  }
  throw new MediaNotAcceptable('unusable SDP');
}

/**
 * Puts an address into our SDP: FreeSWITCH advertises one, callers from elsewhere may need another, and the machine's own
 * that it writes into the origin is nobody's business. `null`: the one it advertises.
 */
export function withAddress(sdp: string, wanted: string | null): string {
  const address = wanted ?? /^c=IN IP[46] (\S+)/m.exec(sdp)?.[1];
  if (address === undefined) return sdp;
  const family = address.includes(':') ? 'IP6' : 'IP4';
  return sdp
    .replace(/^c=IN IP[46] \S+/gm, `c=IN ${family} ${address}`)
    .replace(/^(a=rtcp:\d+) IN IP[46] \S+/gm, `$1 IN ${family} ${address}`)
    .replace(/^(o=\S+ \S+ \S+) IN IP[46] \S+/m, `$1 IN ${family} ${address}`);
}
