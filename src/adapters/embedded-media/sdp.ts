import { isIP, SocketAddress } from 'node:net';
import { parse, write, type MediaDescription, type SessionDescription } from 'sdp-transform';
import { MediaNotAcceptable } from '../../ports/media.js';

/**
 * Offer and answer (RFC 3264) over SDP (RFC 8866) for one G.711 audio stream, as pure functions over a plain state:
 * the state that went in is untouched, so that a refused offer changes nothing.
 */

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
interface MediaLine {
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

export interface LocalSessionOptions {
  readonly sessionId: number;
  readonly address: string;
  readonly rtpPort: number;
  readonly codecs?: readonly CodecName[];
  readonly eventPayloadType?: number | null;
  readonly ptimeMs?: number;
  readonly offerRtcpMux?: boolean;
}

/** Longest SDP read, octets. */
export const MAX_SDP_OCTETS = 65_536;
const MAX_MEDIA_LINES = 32;
const MIN_PTIME_MS = 10;
const MAX_PTIME_MS = 60;
const DEFAULT_PTIME_MS = 20;
const STATIC_PAYLOAD_TYPES: Readonly<Record<CodecName, number>> = { PCMU: 0, PCMA: 8 };
/** The only lines that reach the parser: bounded work whatever a stranger sends. */
const KNOWN_ATTRIBUTE = /^a=(?:rtpmap|fmtp|ptime|maxptime|rtcp|rtcp-mux|sendrecv|sendonly|recvonly|inactive)(?::|$)/;

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
  const remote = read(offer);
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
  const remote = read(answer);
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
  const remote = read(offer);
  const index = remote.lines.findIndex((line) => line.type === 'audio' && line.port > 0);
  const address = text(remote.description.media[index]?.connection?.ip ?? remote.description.connection?.ip);
  return isIP(address) !== 0 && !isUnspecified(address) ? address : null;
}

interface RemoteDescription {
  readonly description: SessionDescription;
  readonly lines: readonly (MediaLine & { readonly port: number })[];
}

interface UsableAudio {
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

interface Mapping {
  readonly codec: CodecName;
  readonly payloadType: number;
}

function read(sdp: string): RemoteDescription {
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

/** The audio of an m-line in our terms, or why it cannot be used. */
function usableAudio(remote: RemoteDescription, index: number, local: LocalSession): UsableAudio | string {
  const line = remote.lines[index];
  const media = remote.description.media[index];
  if (line === undefined || media === undefined || line.type !== 'audio') return 'no audio';
  if (line.port === 0) return 'the audio is switched off';
  if (line.protocol.toUpperCase() !== 'RTP/AVP') return 'only RTP/AVP is spoken here';
  const { codecs, eventPayloadType } = payloadTypes(line.formats, media, local);
  const [first] = codecs;
  if (first === undefined) return 'no common codec';

  const address = text(media.connection?.ip ?? remote.description.connection?.ip);
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

/** The static numbers are always understood, unless the far end gave them another meaning. */
function understood(mappings: readonly Mapping[]): Mapping[] {
  const all = [...mappings];
  for (const codec of ['PCMU', 'PCMA'] as const) all.push({ codec, payloadType: STATIC_PAYLOAD_TYPES[codec] });
  return all.filter((entry, at) => all.findIndex((other) => other.payloadType === entry.payloadType) === at);
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

function clampPtime(ms: number): number {
  return Math.min(MAX_PTIME_MS, Math.max(MIN_PTIME_MS, Math.round(ms)));
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

function isUnspecified(address: string): boolean {
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

interface Payloads {
  readonly codecs: readonly Mapping[];
  readonly eventPayloadType: number | null;
}

function audioDescription(
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
function described(
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
