import type { LegStatistics } from '../../ports/media.js';
import { LATE_EVENT } from './dtmf-events.js';
import type { CodecName } from './sdp-session.js';

const INT = {
  sequence: 0,
  timestamp: 1,
  started: 2,
  packetsSent: 3,
  octetsSent: 4,
  packetsReceived: 5,
  packetsLost: 6,
  packetsRejected: 7,
  codec: 8,
  keySeen: 9,
  keySsrc: 10,
  keyTimestamp: 11,
} as const;
const FLOAT = { timestampMs: 0, jitterMs: 1, lifeMs: 2, toldLifeMs: 3 } as const;
const FLOATS = 4;
const OCTETS = FLOATS * 8 + 12 * 4;

/**
 * The figures of one leg in memory that all threads share: whatever happens to the thread that carries the leg, the
 * next one goes on with the same RTP numbering and the same counts, and the main thread reads statistics without asking.
 */
export class LegLedger {
  readonly memory: SharedArrayBuffer;
  private readonly floats: Float64Array;
  private readonly ints: Int32Array;

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(OCTETS)) {
    this.memory = memory;
    this.floats = new Float64Array(memory, 0, FLOATS);
    this.ints = new Int32Array(memory, FLOATS * 8);
  }

  /** Whether RTP numbering has begun; before that, `sequence` and `timestamp` mean nothing. */
  get started(): boolean {
    return this.int(INT.started) === 1;
  }

  /** The next packet's sequence number, 16 bits, and the timestamp of the next frame, 32 bits, due at `timestampMs` (monotonic). */
  get sequence(): number {
    return this.int(INT.sequence) & 0xffff;
  }

  get timestamp(): number {
    return this.int(INT.timestamp) >>> 0;
  }

  get timestampMs(): number {
    return this.floats[FLOAT.timestampMs] ?? 0;
  }

  numbered(sequence: number, timestamp: number, atMs: number): void {
    this.ints[INT.sequence] = sequence & 0xffff;
    this.ints[INT.timestamp] = timestamp | 0;
    this.floats[FLOAT.timestampMs] = atMs;
    this.ints[INT.started] = 1;
  }

  get packetsSent(): number {
    return this.int(INT.packetsSent) >>> 0;
  }

  /** Payload octets sent (RFC 3550 section 6.4.1). */
  get octetsSent(): number {
    return this.int(INT.octetsSent) >>> 0;
  }

  sent(octets: number): void {
    this.ints[INT.packetsSent] = this.int(INT.packetsSent) + 1;
    this.ints[INT.octetsSent] = (this.int(INT.octetsSent) + octets) | 0;
  }

  get packetsReceived(): number {
    return this.int(INT.packetsReceived) >>> 0;
  }

  /** A packet of the caller's: also a sign of life. */
  received(atMs: number): void {
    this.ints[INT.packetsReceived] = this.int(INT.packetsReceived) + 1;
    this.alive(atMs);
  }

  rejected(): void {
    this.ints[INT.packetsRejected] = this.int(INT.packetsRejected) + 1;
  }

  get packetsLost(): number {
    return this.int(INT.packetsLost);
  }

  /** @param jitterMs interarrival jitter; `packetsLost` cumulative, as RFC 3550 section 6.4.1 counts. */
  measured(packetsLost: number, jitterMs: number): void {
    this.ints[INT.packetsLost] = packetsLost;
    this.floats[FLOAT.jitterMs] = jitterMs;
  }

  /** When RTP or RTCP last came, monotonic milliseconds; 0 before the first. */
  get lifeMs(): number {
    return this.floats[FLOAT.lifeMs] ?? 0;
  }

  alive(atMs: number): void {
    this.floats[FLOAT.lifeMs] = atMs;
  }

  /** The sign of life after which the silence was told already; 0: none was. */
  get toldLifeMs(): number {
    return this.floats[FLOAT.toldLifeMs] ?? 0;
  }

  silenceTold(): void {
    this.floats[FLOAT.toldLifeMs] = this.lifeMs;
  }

  codecIs(codec: CodecName): void {
    this.ints[INT.codec] = codec === 'PCMA' ? 1 : 0;
  }

  /** Remembers a key event told, so that no thread tells it or one before it again; `true` when it is new. */
  newKey(ssrc: number, timestamp: number): boolean {
    const step = (timestamp - this.int(INT.keyTimestamp)) | 0;
    if (this.int(INT.keySeen) === 1 && this.int(INT.keySsrc) === (ssrc | 0) && step <= 0 && step > -LATE_EVENT)
      return false;
    this.ints[INT.keySeen] = 1;
    this.ints[INT.keySsrc] = ssrc | 0;
    this.ints[INT.keyTimestamp] = timestamp | 0;
    return true;
  }

  statistics(): LegStatistics {
    return {
      codec: this.int(INT.codec) === 1 ? 'PCMA' : 'PCMU',
      packetsReceived: this.packetsReceived,
      packetsSent: this.packetsSent,
      packetsLost: Math.max(0, this.packetsLost),
      jitterMs: Math.round((this.floats[FLOAT.jitterMs] ?? 0) * 10) / 10,
      packetsRejected: this.int(INT.packetsRejected) >>> 0,
    };
  }

  private int(index: number): number {
    return this.ints[index] ?? 0;
  }
}
