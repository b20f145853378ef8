import type { SipRequest } from 'drachtio-srf';
import { EXTENSIONS } from './headers.js';
import { answerTimer, tagsOf, TOO_SHORT_HEADERS } from './session-expires.js';

interface Flaw {
  readonly status: 400 | 415 | 420 | 422;
  readonly headers: Record<string, string>;
}

/** What makes an INVITE unanswerable whatever it asks for. */
export function flawOf(invite: SipRequest): Flaw | null {
  if (!invite.has('contact')) return { status: 400, headers: {} };
  const unknown = [...tagsOf(invite, 'require')].filter((tag) => !EXTENSIONS.has(tag));
  if (unknown.length > 0) return { status: 420, headers: { Unsupported: unknown.join(', ') } };
  const type = invite.get('content-type')?.split(';', 1)[0]?.trim().toLowerCase();
  if (invite.body !== undefined && invite.body !== '' && type !== 'application/sdp') {
    return { status: 415, headers: { Accept: 'application/sdp' } };
  }
  if ('tooShort' in answerTimer(invite)) return { status: 422, headers: TOO_SHORT_HEADERS };
  return null;
}
