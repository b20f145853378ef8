import { createHash, randomBytes } from 'node:crypto';
import type { SipRequest, SipResponse, SipText, UacOptions } from 'drachtio-srf';
import { DigestAnswers, type Credentials, type DigestRequest } from '../../domain/access/digest.js';
import type { PlaceRequest } from '../../ports/signaling.js';
import type { Authorize } from './dialog-requests.js';
import { ALLOW, contentHeaders } from './headers.js';

/** Asked for with every call placed (RFC 4028 section 4 recommends it), seconds. */
const SESSION_EXPIRES = 1_800;
/** How often a longer session timer is asked for (RFC 4028 section 7.3). */
const MOST_LONGER = 2;

const AUTHORIZATIONS: ReadonlyMap<number, readonly [challenge: string, answer: string]> = new Map([
  [401, ['www-authenticate', 'Authorization']],
  [407, ['proxy-authenticate', 'Proxy-Authorization']],
]);

/** The INVITE of a call of ours, as it is sent, and again where that may help. */
export class PlacedInvite {
  readonly uri: string;
  /** For requests within the call; `null` where there is no password. */
  readonly authorizing: (() => Authorize) | null;
  readonly #transport: string;
  readonly #digest: DigestAnswers;
  #headers: Record<string, string>;
  /** Where another try after a challenge goes: to whoever challenged us, also where the name of the trunk has several addresses. */
  #proxy: string | null = null;
  #longer = 0;

  /** @param limitMs how long it is left to ring, milliseconds. */
  constructor(
    { target, user, callerNumber, credentials }: PlaceRequest,
    sipCallId: string,
    tag: string,
    limitMs: number,
  ) {
    const { transport, host, port } = target;
    const where = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
    this.uri = `sip:${user}@${where}:${port}${transport === 'tcp' ? ';transport=tcp' : ''}`;
    this.authorizing = credentials === null ? null : authorizer(credentials);
    this.#transport = transport;
    this.#digest = answersFor(credentials);
    this.#headers = {
      ...ALLOW,
      ...contentHeaders,
      // drachtio-server writes its own address for `localhost`.
      From:
        callerNumber === null
          ? `"Anonymous" <sip:anonymous@anonymous.invalid>;tag=${tag}`
          : `<sip:${callerNumber}@localhost>;tag=${tag}`,
      'Call-ID': sipCallId,
      // Reliable provisional answers (RFC 3262) are not asked for: without them nobody can offer anything before the answer.
      Supported: 'timer',
      // RFC 3261 section 13.2.1: the far end gives up by then too, also where this process died over it.
      Expires: String(limitMs / 1_000),
      'Session-Expires': String(SESSION_EXPIRES),
      // RFC 3323 section 4.2, for the trunk that knows our number by its account.
      ...(callerNumber === null ? { Privacy: 'id' } : {}),
    };
  }

  /** What it is sent with, but for our offer. */
  options(): Pick<UacOptions, 'headers' | 'proxy'> {
    return { headers: { ...this.#headers }, ...(this.#proxy === null ? {} : { proxy: this.#proxy }) };
  }

  /**
   * It was refused (RFC 3261 section 22.2, RFC 4028 section 7.3).
   * @param invite as drachtio-server wrote it. @returns whether another one may succeed, which is made by {@link options}.
   */
  again(response: SipResponse, invite: SipRequest | null): boolean {
    if (invite === null) return false;
    const added = response.status === 422 ? this.#prolonged(response) : this.#authorization(response, invite);
    if (added === null) return false;
    const number = Number.parseInt(invite.get('cseq') ?? '1', 10);
    const from = invite.get('from') ?? this.#headers['From'] ?? '';
    this.#headers = { ...this.#headers, ...added, From: from, CSeq: `${number + 1} INVITE` };
    if (response.source_address !== '') {
      this.#proxy = `sip:${response.source_address}:${response.source_port};transport=${this.#transport}`;
    }
    return true;
  }

  #authorization(response: SipResponse, { uri }: SipRequest): Record<string, string> | null {
    return authorization(this.#digest, response, { method: 'INVITE', uri });
  }

  #prolonged(response: SipText): Record<string, string> | null {
    const asked = /^\s*(\d{1,9})/.exec(response.get('min-se') ?? '')?.[1];
    const ours = Number(this.#headers['Session-Expires']);
    if (asked === undefined || Number(asked) <= ours || this.#longer >= MOST_LONGER) return null;
    this.#longer += 1;
    return { 'Session-Expires': asked, 'Min-SE': asked };
  }
}

/** Makes what answers the challenges of one request. */
function authorizer(credentials: Credentials): () => Authorize {
  return () => {
    const digest = answersFor(credentials);
    return (response, { method, uri }) => authorization(digest, response, { method, uri });
  };
}

const answersFor = (credentials: Credentials | null): DigestAnswers =>
  new DigestAnswers(
    credentials,
    (algorithm, text) =>
      createHash(algorithm === 'MD5' ? 'md5' : 'sha256')
        .update(text)
        .digest('hex'),
    () => randomBytes(16).toString('hex'),
  );

function authorization(
  digest: DigestAnswers,
  response: SipResponse,
  request: DigestRequest,
): Record<string, string> | null {
  const names = AUTHORIZATIONS.get(response.status);
  const challenge = names === undefined ? undefined : response.get(names[0]);
  if (names === undefined || challenge === undefined) return null;
  const value = digest.answer(response.status, [challenge], request);
  return value === null ? null : { [names[1]]: value };
}
