import { unsupportedExtensions, listed } from './capabilities.js';
import { header } from './headers.js';
import type { SipHeader, SipRequest } from './message.js';
import {
  answerTimer,
  MIN_SESSION_EXPIRES,
  parseMinSe,
  parseSessionExpires,
  type TimerAnswer,
} from './session-expiry.js';
import { sessionBody } from './session-body.js';

/** Why a request is refused before anyone looks at what it wants (RFC 3261 section 8.2). */
export interface Fault {
  readonly kind: 'fault';
  readonly status: number;
  readonly headers: readonly SipHeader[];
}

/** An INVITE or UPDATE that can be worked with. */
export interface OfferRequest {
  readonly kind: 'offer';
  /** SDP, or `null`. */
  readonly sdp: string | null;
  readonly timer: Exclude<TimerAnswer, { kind: 'tooShort' }>;
}

const fault = (status: number, ...headers: SipHeader[]): Fault => ({ kind: 'fault', status, headers });

/** 416 for a request URI of a scheme we do not serve (section 8.2.2.1). */
export function schemeFault(request: SipRequest): Fault | null {
  switch (request.uri.scheme) {
    case 'sip':
    case 'sips':
    case 'tel':
      return null;
    default:
      return fault(416);
  }
}

/** 420 for a required extension we have not (section 8.2.2.3). */
export function extensionFault(request: SipRequest): Fault | null {
  const unsupported = unsupportedExtensions(request);
  return unsupported === null ? null : fault(420, unsupported);
}

/** Reads what INVITE and UPDATE share: extensions, body, session timer. */
export function readOfferRequest(request: SipRequest): OfferRequest | Fault {
  const extension = extensionFault(request);
  if (extension !== null) return extension;
  const body = sessionBody(request);
  // Section 8.2.3: "If there are any bodies whose type ... [is] not understood ... the UAS MUST reject the request with a 415."
  if (body.kind === 'unsupported') return fault(415, { name: body.name, value: body.value });
  const timer = answerTimer({
    supported: listed(request, 'supported').has('timer') || listed(request, 'require').has('timer'),
    sessionExpires: parseSessionExpires(header(request, 'session-expires')),
    minSe: parseMinSe(header(request, 'min-se')),
  });
  // RFC 4028 section 9: "the UAS MUST ... reject with a 422 ... [which] MUST contain a Min-SE."
  if (timer.kind === 'tooShort') return fault(422, { name: 'min-se', value: String(MIN_SESSION_EXPIRES) });
  return { kind: 'offer', sdp: body.kind === 'sdp' ? body.sdp : null, timer };
}

/** Session-Expires and Require of a 2xx (RFC 4028 section 9). */
export function timerHeaders(timer: OfferRequest['timer']): readonly SipHeader[] {
  if (timer.kind === 'none') return [];
  const expires = { name: 'session-expires', value: `${timer.interval};refresher=${timer.refresher}` };
  return timer.required ? [{ name: 'require', value: 'timer' }, expires] : [expires];
}
