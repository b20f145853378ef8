import { isKey, type Key } from '../../domain/keys.js';

/** Body types that carry keys, for the Accept header of a 415. */
export const KEY_BODY_TYPES = 'application/dtmf-relay, application/dtmf';

/** What an INFO brought: a key, nothing for us (empty body, hook flash), or the status to refuse it with. */
export type InfoBody = { readonly key: Key } | { readonly key: null } | { readonly refuse: 400 | 415 };

/** A key needs a few dozen bytes. */
const MAX_BODY = 512;
/** From 10 on some send the event numbers of RFC 4733. */
const EVENT_NUMBERS: readonly Key[] = ['*', '#', 'A', 'B', 'C', 'D'];

/** Keys by SIP INFO: `application/dtmf-relay` with `Signal=5`, or `application/dtmf` with the bare key. */
export function readInfo(contentType: string | undefined, body: string): InfoBody {
  const text = body.slice(0, MAX_BODY);
  if (text.trim() === '') return { key: null };
  switch (contentType?.split(';', 1)[0]?.trim().toLowerCase()) {
    case 'application/dtmf-relay':
      return keyOf(/^[ \t]*signal[ \t]*=[ \t]*([^\s]+)[ \t]*$/im.exec(text)?.[1] ?? '');
    case 'application/dtmf':
      return keyOf(text.trim());
    default:
      return { refuse: 415 };
  }
}

function keyOf(signal: string): InfoBody {
  const upper = signal.toUpperCase();
  if (isKey(upper)) return { key: upper };
  const byNumber = /^1[0-5]$/.test(signal) ? EVENT_NUMBERS[Number(signal) - 10] : undefined;
  if (byNumber !== undefined) return { key: byNumber };
  return signal === '16' || signal === '!' || upper === 'FLASH' ? { key: null } : { refuse: 400 };
}
