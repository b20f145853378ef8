import { FRAME_SAMPLES, SAMPLES_PER_MS } from './frame.js';
import { PCMA, PCMU, type G711Codec } from './g711.js';
import type { LegLedger } from './leg-ledger.js';
import { RTP_HEADER_BYTES, writeRtpHeader } from './rtp-packet.js';
import type { Agreement, Destination } from './sdp-session.js';
import { TICK_MS } from './ticker.js';

const MOST_PTIME_MS = 60;
/** Samples waiting for a packet to fill, and one frame more. */
const WAITING_SAMPLES = MOST_PTIME_MS * SAMPLES_PER_MS + FRAME_SAMPLES;

export type SendPacket = (packet: Buffer, length: number, destination: Destination) => void;

/**
 * Our audio towards one caller: takes a frame a tick, sends packets of the length agreed on (RFC 3551 section 4.2).
 * The timestamp goes on with the ticks whether anything is sent or not; the numbering lives in the ledger, so that
 * another thread can go on with it.
 */
export class OutboundAudio {
  private readonly ssrc: number;
  private readonly ledger: LegLedger;
  private readonly send: SendPacket;
  /** Two by turns: the system may still be reading the one sent last. */
  private readonly packets: readonly [Buffer, Buffer];
  private turn: 0 | 1 = 0;
  private readonly waiting = new Int16Array(WAITING_SAMPLES);
  private waitingCount = 0;
  private codec: G711Codec = PCMU;
  private payloadType = 0;
  private packetSamples = FRAME_SAMPLES;
  private sending = false;
  private sequence: number;
  /** Of the first sample waiting, or of the next frame. */
  private timestamp: number;

  /**
   * @param nowMs monotonic milliseconds.
   * @param random the first sequence number and timestamp, 32 random bits (RFC 3550 section 5.1).
   */
  constructor(ssrc: number, ledger: LegLedger, nowMs: number, random: number, send: SendPacket) {
    this.ssrc = ssrc;
    this.ledger = ledger;
    this.send = send;
    const octets = RTP_HEADER_BYTES + MOST_PTIME_MS * SAMPLES_PER_MS;
    this.packets = [Buffer.alloc(octets), Buffer.alloc(octets)];
    if (ledger.started) {
      // Carried on from another thread: the gap is as long as the clock says.
      const frames = Math.max(0, Math.round((nowMs - ledger.timestampMs) / TICK_MS));
      this.sequence = ledger.sequence;
      this.timestamp = (ledger.timestamp + frames * FRAME_SAMPLES) >>> 0;
    } else {
      this.sequence = random & 0xffff;
      this.timestamp = random >>> 0;
    }
  }

  agree(agreement: Agreement): void {
    this.codec = agreement.codec === 'PCMA' ? PCMA : PCMU;
    this.payloadType = agreement.payloadType;
    this.packetSamples = agreement.ptimeMs * SAMPLES_PER_MS;
  }

  /** Timestamp of the frame due now, for sender reports. */
  get rtpTimestamp(): number {
    return (this.timestamp + this.waitingCount) >>> 0;
  }

  /** One frame, to `destination`; `null`: nothing is to be sent now. */
  frame(samples: Int16Array, destination: Destination | null, nowMs: number): void {
    if (destination === null) {
      this.pass(1);
      return;
    }
    if (this.waitingCount === 0 && this.packetSamples === FRAME_SAMPLES) {
      this.packet(samples, destination);
    } else {
      this.waiting.set(samples, this.waitingCount);
      this.waitingCount += FRAME_SAMPLES;
      let from = 0;
      while (this.waitingCount - from >= this.packetSamples) {
        this.packet(this.waiting.subarray(from, from + this.packetSamples), destination);
        from += this.packetSamples;
      }
      this.waiting.copyWithin(0, from, this.waitingCount);
      this.waitingCount -= from;
    }
    this.ledger.numbered(this.sequence, this.rtpTimestamp, nowMs + TICK_MS);
  }

  /**
   * One frame of time told as an event instead of sound (RFC 4733): its payload stands at {@link eventPayload}, its
   * timestamp is the event's own.
   */
  event(payloadType: number, marker: boolean, timestamp: number, octets: number, to: Destination): void {
    const packet = this.packets[this.turn];
    this.turn = this.turn === 0 ? 1 : 0;
    writeRtpHeader(packet, payloadType, marker, this.sequence, timestamp, this.ssrc);
    this.sequence = (this.sequence + 1) & 0xffff;
    this.send(packet, RTP_HEADER_BYTES + octets, to);
    this.ledger.sent(octets);
    this.pass(1);
  }

  /** Where the next event's payload is to be written: packet and offset. */
  get eventPayload(): { readonly packet: Uint8Array; readonly offset: number } {
    return { packet: this.packets[this.turn], offset: RTP_HEADER_BYTES };
  }

  /** Lets so many frames of time go by without sound. */
  pass(frames: number): void {
    this.timestamp = (this.timestamp + this.waitingCount + frames * FRAME_SAMPLES) >>> 0;
    this.waitingCount = 0;
    this.sending = false;
  }

  private packet(samples: Int16Array, destination: Destination): void {
    const packet = this.packets[this.turn];
    this.turn = this.turn === 0 ? 1 : 0;
    // The marker begins a talkspurt (RFC 3551 section 4.1): here, whatever follows a pause.
    writeRtpHeader(packet, this.payloadType, !this.sending, this.sequence, this.timestamp, this.ssrc);
    this.codec.encode(samples, packet, RTP_HEADER_BYTES);
    this.sending = true;
    this.sequence = (this.sequence + 1) & 0xffff;
    this.timestamp = (this.timestamp + samples.length) >>> 0;
    this.send(packet, RTP_HEADER_BYTES + samples.length, destination);
    this.ledger.sent(samples.length);
  }
}
