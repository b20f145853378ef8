import { parseDecimal } from './grammar.js';
import { SINGLE_HEADERS, wireHeaderName } from './header-names.js';
import { parseCSeq, parseNameAddress, parseVia } from './headers.js';
import type { SipHeader, SipMessage } from './message.js';
import { hasUriHeaders } from './uri.js';

/**
 * What every message must satisfy whatever its method (RFC 3261 sections 8.1.1, 8.2 and 20, as RFC 4475 tries them out).
 * What depends on meaning is left to the layer above: 405 and 501 (methods), 415 and 488 (bodies), 416 (schemes of the
 * Request-URI), 420 (Require), 481, 483 (Max-Forwards 0).
 */

type Check = (value: string) => boolean;

/** Headers without which a message cannot be handled, in the order in which they are missed (section 8.1.1). */
const MANDATORY = ['via', 'from', 'to', 'call-id', 'cseq'] as const;

const ADDRESS: Check = (value) => parseNameAddress(value) !== null;

/** Headers that this engine relies on; others are passed on unread. */
const CHECKS: ReadonlyMap<string, Check> = new Map<string, Check>([
  ['via', (value) => parseVia(value) !== null],
  ['from', ADDRESS],
  ['to', ADDRESS],
  ['call-id', (value) => value !== '' && !/\s/.test(value)],
  ['cseq', (value) => parseCSeq(value) !== null],
  ['max-forwards', (value) => parseDecimal(value, 255) !== null],
  ['contact', (value) => value === '*' || ADDRESS(value)],
  ['route', ADDRESS],
  ['record-route', ADDRESS],
]);

/** Why a request is refused before anybody looks at its meaning. The phrase goes on the wire as reason phrase. */
export interface Fault {
  readonly status: 400 | 505 | 513;
  readonly reason: string;
}

/** The first fault, or `null` for a well-formed message. */
export function findFault(message: SipMessage): Fault | null {
  if (message.kind === 'request' && hasUriHeaders(message.uri)) return bad('Invalid Request-URI');
  return findRepeated(message.headers) ?? findMissing(message.headers) ?? findMalformed(message) ?? null;
}

/** Phrases name only headers from the tables here, never text that came with the message. */
function bad(reason: string): Fault {
  return { status: 400, reason };
}

function findRepeated(headers: readonly SipHeader[]): Fault | null {
  const seen = new Set<string>();
  for (const { name } of headers) {
    if (!SINGLE_HEADERS.has(name)) continue;
    if (seen.has(name)) return bad(`Multiple ${wireHeaderName(name)} header fields`);
    seen.add(name);
  }
  return null;
}

function findMissing(headers: readonly SipHeader[]): Fault | null {
  const names = new Set(headers.map((entry) => entry.name));
  for (const name of MANDATORY) if (!names.has(name)) return bad(`Missing ${wireHeaderName(name)} header field`);
  return null;
}

function findMalformed(message: SipMessage): Fault | null {
  for (const { name, value } of message.headers) {
    const check = CHECKS.get(name);
    if (check !== undefined && !check(value)) return bad(`Malformed ${wireHeaderName(name)} header field`);
    // Section 8.1.1.5: the method of CSeq must be that of the request.
    if (message.kind === 'request' && name === 'cseq' && parseCSeq(value)?.method !== message.method) {
      return bad('CSeq method does not match the request');
    }
  }
  return null;
}
