import { isIP, SocketAddress } from 'node:net';
import { parse, type MediaDescription, type SessionDescription } from 'sdp-transform';
import { MediaNotAcceptable } from '../../ports/media.js';
import {
  clampPtime,
  DEFAULT_PTIME_MS,
  MAX_PTIME_MS,
  STATIC_PAYLOAD_TYPES,
  type CodecName,
  type Destination,
  type Direction,
  type LocalSession,
  type Mapping,
  type MediaLine,
} from './sdp-session.js';

/** Longest SDP read, octets. */
export const MAX_SDP_OCTETS = 65_536;
const MAX_MEDIA_LINES = 32;
/** The only lines that reach the parser: bounded work whatever a stranger sends. */
const KNOWN_ATTRIBUTE = /^a=(?:rtpmap|fmtp|ptime|maxptime|rtcp|rtcp-mux|sendrecv|sendonly|recvonly|inactive)(?::|$)/;

/** An SDP of the far end's, as far as it is looked at. */
export interface RemoteDescription {
  readonly description: SessionDescription;
  readonly lines: readonly (MediaLine & { readonly port: number })[];
}

/** One of its audio streams, in our terms. */
export interface UsableAudio {
  readonly codecs: readonly Mapping[];
  readonly first: Mapping;
  readonly eventPayloadType: number | null;
  readonly ptimeMs: number | null;
  readonly destination: Destination | null;
  readonly rtcpDestination: Destination | null;
  readonly rtcpMux: boolean;
  /** As the far end sees it. */
  readonly direction: Direction;
}

/** @throws {MediaNotAcceptable} */
export function readSdp(sdp: string): RemoteDescription {
  if (sdp.length > MAX_SDP_OCTETS || Buffer.byteLength(sdp) > MAX_SDP_OCTETS) {
    throw new MediaNotAcceptable('the SDP is too long');
  }
  const kept: string[] = [];
  const lines: (MediaLine & { port: number })[] = [];
  for (const line of sdp.split(/\r\n|\n|\r/)) {
    if (line.startsWith('m=')) {
      lines.push(mediaLine(line));
      kept.push('m=audio 0 RTP/AVP 0');
    } else if (/^[votc]=/.test(line) || KNOWN_ATTRIBUTE.test(line)) kept.push(line);
  }
  if (kept[0] !== 'v=0') throw new MediaNotAcceptable('the SDP does not begin with v=0');
  if (!/^o=\S+ \S+ \S+ IN IP[46] \S+$/.test(kept.find((line) => line.startsWith('o=')) ?? '')) {
    throw new MediaNotAcceptable('the SDP has no usable o= line');
  }
  if (lines.length === 0) throw new MediaNotAcceptable('the SDP has no media');
  if (lines.length > MAX_MEDIA_LINES) throw new MediaNotAcceptable('the SDP has too many media lines');
  return { description: parse(kept.join('\r\n')), lines };
}

/** RFC 8866 section 5.14; kept as text, since a rejected line is echoed. */
function mediaLine(line: string): MediaLine & { port: number } {
  const match = /^m=([^\s/]{1,32}) (\d{1,5})(?:\/\d+)? (\S{1,64}) (\S.*)$/.exec(line);
  const [, type, port, protocol, formats] = match ?? [];
  if (type === undefined || protocol === undefined || formats === undefined || Number(port) > 65_535) {
    throw new MediaNotAcceptable('the SDP has a malformed m= line');
  }
  return { type, protocol, formats: formats.trimEnd(), port: Number(port) };
}

/** The audio of an m-line, or why it cannot be used. */
export function usableAudio(remote: RemoteDescription, index: number, local: LocalSession): UsableAudio | string {
  const line = remote.lines[index];
  const media = remote.description.media[index];
  if (line === undefined || media === undefined || line.type !== 'audio') return 'no audio';
  if (line.port === 0) return 'the audio is switched off';
  if (line.protocol.toUpperCase() !== 'RTP/AVP') return 'only RTP/AVP is spoken here';
  const { codecs, eventPayloadType } = payloadTypes(line.formats, media, local);
  const [first] = codecs;
  if (first === undefined) return 'no common codec';

  const address = addressOf(remote, index);
  if (isIP(address) === 0) return 'no usable c= address';
  if (isIP(address) !== isIP(local.address)) return 'the c= address is of another family than ours';
  if (isGroup(address)) return 'multicast is not spoken here';
  const destination = isUnspecified(address) ? null : { address: canonical(address), port: line.port };
  const rtcpMux = media.rtcpMux !== undefined;
  return {
    codecs,
    first,
    eventPayloadType,
    ptimeMs: packetTime(media),
    destination,
    rtcpDestination: destination === null ? null : rtcpDestination(destination, media, rtcpMux),
    rtcpMux,
    direction: media.direction ?? remote.description.direction ?? 'sendrecv',
  };
}

/** RFC 3551 table 4 for the static numbers, a=rtpmap (RFC 8866 section 6.6) for the others; the offerer's order stays. */
function payloadTypes(formats: string, media: MediaDescription, local: LocalSession) {
  const codecs: Mapping[] = [];
  let eventPayloadType: number | null = null;
  for (const format of formats.split(/\s+/, 128)) {
    const payloadType = /^\d{1,3}$/.test(format) ? Number(format) : 128;
    if (payloadType > 127) continue;
    const map = media.rtp.find((entry) => entry.payload === payloadType);
    const name = map === undefined ? staticName(payloadType) : text(map.codec).toUpperCase();
    if (map !== undefined && map.rate !== 8000) continue;
    if (map?.encoding !== undefined && text(map.encoding) !== '1') continue;
    if ((name === 'PCMU' || name === 'PCMA') && local.codecs.includes(name)) codecs.push({ codec: name, payloadType });
    else if (name === 'TELEPHONE-EVENT' && local.eventPayloadType !== null) eventPayloadType ??= payloadType;
  }
  return { codecs, eventPayloadType };
}

function staticName(payloadType: number): CodecName | null {
  if (payloadType === STATIC_PAYLOAD_TYPES.PCMU) return 'PCMU';
  return payloadType === STATIC_PAYLOAD_TYPES.PCMA ? 'PCMA' : null;
}

/** a=ptime bounded by a=maxptime (RFC 8866 section 6.4); `null` where neither says anything. */
function packetTime(media: MediaDescription): number | null {
  const asked = positive(media.ptime);
  const most = positive(media.maxptime);
  if (asked === null && most === null) return null;
  return clampPtime(Math.min(asked ?? DEFAULT_PTIME_MS, most ?? MAX_PTIME_MS));
}

/** The parser makes numbers of whatever looks like one, and leaves out what it cannot read. */
function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function positive(value: unknown): number | null {
  const number = Number(value);
  return Number.isFinite(number) && number > 0 ? number : null;
}

/** RFC 5761 section 5.1.1, RFC 3605, or one port above. */
function rtcpDestination(rtp: Destination, media: MediaDescription, rtcpMux: boolean): Destination | null {
  if (rtcpMux) return rtp;
  if (media.rtcp === undefined) return rtp.port < 65_535 ? { address: rtp.address, port: rtp.port + 1 } : null;
  const port = positive(media.rtcp.port) ?? 0;
  const address = text(media.rtcp.address ?? rtp.address);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) return null;
  return isIP(address) === isIP(rtp.address) && !isGroup(address) && !isUnspecified(address)
    ? { address: canonical(address), port }
    : null;
}

/** The address of an m-line's audio, its own or that of the session; `''` for none. */
export const addressOf = ({ description }: RemoteDescription, index: number): string =>
  text(description.media[index]?.connection?.ip ?? description.connection?.ip);

export function isUnspecified(address: string): boolean {
  return /^0{1,3}(?:\.0{1,3}){3}$/.test(address) || /^[0:]+$/.test(address);
}

/** As the operating system writes it, to compare with the source of packets. */
function canonical(address: string): string {
  return isIP(address) === 6 ? new SocketAddress({ address, family: 'ipv6' }).address : address;
}

/** Multicast or broadcast: never a telephone, and a way to amplify. */
function isGroup(address: string): boolean {
  if (isIP(address) === 6) return /^ff/i.test(address);
  return Number(address.split('.', 1)[0]) >= 224;
}
