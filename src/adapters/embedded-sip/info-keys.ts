import { isKey, type Key } from '../../domain/keys.js';

/**
 * Keys in INFO bodies, the practice that came before RFC 6086: `application/dtmf-relay` with `Signal=5` and
 * `application/dtmf` with the bare key.
 */
export type InfoBody =
  | { readonly kind: 'key'; readonly key: Key }
  /** Nothing in it for us (empty, a hook flash): 200. */
  | { readonly kind: 'nothing' }
  /** A key body that makes no sense: 400. */
  | { readonly kind: 'malformed' }
  /** 415. */
  | { readonly kind: 'unsupported' };

/** Body types that carry keys, for the Accept header of a 415. */
export const KEY_BODY_TYPES = 'application/dtmf-relay, application/dtmf';

/** Longest body looked at; a key needs a few dozen bytes. */
const MAX_BODY = 512;

/**
 * @param contentType media type in lower case without parameters, or `null`.
 * @param body the body as text.
 */
export function readInfo(contentType: string | null, body: string): InfoBody {
  if (body.trim() === '') return { kind: 'nothing' };
  switch (contentType) {
    case 'application/dtmf-relay': {
      const signal = /^[ \t]*signal[ \t]*=[ \t]*([^\s]+)[ \t]*$/im.exec(body.slice(0, MAX_BODY))?.[1];
      return signal === undefined ? { kind: 'malformed' } : keyOf(signal);
    }
    case 'application/dtmf':
      return body.length > MAX_BODY ? { kind: 'malformed' } : keyOf(body.trim());
    default:
      return { kind: 'unsupported' };
  }
}

/** A key as written, or by its RFC 4733 event number from 10 on. */
const EVENT_NUMBERS: readonly Key[] = ['*', '#', 'A', 'B', 'C', 'D'];

function keyOf(signal: string): InfoBody {
  const upper = signal.toUpperCase();
  if (isKey(upper)) return { kind: 'key', key: upper };
  // 10 to 15 are the event numbers of *, #, A to D; 16 and `!` are the hook flash, which is no key.
  if (/^1[0-5]$/.test(signal)) {
    const key = EVENT_NUMBERS[Number(signal) - 10];
    if (key !== undefined) return { kind: 'key', key };
  }
  if (signal === '16' || signal === '!' || upper === 'FLASH') return { kind: 'nothing' };
  return { kind: 'malformed' };
}
