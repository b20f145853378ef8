/**
 * Digest authentication (RFC 3261 section 22, RFC 7616, RFC 8760): a challenge answered. The hash functions are given, since there are
 * none here.
 */

export type DigestAlgorithm = 'MD5' | 'SHA-256';

/** @returns the hash of the text's UTF-8 as lower-case hexadecimal. */
export type DigestHash = (algorithm: DigestAlgorithm, text: string) => string;

export interface DigestRequest {
  readonly method: string;
  /** The request URI as it is on the wire. */
  readonly uri: string;
}

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** One challenge of a WWW-Authenticate or Proxy-Authenticate header. */
export interface Challenge {
  readonly realm: string;
  readonly nonce: string;
  readonly opaque: string | null;
  readonly algorithm: DigestAlgorithm;
  /** As it was written, or `null` where it was not: then it is MD5, and left out of the answer. */
  readonly algorithmText: string | null;
  /** The nonce before was too old, the password right. */
  readonly stale: boolean;
  /** `none`: the older form of RFC 2069. */
  readonly qop: 'auth' | 'none';
}

/** Challenges of one call that are answered: a proxy and the far end may ask, and their nonces be stale. */
const MOST_ANSWERS = 4;

/** Answers the challenges that one call meets (RFC 3261 section 22). */
export class DigestAnswers {
  readonly #credentials: Credentials | null;
  readonly #hash: DigestHash;
  readonly #cnonce: () => string;
  /** Nonces that were answered, by status. */
  readonly #answered = new Map<number, string[]>();

  /** @param credentials `null`: no challenge is answered. */
  constructor(credentials: Credentials | null, hash: DigestHash, cnonce: () => string) {
    this.#credentials = credentials;
    this.#hash = hash;
    this.#cnonce = cnonce;
  }

  /**
   * The value of Authorization (401) or Proxy-Authorization (407), or `null`: the refusal stands, since there is no password, none that
   * fits the challenge, or the one there is was found wrong.
   */
  answer(status: number, challenges: readonly string[], request: DigestRequest): string | null {
    const challenge = this.#credentials === null ? null : chooseChallenge(challenges);
    if (challenge === null || this.#credentials === null) return null;
    const before = this.#answered.get(status) ?? [];
    // Without `stale` a new nonce says that the answer to the one before was wrong (RFC 7616 section 3.3).
    if (before.length > 0 && (!challenge.stale || before.includes(challenge.nonce))) return null;
    if ([...this.#answered.values()].flat().length >= MOST_ANSWERS) return null;
    this.#answered.set(status, [...before, challenge.nonce]);
    return answerChallenge(challenge, request, this.#credentials, this.#cnonce(), this.#hash);
  }
}

/** Longest text that is looked into, characters. */
const MAX_TEXT = 4_096;
/** A scheme at the beginning or after a comma, or one parameter. */
const PIECE =
  /\s*(?:,\s*)*(?:([A-Za-z0-9!#$%&'*+.^_`|~-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))|([A-Za-z0-9-]+)(?=\s))/y;

/**
 * The first challenge that can be answered (RFC 8760 section 2.4: the server lists them as it likes them best), or `null`.
 * @param headers values of one header name, each with one challenge or several.
 */
export function chooseChallenge(headers: readonly string[]): Challenge | null {
  for (const header of headers) {
    for (const parameters of challengesOf(header.slice(0, MAX_TEXT))) {
      const challenge = readChallenge(parameters);
      if (challenge !== null) return challenge;
    }
  }
  return null;
}

/**
 * The value of Authorization or Proxy-Authorization for it.
 * @param cnonce hard to guess, another each time.
 */
export function answerChallenge(
  challenge: Challenge,
  { method, uri }: DigestRequest,
  { username, password }: Credentials,
  cnonce: string,
  hash: DigestHash,
): string {
  const { realm, nonce, opaque, algorithm, algorithmText, qop } = challenge;
  const ofUser = hash(algorithm, `${username}:${realm}:${password}`);
  const ofRequest = hash(algorithm, `${method}:${uri}`);
  const count = '00000001';
  const middle = qop === 'auth' ? `${nonce}:${count}:${cnonce}:auth` : nonce;
  const fields = [
    `username=${quoted(username)}`,
    `realm=${quoted(realm)}`,
    `nonce=${quoted(nonce)}`,
    `uri=${quoted(uri)}`,
    `response="${hash(algorithm, `${ofUser}:${middle}:${ofRequest}`)}"`,
    ...(algorithmText === null ? [] : [`algorithm=${algorithmText}`]),
    ...(qop === 'auth' ? [`cnonce="${cnonce}"`, 'qop=auth', `nc=${count}`] : []),
    ...(opaque === null ? [] : [`opaque=${quoted(opaque)}`]),
  ];
  return `Digest ${fields.join(', ')}`;
}

/** Parameters of each Digest challenge, names in lower case. */
function challengesOf(text: string): readonly ReadonlyMap<string, string>[] {
  const found: Map<string, string>[] = [];
  let current: Map<string, string> | null = null;
  PIECE.lastIndex = 0;
  for (let piece = PIECE.exec(text); piece !== null; piece = PIECE.exec(text)) {
    const [, name, inQuotes, bare, scheme] = piece;
    if (scheme !== undefined) {
      current = scheme.toLowerCase() === 'digest' ? new Map() : null;
      if (current !== null) found.push(current);
    } else if (name !== undefined && current !== null) {
      current.set(name.toLowerCase(), inQuotes?.replaceAll(/\\(.)/g, '$1') ?? bare ?? '');
    }
  }
  return found;
}

function readChallenge(parameters: ReadonlyMap<string, string>): Challenge | null {
  const realm = parameters.get('realm');
  const nonce = parameters.get('nonce');
  const algorithmText = parameters.get('algorithm') ?? null;
  const algorithm = algorithmOf(algorithmText);
  const qop = qopOf(parameters.get('qop') ?? null);
  if (realm === undefined || nonce === undefined || algorithm === null || qop === null) return null;
  const stale = parameters.get('stale')?.toLowerCase() === 'true';
  return { realm, nonce, opaque: parameters.get('opaque') ?? null, algorithm, algorithmText, stale, qop };
}

function algorithmOf(text: string | null): DigestAlgorithm | null {
  switch (text?.toUpperCase()) {
    case undefined:
    case 'MD5':
      return 'MD5';
    case 'SHA-256':
      return 'SHA-256';
    default:
      return null;
  }
}

/** `auth-int` alone cannot be answered. */
function qopOf(text: string | null): Challenge['qop'] | null {
  if (text === null) return 'none';
  return text.split(',').some((option) => option.trim().toLowerCase() === 'auth') ? 'auth' : null;
}

const quoted = (text: string): string => `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
