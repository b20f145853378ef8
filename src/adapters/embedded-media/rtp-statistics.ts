import type { ReceptionReport, SenderInformation } from './rtcp-packet.js';
import { compactNtp } from './rtcp-packet.js';

/** A jump forward of this many packets or more is a source that began anew (RFC 3550 appendix A.1). */
const MAX_DROPOUT = 3000;
/** A packet this far behind is late; further behind, the source began anew. */
const MAX_MISORDER = 100;
const SEQUENCE_CYCLE = 0x1_0000;
/** Three octets, signed, in a report. */
const MOST_LOST = 0x7f_ffff;

/**
 * `accepted`: the next one or a late one. `started`: the first of a source, or of one that began anew with other numbers.
 * `strange`: far from the numbers so far; if the next packet follows on it, the source has begun anew.
 */
export type ArrivalKind = 'accepted' | 'started' | 'strange';

/**
 * What we receive of one leg: RFC 3550 appendix A.1 (sequence numbers), A.3 (loss), A.8 (jitter).
 * A change of SSRC starts a new source; {@link packetsReceived} and {@link packetsLost} go on over all of them.
 * Sources need no probation: a telephone's first packet counts.
 */
export class RtpReception {
  readonly #clockRateHz: number;
  #ssrc: number | null = null;
  #baseSequence = 0;
  #maxSequence = 0;
  #cycles = 0;
  /** The sequence number that would confirm a restart; -1: none awaited. */
  #awaitedSequence = -1;
  #received = 0;
  #expectedBefore = 0;
  #receivedBefore = 0;
  #jitter = 0;
  #transit: number | null = null;
  #earlierReceived = 0;
  #earlierLost = 0;
  #lastSenderReport = 0;
  #lastSenderReportMs = 0;

  constructor(clockRateHz: number) {
    this.#clockRateHz = clockRateHz;
  }

  /**
   * Counts a packet. `arrivalMs` is on any steady clock. `timed` is false for packets whose timestamp is not their
   * time, such as the updates of a telephone event (RFC 4733 section 2.3.1): they count, but say nothing about jitter.
   */
  arrived(ssrc: number, sequence: number, timestamp: number, arrivalMs: number, timed: boolean): ArrivalKind {
    const kind = ssrc === this.#ssrc ? this.#follow(sequence) : this.#start(ssrc, sequence);
    if (kind === 'strange') return kind;
    this.#received += 1;
    if (timed) this.#measureJitter(timestamp, arrivalMs);
    return kind;
  }

  /** A sender report of the source arrived: our next report refers to it. Those of other sources are passed over. */
  senderReported(ssrc: number, sender: SenderInformation, arrivalMs: number): void {
    if (ssrc !== this.#ssrc) return;
    this.#lastSenderReport = compactNtp(sender.ntpSeconds, sender.ntpFraction);
    this.#lastSenderReportMs = arrivalMs;
  }

  /** SSRC of the present source, `null` before the first packet. */
  get ssrc(): number | null {
    return this.#ssrc;
  }

  /** Packets of all sources so far. */
  get packetsReceived(): number {
    return this.#earlierReceived + this.#received;
  }

  /** Packets of all sources that never came; not below 0. */
  get packetsLost(): number {
    return Math.max(0, this.#earlierLost + this.#lost());
  }

  /** Interarrival jitter of the present source, milliseconds. */
  get jitterMs(): number {
    return (this.#jitter / this.#clockRateHz) * 1000;
  }

  /** The report block for the next RTCP packet, `null` before the first packet. Each call ends the interval of `fractionLost`. */
  report(nowMs: number): ReceptionReport | null {
    if (this.#ssrc === null) return null;
    const expected = this.#expected();
    const expectedSince = expected - this.#expectedBefore;
    const lostSince = expectedSince - (this.#received - this.#receivedBefore);
    this.#expectedBefore = expected;
    this.#receivedBefore = this.#received;
    return {
      ssrc: this.#ssrc,
      fractionLost:
        expectedSince <= 0 || lostSince <= 0 ? 0 : Math.min(255, Math.floor((lostSince * 256) / expectedSince)),
      cumulativeLost: Math.max(-MOST_LOST - 1, Math.min(MOST_LOST, this.#lost())),
      extendedHighestSequence: (this.#cycles + this.#maxSequence) >>> 0,
      jitter: Math.floor(this.#jitter),
      lastSenderReport: this.#lastSenderReport,
      delaySinceLastSenderReport:
        this.#lastSenderReport === 0 ? 0 : Math.round(((nowMs - this.#lastSenderReportMs) / 1000) * 0x1_0000) >>> 0,
    };
  }

  #start(ssrc: number, sequence: number): ArrivalKind {
    this.#earlierReceived += this.#received;
    this.#earlierLost += Math.max(0, this.#lost());
    if (ssrc !== this.#ssrc) this.#lastSenderReport = 0;
    this.#ssrc = ssrc;
    this.#baseSequence = sequence;
    this.#maxSequence = sequence;
    this.#cycles = 0;
    this.#awaitedSequence = -1;
    this.#received = 0;
    this.#expectedBefore = 0;
    this.#receivedBefore = 0;
    this.#jitter = 0;
    this.#transit = null;
    return 'started';
  }

  #follow(sequence: number): ArrivalKind {
    const ahead = (sequence - this.#maxSequence) & 0xffff;
    if (ahead < MAX_DROPOUT) {
      if (sequence < this.#maxSequence) this.#cycles += SEQUENCE_CYCLE;
      this.#maxSequence = sequence;
    } else if (ahead <= SEQUENCE_CYCLE - MAX_MISORDER) {
      if (sequence === this.#awaitedSequence) return this.#start(this.#ssrc ?? 0, sequence);
      this.#awaitedSequence = (sequence + 1) & 0xffff;
      return 'strange';
    }
    this.#awaitedSequence = -1;
    return 'accepted';
  }

  #measureJitter(timestamp: number, arrivalMs: number): void {
    const arrival = (arrivalMs / 1000) * this.#clockRateHz;
    const transit = arrival - timestamp;
    if (this.#transit !== null) {
      // Modulo 2^32, so that a wrap of the timestamp is no jitter.
      const cycle = 2 ** 32;
      const difference = transit - this.#transit;
      const step = Math.abs(difference - Math.round(difference / cycle) * cycle);
      // A silence that the source left out of its timestamps is not jitter either.
      if (step < this.#clockRateHz) this.#jitter += (step - this.#jitter) / 16;
    }
    this.#transit = transit;
  }

  #expected(): number {
    return this.#ssrc === null ? 0 : this.#cycles + this.#maxSequence - this.#baseSequence + 1;
  }

  #lost(): number {
    return this.#expected() - this.#received;
  }
}
