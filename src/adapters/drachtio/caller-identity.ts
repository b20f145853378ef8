import type { SipText } from 'drachtio-srf';

/** A sip:, sips: or tel: URI taken apart as far as the bridge needs it. */
export interface UriParts {
  readonly scheme: string;
  /** User part, or the number of a tel: URI; decoded, without password and without the parameters telephone numbers carry. */
  readonly user: string;
  /** Without brackets and port; empty in a tel: URI. */
  readonly host: string;
}

interface NameAddress {
  readonly displayName: string | null;
  readonly uri: UriParts;
}

/** Longest header looked at; a flood of commas costs nothing beyond it. */
const MAX_HEADER = 2_048;

/** @returns `null` for anything but a sip:, sips: or tel: URI. */
export function parseUri(text: string): UriParts | null {
  const match = /^\s*(sips?|tel):([^\s>?]*)/i.exec(text.slice(0, MAX_HEADER));
  if (match === null) return null;
  const scheme = (match[1] ?? '').toLowerCase();
  const rest = match[2] ?? '';
  if (scheme === 'tel') return { scheme, user: decode(rest.split(';', 1)[0] ?? ''), host: '' };
  const at = rest.lastIndexOf('@');
  const userInfo = at === -1 ? '' : rest.slice(0, at);
  const hostPort = (at === -1 ? rest : rest.slice(at + 1)).split(';', 1)[0] ?? '';
  const host = /^\[([^\]]*)\]/.exec(hostPort)?.[1] ?? hostPort.split(':', 1)[0] ?? '';
  return { scheme, user: decode((userInfo.split(':', 1)[0] ?? '').split(';', 1)[0] ?? ''), host: host.toLowerCase() };
}

/** The URI of a name-addr or addr-spec (RFC 3261 section 20.10). */
export function uriOfHeader(value: string | undefined): UriParts | null {
  return parseNameAddress(value ?? '')?.uri ?? null;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function parseNameAddress(value: string): NameAddress | null {
  const text = value.slice(0, MAX_HEADER).trim();
  const quoted = /^"((?:[^"\\]|\\.)*)"\s*<([^>]*)>/.exec(text);
  if (quoted !== null) return combine((quoted[1] ?? '').replace(/\\(.)/g, '$1'), quoted[2] ?? '');
  const bracketed = /^([^<"]*)<([^>]*)>/.exec(text);
  if (bracketed !== null) return combine(bracketed[1] ?? '', bracketed[2] ?? '');
  return combine('', text);
}

function combine(displayName: string, uriText: string): NameAddress | null {
  const uri = parseUri(uriText);
  const name = displayName.trim();
  return uri === null ? null : { displayName: name === '' ? null : name, uri };
}

/** Splits a header at its commas, those in quotes and angle brackets left alone. */
function listOf(value: string): readonly string[] {
  const parts: string[] = [];
  let start = 0;
  let quoted = false;
  let depth = 0;
  const text = value.slice(0, MAX_HEADER);
  for (let index = 0; index < text.length; index++) {
    const character = text[index];
    if (quoted) {
      if (character === '\\') index++;
      else if (character === '"') quoted = false;
    } else if (character === '"') quoted = true;
    else if (character === '<') depth++;
    else if (character === '>') depth--;
    else if (character === ',' && depth <= 0) {
      parts.push(text.slice(start, index));
      start = index + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}

export interface CallerIdentity {
  readonly number: string | null;
  readonly name: string | null;
}

const WITHHELD: CallerIdentity = { number: null, name: null };
/** What networks write into From instead of a number (RFC 3323 section 4.1.1.3 and practice). */
const ANONYMOUS_USERS: ReadonlySet<string> = new Set(['anonymous', 'unavailable', 'restricted', 'unknown', 'private']);

/**
 * The caller from P-Asserted-Identity (RFC 3325), else from From. Withheld when Privacy asks for it (`id`, `user`), and when
 * From is anonymous unless `Privacy: none` says that the asserted identity may be shown.
 */
export function callerIdentity(invite: SipText): CallerIdentity {
  const privacy = (invite.get('privacy') ?? '').toLowerCase().split(/[;,\s]+/);
  if (privacy.some((value) => value === 'id' || value === 'user' || value === 'full')) return WITHHELD;
  const from = parseNameAddress(invite.get('from') ?? '');
  if (isAnonymous(from) && !privacy.includes('none')) return WITHHELD;
  const asserted = listOf(invite.get('p-asserted-identity') ?? '')
    .map(parseNameAddress)
    .filter((address) => address !== null);
  // RFC 3325 section 9.1: a sip: and a tel: URI may stand together; the tel: URI is the number.
  const chosen =
    asserted.find(({ uri }) => uri.scheme === 'tel') ?? asserted.find(({ uri }) => uri.user !== '') ?? from;
  if (chosen === null || isAnonymous(chosen)) return WITHHELD;
  const name = chosen.displayName ?? asserted.find(({ displayName }) => displayName !== null)?.displayName ?? null;
  return { number: chosen.uri.user === '' ? null : chosen.uri.user, name };
}

function isAnonymous(address: NameAddress | null): boolean {
  if (address === null) return false;
  return address.uri.host === 'anonymous.invalid' || ANONYMOUS_USERS.has(address.uri.user.toLowerCase());
}
