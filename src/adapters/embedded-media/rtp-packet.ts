/**
 * RTP packets (RFC 3550 section 5.1), read and written in place.
 *
 * ```text
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |V=2|P|X|  CC   |M|     PT      |       sequence number         |
 * |                           timestamp                           |
 * |                             SSRC                              |
 * |                     CSRC, CC times (0 to 15)                  |
 * |      profile (X)              |   length in 32-bit words      |
 * ```
 */

export const RTP_HEADER_BYTES = 12;

/** One of these is made per socket and filled by {@link parseRtp} for each packet; it is valid until the next one. */
export class RtpHeader {
  marker = false;
  /** 0 to 127. */
  payloadType = 0;
  /** 16 bits, wraps. */
  sequence = 0;
  /** 32 bits unsigned, wraps; units of the payload's clock (8 kHz for G.711 and its events). */
  timestamp = 0;
  /** 32 bits unsigned. */
  ssrc = 0;
  /** Where the payload begins in the packet: behind CSRCs and extension. */
  payloadOffset = 0;
  /** Octets of payload, padding taken off; may be 0. */
  payloadLength = 0;
}

/**
 * RTCP on the RTP port is told by the second octet (RFC 5761 section 4): 192 to 223 is RTCP.
 * Ask this before {@link parseRtp}, which refuses such packets.
 */
export const isRtcp = (packet: Uint8Array, length: number): boolean => {
  const type = packet[1] ?? 0;
  return length >= 8 && ((packet[0] ?? 0) & 0xc0) === 0x80 && type >= 192 && type <= 223;
};

/**
 * Reads the header of the packet in the first `length` octets of `packet` into `header`.
 * Checks the version, that CSRCs, extension and padding lie within the packet, and that it is no RTCP
 * (RFC 3550 appendix A.1). Never throws; on `false` the header's content is undefined.
 */
export const parseRtp = (packet: Uint8Array, length: number, header: RtpHeader): boolean => {
  if (length < RTP_HEADER_BYTES || length > packet.length) return false;
  const first = packet[0] ?? 0;
  const second = packet[1] ?? 0;
  if ((first & 0xc0) !== 0x80 || (second >= 192 && second <= 223)) return false;
  let start = RTP_HEADER_BYTES + (first & 0x0f) * 4;
  if ((first & 0x10) !== 0) {
    if (start + 4 > length) return false;
    start += 4 + (((packet[start + 2] ?? 0) << 8) | (packet[start + 3] ?? 0)) * 4;
  }
  let end = length;
  if ((first & 0x20) !== 0) {
    const padding = packet[length - 1] ?? 0;
    if (padding === 0) return false;
    end -= padding;
  }
  if (start > end) return false;
  header.marker = second >= 0x80;
  header.payloadType = second & 0x7f;
  header.sequence = ((packet[2] ?? 0) << 8) | (packet[3] ?? 0);
  header.timestamp = uint32(packet, 4);
  header.ssrc = uint32(packet, 8);
  header.payloadOffset = start;
  header.payloadLength = end - start;
  return true;
};

/** Writes the twelve octets of a header without CSRCs, extension or padding at the start of `packet`. Sequence and timestamp are cut to 16 and 32 bits. */
export const writeRtpHeader = (
  packet: Uint8Array,
  payloadType: number,
  marker: boolean,
  sequence: number,
  timestamp: number,
  ssrc: number,
): void => {
  packet[0] = 0x80;
  packet[1] = (marker ? 0x80 : 0) | (payloadType & 0x7f);
  packet[2] = sequence >>> 8;
  packet[3] = sequence;
  putUint32(packet, 4, timestamp);
  putUint32(packet, 8, ssrc);
};

const uint32 = (octets: Uint8Array, at: number): number =>
  (((octets[at] ?? 0) << 24) | ((octets[at + 1] ?? 0) << 16) | ((octets[at + 2] ?? 0) << 8) | (octets[at + 3] ?? 0)) >>>
  0;

const putUint32 = (octets: Uint8Array, at: number, value: number): void => {
  octets[at] = value >>> 24;
  octets[at + 1] = value >>> 16;
  octets[at + 2] = value >>> 8;
  octets[at + 3] = value;
};
