import type { LegLedger } from './leg-ledger.js';
import { ntpTime, parseRtcp, RTCP_BUFFER_BYTES, writeRtcp } from './rtcp-packet.js';
import type { RtpReception } from './rtp-statistics.js';

/** Milliseconds between two reports (RFC 3550 section 6.2). */
const INTERVAL_MS = 5_000;

/** The reports of one leg: what we say every 5 s, and what the far end's reports tell. */
export class LegRtcp {
  private readonly buffer = Buffer.alloc(RTCP_BUFFER_BYTES);
  private readonly ssrc: number;
  private readonly cname: string;
  private readonly ledger: LegLedger;
  private readonly reception: RtpReception;
  private nextMs: number;
  private sentAtReport = 0;

  /** @param phase 0 to 1: where in the interval the first report falls, so that legs do not report all at once. */
  constructor(
    identity: { readonly ssrc: number; readonly cname: string },
    ledger: LegLedger,
    reception: RtpReception,
    nowMs: number,
    phase: number,
  ) {
    this.ssrc = identity.ssrc;
    this.cname = identity.cname;
    this.ledger = ledger;
    this.reception = reception;
    this.nextMs = nowMs + INTERVAL_MS * (0.5 + phase / 2);
  }

  /** Takes a compound packet; `false` when it is none. */
  receive(packet: Buffer, length: number, nowMs: number): boolean {
    const parts = parseRtcp(packet, length);
    if (parts === null) return false;
    for (const part of parts) {
      if (part.kind === 'senderReport') this.reception.senderReported(part.ssrc, part.sender, nowMs);
    }
    return true;
  }

  /** The report due now, `null` mostly. Valid until the next call. */
  due(nowMs: number, rtpTimestamp: number): Buffer | null {
    if (nowMs < this.nextMs) return null;
    this.nextMs = Math.max(this.nextMs + INTERVAL_MS, nowMs);
    return this.compound(nowMs, rtpTimestamp, false);
  }

  /** The last report, with BYE (RFC 3550 section 6.6). */
  goodbye(nowMs: number, rtpTimestamp: number): Buffer {
    return this.compound(nowMs, rtpTimestamp, true);
  }

  private compound(nowMs: number, rtpTimestamp: number, goodbye: boolean): Buffer {
    const { ledger } = this;
    const { seconds, fraction } = ntpTime(Date.now());
    const sender =
      ledger.packetsSent === this.sentAtReport
        ? null
        : {
            ntpSeconds: seconds,
            ntpFraction: fraction,
            rtpTimestamp,
            packetCount: ledger.packetsSent,
            octetCount: ledger.octetsSent,
          };
    this.sentAtReport = ledger.packetsSent;
    const block = this.reception.report(nowMs);
    const length = writeRtcp(this.buffer, {
      ssrc: this.ssrc,
      cname: this.cname,
      sender,
      reports: block === null ? [] : [block],
      goodbye,
    });
    return this.buffer.subarray(0, length);
  }
}
