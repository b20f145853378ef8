import { header } from './headers.js';
import type { SipMessage } from './message.js';

/** What the body of a message means for the session. */
export type SessionBody =
  | { readonly kind: 'none' }
  | { readonly kind: 'sdp'; readonly sdp: string }
  /** 415 with these headers (RFC 3261 section 8.2.3). */
  | { readonly kind: 'unsupported'; readonly name: 'accept' | 'accept-encoding'; readonly value: string };

/** Body types a session may have, for Accept. */
export const SESSION_BODY_TYPES = 'application/sdp, multipart/mixed';

const NOT_OURS: SessionBody = { kind: 'unsupported', name: 'accept', value: SESSION_BODY_TYPES };
/** Multipart within multipart, at most. */
const MAX_DEPTH = 3;

/** Media type in lower case without parameters, or `null`. */
export function mediaType(contentType: string | null): string | null {
  const type = contentType?.split(';', 1)[0]?.trim().toLowerCase();
  return type === undefined || type === '' ? null : type;
}

/** Finds the session description: the body itself, or one part of a multipart body (RFC 3261 section 8.2.3, RFC 5621). */
export function sessionBody(message: SipMessage): SessionBody {
  if (message.body.length === 0) return { kind: 'none' };
  const disposition = header(message, 'content-disposition');
  const encoding = header(message, 'content-encoding');
  if (encoding !== null && encoding.trim().toLowerCase() !== 'identity') {
    return isOptional(disposition)
      ? { kind: 'none' }
      : { kind: 'unsupported', name: 'accept-encoding', value: 'identity' };
  }
  return readPart(header(message, 'content-type'), disposition, message.body.toString('utf8'), MAX_DEPTH);
}

/** The session description of a message, where nobody refuses another body: in an answer or an ACK. */
export function sdpOf(message: SipMessage): string | null {
  const body = sessionBody(message);
  return body.kind === 'sdp' ? body.sdp : null;
}

function readPart(contentType: string | null, disposition: string | null, text: string, depth: number): SessionBody {
  const type = mediaType(contentType);
  if (type === 'application/sdp') return isSession(disposition) ? { kind: 'sdp', sdp: text } : { kind: 'none' };
  if (type?.startsWith('multipart/') === true && depth > 0) {
    const boundary = /;\s*boundary\s*=\s*(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType ?? '');
    const found = readMultipart(boundary?.[1] ?? boundary?.[2] ?? null, text, depth);
    if (found.kind !== 'unsupported') return found;
  }
  // "If the handling parameter is optional, the UAS MUST ignore the body part" (RFC 3261 section 20.11).
  return isOptional(disposition) ? { kind: 'none' } : NOT_OURS;
}

function readMultipart(boundary: string | null, text: string, depth: number): SessionBody {
  if (boundary === null) return NOT_OURS;
  const parts = `\r\n${text}`.split(`\r\n--${boundary}`).slice(1);
  let found: SessionBody = NOT_OURS;
  for (const part of parts) {
    // The last boundary is followed by two hyphens; what comes after it is no part.
    if (part.startsWith('--')) break;
    const start = part.indexOf('\r\n');
    const end = part.indexOf('\r\n\r\n', start);
    if (start < 0 || end < 0) continue;
    const headers = part.slice(start, end).replaceAll(/\r\n[ \t]+/g, ' ');
    const disposition = partHeader(headers, 'content-disposition');
    const body = readPart(partHeader(headers, 'content-type'), disposition, part.slice(end + 4), depth - 1);
    // Trunks attach ISUP, location and the like; only a part that says itself that it must be understood is refused.
    if (body.kind === 'unsupported' && disposition !== null && /;\s*handling\s*=\s*required/i.test(disposition)) {
      return NOT_OURS;
    }
    if (body.kind === 'sdp' && found.kind !== 'sdp') found = body;
    else if (body.kind === 'none' && found.kind === 'unsupported') found = body;
  }
  return found;
}

function partHeader(headers: string, name: string): string | null {
  for (const line of headers.split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon > 0 && line.slice(0, colon).trim().toLowerCase() === name) return line.slice(colon + 1).trim();
  }
  return null;
}

const isOptional = (disposition: string | null): boolean =>
  disposition !== null && /;\s*handling\s*=\s*optional/i.test(disposition);

/** SDP is a session description unless it says it is something else, e.g. `early-session` (RFC 3959). */
const isSession = (disposition: string | null): boolean =>
  disposition === null || mediaType(disposition) === 'session' || mediaType(disposition) === 'render';
