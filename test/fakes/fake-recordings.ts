import type { OpenRecording, Recordings } from '../../src/ports/recordings.js';

/** Recordings without files: what was begun, and what was sealed. They outlive the process. */
export class FakeRecordings implements Recordings {
  readonly begun: OpenRecording[] = [];
  readonly sealed: OpenRecording[] = [];
  readonly abandoned: OpenRecording[] = [];
  /** What was still being written when a process took over. */
  swept: readonly OpenRecording[] | null = null;
  /** There is no memory for another. */
  full = false;

  begin(part: Omit<OpenRecording, 'id' | 'path' | 'startedAt'>): OpenRecording {
    if (this.full) throw new Error('no memory for a recording');
    const id = `r${this.begun.length + 1}`;
    const recording = { ...part, id, path: `/dev/shm/${id}.wav`, startedAt: this.begun.length };
    this.begun.push(recording);
    return recording;
  }

  abandon(recording: OpenRecording): void {
    this.abandoned.push(recording);
  }

  seal(recording: OpenRecording): Promise<void> {
    this.sealed.push(recording);
    return Promise.resolve();
  }

  sweep(open: readonly OpenRecording[]): Promise<void> {
    this.swept = open;
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
