import { parseNameAddress } from './headers.js';
import type { SipHeader, SipRequest, SipResponse, SipUri } from './message.js';

/** Building messages of ours. Content-Length is written by the serialiser and need not be given. */

export interface ResponseExtras {
  /** Tag for the To header, if the request had none there (RFC 3261 section 8.2.6.2). Needed for everything but 100. */
  readonly toTag?: string;
  /** Further headers, e.g. Contact, Allow, Retry-After; Content-Type when there is a body. */
  readonly headers?: readonly SipHeader[];
  readonly body?: Buffer | string;
}

/** Names of the headers a response repeats (RFC 3261 section 8.2.6.2). */
const REPEATED: ReadonlySet<string> = new Set(['via', 'from', 'call-id', 'cseq']);

/**
 * A response to `request`: Via, From, To, Call-ID and CSeq as they came; Record-Route too where the response may make a
 * dialog (101 to 299, RFC 3261 section 12.1.1); Timestamp in 100 (section 8.2.6.1).
 * @param reason the phrase of RFC 3261 section 21 when left out or `null`.
 */
export function makeResponse(
  request: SipRequest,
  status: number,
  reason: string | null = null,
  extras: ResponseExtras = {},
): SipResponse {
  const headers: SipHeader[] = [];
  for (const entry of request.headers) {
    if (REPEATED.has(entry.name)) headers.push(entry);
    else if (entry.name === 'to') headers.push({ name: 'to', value: tagged(entry.value, status, extras.toTag) });
    else if (entry.name === 'record-route' && status > 100 && status < 300) headers.push(entry);
    else if (entry.name === 'timestamp' && status === 100) headers.push(entry);
  }
  headers.push(...(extras.headers ?? []));
  return { kind: 'response', status, reason: reason ?? reasonPhrase(status), headers, body: bytes(extras.body) };
}

function tagged(to: string, status: number, tag: string | undefined): string {
  if (tag === undefined || status === 100) return to;
  const address = parseNameAddress(to);
  if (address?.parameters.has('tag') === true) return to;
  return `${to};tag=${tag}`;
}

export interface RequestParts {
  readonly method: string;
  readonly uri: SipUri;
  /** From header with its tag. */
  readonly from: string;
  /** To header, with its tag within a dialog. */
  readonly to: string;
  readonly callId: string;
  /** The number; the method is added. */
  readonly cseq: number;
  /** 70 when left out (RFC 3261 section 8.1.1.6). */
  readonly maxForwards?: number;
  /** Route values in order. */
  readonly routes?: readonly string[];
  /** Further headers, e.g. Contact; Content-Type when there is a body. */
  readonly headers?: readonly SipHeader[];
  readonly body?: Buffer | string;
}

/** A request with everything but the Via, which the transaction layer adds. */
export function makeRequest(parts: RequestParts): SipRequest {
  const headers: SipHeader[] = [
    { name: 'max-forwards', value: String(parts.maxForwards ?? 70) },
    ...(parts.routes ?? []).map((value) => ({ name: 'route', value })),
    { name: 'from', value: parts.from },
    { name: 'to', value: parts.to },
    { name: 'call-id', value: parts.callId },
    { name: 'cseq', value: `${parts.cseq} ${parts.method}` },
    ...(parts.headers ?? []),
  ];
  return { kind: 'request', method: parts.method, uri: parts.uri, headers, body: bytes(parts.body) };
}

function bytes(body: Buffer | string | undefined): Buffer {
  if (body === undefined) return Buffer.alloc(0);
  return typeof body === 'string' ? Buffer.from(body, 'utf8') : body;
}

const REASONS: Readonly<Record<number, string>> = {
  100: 'Trying',
  180: 'Ringing',
  181: 'Call Is Being Forwarded',
  182: 'Queued',
  183: 'Session Progress',
  200: 'OK',
  202: 'Accepted',
  302: 'Moved Temporarily',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  407: 'Proxy Authentication Required',
  408: 'Request Timeout',
  413: 'Request Entity Too Large',
  414: 'Request-URI Too Long',
  415: 'Unsupported Media Type',
  416: 'Unsupported URI Scheme',
  420: 'Bad Extension',
  421: 'Extension Required',
  422: 'Session Interval Too Small',
  480: 'Temporarily Unavailable',
  481: 'Call/Transaction Does Not Exist',
  482: 'Loop Detected',
  483: 'Too Many Hops',
  486: 'Busy Here',
  487: 'Request Terminated',
  488: 'Not Acceptable Here',
  489: 'Bad Event',
  491: 'Request Pending',
  500: 'Server Internal Error',
  501: 'Not Implemented',
  503: 'Service Unavailable',
  505: 'Version Not Supported',
  513: 'Message Too Large',
  603: 'Decline',
  606: 'Not Acceptable',
};

/** The usual phrase for a status (RFC 3261 section 21). */
export function reasonPhrase(status: number): string {
  return REASONS[status] ?? 'Unknown';
}
