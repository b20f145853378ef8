import { createHash, randomBytes } from 'node:crypto';
import { answerChallenge, chooseChallenge, type Credentials } from '../../domain/access/digest.js';
import { cseq, header, headerValues } from './headers.js';
import type { SipHeader, SipRequest, SipResponse } from './message.js';
import { parseMinSe } from './session-expiry.js';

/** INVITEs of one call, the first included: a proxy and the far end may challenge, a nonce be stale, an interval too short. */
const MAX_ATTEMPTS = 5;

const AUTHORIZATIONS: ReadonlyMap<number, readonly [challenge: string, answer: string]> = new Map([
  [401, ['www-authenticate', 'authorization']],
  [407, ['proxy-authenticate', 'proxy-authorization']],
]);

/** What an INVITE that was refused is tried again with (RFC 3261 section 22.2, RFC 4028 section 7.3). */
export class InviteAttempts {
  readonly #credentials: Credentials | null;
  #attempts = 1;
  /** Nonces that were answered: the same once more says that the password is wrong. */
  readonly #answered = new Set<string>();

  constructor(credentials: Credentials | null) {
    this.#credentials = credentials;
  }

  /** The INVITE to send instead, with the next CSeq number, or `null`: the refusal stands. */
  after(response: SipResponse, invite: SipRequest): SipRequest | null {
    if (this.#attempts >= MAX_ATTEMPTS) return null;
    const added = response.status === 422 ? this.#longer(response, invite) : this.#authorization(response, invite);
    if (added === null) return null;
    this.#attempts += 1;
    const replaced = new Set(['cseq', ...added.map(({ name }) => name)]);
    const number = cseq(invite).number + 1;
    const kept = invite.headers.filter(({ name }) => !replaced.has(name) && name !== 'via');
    return { ...invite, headers: [...kept, { name: 'cseq', value: `${number} INVITE` }, ...added] };
  }

  #authorization(response: SipResponse, invite: SipRequest): SipHeader[] | null {
    const names = AUTHORIZATIONS.get(response.status);
    if (names === undefined || this.#credentials === null) return null;
    const challenge = chooseChallenge(headerValues(response, names[0]));
    if (challenge === null || this.#answered.has(challenge.nonce)) return null;
    this.#answered.add(challenge.nonce);
    // A new nonce without `stale` for an answer given already: the password is wrong (RFC 7616 section 3.3).
    const stale = /\bstale\s*=\s*"?true/i.test(headerValues(response, names[0]).join(','));
    if (header(invite, names[1]) !== null && !stale) return null;
    const cnonce = randomBytes(16).toString('hex');
    const request = { method: 'INVITE', uri: invite.uri.raw };
    const value = answerChallenge(challenge, request, this.#credentials, cnonce, (algorithm, text) =>
      createHash(algorithm === 'MD5' ? 'md5' : 'sha256')
        .update(text)
        .digest('hex'),
    );
    return [{ name: names[1], value }];
  }

  #longer(response: SipResponse, invite: SipRequest): SipHeader[] | null {
    const asked = parseMinSe(header(response, 'min-se'));
    const ours = Number.parseInt(header(invite, 'session-expires') ?? '', 10);
    if (asked === null || Number.isNaN(ours) || asked <= ours) return null;
    return [
      { name: 'session-expires', value: String(asked) },
      { name: 'min-se', value: String(asked) },
    ];
  }
}
