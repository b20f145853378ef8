import { createHash, randomBytes } from 'node:crypto';
import { DigestAnswers, type Credentials } from '../../domain/access/digest.js';
import { cseq, header, headerValues } from './headers.js';
import type { SipHeader, SipRequest, SipResponse } from './message.js';
import { parseMinSe } from './session-expiry.js';

/** How often a longer session timer is asked for (RFC 4028 section 7.3). */
const MOST_LONGER = 2;

const AUTHORIZATIONS: ReadonlyMap<number, readonly [challenge: string, answer: string]> = new Map([
  [401, ['www-authenticate', 'authorization']],
  [407, ['proxy-authenticate', 'proxy-authorization']],
]);

export const digestAnswers = (credentials: Credentials | null): DigestAnswers =>
  new DigestAnswers(
    credentials,
    (algorithm, text) =>
      createHash(algorithm === 'MD5' ? 'md5' : 'sha256')
        .update(text)
        .digest('hex'),
    () => randomBytes(16).toString('hex'),
  );

/** What a request that was challenged is to be sent again with, or `null`: the answer stands. */
export function authorizationFor(response: SipResponse, request: SipRequest, digest: DigestAnswers): SipHeader | null {
  const names = AUTHORIZATIONS.get(response.status);
  if (names === undefined) return null;
  const challenges = headerValues(response, names[0]);
  const value = digest.answer(response.status, challenges, { method: request.method, uri: request.uri.raw });
  return value === null ? null : { name: names[1], value };
}

/** The answers to challenges that a request has: its ACK repeats them (RFC 3261 section 22.1). */
export const authorizationsOf = ({ headers }: SipRequest): SipHeader[] =>
  headers.filter(({ name }) => name === 'authorization' || name === 'proxy-authorization');

/** What an INVITE that was refused is tried again with (RFC 3261 section 22.2, RFC 4028 section 7.3). Bounded. */
export class InviteAttempts {
  readonly #digest: DigestAnswers;
  #longer = 0;

  constructor(credentials: Credentials | null) {
    this.#digest = digestAnswers(credentials);
  }

  /** The INVITE to send instead, with the next CSeq number, or `null`: the refusal stands. */
  after(response: SipResponse, invite: SipRequest): SipRequest | null {
    const added = response.status === 422 ? this.#prolonged(response, invite) : this.#authorization(response, invite);
    if (added === null) return null;
    const replaced = new Set(['cseq', ...added.map(({ name }) => name)]);
    const number = cseq(invite).number + 1;
    const kept = invite.headers.filter(({ name }) => !replaced.has(name) && name !== 'via');
    return { ...invite, headers: [...kept, { name: 'cseq', value: `${number} INVITE` }, ...added] };
  }

  #authorization(response: SipResponse, invite: SipRequest): SipHeader[] | null {
    const header = authorizationFor(response, invite, this.#digest);
    return header === null ? null : [header];
  }

  #prolonged(response: SipResponse, invite: SipRequest): SipHeader[] | null {
    const asked = parseMinSe(header(response, 'min-se'));
    const ours = Number.parseInt(header(invite, 'session-expires') ?? '', 10);
    if (asked === null || Number.isNaN(ours) || asked <= ours || this.#longer >= MOST_LONGER) return null;
    this.#longer += 1;
    return [
      { name: 'session-expires', value: String(asked) },
      { name: 'min-se', value: String(asked) },
    ];
  }
}
