import { fromAddress, header, headerValues, parseNameAddress } from './headers.js';
import type { NameAddress, SipRequest } from './message.js';

/** Who calls, as far as the caller lets it be known. */
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
export function callerIdentity(invite: SipRequest): CallerIdentity {
  const privacy = (header(invite, 'privacy') ?? '')
    .toLowerCase()
    .split(/[;,\s]+/)
    .filter((value) => value !== '');
  // RFC 3323 section 4.2 and RFC 3325 section 7; `full` is an older draft's word for all of it.
  if (privacy.some((value) => value === 'id' || value === 'user' || value === 'full')) return WITHHELD;
  const from = fromAddress(invite);
  if (isAnonymous(from) && !privacy.includes('none')) return WITHHELD;

  const asserted = headerValues(invite, 'p-asserted-identity')
    .map(parseNameAddress)
    .filter((address) => address !== null);
  // RFC 3325 section 9.1: one sip: or sips: and one tel: URI may stand together; the tel: URI is the number.
  const chosen =
    asserted.find((address) => address.uri.scheme === 'tel') ??
    asserted.find((address) => address.uri.user !== '') ??
    from;
  if (isAnonymous(chosen)) return WITHHELD;
  const name = chosen.displayName ?? asserted.find((address) => address.displayName !== null)?.displayName ?? null;
  return { number: numberOf(chosen), name: name === null || name.trim() === '' ? null : name.trim() };
}

/** The user part without the parameters that telephone numbers carry in it (RFC 3261 section 19.1.6). */
function numberOf(address: NameAddress): string | null {
  const user = address.uri.user.split(';', 1)[0] ?? '';
  return user === '' ? null : user;
}

function isAnonymous(address: NameAddress): boolean {
  return address.uri.host === 'anonymous.invalid' || ANONYMOUS_USERS.has(address.uri.user.toLowerCase());
}
