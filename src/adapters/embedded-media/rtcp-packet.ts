/**
 * RTCP compound packets (RFC 3550 section 6): sender and receiver reports, CNAME, goodbye.
 *
 * They are rare (one every few seconds a leg), so they are read into plain objects.
 */

/** A report block (RFC 3550 section 6.4.1): what one end heard of the other's stream. */
export interface ReceptionReport {
  /** Whose stream it is about. */
  readonly ssrc: number;
  /** Share of packets lost since the previous report, in 256ths. */
  readonly fractionLost: number;
  /** Packets lost since the start; negative where duplicates outnumber losses. 24 bits signed. */
  readonly cumulativeLost: number;
  /** Highest sequence number received, with its cycles in the upper 16 bits. */
  readonly extendedHighestSequence: number;
  /** Interarrival jitter, timestamp units. */
  readonly jitter: number;
  /** Middle 32 bits of the NTP time of the last sender report, 0 if there was none. */
  readonly lastSenderReport: number;
  /** From that report's arrival to this report, in 65,536ths of a second. */
  readonly delaySinceLastSenderReport: number;
}

/** What a sender says of itself (RFC 3550 section 6.4.1). NTP time is seconds since 1900 and a 32-bit fraction. */
export interface SenderInformation {
  readonly ntpSeconds: number;
  readonly ntpFraction: number;
  readonly rtpTimestamp: number;
  readonly packetCount: number;
  readonly octetCount: number;
}

/** A compound packet to send: SR (with `sender`) or RR, then SDES with the CNAME, then BYE if asked. */
export interface OutgoingReport {
  readonly ssrc: number;
  /** Canonical name (RFC 7022: random, no address); cut to 255 octets. */
  readonly cname: string;
  /** `null` as long as nothing has been sent since the last report. */
  readonly sender: SenderInformation | null;
  /** At most 31 are written. */
  readonly reports: readonly ReceptionReport[];
  /** Ends the stream (RFC 3550 section 6.6). */
  readonly goodbye: boolean;
}

export type IncomingRtcp =
  | {
      readonly kind: 'senderReport';
      readonly ssrc: number;
      readonly sender: SenderInformation;
      readonly reports: readonly ReceptionReport[];
    }
  | { readonly kind: 'receiverReport'; readonly ssrc: number; readonly reports: readonly ReceptionReport[] }
  | { readonly kind: 'goodbye'; readonly ssrcs: readonly number[] };

const SENDER_REPORT = 200;
const RECEIVER_REPORT = 201;
const SOURCE_DESCRIPTION = 202;
const GOODBYE = 203;
const REPORT_BYTES = 24;
const SENDER_INFORMATION_BYTES = 20;
const MAX_REPORTS = 31;
const CNAME_ITEM = 1;
/** More packets than this in one compound is no telephone. */
const MAX_PACKETS = 16;

/** Octets that {@link writeRtcp} needs at most with one report block and a CNAME of 64 octets. */
export const RTCP_BUFFER_BYTES = 256;

/**
 * Writes a compound packet at the start of `target`.
 * @returns its length in octets.
 * @throws {RangeError} when `target` is too small.
 */
export const writeRtcp = (target: Buffer, report: OutgoingReport): number => {
  const reports = report.reports.slice(0, MAX_REPORTS);
  const { sender } = report;
  let at = 0;
  const body = 4 + (sender === null ? 0 : SENDER_INFORMATION_BYTES) + reports.length * REPORT_BYTES;
  at = writeHeader(target, at, reports.length, sender === null ? RECEIVER_REPORT : SENDER_REPORT, body);
  at = target.writeUInt32BE(report.ssrc >>> 0, at);
  if (sender !== null) {
    at = target.writeUInt32BE(sender.ntpSeconds >>> 0, at);
    at = target.writeUInt32BE(sender.ntpFraction >>> 0, at);
    at = target.writeUInt32BE(sender.rtpTimestamp >>> 0, at);
    at = target.writeUInt32BE(sender.packetCount >>> 0, at);
    at = target.writeUInt32BE(sender.octetCount >>> 0, at);
  }
  for (const block of reports) {
    at = target.writeUInt32BE(block.ssrc >>> 0, at);
    at = target.writeUInt8(block.fractionLost & 0xff, at);
    at = target.writeIntBE(Math.max(-0x80_0000, Math.min(0x7f_ffff, block.cumulativeLost)), at, 3);
    at = target.writeUInt32BE(block.extendedHighestSequence >>> 0, at);
    at = target.writeUInt32BE(block.jitter >>> 0, at);
    at = target.writeUInt32BE(block.lastSenderReport >>> 0, at);
    at = target.writeUInt32BE(block.delaySinceLastSenderReport >>> 0, at);
  }
  const name = Buffer.from(report.cname, 'utf8').subarray(0, 255);
  // SSRC, item, then one to four null octets that end the chunk on a 32-bit boundary (section 6.5).
  const chunk = (4 + 2 + name.length + 4) & ~3;
  at = writeHeader(target, at, 1, SOURCE_DESCRIPTION, chunk);
  const end = at + chunk;
  at = target.writeUInt32BE(report.ssrc >>> 0, at);
  at = target.writeUInt8(CNAME_ITEM, at);
  at = target.writeUInt8(name.length, at);
  if (end > target.length) throw new RangeError('the buffer is too small for the RTCP packet');
  target.set(name, at);
  target.fill(0, at + name.length, end);
  at = end;
  if (report.goodbye) {
    at = writeHeader(target, at, 1, GOODBYE, 4);
    at = target.writeUInt32BE(report.ssrc >>> 0, at);
  }
  return at;
};

/**
 * Reads the compound packet in the first `length` octets of `packet`.
 *
 * Every packet's header must be sound and the lengths must add up (RFC 3550 appendix A.2); otherwise `null`.
 * Types not known here are skipped. A packet whose own counts exceed its length is left out, its neighbours are kept.
 * A compound that does not begin with a report is taken too (RFC 5506).
 */
export const parseRtcp = (packet: Buffer, length: number): readonly IncomingRtcp[] | null => {
  if (length > packet.length || length < 4) return null;
  const found: IncomingRtcp[] = [];
  let at = 0;
  for (let count = 0; at < length; count++) {
    if (count === MAX_PACKETS || at + 4 > length) return null;
    const first = packet.readUInt8(at);
    const next = at + 4 + packet.readUInt16BE(at + 2) * 4;
    if (first >> 6 !== 2 || next > length) return null;
    let end = next;
    if ((first & 0x20) !== 0) {
      // Padding is for the last packet alone (section 6.4.1).
      const padding = next > at + 4 ? packet.readUInt8(next - 1) : 0;
      if (next !== length || padding === 0 || padding > next - at - 4) return null;
      end -= padding;
    }
    const one = parseOne(packet, packet.readUInt8(at + 1), first & 0x1f, at + 4, end);
    if (one !== null) found.push(one);
    at = next;
  }
  return found;
};

/** Milliseconds since 1970 as NTP time: seconds since 1900 and a 32-bit fraction (RFC 3550 section 4). */
export const ntpTime = (unixMs: number): { readonly seconds: number; readonly fraction: number } => {
  const wholeSeconds = Math.floor(unixMs / 1000);
  return {
    seconds: (wholeSeconds + 2_208_988_800) >>> 0,
    fraction: Math.floor(((unixMs - wholeSeconds * 1000) / 1000) * 2 ** 32) >>> 0,
  };
};

/** The middle 32 bits of an NTP time: 16 bits of seconds, 16 of fraction (RFC 3550 section 4). */
export const compactNtp = (seconds: number, fraction: number): number =>
  (((seconds & 0xffff) << 16) | (fraction >>> 16)) >>> 0;

const writeHeader = (target: Buffer, at: number, count: number, type: number, bodyBytes: number): number => {
  target.writeUInt8(0x80 | count, at);
  target.writeUInt8(type, at + 1);
  return target.writeUInt16BE(bodyBytes / 4, at + 2);
};

const parseOne = (packet: Buffer, type: number, count: number, at: number, end: number): IncomingRtcp | null => {
  switch (type) {
    case SENDER_REPORT: {
      const blocks = at + 4 + SENDER_INFORMATION_BYTES;
      if (blocks + count * REPORT_BYTES > end) return null;
      return {
        kind: 'senderReport',
        ssrc: packet.readUInt32BE(at),
        sender: {
          ntpSeconds: packet.readUInt32BE(at + 4),
          ntpFraction: packet.readUInt32BE(at + 8),
          rtpTimestamp: packet.readUInt32BE(at + 12),
          packetCount: packet.readUInt32BE(at + 16),
          octetCount: packet.readUInt32BE(at + 20),
        },
        reports: parseReports(packet, blocks, count),
      };
    }
    case RECEIVER_REPORT: {
      if (at + 4 + count * REPORT_BYTES > end) return null;
      return {
        kind: 'receiverReport',
        ssrc: packet.readUInt32BE(at),
        reports: parseReports(packet, at + 4, count),
      };
    }
    case GOODBYE: {
      if (at + count * 4 > end) return null;
      return {
        kind: 'goodbye',
        ssrcs: Array.from({ length: count }, (_, index) => packet.readUInt32BE(at + index * 4)),
      };
    }
    default:
      return null;
  }
};

const parseReports = (packet: Buffer, start: number, count: number): readonly ReceptionReport[] =>
  Array.from({ length: count }, (_, index) => {
    const at = start + index * REPORT_BYTES;
    return {
      ssrc: packet.readUInt32BE(at),
      fractionLost: packet.readUInt8(at + 4),
      cumulativeLost: packet.readIntBE(at + 5, 3),
      extendedHighestSequence: packet.readUInt32BE(at + 8),
      jitter: packet.readUInt32BE(at + 12),
      lastSenderReport: packet.readUInt32BE(at + 16),
      delaySinceLastSenderReport: packet.readUInt32BE(at + 20),
    };
  });
