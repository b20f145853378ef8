import type { Credentials } from '../../domain/access/digest.js';
import type { Key } from '../../domain/keys.js';
import { makeRequest } from './build.js';
import { ALLOW, SDP_CONTENT, SUPPORTED, USER_AGENT } from './capabilities.js';
import type { SipHeader, SipRequest, SipUri } from './message.js';
import type { Destination } from './transaction-layer.js';
import type { UserAgent } from './user-agent.js';

/** How a call ended; `line`: nobody said good-bye. */
export interface ClientCallEnd {
  readonly by: 'us' | 'them' | 'line';
  /** For people. */
  readonly cause: string;
}

/** What happens to a call of ours, as it happens. Functions must not throw. */
export interface ClientCallEvents {
  /** 101 to 199, with its SDP if it has one (early media). */
  provisional?(status: number, earlySdp: string | null): void;
  /**
   * The far end's offer within the call (re-INVITE, UPDATE), its wish for one (`null`), or the offer in its 200 when we made
   * none. Resolves with our SDP; left out: the SDP sent last.
   */
  offered?(offer: string | null): Promise<string> | string;
  /** The answer to an offer that `offered(null)` made. */
  reanswered?(answer: string): void;
  keyPressed?(key: Key): void;
  /** As {@link ClientCall.answered}, at once. */
  accepted?(sdp: string | null): void;
  /** As its rejection, also after our own hang-up. */
  refused?(status: number, reason: string): void;
  /** The far end hung up an answered call, or its line was lost. */
  over?(end: ClientCallEnd): void;
}

/** What a call begins with. */
export interface Invitation {
  /** Whom to call: `sip:user@host:port`; a name is looked up. */
  readonly target: string;
  /** Our offer, or `null` to be offered: then {@link ClientCallEvents.offered} makes the answer for the ACK. */
  readonly localSdp: string | null;
  /** From, e.g. `"Alice" <sip:alice@example.org>`, without a tag; left out: anonymous. */
  readonly from?: string;
  /** Further headers, names in lower case. */
  readonly headers?: readonly SipHeader[];
  /** Where to send, if not to what the target says (an outbound proxy, a test): IP address and port. */
  readonly via?: { readonly address: string; readonly port: number };
  readonly events?: ClientCallEvents;
  /** For a 401 or 407; left out: they are refusals. */
  readonly credentials?: Credentials | null;
  /** Given up (CANCEL, status 408) when there is no final answer by then, milliseconds; left out: waits on. */
  readonly limitMs?: number;
  /** Extensions named in Supported; left out: all that are understood. */
  readonly supported?: SipHeader;
  /** Left out: a random one. */
  readonly callId?: string;
}

/** The INVITE, with a tag of ours. */
export function inviteFor(
  agent: UserAgent,
  target: SipUri,
  destination: Destination,
  { from, localSdp, supported, headers, callId }: Invitation & { readonly callId: string },
): SipRequest {
  return makeRequest({
    method: 'INVITE',
    uri: target,
    from: `${from ?? '"Anonymous" <sip:anonymous@anonymous.invalid>'};tag=${agent.newTag()}`,
    to: `<${target.raw}>`,
    callId,
    cseq: 1,
    headers: [
      agent.contactFor(agent.peerAt(destination), false),
      ALLOW,
      supported ?? SUPPORTED,
      USER_AGENT,
      ...(headers ?? []),
      ...(localSdp === null ? [] : [SDP_CONTENT]),
    ],
    body: localSdp ?? '',
  });
}
