import type { Key } from '../../domain/keys.js';
import { DtmfEventReceiver } from './dtmf-events.js';
import { DtmfToneDetector } from './dtmf-tones.js';
import { PCMA, PCMU } from './g711.js';
import { JitterBuffer } from './jitter-buffer.js';
import type { LegLedger } from './leg-ledger.js';
import { parseRtp, RtpHeader } from './rtp-packet.js';
import { RtpReception } from './rtp-statistics.js';
import type { Agreement, Destination } from './sdp-session.js';
import { SourceLatch } from './source-latch.js';

export interface InboundListener {
  key(key: Key, method: 'event' | 'inband'): void;
  /** The source is believed from now on. */
  latched(source: Destination): void;
}

/** What a payload type means on this leg. */
const UNKNOWN = 0;
const MU_LAW = 1;
const A_LAW = 2;
const EVENT = 3;
const COMFORT_NOISE = 4;
/** Comfort noise is understood unasked (RFC 3389 section 4): it says that the caller is quiet. */
const COMFORT_NOISE_PAYLOAD_TYPE = 13;

/** The end of an event may be lost: after so long without a packet of it, it is over. */
const EVENT_TIMEOUT_MS = 100;
/** The tone that some telephones send along lasts a little longer than the event. */
const EVENT_TAIL_MS = 40;
/** Packets kept for another thread that takes the leg over: those not yet heard. */
const KEPT_PACKETS = 10;
const KEPT_OCTETS = 1_024;
/** A key tone that was sounding at a handover is not told again within this time. */
const TONE_CARRIED_MS = 120;

/** The caller's audio towards us: whose packets they are, what keys they hold, and a frame a tick. */
export class InboundAudio {
  readonly latch = new SourceLatch();
  readonly reception = new RtpReception(8_000);
  private readonly jitter = new JitterBuffer();
  private readonly events = new DtmfEventReceiver();
  private readonly tones = new DtmfToneDetector();
  private readonly header = new RtpHeader();
  private readonly meanings = new Uint8Array(128);
  private readonly ledger: LegLedger;
  private readonly listener: InboundListener;
  /** Losses that the ledger knew before this thread. */
  private readonly lostBefore: number;
  private lastEventMs = Number.NEGATIVE_INFINITY;
  private searchesTones: boolean;
  private toneCarriedUntilMs = Number.NEGATIVE_INFINITY;
  private readonly kept = Array.from({ length: KEPT_PACKETS }, () => Buffer.alloc(KEPT_OCTETS));
  private readonly keptLengths = new Int32Array(KEPT_PACKETS);
  private readonly keptArrivals = new Float64Array(KEPT_PACKETS);
  private keptNext = 0;

  constructor(ledger: LegLedger, inbandOff: boolean, listener: InboundListener) {
    this.ledger = ledger;
    this.listener = listener;
    this.lostBefore = ledger.packetsLost;
    this.searchesTones = !inbandOff;
  }

  /**
   * A new offer or answer: the source may be latched anew. What payload types meant before they still mean, unless they
   * mean something else now: packets may be under way (RFC 3264 section 8.3.2).
   */
  agree(agreement: Agreement): void {
    this.meanings[COMFORT_NOISE_PAYLOAD_TYPE] = COMFORT_NOISE;
    for (const { payloadType, codec } of agreement.receive)
      this.meanings[payloadType] = codec === 'PCMA' ? A_LAW : MU_LAW;
    const { eventPayloadType, eventSendPayloadType } = agreement;
    if (eventPayloadType !== null) this.meanings[eventPayloadType] = EVENT;
    // Telephones that answer with another number than was offered tend to send under their own.
    if (eventSendPayloadType !== null && this.meanings[eventSendPayloadType] === UNKNOWN)
      this.meanings[eventSendPayloadType] = EVENT;
    this.latch.arm(agreement.remote);
  }

  stopInband(): void {
    this.searchesTones = false;
  }

  /** The first `length` octets of `packet` came from `address`; nothing is kept but copies. */
  receive(packet: Buffer, length: number, address: string, port: number, nowMs: number): void {
    const { header } = this;
    if (!parseRtp(packet, length, header)) return;
    const meaning = this.meanings[header.payloadType] ?? UNKNOWN;
    if (meaning === UNKNOWN) return;
    const verdict = this.latch.admit(address, port, header.ssrc, header.sequence);
    if (verdict === 'no') this.ledger.rejected();
    if (verdict === 'no' || verdict === 'probation') return;
    if (verdict === 'latched') this.listener.latched({ address, port });
    this.ledger.received(nowMs);
    const timed = meaning !== EVENT;
    const arrival = this.reception.arrived(header.ssrc, header.sequence, header.timestamp, nowMs, timed);
    this.ledger.measured(this.lostBefore + this.reception.packetsLost, this.reception.jitterMs);
    if (arrival === 'strange') return;
    this.keep(packet, length, nowMs);
    this.understand(meaning, packet, nowMs);
  }

  /** This tick's audio into `frame`. @returns whether the room should hear it. */
  pull(frame: Int16Array, nowMs: number): boolean {
    const kind = this.jitter.pull(frame, nowMs);
    if (this.keyDown(nowMs)) return false;
    if (this.searchesTones) {
      const key = this.tones.feed(frame);
      if (key !== null && nowMs >= this.toneCarriedUntilMs) this.listener.key(key, 'inband');
      if (this.tones.toneHeard) return false;
    }
    return kind !== 'silence';
  }

  /** Copies of the packets that came but were not heard yet, oldest first, with their arrival times. */
  unheard(nowMs: number): { readonly packets: readonly Uint8Array[]; readonly arrivalsMs: readonly number[] } {
    const packets: Uint8Array[] = [];
    const arrivalsMs: number[] = [];
    const since = nowMs - this.jitter.figures().delayMs;
    for (let index = 0; index < KEPT_PACKETS; index++) {
      const at = (this.keptNext + index) % KEPT_PACKETS;
      const arrival = this.keptArrivals[at] ?? 0;
      const length = this.keptLengths[at] ?? 0;
      if (length === 0 || arrival < since) continue;
      packets.push(Uint8Array.from(this.kept[at]?.subarray(0, length) ?? []));
      arrivalsMs.push(arrival);
    }
    return { packets, arrivalsMs };
  }

  /** Whether a key tone is sounding that was told, for whoever takes the leg over: one only suspected is his to tell. */
  get toneTold(): boolean {
    return this.searchesTones && this.tones.keyTold;
  }

  /** Takes over what another thread had not yet heard. */
  takeOver(packets: readonly Uint8Array[], arrivalsMs: readonly number[], toneTold: boolean, nowMs: number): void {
    if (toneTold) this.toneCarriedUntilMs = nowMs + TONE_CARRIED_MS;
    for (const [index, octets] of packets.entries()) {
      const packet = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
      if (!parseRtp(packet, packet.length, this.header)) continue;
      const meaning = this.meanings[this.header.payloadType] ?? UNKNOWN;
      const { ssrc, sequence, timestamp } = this.header;
      const arrivalMs = arrivalsMs[index] ?? nowMs;
      this.reception.arrived(ssrc, sequence, timestamp, arrivalMs, meaning !== EVENT);
      this.understand(meaning, packet, arrivalMs);
    }
  }

  private understand(meaning: number, packet: Buffer, nowMs: number): void {
    const { header } = this;
    switch (meaning) {
      case MU_LAW:
      case A_LAW:
        // Some telephones send the tone beside the event: nobody else shall hear it.
        if (this.keyDown(nowMs)) this.jitter.quietFrom(header);
        else this.jitter.put(meaning === A_LAW ? PCMA : PCMU, header, packet, nowMs);
        return;
      case EVENT:
        this.event(packet, nowMs);
        return;
      case COMFORT_NOISE:
        this.jitter.quietFrom(header);
        return;
      default:
        return;
    }
  }

  private event(packet: Buffer, nowMs: number): void {
    const { ssrc, timestamp, marker, payloadOffset, payloadLength } = this.header;
    this.lastEventMs = nowMs;
    this.searchesTones = false;
    this.jitter.quietFrom(this.header);
    const key = this.events.receive(ssrc, timestamp, marker, packet, payloadOffset, payloadLength);
    if (key !== null && this.ledger.newKey(ssrc, timestamp)) this.listener.key(key, 'event');
  }

  private keyDown(nowMs: number): boolean {
    return nowMs - this.lastEventMs < (this.events.keyDown ? EVENT_TIMEOUT_MS : EVENT_TAIL_MS);
  }

  private keep(packet: Buffer, length: number, nowMs: number): void {
    if (length > KEPT_OCTETS) return;
    const at = this.keptNext;
    this.keptNext = (at + 1) % KEPT_PACKETS;
    this.kept[at]?.set(packet.subarray(0, length));
    this.keptLengths[at] = length;
    this.keptArrivals[at] = nowMs;
  }
}
