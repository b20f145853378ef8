import { headerValues } from './headers.js';
import type { SipHeader, SipMessage } from './message.js';
import { SESSION_BODY_TYPES } from './session-body.js';

/** What we can do, as headers (RFC 3261 section 20), and what the far end says it can. */

const METHODS = 'INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO, PRACK';
/** Option tags understood in Require: RFC 3262 and RFC 4028. */
const EXTENSIONS: ReadonlySet<string> = new Set(['100rel', 'timer']);

export const ALLOW: SipHeader = { name: 'allow', value: METHODS };
export const ACCEPT: SipHeader = { name: 'accept', value: SESSION_BODY_TYPES };
export const SUPPORTED: SipHeader = { name: 'supported', value: [...EXTENSIONS].join(', ') };
export const SERVER: SipHeader = { name: 'server', value: 'Partyline' };
export const USER_AGENT: SipHeader = { name: 'user-agent', value: 'Partyline' };
export const SDP_CONTENT: SipHeader = { name: 'content-type', value: 'application/sdp' };

/** Option tags or methods of a header that lists them, in lower case. */
export function listed(message: SipMessage, name: string): ReadonlySet<string> {
  const values = headerValues(message, name).flatMap((value) => value.split(','));
  return new Set(values.map((value) => value.trim().toLowerCase()).filter((value) => value !== ''));
}

/** Extensions that the request requires and we have not, as an Unsupported header for 420; `null` when all is well. */
export function unsupportedExtensions(request: SipMessage): SipHeader | null {
  const unknown = [...listed(request, 'require')].filter((tag) => !EXTENSIONS.has(tag));
  return unknown.length === 0 ? null : { name: 'unsupported', value: unknown.join(', ') };
}
