import { callId, cseq, formatVia, fromTag, header, parseVia, topVia, toTag } from './headers.js';
import type { Peer, SipHeader, SipMessage, SipRequest, Via } from './message.js';
import type { Destination } from './transaction-layer.js';
import { unbracketed } from './uri.js';

/** Which messages belong together (RFC 3261 sections 17.1.3, 17.2.3, 8.2.2.2), and where responses go (18.2, RFC 3581). */

const MAGIC_COOKIE = 'z9hG4bK';

function defaultPort(transport: string): number {
  return transport === 'TLS' ? 5061 : 5060;
}

/**
 * Key of the server transaction that `request` belongs to, as a request of `method`: an ACK is looked for as INVITE, a
 * CANCEL finds what it cancels as INVITE and itself as CANCEL. To be taken before {@link markSource}.
 */
export function serverKey(request: SipRequest, method: string): string {
  const via = topVia(request);
  const branch = via.parameters.get('branch') ?? '';
  if (branch.startsWith(MAGIC_COOKIE) && branch.length > MAGIC_COOKIE.length) {
    // Section 17.2.3: branch, sent-by and method.
    return `${method} ${branch} ${via.host}:${via.port ?? defaultPort(via.transport)}`;
  }
  // The same section for elements of RFC 2543 (and RFC 4475 section 3.2.1): Request-URI, From tag, Call-ID, CSeq number and
  // the whole top Via. The To tag, other in the ACK than in its INVITE, is compared by acknowledges().
  const parts = [
    request.uri.raw,
    fromTag(request) ?? '',
    callId(request),
    cseq(request).number,
    header(request, 'via'),
  ];
  return `${method} ${JSON.stringify(parts)}`;
}

/** Whether `ack` can be for an INVITE answered with this To tag: decided by the branch already, unless there is none. */
export function acknowledges(ack: SipRequest, answeredTag: string | null): boolean {
  const branch = topVia(ack).parameters.get('branch') ?? '';
  if (branch.startsWith(MAGIC_COOKIE) && branch.length > MAGIC_COOKIE.length) return true;
  return answeredTag === null || toTag(ack) === answeredTag;
}

/** Section 8.2.2.2: what the copies of one request that came along different ways have in common; `null` within a dialog. */
export function mergeKey(request: SipRequest): string | null {
  if (toTag(request) !== null) return null;
  const { number, method } = cseq(request);
  return JSON.stringify([fromTag(request), callId(request), number, method]);
}

/** Section 17.1.3: branch and CSeq method. `null` when the response cannot be for us: more than one Via, or no branch. */
export function clientKey(message: SipMessage): string | null {
  let vias = 0;
  for (const { name } of message.headers) if (name === 'via') vias += 1;
  const branch = topVia(message).parameters.get('branch') ?? null;
  // Section 8.1.3.3: a response with more than one Via is misrouted.
  return vias === 1 && branch !== null ? `${cseq(message).method} ${branch}` : null;
}

/**
 * Writes into the top Via where the request really came from: `received` (RFC 3261 section 18.2.1), and `rport` where it
 * is asked for (RFC 3581 section 4). What the far end wrote there itself is overwritten.
 */
export function markSource(request: SipRequest, peer: Peer): SipRequest {
  const index = request.headers.findIndex((entry) => entry.name === 'via');
  const text = request.headers[index]?.value ?? '';
  const via = parseVia(text);
  if (via === null) return request;
  const asked = via.parameters.has('rport');
  const there = unbracketed(via.host) === peer.address;
  if (there && !asked && !via.parameters.has('received')) return request;
  const received = !there || asked ? `;received=${peer.address}` : '';
  const headers: SipHeader[] = [...request.headers];
  headers[index] = { name: 'via', value: withPort(via, text, peer.port) + received };
  return { ...request, headers };
}

/**
 * The Via without `received`, and with the port at `rport` if that is there. The far end recognises its answer by what it wrote,
 * so all else stays as it came: a branch that ends in `==`, against the grammar, must not come back in quotes.
 */
function withPort(via: Via, text: string, port: number): string {
  if (text.includes('"')) {
    const kept = [...via.parameters].filter(([name]) => name !== 'received');
    return formatVia({
      ...via,
      parameters: new Map(kept.map(([name, value]) => [name, name === 'rport' ? String(port) : value])),
    });
  }
  const [sentBy = '', ...parameters] = text.split(';');
  const kept = parameters.flatMap((parameter) => {
    switch (parameter.split('=', 1)[0]?.trim().toLowerCase()) {
      case 'received':
        return [];
      case 'rport':
        return [`rport=${port}`];
      default:
        return [parameter];
    }
  });
  return [sentBy, ...kept].join(';');
}

/**
 * Where responses to a request go (section 18.2.2): the address it came from, always; the port it came from with `rport`
 * (RFC 3581), the one of Via without; its connection while that lasts. `maddr` is not followed: nobody who talks to a
 * conference bridge sends by multicast, and it would let a caller have responses sent to others.
 */
export function responseDestination(request: SipRequest, peer: Peer): Destination {
  const via = parseVia(header(request, 'via') ?? '');
  return {
    transport: peer.transport,
    address: peer.address,
    port: via === null ? peer.port : responsePort(via, peer),
    ...(peer.connection === undefined ? {} : { connection: peer.connection }),
  };
}

function responsePort(via: Via, peer: Peer): number {
  if (peer.transport === 'udp' && via.parameters.has('rport')) return peer.port;
  const port = via.port ?? defaultPort(via.transport);
  return port === 0 ? peer.port : port;
}
