import { makeRequest, type RequestParts } from './build.js';
import { callId, contact, cseq, fromTag, header, headerValues, routeSet, toTag } from './headers.js';
import type { SipRequest, SipResponse, SipUri } from './message.js';
import { parseUri } from './uri.js';

/** A message that would make a dialog lacks what a dialog needs: a usable Contact, From or To. */
export class NoDialog extends Error {
  override readonly name = 'NoDialog';
}

/** One Record-Route value: its URI, and all of it as it came, for Route ("including all parameters", section 12.2.1.1). */
interface Route {
  readonly uri: SipUri;
  readonly text: string;
}

interface DialogParts {
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
  /** From of our requests, tag included. */
  readonly local: string;
  /** To of our requests, tag included. */
  readonly remote: string;
  readonly remoteTarget: SipUri;
  readonly routes: readonly Route[];
  readonly localCseq: number;
  readonly remoteCseq: number | null;
}

/** Names a dialog among all dialogs (RFC 3261 section 12): Call-ID, our tag, theirs. */
export const dialogKey = (call: string, localTag: string, remoteTag: string): string =>
  `${call}\n${localTag}\n${remoteTag}`;

/**
 * The state of one dialog (RFC 3261 section 12) and the requests built from it. Pure: it sends nothing.
 */
export class Dialog {
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
  readonly #local: string;
  readonly #remote: string;
  readonly #routes: readonly Route[];
  #remoteTarget: SipUri;
  #localCseq: number;
  #remoteCseq: number | null;

  private constructor(parts: DialogParts) {
    this.callId = parts.callId;
    this.localTag = parts.localTag;
    this.remoteTag = parts.remoteTag;
    this.#local = parts.local;
    this.#remote = parts.remote;
    this.#routes = parts.routes;
    this.#remoteTarget = parts.remoteTarget;
    this.#localCseq = parts.localCseq;
    this.#remoteCseq = parts.remoteCseq;
  }

  /**
   * The dialog that our answer to `invite` makes (section 12.1.1).
   * @param localTag the tag we put into To.
   * @throws {NoDialog} no Contact. @throws {MalformedHeader} a Record-Route nobody can read.
   */
  static ofServer(invite: SipRequest, localTag: string): Dialog {
    // "The route set MUST be set to the list of URIs in the Record-Route header field from the request, taken in order."
    return new Dialog({
      callId: callId(invite),
      localTag,
      remoteTag: fromTag(invite) ?? '',
      local: `${required(invite, 'to')};tag=${localTag}`,
      remote: required(invite, 'from'),
      remoteTarget: contactOf(invite),
      routes: routesOf(invite),
      localCseq: 0,
      remoteCseq: cseq(invite).number,
    });
  }

  /**
   * The dialog that an answer with a To tag to our `invite` makes (section 12.1.2).
   * @param before the early dialog with the same tag: its CSeq numbers go on (section 13.2.2.4).
   * @throws {NoDialog} no Contact or no To tag.
   */
  static ofClient(invite: SipRequest, response: SipResponse, before: Dialog | null = null): Dialog {
    const remoteTag = toTag(response);
    if (remoteTag === null) throw new NoDialog('answer without a To tag');
    // "The route set MUST be set to the list of URIs in the Record-Route header field from the response, taken in reverse
    // order."
    return new Dialog({
      callId: callId(invite),
      localTag: fromTag(invite) ?? '',
      remoteTag,
      local: required(invite, 'from'),
      remote: required(response, 'to'),
      remoteTarget: contactOf(response),
      routes: routesOf(response).toReversed(),
      localCseq: before?.localCseq ?? cseq(invite).number,
      remoteCseq: before === null ? null : before.#remoteCseq,
    });
  }

  get key(): string {
    return dialogKey(this.callId, this.localTag, this.remoteTag);
  }

  /** CSeq number of our latest request. */
  get localCseq(): number {
    return this.#localCseq;
  }

  get remoteTarget(): SipUri {
    return this.#remoteTarget;
  }

  /** The URI whose host the next request goes to: the first route, or else the remote target (section 12.2.1.1). */
  get nextHop(): SipUri {
    return this.#routes[0]?.uri ?? this.#remoteTarget;
  }

  /**
   * Notes the CSeq of a request that came in.
   * @returns false when it is not higher than all before (section 12.2.2): 500, and the request counts for nothing.
   */
  acceptCseq(number: number): boolean {
    if (this.#remoteCseq !== null && number <= this.#remoteCseq) return false;
    this.#remoteCseq = number;
    return true;
  }

  /** Replaces the remote target by the Contact of a target refresh (section 12.2.1.2 and 12.2.2); nothing without a Contact we can send to. */
  refreshTarget(message: SipRequest | SipResponse): void {
    const target = contact(message);
    if (target !== null && isSip(target.uri)) this.#remoteTarget = requestUri(target.uri);
  }

  /** The next request within the dialog (section 12.2.1.1). Its CSeq is one higher than the last. */
  request(method: string, extras: Pick<RequestParts, 'headers' | 'body'> = {}): SipRequest {
    this.#localCseq += 1;
    return this.#build(method, this.#localCseq, extras);
  }

  /** The ACK to a 2xx: the CSeq number of the INVITE it acknowledges (section 13.2.2.4). */
  ack(inviteCseq: number, extras: Pick<RequestParts, 'headers' | 'body'> = {}): SipRequest {
    return this.#build('ACK', inviteCseq, extras);
  }

  #build(method: string, number: number, extras: Pick<RequestParts, 'headers' | 'body'>): SipRequest {
    const [first, ...rest] = this.#routes;
    // "If the route set is not empty, and its first URI does not contain the lr parameter, the UAC MUST place the first URI
    // from the route set into the Request-URI ... and the remote target URI into the Route header field as the last value."
    const strict = first !== undefined && !first.uri.parameters.has('lr');
    const routes = strict
      ? [...rest.map(({ text }) => text), `<${this.#remoteTarget.raw}>`]
      : this.#routes.map(({ text }) => text);
    return makeRequest({
      method,
      uri: strict ? requestUri(first.uri) : this.#remoteTarget,
      from: this.#local,
      to: this.#remote,
      callId: this.callId,
      cseq: number,
      routes,
      ...extras,
    });
  }
}

/** "Stripping any parameters that are not allowed in a Request-URI": header fields and `method` (section 19.1.1, table 1). */
function requestUri(uri: SipUri): SipUri {
  const question = uri.raw.indexOf('?');
  const raw = (question < 0 ? uri.raw : uri.raw.slice(0, question)).replace(/;method=[^;]*/i, '');
  return parseUri(raw) ?? uri;
}

function contactOf(message: SipRequest | SipResponse): SipUri {
  const target = contact(message);
  if (target === null || !isSip(target.uri)) throw new NoDialog('Contact is missing or no SIP URI');
  return requestUri(target.uri);
}

const isSip = ({ scheme }: SipUri): boolean => scheme === 'sip' || scheme === 'sips';

function routesOf(message: SipRequest | SipResponse): readonly Route[] {
  const texts = headerValues(message, 'record-route');
  return routeSet(message, 'record-route').map(({ uri }, index) => ({ uri, text: texts[index] ?? `<${uri.raw}>` }));
}

function required(message: SipRequest | SipResponse, name: string): string {
  const value = header(message, name);
  if (value === null) throw new NoDialog(`${name} is missing`);
  return value;
}
