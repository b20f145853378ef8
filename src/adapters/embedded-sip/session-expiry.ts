/**
 * Session timers (RFC 4028) as rules without a clock: what a request asks for, what we answer, and when to act. The running
 * timer is `session-timer.ts`.
 */

/** Smallest interval anyone may ask of us, in seconds (RFC 4028 section 4). */
export const MIN_SESSION_EXPIRES = 90;
/** What we offer where the far end supports timers but names no interval, in seconds (RFC 4028 section 4 recommends it). */
const DEFAULT_SESSION_EXPIRES = 1_800;
/** Longest interval a clock can carry; whoever asks for more gets this. */
const MAX_SESSION_EXPIRES = 86_400 * 7;

export interface SessionExpires {
  /** Seconds. */
  readonly interval: number;
  readonly refresher: 'uac' | 'uas' | null;
}

/** What a request says about session timers. */
export interface TimerRequest {
  /** `timer` in Supported. */
  readonly supported: boolean;
  readonly sessionExpires: SessionExpires | null;
  /** Min-SE in seconds, or `null`. */
  readonly minSe: number | null;
}

export type TimerAnswer =
  /** No session timer runs. */
  | { readonly kind: 'none' }
  /** 422 with our Min-SE (RFC 4028 section 9). */
  | { readonly kind: 'tooShort' }
  /** Session-Expires of the 2xx; `required` puts `timer` in Require, so that the far end refreshes. */
  | {
      readonly kind: 'timer';
      readonly interval: number;
      readonly refresher: 'uac' | 'uas';
      readonly required: boolean;
    };

/**
 * Session-Expires of a request or answer: `1800;refresher=uac`.
 * @returns `null` for anything that is no delta-seconds.
 */
export function parseSessionExpires(value: string | null): SessionExpires | null {
  const match = value === null ? null : /^\s*(\d{1,10})\s*(;.*)?$/.exec(value);
  if (match === null) return null;
  const refresher = /;\s*refresher\s*=\s*(uac|uas)\s*(?:;|$)/i.exec(match[2] ?? '')?.[1]?.toLowerCase();
  return {
    interval: Math.min(Number(match[1]), MAX_SESSION_EXPIRES),
    refresher: refresher === 'uac' || refresher === 'uas' ? refresher : null,
  };
}

/** Min-SE in seconds, or `null` where there is none or it is no number. */
export function parseMinSe(value: string | null): number | null {
  const digits = value === null ? undefined : /^\s*(\d{1,10})\s*(?:;.*)?$/.exec(value)?.[1];
  return digits === undefined ? null : Math.min(Number(digits), MAX_SESSION_EXPIRES);
}

/** What the answerer of an INVITE or UPDATE does about the session timer (RFC 4028 section 9, table 2). */
export function answerTimer(request: TimerRequest): TimerAnswer {
  const asked = request.sessionExpires;
  if (asked === null) {
    // "The UAS MAY include a Session-Expires header field in the 2xx even though the request had none", if the caller
    // supports timers. We refresh then: a telephone that never does would lose a good call.
    if (!request.supported) return { kind: 'none' };
    const interval = Math.max(DEFAULT_SESSION_EXPIRES, request.minSe ?? 0);
    return { kind: 'timer', interval, refresher: 'uas', required: false };
  }
  if (asked.interval < MIN_SESSION_EXPIRES) {
    // "it MUST NOT reject with 422 unless the request had 'timer' in Supported": then a proxy set the interval, nobody could
    // mend it, and we run no timer.
    return request.supported ? { kind: 'tooShort' } : { kind: 'none' };
  }
  // Table 2: who does not support timers cannot refresh, so we do; otherwise the caller's wish, or the caller.
  const refresher = request.supported ? (asked.refresher ?? 'uac') : 'uas';
  return { kind: 'timer', interval: asked.interval, refresher, required: refresher === 'uac' };
}

/** What runs after a 2xx: who refreshes, seen from us. `null` where the 2xx set no timer. */
export interface SessionInterval {
  /** Seconds. */
  readonly interval: number;
  readonly weRefresh: boolean;
}

/** What the sender of an INVITE or UPDATE learns from the 2xx (RFC 4028 section 7.2). */
export function timerOf2xx(sessionExpires: SessionExpires | null): SessionInterval | null {
  if (sessionExpires === null || sessionExpires.interval === 0) return null;
  return { interval: sessionExpires.interval, weRefresh: sessionExpires.refresher !== 'uas' };
}

/** When the refresher sends its refresh, in milliseconds: half the interval (RFC 4028 section 7.2). */
export const refreshAfterMs = (interval: number): number => interval * 500;

/** When the other side gives up, in milliseconds: the interval less the smaller of 32 s and a third of it (section 10). */
export const expiresAfterMs = (interval: number): number => (interval - Math.min(32, interval / 3)) * 1_000;
