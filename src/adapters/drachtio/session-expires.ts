import type { SipText } from 'drachtio-srf';

/** Smallest interval anyone may ask of us, seconds (RFC 4028 section 4); drachtio-server keeps to it too. */
const MIN_SESSION_EXPIRES = 90;
/** What is offered where the far end supports timers but names no interval, seconds. */
const DEFAULT_SESSION_EXPIRES = 1_800;

/** Option tags of a header that lists them, in lower case. */
export function tagsOf(message: SipText, header: string): ReadonlySet<string> {
  return new Set(
    (message.get(header) ?? '')
      .split(',')
      .map((tag) => tag.trim().toLowerCase())
      .filter((tag) => tag !== ''),
  );
}

/**
 * What an INVITE or UPDATE gets for its session timer (RFC 4028 section 9, table 2): headers of the 2xx, or a 422.
 * drachtio-server runs the timer itself: it reads these headers, refreshes where that is ours, and ends a call whose far end
 * did not refresh.
 */
export type TimerAnswer = { readonly tooShort: true } | { readonly headers: TimerHeaders };
/** Empty: there is no session timer. */
export type TimerHeaders = Readonly<Record<string, string>>;

export function answerTimer(request: SipText): TimerAnswer {
  const supported = tagsOf(request, 'supported').has('timer');
  const asked = /^\s*(\d{1,9})\s*(;.*)?$/.exec(request.get('session-expires') ?? '');
  if (asked === null) {
    // drachtio-server refreshes then: a telephone that never does would lose a good call.
    return supported ? timer(DEFAULT_SESSION_EXPIRES, 'uas') : { headers: {} };
  }
  const interval = Number(asked[1]);
  if (interval < MIN_SESSION_EXPIRES) return supported ? { tooShort: true } : { headers: {} };
  const wish = /;\s*refresher\s*=\s*(uac|uas)/i.exec(asked[2] ?? '')?.[1]?.toLowerCase();
  return timer(interval, !supported || wish === 'uas' ? 'uas' : 'uac');
}

/**
 * For a re-INVITE of ours: without them it would end the session timer (RFC 4028 section 7.4), and the far end its refreshes, which
 * drachtio-server goes on to expect. Whoever refreshes still does; but there we are the UAC.
 * @param agreed headers of our last 2xx
 */
export function continueTimer(agreed: TimerHeaders): TimerHeaders {
  const value = agreed['Session-Expires'];
  return value === undefined ? {} : { Supported: 'timer', 'Session-Expires': swapped(value) };
}

/** The timer as the answer to such a re-INVITE sets it, as headers of a 2xx of ours would. */
export function continuedTimer(response: SipText, agreed: TimerHeaders): TimerHeaders {
  const value = response.get('session-expires');
  return value === undefined ? agreed : { 'Session-Expires': swapped(value) };
}

/** The same whoever refreshes, said by the other side. */
function swapped(value: string): string {
  return value.replace(/(refresher\s*=\s*)(uac|uas)/i, (_all, name: string, who: string) =>
    who.toLowerCase() === 'uac' ? `${name}uas` : `${name}uac`,
  );
}

export const TOO_SHORT_HEADERS: Record<string, string> = { 'Min-SE': String(MIN_SESSION_EXPIRES) };

function timer(interval: number, refresher: 'uac' | 'uas'): TimerAnswer {
  return {
    headers: {
      'Session-Expires': `${interval};refresher=${refresher}`,
      ...(refresher === 'uac' ? { Require: 'timer' } : {}),
    },
  };
}
