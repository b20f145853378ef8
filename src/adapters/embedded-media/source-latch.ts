import type { Destination } from './sdp-session.js';

/** Packets in a row, from one source and SSRC, before a source other than the negotiated one is believed. */
const PROBATION = 3;

/**
 * Decides whose packets are the caller's, and where ours go ("symmetric RTP", RFC 4961).
 *
 * The negotiated source is believed at once. Where a NAT stands between, packets come from elsewhere: that source is
 * believed once, after a short probation, and from then on nothing else is until the next offer or answer.
 */
export class SourceLatch {
  private negotiated: Destination | null = null;
  private source: Destination | null = null;
  private locked = false;
  private candidate: { address: string; port: number; ssrc: number; sequence: number; seen: number } | null = null;

  /**
   * A new offer or answer. While it names the same place as before, the source believed so far stays the place we
   * send to, although another one may now be latched. `null` (hold by zeros) keeps everything.
   */
  arm(negotiated: Destination | null): void {
    if (negotiated === null) return;
    const moved = negotiated.address !== this.negotiated?.address || negotiated.port !== this.negotiated.port;
    this.negotiated = negotiated;
    if (moved) this.source = null;
    this.locked = false;
    this.candidate = null;
  }

  /** Takes over what another thread had latched. */
  restore(source: Destination | null): void {
    if (source === null) return;
    this.source = source;
    this.locked = true;
  }

  /** The source believed, `null` before the first. */
  get latched(): Destination | null {
    return this.locked ? this.source : null;
  }

  /** Where our RTP goes; `null` before any offer or answer. */
  get destination(): Destination | null {
    return this.source ?? this.negotiated;
  }

  /** Whether an RTP packet is the caller's. */
  admit(address: string, port: number, ssrc: number, sequence: number): 'yes' | 'latched' | 'probation' | 'no' {
    const { source, negotiated } = this;
    if (this.locked) return source?.port === port && source.address === address ? 'yes' : 'no';
    if (negotiated === null) return 'no';
    if (negotiated.port === port && negotiated.address === address) return this.lock(negotiated);
    if (source?.port === port && source.address === address) return this.lock(source);

    const before = this.candidate;
    if (before?.port === port && before.address === address && before.ssrc === ssrc) {
      const inOrder = ((sequence - before.sequence) & 0xffff) === 1;
      before.sequence = sequence;
      before.seen = inOrder ? before.seen + 1 : 1;
      return before.seen >= PROBATION ? this.lock({ address, port }) : 'probation';
    }
    this.candidate = { address, port, ssrc, sequence, seen: 1 };
    return before === null ? 'probation' : 'no';
  }

  /** Whether an RTCP packet from this host may be the caller's; RTCP never latches. */
  admitRtcp(address: string, negotiatedRtcp: Destination | null): boolean {
    if (address === (this.source ?? this.negotiated)?.address) return true;
    return !this.locked && address === negotiatedRtcp?.address;
  }

  private lock(source: Destination): 'latched' {
    this.source = source;
    this.locked = true;
    this.candidate = null;
    return 'latched';
  }
}
