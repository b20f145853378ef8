import { createCipheriv, createHmac, timingSafeEqual } from 'node:crypto';

/**
 * SRTP and SRTCP (RFC 3711) of the one protection that every telephone has: AES_CM_128_HMAC_SHA1_80 (RFC 4568 section 6.2.1), without
 * MKI, key derivation once. One {@link SrtpSender} or {@link SrtpReceiver} is one direction under one master key.
 */

/** Master key (16 octets) and master salt (14), as they stand in `inline:` (RFC 4568 section 6.1). */
export const KEY_AND_SALT_OCTETS = 30;
const KEY_OCTETS = 16;
const AUTH_KEY_OCTETS = 20;
const SALT_OCTETS = 14;
const TAG_OCTETS = 10;
const RTP_HEADER_OCTETS = 12;
const RTCP_HEADER_OCTETS = 8;
const RTCP_INDEX_OCTETS = 4;
const RTCP_ENCRYPTED = 0x8000_0000;
/** Contexts kept for as many sources; a stranger cannot make them without the key. */
const MOST_SOURCES = 16;

interface SessionKeys {
  readonly cipher: Buffer;
  readonly auth: Buffer;
  readonly salt: Buffer;
}

/** Section 4.3.1, key derivation rate 0. `label` as in section 4.3.2: 0 to 2 for SRTP, 3 to 5 for SRTCP. */
export function sessionKeys(keyAndSalt: Buffer, kind: 'rtp' | 'rtcp'): SessionKeys {
  if (keyAndSalt.length !== KEY_AND_SALT_OCTETS) throw new Error(`an SRTP key has ${KEY_AND_SALT_OCTETS} octets`);
  const first = kind === 'rtp' ? 0 : 3;
  const derived = (label: number, octets: number): Buffer => {
    const iv = Buffer.alloc(16);
    keyAndSalt.copy(iv, 0, KEY_OCTETS);
    iv[7] = (iv[7] ?? 0) ^ label;
    return keystreamed(keyAndSalt.subarray(0, KEY_OCTETS), iv, Buffer.alloc(octets));
  };
  return {
    cipher: derived(first, KEY_OCTETS),
    auth: derived(first + 1, AUTH_KEY_OCTETS),
    salt: derived(first + 2, SALT_OCTETS),
  };
}

/** Protects what we send. Packets must come in the order of their sequence numbers. */
export class SrtpSender {
  readonly #rtp: SessionKeys;
  readonly #rtcp: SessionKeys;
  #rollovers = 0;
  #last = -1;
  #rtcpIndex = 0;

  constructor(keyAndSalt: Buffer) {
    this.#rtp = sessionKeys(keyAndSalt, 'rtp');
    this.#rtcp = sessionKeys(keyAndSalt, 'rtcp');
  }

  /** A packet without CSRCs and extension, as ours are. */
  rtp(packet: Buffer): Buffer {
    const sequence = packet.readUInt16BE(2);
    if (sequence < this.#last) this.#rollovers += 1;
    this.#last = sequence;
    const iv = packetIv(this.#rtp.salt, packet.readUInt32BE(8), this.#rollovers, sequence);
    const body = keystreamed(this.#rtp.cipher, iv, packet.subarray(RTP_HEADER_OCTETS));
    const clear = packet.subarray(0, RTP_HEADER_OCTETS);
    return Buffer.concat([clear, body, tag(this.#rtp.auth, [clear, body, uint32(this.#rollovers)])]);
  }

  rtcp(packet: Buffer): Buffer {
    this.#rtcpIndex += 1;
    const index = this.#rtcpIndex;
    const iv = packetIv(this.#rtcp.salt, packet.readUInt32BE(4), index >>> 16, index & 0xffff);
    const body = keystreamed(this.#rtcp.cipher, iv, packet.subarray(RTCP_HEADER_OCTETS));
    const clear = packet.subarray(0, RTCP_HEADER_OCTETS);
    const word = uint32((RTCP_ENCRYPTED | index) >>> 0);
    return Buffer.concat([clear, body, word, tag(this.#rtcp.auth, [clear, body, word])]);
  }
}

interface Source {
  rollovers: number;
  highest: number;
}

/** Opens what the far end sends. Repeated packets are not looked for. */
export class SrtpReceiver {
  readonly #rtp: SessionKeys;
  readonly #rtcp: SessionKeys;
  readonly #sources = new Map<number, Source>();

  constructor(keyAndSalt: Buffer) {
    this.#rtp = sessionKeys(keyAndSalt, 'rtp');
    this.#rtcp = sessionKeys(keyAndSalt, 'rtcp');
  }

  /** @returns the packet in the clear, or `null` when it is not of this key. */
  rtp(packet: Buffer): Buffer | null {
    const header = rtpHeaderOctets(packet);
    const end = packet.length - TAG_OCTETS;
    if (header === null || end < header) return null;
    const ssrc = packet.readUInt32BE(8);
    const sequence = packet.readUInt16BE(2);
    const known = this.#sources.get(ssrc);
    const rollovers = known === undefined ? 0 : guessedRollovers(known, sequence);
    const expected = tag(this.#rtp.auth, [packet.subarray(0, end), uint32(rollovers)]);
    if (!timingSafeEqual(expected, packet.subarray(end))) return null;
    this.#note(ssrc, known, rollovers, sequence);
    const iv = packetIv(this.#rtp.salt, ssrc, rollovers, sequence);
    return Buffer.concat([packet.subarray(0, header), keystreamed(this.#rtp.cipher, iv, packet.subarray(header, end))]);
  }

  /** The same for RTCP. */
  rtcp(packet: Buffer): Buffer | null {
    const end = packet.length - TAG_OCTETS;
    const at = end - RTCP_INDEX_OCTETS;
    if (at < RTCP_HEADER_OCTETS) return null;
    if (!timingSafeEqual(tag(this.#rtcp.auth, [packet.subarray(0, end)]), packet.subarray(end))) return null;
    const word = packet.readUInt32BE(at);
    const body = packet.subarray(RTCP_HEADER_OCTETS, at);
    if (word < RTCP_ENCRYPTED) return packet.subarray(0, at);
    const index = word - RTCP_ENCRYPTED;
    const iv = packetIv(this.#rtcp.salt, packet.readUInt32BE(4), index >>> 16, index & 0xffff);
    return Buffer.concat([packet.subarray(0, RTCP_HEADER_OCTETS), keystreamed(this.#rtcp.cipher, iv, body)]);
  }

  /** Section 3.3.1. */
  #note(ssrc: number, known: Source | undefined, rollovers: number, sequence: number): void {
    if (known === undefined) {
      if (this.#sources.size >= MOST_SOURCES) this.#sources.clear();
      this.#sources.set(ssrc, { rollovers, highest: sequence });
    } else if (rollovers > known.rollovers || (rollovers === known.rollovers && sequence > known.highest)) {
      known.rollovers = rollovers;
      known.highest = sequence;
    }
  }
}

/** Appendix A of RFC 3711: the rollover count that makes the index nearest to the highest one. */
function guessedRollovers({ rollovers, highest }: Source, sequence: number): number {
  if (highest < 0x8000) return sequence - highest > 0x8000 ? Math.max(0, rollovers - 1) : rollovers;
  return highest - 0x8000 > sequence ? rollovers + 1 : rollovers;
}

/** Section 4.1.1: salt * 2^16 XOR SSRC * 2^64 XOR index * 2^16, the index being `high` * 2^16 + `low`. */
function packetIv(salt: Buffer, ssrc: number, high: number, low: number): Buffer {
  const iv = Buffer.alloc(16);
  salt.copy(iv);
  iv.writeUInt32BE((iv.readUInt32BE(4) ^ ssrc) >>> 0, 4);
  iv.writeUInt32BE((iv.readUInt32BE(8) ^ high) >>> 0, 8);
  iv.writeUInt16BE(iv.readUInt16BE(12) ^ low, 12);
  return iv;
}

function rtpHeaderOctets(packet: Buffer): number | null {
  if (packet.length < RTP_HEADER_OCTETS) return null;
  const first = packet.readUInt8(0);
  const octets = RTP_HEADER_OCTETS + 4 * (first & 0x0f);
  if ((first & 0x10) === 0) return octets;
  return packet.length < octets + 4 ? null : octets + 4 + 4 * packet.readUInt16BE(octets + 2);
}

function keystreamed(key: Buffer, iv: Buffer, data: Buffer): Buffer {
  return createCipheriv('aes-128-ctr', key, iv).update(data);
}

function tag(key: Buffer, parts: readonly Buffer[]): Buffer {
  const hmac = createHmac('sha1', key);
  for (const part of parts) hmac.update(part);
  return hmac.digest().subarray(0, TAG_OCTETS);
}

function uint32(value: number): Buffer {
  const word = Buffer.alloc(4);
  word.writeUInt32BE(value >>> 0);
  return word;
}
