import { isToken, parseDecimal, splitAtCommas } from './grammar.js';
import { SINGLE_HEADERS, isListHeader, normalHeaderName } from './header-names.js';
import type { SipHeader, SipMessage, SipRequest, SipResponse, SipUri } from './message.js';
import { parseUri } from './uri.js';
import { findFault, type Fault } from './validate.js';

/**
 * From the bytes of one datagram, or of one message cut out of a stream, to a message (RFC 3261 section 7). Every byte is
 * looked at a bounded number of times, and whatever the bytes are, the result is a value: nothing is thrown.
 */

export const LIMITS = {
  /** Largest message, in bytes. */
  message: 65_536,
  /** Largest number of header lines. */
  headers: 128,
  /** Longest header line, folded lines included, in characters. */
  headerLine: 8_192,
} as const;

export type ParseResult =
  | { readonly kind: 'parsed'; readonly message: SipMessage }
  /** Nothing but line ends (RFC 5626 section 4.4.1). */
  | { readonly kind: 'keepAlive' }
  /** A malformed request, with what could be read of it: enough to answer it. */
  | ({ readonly kind: 'refused'; readonly request: SipRequest } & Fault)
  /** A malformed response, an ACK (which is never answered) or no SIP at all: to be dropped. */
  | { readonly kind: 'unreadable'; readonly reason: string };

type StartLine =
  | { readonly kind: 'request'; readonly method: string; readonly uri: SipUri; readonly fault: Fault | null }
  | { readonly kind: 'response'; readonly status: number; readonly reason: string };

interface Head {
  readonly headers: readonly SipHeader[];
  readonly fault: Fault | null;
}

/** Reads one message. Octets after the body that Content-Length tells of are ignored (RFC 3261 section 18.3). */
export function parseMessage(bytes: Buffer): ParseResult {
  const start = skipLineEnds(bytes);
  if (start === bytes.length) return { kind: 'keepAlive' };
  const headEnd = bytes.indexOf('\r\n\r\n', start, 'latin1');
  const head = bytes.toString('utf8', start, headEnd < 0 ? bytes.length : headEnd);
  const lines = head.split('\r\n', LIMITS.message);
  const startLine = parseStartLine(lines[0] ?? '');
  if (startLine === null) return { kind: 'unreadable', reason: 'no SIP start line' };

  const { headers, fault: headFault } = parseHeaders(lines);
  const rest = headEnd < 0 ? Buffer.alloc(0) : bytes.subarray(headEnd + 4);
  const { body, fault: bodyFault } = takeBody(headers, rest);
  const message = assemble(startLine, headers, body);
  const fault =
    (startLine.kind === 'request' ? startLine.fault : null) ??
    (bytes.length > LIMITS.message ? { status: 513, reason: 'Message Too Large' } : null) ??
    headFault ??
    (headEnd < 0 ? malformed('No empty line after the headers') : null) ??
    bodyFault ??
    findFault(message);
  return fault === null ? { kind: 'parsed', message } : refuse(message, fault);
}

/** Section 7.5: line ends before the start line are to be ignored. */
function skipLineEnds(bytes: Buffer): number {
  let position = 0;
  while (bytes[position] === 0x0d || bytes[position] === 0x0a) position += 1;
  return position;
}

function malformed(reason: string): Fault {
  return { status: 400, reason };
}

function assemble(startLine: StartLine, headers: readonly SipHeader[], body: Buffer): SipMessage {
  if (startLine.kind === 'response') {
    const { status, reason } = startLine;
    return { kind: 'response', status, reason, headers, body } satisfies SipResponse;
  }
  const { method, uri } = startLine;
  return { kind: 'request', method, uri, headers, body } satisfies SipRequest;
}

/**
 * A refusal can be sent when there is a Via to repeat. Of headers that came twice only the first is repeated, and an ACK
 * is never answered (section 17.1.1.3).
 */
function refuse(message: SipMessage, fault: Fault): ParseResult {
  if (message.kind === 'response' || message.method === 'ACK') return { kind: 'unreadable', reason: fault.reason };
  const seen = new Set<string>();
  const headers = message.headers.filter(({ name }) => {
    const again = SINGLE_HEADERS.has(name) && seen.has(name);
    seen.add(name);
    return !again;
  });
  if (!seen.has('via')) return { kind: 'unreadable', reason: fault.reason };
  return { kind: 'refused', ...fault, request: { ...message, headers } };
}

/** Sections 7.1 and 7.2. `null` when the line is that of no SIP message, whatever the version. */
function parseStartLine(line: string): StartLine | null {
  if (line.length > LIMITS.headerLine) return null;
  if (/^SIP\//i.test(line)) return parseStatusLine(line);
  return parseRequestLine(line);
}

function parseStatusLine(line: string): StartLine | null {
  const match = /^SIP\/2\.0 ([1-6][0-9]{2})(?: (.*))?$/isu.exec(line);
  return match === null ? null : { kind: 'response', status: Number(match[1]), reason: match[2] ?? '' };
}

function parseRequestLine(line: string): StartLine | null {
  // Told apart from noise by its ends: a token first, a version last. What lies between may then be refused.
  const method = line.slice(0, Math.max(0, line.indexOf(' ')));
  const trimmed = line.trimEnd();
  const versionAt = trimmed.lastIndexOf(' ') + 1;
  const version = trimmed.slice(versionAt);
  if (!isToken(method) || versionAt <= method.length + 1 || !/^SIP\/[0-9]+\.[0-9]+$/i.test(version)) return null;
  const uriText = line.slice(method.length + 1, versionAt - 1);
  const uri = parseUri(uriText);
  let fault: Fault | null = null;
  if (version.toUpperCase() !== 'SIP/2.0') fault = { status: 505, reason: 'Version Not Supported' };
  else if (trimmed.length !== line.length) fault = malformed('White space after the SIP version');
  else if (uri === null) fault = malformed('Invalid Request-URI');
  return { kind: 'request', method, uri: uri ?? unreadUri(uriText), fault };
}

function unreadUri(raw: string): SipUri {
  return { scheme: '', user: '', host: '', port: null, parameters: new Map(), raw };
}

/** Section 7.3: unfolds, names in their long form, lists taken apart. Reading stops at the first fault. */
function parseHeaders(lines: readonly string[]): Head {
  const headers: SipHeader[] = [];
  let fault: Fault | null = null;
  let count = 0;
  let index = 1;
  while (index < lines.length) {
    const { text, next } = unfold(lines, index);
    index = next;
    if (text === '') continue;
    count += 1;
    if (count > LIMITS.headers) return { headers, fault: fault ?? malformed('Too many header fields') };
    const problem = text.length > LIMITS.headerLine ? malformed('Header field too long') : addHeader(text, headers);
    fault ??= problem;
  }
  return { headers, fault };
}

/** Section 7.3.1: a line that begins with white space continues the one before; the fold counts as one space. */
function unfold(lines: readonly string[], index: number): { readonly text: string; readonly next: number } {
  const parts = [lines[index] ?? ''];
  let next = index + 1;
  for (let line = lines[next]; line !== undefined && /^[ \t]/.test(line); line = lines[next]) {
    parts.push(line.trim());
    next += 1;
  }
  return { text: parts.join(' '), next };
}

function addHeader(line: string, headers: SipHeader[]): Fault | null {
  const colon = line.indexOf(':');
  const name = line.slice(0, Math.max(0, colon)).replace(/[ \t]+$/, '');
  if (!isToken(name)) return malformed('Malformed header field');
  // A lone CR or LF would end the line for a less careful reader: nothing with one in it is ever repeated.
  if (/[\r\n]/.test(line)) return malformed('Bare CR or LF in a header field');
  const normal = normalHeaderName(name);
  const value = trimWhite(line.slice(colon + 1));
  const values = isListHeader(normal) ? splitAtCommas(value) : [value];
  for (const single of values) headers.push({ name: normal, value: single });
  return null;
}

/** Only SP and HTAB: `trim` would also take characters that belong to the value. */
function trimWhite(text: string): string {
  let start = 0;
  let end = text.length;
  const isWhite = (index: number): boolean => text[index] === ' ' || text[index] === '\t';
  while (start < end && isWhite(start)) start += 1;
  while (end > start && isWhite(end - 1)) end -= 1;
  return text.slice(start, end);
}

/** Section 18.3: less than Content-Length is an error, more is cut off, none means all of the datagram. */
function takeBody(
  headers: readonly SipHeader[],
  rest: Buffer,
): { readonly body: Buffer; readonly fault: Fault | null } {
  const value = headers.find((entry) => entry.name === 'content-length')?.value;
  if (value === undefined) return { body: rest, fault: null };
  const length = parseDecimal(value, Number.MAX_SAFE_INTEGER);
  if (length === null) return { body: rest, fault: malformed('Invalid Content-Length') };
  if (length > rest.length) return { body: rest, fault: malformed('Content-Length larger than the message') };
  return { body: rest.subarray(0, length), fault: null };
}
