import { isIP } from 'node:net';
import { MediaNotAcceptable } from '../../ports/media.js';
import { addressOf, isUnspecified, readSdp, usableAudio } from './sdp-reading.js';
import {
  clampPtime,
  DEFAULT_PTIME_MS,
  STATIC_PAYLOAD_TYPES,
  type Agreement,
  type CodecName,
  type Direction,
  type LocalSession,
  type Mapping,
  type MediaLine,
} from './sdp-session.js';
import { audioDescription, described } from './sdp-writing.js';

export type { Direction } from './sdp-session.js';

/**
 * Offer and answer (RFC 3264) over SDP (RFC 8866) for one G.711 audio stream, as pure functions over a plain state:
 * the state that went in is untouched, so that a refused offer changes nothing.
 */

export interface LocalSessionOptions {
  readonly sessionId: number;
  readonly address: string;
  readonly rtpPort: number;
  readonly codecs?: readonly CodecName[];
  readonly eventPayloadType?: number | null;
  readonly ptimeMs?: number;
  readonly offerRtcpMux?: boolean;
}

export function newLocalSession(options: LocalSessionOptions): LocalSession {
  return {
    sessionId: options.sessionId,
    version: 0,
    address: options.address,
    rtpPort: options.rtpPort,
    codecs: options.codecs ?? ['PCMU', 'PCMA'],
    eventPayloadType: options.eventPayloadType === undefined ? 101 : options.eventPayloadType,
    ptimeMs: clampPtime(options.ptimeMs ?? DEFAULT_PTIME_MS),
    offerRtcpMux: options.offerRtcpMux ?? false,
    lines: [],
    audioLine: 0,
    sdp: '',
  };
}

/** Our offer (RFC 3264 section 5, and section 8 for a later one). */
export function makeOffer(local: LocalSession, direction: Direction = 'sendrecv'): LocalSession {
  const payloads = local.codecs.map((codec) => STATIC_PAYLOAD_TYPES[codec]);
  const audio = audioDescription(local.rtpPort, direction, local.ptimeMs, local.offerRtcpMux, {
    codecs: local.codecs.map((codec, index) => ({ codec, payloadType: payloads[index] ?? 0 })),
    eventPayloadType: local.eventPayloadType,
  });
  const line: MediaLine = { type: 'audio', protocol: 'RTP/AVP', formats: audio.payloads ?? '' };
  const lines =
    local.lines.length === 0 ? [line] : local.lines.map((old, index) => (index === local.audioLine ? line : old));
  return described(local, lines, local.audioLine, audio);
}

/**
 * Our answer (RFC 3264 section 6): the first usable audio is taken, in the offerer's order of codecs, everything else
 * is rejected with port 0.
 * @throws {MediaNotAcceptable}
 */
export function answerOffer(local: LocalSession, offer: string): { session: LocalSession; agreement: Agreement } {
  const remote = readSdp(offer);
  let refusal = 'no audio in the offer';
  for (const [index, line] of remote.lines.entries()) {
    const audio = usableAudio(remote, index, local);
    if (typeof audio === 'string') {
      if (line.type === 'audio') refusal = audio;
      continue;
    }
    const theirs = audio.direction;
    const held = theirs !== 'sendrecv' || audio.destination === null;
    const direction = audio.destination === null ? withoutSending(mirrored(theirs)) : mirrored(theirs);
    const codecs = [audio.first];
    const agreement: Agreement = {
      codec: audio.first.codec,
      payloadType: audio.first.payloadType,
      receive: understood(audio.codecs),
      eventPayloadType: audio.eventPayloadType,
      eventSendPayloadType: audio.eventPayloadType,
      ptimeMs: audio.ptimeMs ?? DEFAULT_PTIME_MS,
      remote: audio.destination,
      remoteRtcp: audio.rtcpDestination,
      rtcpMux: audio.rtcpMux,
      direction,
      held,
    };
    const description = audioDescription(local.rtpPort, direction, agreement.ptimeMs, audio.rtcpMux, {
      codecs,
      eventPayloadType: audio.eventPayloadType,
    });
    const lines = remote.lines.map(({ type, protocol, formats }) => ({ type, protocol, formats }));
    return { session: described(local, lines, index, description), agreement };
  }
  throw new MediaNotAcceptable(refusal);
}

/**
 * The far end's answer to our last offer.
 * @throws {MediaNotAcceptable} when it rejects the audio or answers something else than was offered.
 */
export function acceptAnswer(local: LocalSession, answer: string): Agreement {
  const remote = readSdp(answer);
  if (remote.lines.length !== local.lines.length) throw new MediaNotAcceptable('the answer has other media lines');
  const audio = usableAudio(remote, local.audioLine, local);
  if (typeof audio === 'string') throw new MediaNotAcceptable(audio);
  const direction = mirrored(audio.direction);
  const ours = local.codecs.map((codec) => ({ codec, payloadType: STATIC_PAYLOAD_TYPES[codec] }));
  return {
    codec: audio.first.codec,
    payloadType: audio.first.payloadType,
    receive: understood([...ours, ...audio.codecs]),
    // RFC 3264 section 5.1: what comes to us bears the numbers of our offer.
    eventPayloadType: audio.eventPayloadType === null ? null : local.eventPayloadType,
    eventSendPayloadType: audio.eventPayloadType,
    ptimeMs: audio.ptimeMs ?? local.ptimeMs,
    remote: audio.destination,
    remoteRtcp: audio.rtcpDestination,
    rtcpMux: local.offerRtcpMux && audio.rtcpMux,
    direction: audio.destination === null ? withoutSending(direction) : direction,
    held: audio.direction !== 'sendrecv' || audio.destination === null,
  };
}

/** The address an offer's audio is sent from and to, to choose our own family; `null` for none or zeros. */
export function offeredAddress(offer: string): string | null {
  const remote = readSdp(offer);
  const index = remote.lines.findIndex((line) => line.type === 'audio' && line.port > 0);
  const address = addressOf(remote, index);
  return isIP(address) !== 0 && !isUnspecified(address) ? address : null;
}

/** The static numbers are always understood, unless the far end gave them another meaning. */
function understood(mappings: readonly Mapping[]): Mapping[] {
  const all = [...mappings];
  for (const codec of ['PCMU', 'PCMA'] as const) all.push({ codec, payloadType: STATIC_PAYLOAD_TYPES[codec] });
  return all.filter((entry, at) => all.findIndex((other) => other.payloadType === entry.payloadType) === at);
}

function mirrored(direction: Direction): Direction {
  switch (direction) {
    case 'sendonly':
      return 'recvonly';
    case 'recvonly':
      return 'sendonly';
    case 'sendrecv':
    case 'inactive':
      return direction;
  }
}

function withoutSending(direction: Direction): Direction {
  return direction === 'sendrecv' || direction === 'recvonly' ? 'recvonly' : 'inactive';
}
