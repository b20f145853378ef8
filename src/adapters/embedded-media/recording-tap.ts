import { FRAME_SAMPLES } from './frame.js';

/** 200 ms are told at a time. */
const CHUNK_SAMPLES = 10 * FRAME_SAMPLES;

/** Gathers the frames of a recording in a worker, up to its limit. */
export class RecordingTap {
  private readonly chunk = new Int16Array(CHUNK_SAMPLES);
  private filled = 0;
  private missing: number;
  private readonly tell: (samples: Int16Array) => void;

  /**
   * @param limit samples.
   * @param tell gets what was gathered; the memory is used again afterwards.
   */
  constructor(limit: number, tell: (samples: Int16Array) => void) {
    this.missing = limit;
    this.tell = tell;
  }

  take(frame: Int16Array): void {
    const count = Math.min(frame.length, this.missing);
    if (count === 0) return;
    if (this.filled + count > CHUNK_SAMPLES) this.flush();
    this.chunk.set(frame.subarray(0, count), this.filled);
    this.filled += count;
    this.missing -= count;
    if (this.filled === CHUNK_SAMPLES || this.missing === 0) this.flush();
  }

  /** Tells what has been gathered and not told. */
  flush(): void {
    if (this.filled > 0) this.tell(this.chunk.subarray(0, this.filled));
    this.filled = 0;
  }
}
