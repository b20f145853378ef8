/** What is known of header names: compact forms, how they are spelt on the wire, which may repeat and which are lists. */

/** RFC 3261 section 7.3.3 and the registry of compact forms since. */
const COMPACT_FORMS: ReadonlyMap<string, string> = new Map([
  ['a', 'accept-contact'],
  ['b', 'referred-by'],
  ['c', 'content-type'],
  ['d', 'request-disposition'],
  ['e', 'content-encoding'],
  ['f', 'from'],
  ['i', 'call-id'],
  ['j', 'reject-contact'],
  ['k', 'supported'],
  ['l', 'content-length'],
  ['m', 'contact'],
  ['o', 'event'],
  ['r', 'refer-to'],
  ['s', 'subject'],
  ['t', 'to'],
  ['u', 'allow-events'],
  ['v', 'via'],
  ['x', 'session-expires'],
  ['y', 'identity'],
]);

/** Headers whose grammar is a comma list; any other comma belongs to the value (dates, credentials, free text). */
const LISTS: ReadonlySet<string> = new Set([
  'accept',
  'accept-contact',
  'accept-encoding',
  'accept-language',
  'alert-info',
  'allow',
  'allow-events',
  'call-info',
  'contact',
  'content-encoding',
  'content-language',
  'diversion',
  'error-info',
  'history-info',
  'in-reply-to',
  'p-asserted-identity',
  'p-preferred-identity',
  'path',
  'proxy-require',
  'reason',
  'record-route',
  'reject-contact',
  'request-disposition',
  'require',
  'route',
  'service-route',
  'supported',
  'unsupported',
  'via',
  'warning',
]);

/** Headers of which a message has at most one; two of them contradict each other (RFC 4475 section 3.3.8). */
export const SINGLE_HEADERS: ReadonlySet<string> = new Set([
  'from',
  'to',
  'call-id',
  'cseq',
  'max-forwards',
  'content-length',
  'content-type',
  'session-expires',
  'min-se',
  'expires',
  'rack',
  'rseq',
]);

/** Spellings that capitals after each hyphen do not give. */
const WIRE_NAMES: ReadonlyMap<string, string> = new Map([
  ['call-id', 'Call-ID'],
  ['cseq', 'CSeq'],
  ['mime-version', 'MIME-Version'],
  ['min-se', 'Min-SE'],
  ['rack', 'RAck'],
  ['rseq', 'RSeq'],
  ['www-authenticate', 'WWW-Authenticate'],
]);

/** The name in lower case and in its long form. */
export function normalHeaderName(name: string): string {
  const lower = name.toLowerCase();
  return COMPACT_FORMS.get(lower) ?? lower;
}

/** @param name as {@link normalHeaderName} gives it. */
export function isListHeader(name: string): boolean {
  return LISTS.has(name);
}

/** `Content-Type` for `content-type`. */
export function wireHeaderName(name: string): string {
  return WIRE_NAMES.get(name) ?? name.replaceAll(/(?:^|-)[a-z]/g, (initial) => initial.toUpperCase());
}
