import { monotonicMs } from './monotonic.js';
import type { PhoneLevels, PhoneStatistics } from './phone-facts.js';

/** Bins of the inter-arrival histogram: one a millisecond, the last for everything above. */
const BINS = 101;
const INT = { packetsReceived: 0, rtcpReceived: 1, bye: 2, ssrc: 3, lost: 4, samples: 5, bins: 6 } as const;
const FLOAT = {
  longestGapMs: 0,
  lastArrivalMs: 1,
  inDbfs: 2,
  outDbfs: 3,
  inOnsetMs: 4,
  outOnsetMs: 5,
  quietSinceMs: 6,
  longestQuietMs: 7,
} as const;
const FLOATS = 8;

/** The blocks of memory behind a {@link PhoneMemory}, to hand to another thread. */
export interface PhoneMemoryBlocks {
  readonly figures: SharedArrayBuffer;
  readonly recording: SharedArrayBuffer;
  /** Of a `LegLedger`. */
  readonly ledger: SharedArrayBuffer;
}

/** What a telephone heard and counted, in memory shared between the thread that runs it and the one that asks. */
export class PhoneMemory {
  /** A ring: the latest samples heard. */
  private readonly recording: Int16Array;
  private readonly floats: Float64Array;
  private readonly ints: Int32Array;

  constructor(blocks: PhoneMemoryBlocks) {
    this.recording = new Int16Array(blocks.recording);
    this.floats = new Float64Array(blocks.figures, 0, FLOATS);
    this.ints = new Int32Array(blocks.figures, FLOATS * 8);
  }

  static blocks(recordSamples: number, ledger: SharedArrayBuffer): PhoneMemoryBlocks {
    const figures = new SharedArrayBuffer(FLOATS * 8 + (INT.bins + BINS) * 4);
    const floats = new Float64Array(figures, 0, FLOATS);
    // Nothing heard or said yet is silence, not full scale.
    floats[FLOAT.inDbfs] = SILENCE_DBFS;
    floats[FLOAT.outDbfs] = SILENCE_DBFS;
    return {
      figures,
      recording: new SharedArrayBuffer(Math.max(1, recordSamples) * 2),
      ledger,
    };
  }

  /** An RTP packet came; counts the time since the one before. */
  arrived(ssrc: number, nowMs: number): void {
    const last = this.float(FLOAT.lastArrivalMs);
    this.floats[FLOAT.lastArrivalMs] = nowMs;
    this.ints[INT.ssrc] = ssrc | 0;
    this.raise(INT.packetsReceived);
    if (last === 0) return;
    const gapMs = nowMs - last;
    this.floats[FLOAT.longestGapMs] = Math.max(this.float(FLOAT.longestGapMs), gapMs);
    this.raise(INT.bins + Math.min(BINS - 1, Math.floor(gapMs)));
  }

  get lastArrivalMs(): number {
    return this.float(FLOAT.lastArrivalMs);
  }

  lost(packets: number): void {
    this.ints[INT.lost] = packets;
  }

  rtcpArrived(goodbye: boolean): void {
    this.raise(INT.rtcpReceived);
    if (goodbye) this.ints[INT.bye] = 1;
  }

  levelIn(dbfs: number, nowMs: number): void {
    if (dbfs >= ONSET_DBFS && this.float(FLOAT.inDbfs) < ONSET_DBFS) this.floats[FLOAT.inOnsetMs] = nowMs;
    this.floats[FLOAT.inDbfs] = dbfs;
    if (dbfs < ONSET_DBFS) return;
    this.floats[FLOAT.longestQuietMs] = Math.max(this.float(FLOAT.longestQuietMs), this.quietFor(nowMs));
    this.floats[FLOAT.quietSinceMs] = nowMs;
  }

  levelOut(dbfs: number, nowMs: number): void {
    if (dbfs >= ONSET_DBFS && this.float(FLOAT.outDbfs) < ONSET_DBFS) this.floats[FLOAT.outOnsetMs] = nowMs;
    this.floats[FLOAT.outDbfs] = dbfs;
  }

  /** Samples recorded since the start, those that fell out of the ring included. */
  get samples(): number {
    return this.ints[INT.samples] ?? 0;
  }

  append(samples: Int16Array): void {
    const { recording } = this;
    let at = this.samples % recording.length;
    for (const sample of samples) {
      recording[at] = sample;
      at = at + 1 === recording.length ? 0 : at + 1;
    }
    Atomics.add(this.ints, INT.samples, samples.length);
  }

  appendSilence(count: number): void {
    const { recording } = this;
    let at = this.samples % recording.length;
    for (let index = 0; index < Math.min(count, recording.length); index++) {
      recording[at] = 0;
      at = at + 1 === recording.length ? 0 : at + 1;
    }
    Atomics.add(this.ints, INT.samples, count);
  }

  /** Puts what came late where it belongs: `back` samples before the end. */
  insert(samples: Int16Array, back: number): void {
    const { recording } = this;
    const start = this.samples - back;
    if (start < 0 || back > recording.length) return;
    for (let index = 0; index < Math.min(samples.length, back); index++) {
      recording[(start + index) % recording.length] = samples[index] ?? 0;
    }
  }

  /** A copy of what was recorded from sample number `from` up to `end`, as far as it is still there. */
  since(from: number, end = Atomics.load(this.ints, INT.samples)): Int16Array {
    const { recording } = this;
    const start = Math.max(from, end - recording.length, 0);
    const copy = new Int16Array(Math.max(0, end - start));
    for (let index = 0; index < copy.length; index++) copy[index] = recording[(start + index) % recording.length] ?? 0;
    return copy;
  }

  levels(): PhoneLevels {
    return {
      inDbfs: this.float(FLOAT.inDbfs),
      outDbfs: this.float(FLOAT.outDbfs),
      inOnsetMs: this.float(FLOAT.inOnsetMs),
      outOnsetMs: this.float(FLOAT.outOnsetMs),
    };
  }

  statistics(packetsSent: number): PhoneStatistics {
    return {
      packetsReceived: this.ints[INT.packetsReceived] ?? 0,
      packetsSent,
      packetsLost: this.ints[INT.lost] ?? 0,
      rtcpReceived: this.ints[INT.rtcpReceived] ?? 0,
      byeReceived: this.ints[INT.bye] === 1,
      ssrc: (this.ints[INT.ssrc] ?? 0) >>> 0,
      longestGapMs: this.float(FLOAT.longestGapMs),
      longestQuietMs: Math.max(this.float(FLOAT.longestQuietMs), this.quietFor(monotonicMs())),
      samplesHeard: this.samples,
      lastArrivalMs: this.lastArrivalMs,
      interArrivalMs: Array.from(this.ints.subarray(INT.bins, INT.bins + BINS)),
    };
  }

  /** The gaps measured so far are forgotten; the counts stay. */
  resetGaps(): void {
    this.floats[FLOAT.longestGapMs] = 0;
    this.floats[FLOAT.longestQuietMs] = 0;
    this.floats[FLOAT.quietSinceMs] = monotonicMs();
    this.ints.fill(0, INT.bins, INT.bins + BINS);
  }

  private quietFor(nowMs: number): number {
    const since = this.float(FLOAT.quietSinceMs);
    return since === 0 ? 0 : nowMs - since;
  }

  private raise(index: number): void {
    this.ints[index] = (this.ints[index] ?? 0) + 1;
  }

  private float(index: number): number {
    return this.floats[index] ?? 0;
  }
}

/** Digital silence, as `PhoneLevels` has it. */
const SILENCE_DBFS = -96;
/** A level that is no longer silence. */
const ONSET_DBFS = -45;
