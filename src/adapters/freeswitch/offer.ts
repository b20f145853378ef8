import { parse } from 'sdp-transform';
import { MediaNotAcceptable } from '../../ports/media.js';

/** What an offer of the caller's means for the leg. */
export interface OfferFacts {
  /** The caller sends nothing to us, or wants nothing of us: RTP may be silent for long. */
  readonly held: boolean;
  /** The caller can send keys as RFC 4733 events. */
  readonly telephoneEvents: boolean;
  /** The caller's audio is secured by keys in the SDP (RFC 4568). */
  readonly secure: boolean;
}

/** Payload types of PCMU and PCMA, which need no rtpmap (RFC 3551 section 6). */
const STATIC_PAYLOADS: ReadonlySet<string> = new Set(['0', '8']);
/** What every telephone with SDES has (RFC 4568 section 6.2); the mixer's dialplan allows no other. */
const SUITES: ReadonlySet<string> = new Set(['AES_CM_128_HMAC_SHA1_80', 'AES_CM_128_HMAC_SHA1_32']);
/** One key of theirs, with its lifetime and master key identifier where they are given (RFC 4568 section 6.1). */
const KEY = /^inline:[A-Za-z0-9+/]{40}(\|(2\^)?\d{1,15})?(\|\d{1,9}:\d{1,3})?$/;
const CODECS: ReadonlySet<string> = new Set(['PCMU', 'PCMA']);

/**
 * Reads an offer or answer before FreeSWITCH does, which takes more than we want and fails later.
 * @throws MediaNotAcceptable where there is no audio, no common codec, or audio secured by keys that are not in it.
 */
export function factsOf(sdp: string): OfferFacts {
  const session = parsed(sdp);
  const audio = session.media.find((media) => media.type === 'audio' && media.port !== 0);
  if (audio === undefined) throw new MediaNotAcceptable('no audio offered');
  const secure = audio.protocol === 'RTP/SAVP';
  if (!secure && audio.protocol !== 'RTP/AVP') throw new MediaNotAcceptable(`no audio over ${audio.protocol}`);
  if (secure && !hasCommonSuite(audio.crypto)) throw new MediaNotAcceptable('no common suite for secured audio');
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
    secure,
  };
}

/** The crypto attribute of an answer (RFC 4568 section 4), or nothing. */
export const keyOf = (answer: string): string => /^a=crypto:(.*?)\r?$/m.exec(answer)?.[1] ?? '';

/** Whether an SDP says the same as another, whatever its origin line. */
export function sameSession(one: string, other: string): boolean {
  return withoutOrigin(one) === withoutOrigin(other);
}

function withoutOrigin(sdp: string): string {
  return sdp.replace(/^o=.*$/m, '').trim();
}

/** @throws {MediaNotAcceptable} where one of its suites comes with a key that the mixer cannot read: it would write it to its log. */
function hasCommonSuite(lines: unknown): boolean {
  if (!Array.isArray(lines)) return false;
  const usable = lines.filter((line: CryptoLine) => SUITES.has(String(line.suite)));
  if (usable.some((line: CryptoLine) => !KEY.test(String(line.config))))
    throw new MediaNotAcceptable('unusable key for secured audio');
  return usable.length > 0;
}

interface CryptoLine {
  readonly suite?: unknown;
  readonly config?: unknown;
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
