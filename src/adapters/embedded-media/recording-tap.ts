import { FRAME_SAMPLES } from './frame.js';

const SILENT_FRAME = new Int16Array(FRAME_SAMPLES);
/** Ticks made up for at once, at most: 10 s. A machine that slept for longer recorded nothing then. */
const MOST_SKIPPED = 500;
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
    this.chunk.set(count === frame.length ? frame : frame.subarray(0, count), this.filled);
    this.filled += count;
    this.missing -= count;
    if (this.filled === CHUNK_SAMPLES || this.missing === 0) this.flush();
  }

  /** So many ticks were left out: silence, so that the recording keeps the time. */
  skip(ticks: number): void {
    for (let tick = Math.min(ticks, MOST_SKIPPED); tick > 0; tick--) this.take(SILENT_FRAME);
  }

  /** Its limit is reached, and all of it is told. */
  get whole(): boolean {
    return this.missing === 0;
  }

  /** Tells what has been gathered and not told. */
  flush(): void {
    if (this.filled > 0) this.tell(this.chunk.subarray(0, this.filled));
    this.filled = 0;
  }
}
