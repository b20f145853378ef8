/** What a session for one G.711 audio stream is made of. */

export type CodecName = 'PCMU' | 'PCMA';
/** RFC 3264 section 5.1, always as we see it: `sendonly` means that we send and do not receive. */
export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

export interface Destination {
  /** IPv4 or IPv6 literal without brackets. */
  readonly address: string;
  readonly port: number;
}

/** What both sides agreed on for our leg. */
export interface Agreement {
  readonly codec: CodecName;
  /** Payload type of the audio we send; that of each codec we must understand is in `receive`. */
  readonly payloadType: number;
  readonly receive: readonly { readonly payloadType: number; readonly codec: CodecName }[];
  /** Payload type under which telephone-event (RFC 4733) arrives; `null`: the far end has none. */
  readonly eventPayloadType: number | null;
  /** The same for the events that we send. */
  readonly eventSendPayloadType: number | null;
  /** Milliseconds of audio in each packet we send, 10 to 60. */
  readonly ptimeMs: number;
  /** Where we send; `null` while the far end holds by an address of zeros (RFC 3264 section 8.4). */
  readonly remote: Destination | null;
  readonly remoteRtcp: Destination | null;
  /** RTP and RTCP share a port (RFC 5761). */
  readonly rtcpMux: boolean;
  readonly direction: Direction;
  /** The far end holds us, by direction or by address. */
  readonly held: boolean;
}

/** One m-line of the session as it stands; we never drop one (RFC 3264 section 8), but follow a far end that does. */
export interface MediaLine {
  readonly type: string;
  readonly protocol: string;
  readonly formats: string;
}

/** Our side of one session: what we can do, and what we said so far. */
export interface LocalSession {
  /** o= session id and version, decimal. */
  readonly sessionId: number;
  readonly version: number;
  readonly address: string;
  /** RTCP is one above, unless multiplexed. */
  readonly rtpPort: number;
  /** In order of preference, for our own offers. */
  readonly codecs: readonly CodecName[];
  /** For our own offers; `null`: without telephone-event. */
  readonly eventPayloadType: number | null;
  readonly ptimeMs: number;
  /** Whether our own offers ask for RTCP on the RTP port. */
  readonly offerRtcpMux: boolean;
  readonly lines: readonly MediaLine[];
  /** Index of our audio in `lines`. */
  readonly audioLine: number;
  /** The SDP last sent, empty before the first. */
  readonly sdp: string;
}

export interface Mapping {
  readonly codec: CodecName;
  readonly payloadType: number;
}

export const STATIC_PAYLOAD_TYPES: Readonly<Record<CodecName, number>> = { PCMU: 0, PCMA: 8 };
export const DEFAULT_PTIME_MS = 20;
export const MAX_PTIME_MS = 60;
const MIN_PTIME_MS = 10;

/** @returns whole milliseconds that we can send. */
export function clampPtime(ms: number): number {
  return Math.min(MAX_PTIME_MS, Math.max(MIN_PTIME_MS, Math.round(ms)));
}
