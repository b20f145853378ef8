import { isIP } from 'node:net';
import { write, type MediaDescription } from 'sdp-transform';
import type { Direction, LocalSession, Mapping, MediaLine } from './sdp-session.js';

interface Payloads {
  readonly codecs: readonly Mapping[];
  readonly eventPayloadType: number | null;
}

/** Our audio as an m-line. */
export function audioDescription(
  port: number,
  direction: Direction,
  ptimeMs: number,
  rtcpMux: boolean,
  { codecs, eventPayloadType }: Payloads,
): MediaDescription {
  const rtp: MediaDescription['rtp'] = codecs.map(({ codec, payloadType }) => ({
    payload: payloadType,
    codec,
    rate: 8000,
  }));
  if (eventPayloadType !== null) rtp.push({ payload: eventPayloadType, codec: 'telephone-event', rate: 8000 });
  return {
    type: 'audio',
    port,
    protocol: 'RTP/AVP',
    payloads: rtp.map(({ payload }) => payload).join(' '),
    rtp,
    fmtp: eventPayloadType === null ? [] : [{ payload: eventPayloadType, config: '0-15' }],
    ptime: ptimeMs,
    direction,
    ...(rtcpMux ? { rtcpMux: 'rtcp-mux' as const } : {}),
  };
}

/** Writes the SDP; the version rises only when something else in it changed (RFC 3264 section 8). */
export function described(
  local: LocalSession,
  lines: readonly MediaLine[],
  audioLine: number,
  audio: MediaDescription,
): LocalSession {
  const text = (version: number) =>
    write({
      version: 0,
      origin: {
        username: '-',
        sessionId: local.sessionId,
        sessionVersion: version,
        netType: 'IN',
        ipVer: isIP(local.address),
        address: local.address,
      },
      name: '-',
      connection: { version: isIP(local.address), ip: local.address },
      timing: { start: 0, stop: 0 },
      media: lines.map((line, index) =>
        index === audioLine
          ? audio
          : { type: line.type, port: 0, protocol: line.protocol, payloads: line.formats, rtp: [], fmtp: [] },
      ),
    });
  if (local.sdp !== '' && text(local.version) === local.sdp) return { ...local, lines, audioLine };
  const version = local.version + 1;
  return { ...local, version, lines, audioLine, sdp: text(version) };
}
