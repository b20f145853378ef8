import { Scanner, formatParameters, isToken, parseDecimal, parseParameters } from './grammar.js';
import type { NameAddress, SipMessage, Via } from './message.js';
import { bracketed, parseHostPort, parseUri } from './uri.js';

/**
 * Reading single headers out of a message. The `parse...` functions take text and say `null` when it is malformed; the
 * others read a message that went through `parseMessage` (or that we built), whose mandatory headers are known to be
 * there and well-formed.
 */

/** A mandatory header was missing or malformed; cannot happen with a message that the parser let through. */
export class MalformedHeader extends Error {
  override readonly name = 'MalformedHeader';
  constructor(header: string) {
    super(`header ${header} is missing or malformed`);
  }
}

/** RFC 3261 section 20.16. */
export interface CSeq {
  /** 0 to 2^31-1. */
  readonly number: number;
  readonly method: string;
}

/** The first value of a header (long name, lower case), or `null` when it is not there. */
export function header(message: SipMessage, name: string): string | null {
  for (const entry of message.headers) if (entry.name === name) return entry.value;
  return null;
}

/** All values of a header in order, comma lists taken apart. */
export function headerValues(message: SipMessage, name: string): readonly string[] {
  return message.headers.filter((entry) => entry.name === name).map((entry) => entry.value);
}

/**
 * `name-addr / addr-spec` with its header parameters (RFC 3261 section 20.10). Without angle brackets all parameters
 * belong to the header, and a URI with `?` or `,` is malformed.
 */
export function parseNameAddress(value: string): NameAddress | null {
  const scanner = new Scanner(value);
  scanner.skipWhite();
  let displayName: string | null = null;
  let bracket = false;
  if (scanner.peek() === '"') {
    displayName = scanner.quotedString();
    scanner.skipWhite();
    if (displayName === null || !scanner.accept('<')) return null;
    bracket = true;
  } else {
    const start = scanner.position;
    const words = scanner.takeUntil('<');
    if (words !== null && isDisplayWords(words)) {
      displayName = words.trim() === '' ? null : words.trim();
      bracket = scanner.accept('<');
    } else if (words !== null) {
      // A "<" further on may belong to a quoted parameter of an address without brackets; the rest decides.
      return parseAddressSpec(new Scanner(value, start));
    }
  }
  if (!bracket) return parseAddressSpec(scanner);
  const uriText = scanner.takeUntil('>');
  const uri = uriText === null ? null : parseUri(uriText);
  scanner.accept('>');
  const parameters = parseParameters(scanner);
  return uri === null || parameters === null ? null : { displayName, uri, parameters };
}

function parseAddressSpec(scanner: Scanner): NameAddress | null {
  const text = scanner.takeWhile((code) => code !== 0x3b && code !== 0x20 && code !== 0x09);
  const uri = parseUri(text);
  const parameters = parseParameters(scanner);
  // RFC 3261 section 20: a URI with a comma, question mark or semicolon must stand in angle brackets.
  if (uri === null || parameters === null || text.includes('?') || text.includes(',')) return null;
  return { displayName: null, uri, parameters };
}

/** `display-name = *( token LWS )`; characters beyond ASCII are let through, as many telephones send them unquoted. */
function isDisplayWords(words: string): boolean {
  return words.split(/[ \t]+/).every((word) => word === '' || isToken(word.replaceAll(/[^\u0000-\u007f]/gu, 'x')));
}

/** One Via value (RFC 3261 section 20.42). */
export function parseVia(value: string): Via | null {
  const scanner = new Scanner(value);
  scanner.skipWhite();
  if (scanner.token().toUpperCase() !== 'SIP' || !scanner.acceptSeparator('/')) return null;
  if (scanner.token() !== '2.0' || !scanner.acceptSeparator('/')) return null;
  const transport = scanner.token().toUpperCase();
  const gap = scanner.position;
  scanner.skipWhite();
  if (transport === '' || scanner.position === gap) return null;
  const isHostCode = (code: number): boolean => code > 0x20 && code !== 0x3b && code !== 0x3a;
  let sentBy = scanner.peek() === '[' ? scanner.takeUntil(']') : scanner.takeWhile(isHostCode);
  if (sentBy === null) return null;
  if (scanner.accept(']')) sentBy += ']';
  if (scanner.acceptSeparator(':')) sentBy += `:${scanner.takeWhile((code) => code >= 0x30 && code <= 0x39)}`;
  const hostPort = parseHostPort(sentBy);
  const parameters = parseParameters(scanner);
  return hostPort === null || parameters === null ? null : { transport, ...hostPort, parameters };
}

export function formatVia(via: Via): string {
  const port = via.port === null ? '' : `:${via.port}`;
  return `SIP/2.0/${via.transport} ${bracketed(via.host)}${port}${formatParameters(via.parameters)}`;
}

/** `CSeq = 1*DIGIT LWS Method`, the number below 2^31 (RFC 3261 section 8.1.1.5). */
export function parseCSeq(value: string): CSeq | null {
  const [digits, method, ...more] = value.trim().split(/[ \t]+/);
  if (digits === undefined || method === undefined || more.length > 0 || !isToken(method)) return null;
  const number = parseDecimal(digits, 2 ** 31 - 1);
  return number === null ? null : { number, method };
}

function required<T>(value: T | null, name: string): T {
  if (value === null) throw new MalformedHeader(name);
  return value;
}

function parsed<T>(message: SipMessage, name: string, parse: (value: string) => T | null): T {
  return required(parse(required(header(message, name), name)), name);
}

/** @throws {MalformedHeader} */
export function topVia(message: SipMessage): Via {
  return parsed(message, 'via', parseVia);
}

/** @throws {MalformedHeader} */
export function cseq(message: SipMessage): CSeq {
  return parsed(message, 'cseq', parseCSeq);
}

/** @throws {MalformedHeader} */
export function callId(message: SipMessage): string {
  return required(header(message, 'call-id'), 'call-id');
}

/** @throws {MalformedHeader} */
export function fromAddress(message: SipMessage): NameAddress {
  return parsed(message, 'from', parseNameAddress);
}

/** @throws {MalformedHeader} */
export function toAddress(message: SipMessage): NameAddress {
  return parsed(message, 'to', parseNameAddress);
}

/** `null` where a peer of RFC 2543 sent none. */
export function fromTag(message: SipMessage): string | null {
  return fromAddress(message).parameters.get('tag') ?? null;
}

/** `null` outside a dialog. */
export function toTag(message: SipMessage): string | null {
  return toAddress(message).parameters.get('tag') ?? null;
}

/** The first Contact; `null` when there is none or it is `*`. */
export function contact(message: SipMessage): NameAddress | null {
  const value = header(message, 'contact');
  return value === null || value === '*' ? null : parseNameAddress(value);
}

/** Route or Record-Route in order of arrival. @throws {MalformedHeader} */
export function routeSet(message: SipMessage, name: 'route' | 'record-route'): readonly NameAddress[] {
  return headerValues(message, name).map((value) => required(parseNameAddress(value), name));
}
