import type { Randomness } from '../../ports/randomness.js';
import { ALLOW, SDP_CONTENT } from './capabilities.js';
import type { SipHeader } from './message.js';
import type { SessionCore } from './session-core.js';

/**
 * How long to wait after a 491, milliseconds. RFC 3261 section 14.1: "If the UAC is the owner of the Call-ID of the dialog ID, T has a
 * randomly chosen value between 2.1 and 4 seconds in units of 10 ms." Otherwise "between 0 and 2 seconds in units of 10 ms."
 */
export function glareWait(randomness: Randomness, ownsCallId: boolean): number {
  const fraction = Number(randomness.digits(4)) / 10_000;
  return ownsCallId ? 2_100 + 10 * Math.trunc(fraction * 191) : 10 * Math.trunc(fraction * 201);
}

/**
 * What an INVITE or UPDATE within a call says beside what every request does; with the session timer that runs (RFC 4028 section 7.1).
 * @param sdp our offer; `null`: there is none in it.
 * @param minSe seconds that the far end asked for; `null`: none.
 */
export function offerExtras(
  core: SessionCore,
  sdp: string | null,
  minSe: number | null,
): { headers: SipHeader[]; body?: string } {
  const headers = [core.contact, ALLOW, { name: 'supported', value: 'timer' }];
  const running = core.timer.current;
  if (running !== null) {
    const interval = Math.max(running.interval, minSe ?? 0);
    const refresher = running.weRefresh ? 'uac' : 'uas';
    headers.push({ name: 'session-expires', value: `${interval};refresher=${refresher}` });
    if (minSe !== null) headers.push({ name: 'min-se', value: String(minSe) });
  }
  return sdp === null ? { headers } : { headers: [...headers, SDP_CONTENT], body: sdp };
}
