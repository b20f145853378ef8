import { parseDecimal } from './grammar.js';
import type { Parameters, SipUri } from './message.js';

/** SIP, SIPS and TEL URIs (RFC 3261 section 19.1, RFC 3966): from text, to text, and the escaping in between. */

const NO_PARAMETERS: Parameters = new Map();

/** No white space, control character, quote or angle bracket: those end or break a URI wherever it stands. */
const URI_TEXT = /^[^\s"<>\u0000-\u001f\u007f]+$/u;
const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*$/;
const BAD_ESCAPE = /%(?![0-9A-Fa-f]{2})/;
/** Names and IPv4 addresses; the underscore is against RFC 3261 but seen in the field. */
const HOST_NAME = /^[A-Za-z0-9._-]+$/;
const IPV6_REFERENCE = /^\[[0-9A-Fa-f:.]+\]$/;
/** A second "=" is against RFC 3261 but seen in the field, as the padding of base64. */
const URI_PARAMETER = /^[^=]+(?:=.*)?$/s;

/**
 * Reads a URI. sip:, sips: and tel: are taken apart, of others `scheme` and `raw` are kept.
 * @returns `null` when the text is no URI, or is one of the three schemes but malformed.
 */
export function parseUri(text: string): SipUri | null {
  const colon = text.indexOf(':');
  if (colon < 1 || !URI_TEXT.test(text)) return null;
  const scheme = text.slice(0, colon).toLowerCase();
  const rest = text.slice(colon + 1);
  if (!SCHEME.test(scheme) || rest === '') return null;
  switch (scheme) {
    case 'sip':
    case 'sips':
      return parseSip(scheme, rest, text);
    case 'tel':
      return parseTel(rest, text);
    default:
      return { scheme, user: '', host: '', port: null, parameters: NO_PARAMETERS, raw: text };
  }
}

function parseSip(scheme: string, rest: string, raw: string): SipUri | null {
  // Section 19.1.1: "@" cannot stand unescaped in any other component, while ";" and "?" may stand in the user part.
  const at = rest.indexOf('@');
  const userInfo = at < 0 ? null : rest.slice(0, at);
  const afterUser = rest.slice(at + 1);
  if (userInfo === '' || afterUser.includes('@')) return null;

  const question = afterUser.indexOf('?');
  const beforeHeaders = question < 0 ? afterUser : afterUser.slice(0, question);
  const semicolon = beforeHeaders.indexOf(';');
  const hostPort = parseHostPort(semicolon < 0 ? beforeHeaders : beforeHeaders.slice(0, semicolon));
  const parameters = semicolon < 0 ? NO_PARAMETERS : parseUriParameters(beforeHeaders.slice(semicolon + 1));
  if (hostPort === null || parameters === null) return null;
  if (question >= 0 && BAD_ESCAPE.test(afterUser.slice(question))) return null;

  let user = '';
  if (userInfo !== null) {
    const colon = userInfo.indexOf(':');
    const encoded = colon < 0 ? userInfo : userInfo.slice(0, colon);
    if (encoded === '' || BAD_ESCAPE.test(userInfo)) return null;
    user = unescapeUriText(encoded);
  }
  return { scheme, user, host: hostPort.host, port: hostPort.port, parameters, raw };
}

/** RFC 3966 section 3; visual separators are left out of `user`. */
function parseTel(rest: string, raw: string): SipUri | null {
  const semicolon = rest.indexOf(';');
  const number = (semicolon < 0 ? rest : rest.slice(0, semicolon)).replaceAll(/[-.()]/g, '');
  const parameters = semicolon < 0 ? NO_PARAMETERS : parseUriParameters(rest.slice(semicolon + 1));
  if (parameters === null || !/^\+?[0-9A-Fa-f*#]+$/.test(number)) return null;
  return { scheme: 'tel', user: number, host: '', port: null, parameters, raw };
}

function parseUriParameters(text: string): Parameters | null {
  const parameters = new Map<string, string | null>();
  for (const part of text.split(';')) {
    if (!URI_PARAMETER.test(part) || BAD_ESCAPE.test(part)) return null;
    const equals = part.indexOf('=');
    const name = unescapeUriText(equals < 0 ? part : part.slice(0, equals)).toLowerCase();
    if (!parameters.has(name)) parameters.set(name, equals < 0 ? null : unescapeUriText(part.slice(equals + 1)));
  }
  return parameters;
}

/**
 * `host [":" port]` as in URIs and in Via (RFC 3261 section 25.1); the host comes back in lower case, IPv6 with its
 * brackets. `null` when malformed or the port is above 65535.
 */
export function parseHostPort(text: string): { readonly host: string; readonly port: number | null } | null {
  const bracket = text.startsWith('[') ? text.indexOf(']') : -1;
  const colon = text.indexOf(':', bracket + 1);
  const host = (colon < 0 ? text : text.slice(0, colon)).toLowerCase();
  if (!HOST_NAME.test(host) && !IPV6_REFERENCE.test(host)) return null;
  if (colon < 0) return { host, port: null };
  const port = parseDecimal(text.slice(colon + 1), 65_535);
  return port === null ? null : { host, port };
}

/** Whether the URI carries header fields (`?Route=...`), which a request URI must not (RFC 3261 section 19.1.1, table 1). */
export function hasUriHeaders(uri: SipUri): boolean {
  return (uri.scheme === 'sip' || uri.scheme === 'sips') && uri.raw.slice(uri.raw.indexOf('@') + 1).includes('?');
}

export interface UriParts {
  /** `sip` when left out. */
  readonly scheme?: 'sip' | 'sips';
  /** Not yet escaped. */
  readonly user?: string;
  /** Name or IP address; IPv6 with or without brackets. */
  readonly host: string;
  readonly port?: number | null;
  readonly parameters?: Parameters;
}

/** Builds a sip: or sips: URI; {@link SipUri.raw} is its text. */
export function makeUri(parts: UriParts): SipUri {
  const scheme = parts.scheme ?? 'sip';
  const user = parts.user ?? '';
  const host = bracketed(parts.host).toLowerCase();
  const port = parts.port ?? null;
  const parameters = parts.parameters ?? NO_PARAMETERS;
  let parameterText = '';
  for (const [name, value] of parameters) {
    parameterText += value === null ? `;${name}` : `;${name}=${escapeUriParameter(value)}`;
  }
  const raw =
    `${scheme}:${user === '' ? '' : `${escapeUser(user)}@`}${host}` +
    `${port === null ? '' : `:${port}`}${parameterText}`;
  return { scheme, user, host, port, parameters, raw };
}

/** The URI as text, exactly as it came or was made. */
export function formatUri(uri: SipUri): string {
  return uri.raw;
}

/** Puts an IPv6 address into brackets, leaves names and IPv4 addresses alone. */
export function bracketed(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
}

/** The host without the brackets of an IPv6 reference. */
export function unbracketed(host: string): string {
  return host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
}

/** Escapes what a user part may not hold as it is (RFC 3261 section 25.1: `unreserved / user-unreserved`). */
function escapeUser(user: string): string {
  return escapeAllBut(user, /[A-Za-z0-9\-_.!~*'()&=+$,;?/]/);
}

/** Escapes what a URI parameter may not hold as it is (`param-unreserved / unreserved`). */
function escapeUriParameter(value: string): string {
  return escapeAllBut(value, /[A-Za-z0-9\-_.!~*'()[\]/:&+$]/);
}

function escapeAllBut(text: string, allowed: RegExp): string {
  let escaped = '';
  for (const byte of Buffer.from(text, 'utf8')) {
    const character = String.fromCharCode(byte);
    escaped +=
      byte < 0x80 && allowed.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return escaped;
}

/** Resolves `%HH`, reading the bytes as UTF-8; every `%` must already be known to start an escape. */
function unescapeUriText(text: string): string {
  if (!text.includes('%')) return text;
  const bytes: Buffer[] = [];
  let start = 0;
  for (let index = text.indexOf('%'); index >= 0; index = text.indexOf('%', start)) {
    bytes.push(Buffer.from(text.slice(start, index), 'utf8'), Buffer.from(text.slice(index + 1, index + 3), 'hex'));
    start = index + 3;
  }
  bytes.push(Buffer.from(text.slice(start), 'utf8'));
  return Buffer.concat(bytes).toString('utf8');
}
