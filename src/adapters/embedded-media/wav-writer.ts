import type { FileHandle } from 'node:fs/promises';
import { open, rm } from 'node:fs/promises';
import { SAMPLE_RATE_HZ } from './frame.js';
import { WAV_HEADER_BYTES, wavHeader } from './wav.js';

/** Two seconds of audio go to the disk at a time. */
const BLOCK_BYTES = SAMPLE_RATE_HZ * 2 * 2;
/** A disk more than a minute behind has failed. */
const MAX_BLOCKS_WAITING = 30;

/**
 * Writes a recording to a file, mono 16-bit PCM at 8 kHz. {@link write} only copies, so that a slow disk is never heard;
 * blocks go out in the background, and the header is put right after each: a file cut off at any moment is whole up to its last block.
 */
export class WavWriter {
  readonly #file: FileHandle;
  #block = Buffer.allocUnsafe(BLOCK_BYTES);
  #filled = 0;
  #waiting = 0;
  #bytes = 0;
  #writing: Promise<void> = Promise.resolve();
  #closing: Promise<void> | null = null;
  #failure: Error | null = null;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /**
   * Creates the file, readable by its owner alone.
   * @throws {Error} rejects where it exists already or cannot be created.
   */
  static async create(path: string): Promise<WavWriter> {
    const file = await open(path, 'wx', 0o600);
    try {
      await file.write(wavHeader(0, SAMPLE_RATE_HZ), 0, WAV_HEADER_BYTES, 0);
    } catch (error) {
      await file.close();
      throw error;
    }
    return new WavWriter(file);
  }

  /** Why the recording stopped short, `null` while all is well. From then on frames are dropped. */
  get failure(): Error | null {
    return this.#failure;
  }

  /** Length so far. */
  get durationMs(): number {
    return (this.#bytes / 2 / SAMPLE_RATE_HZ) * 1000;
  }

  /** Closes the file and takes it away from `path`; never rejects. */
  async discard(path: string): Promise<void> {
    await this.close().catch(() => undefined);
    await rm(path, { force: true }).catch(() => undefined);
  }

  /** Takes a frame of any length; keeps no reference. Ignored after {@link close} and after a failure. */
  write(frame: Int16Array): void {
    if (this.#closing !== null || this.#failure !== null) return;
    for (let i = 0; i < frame.length; i++) {
      this.#filled = this.#block.writeInt16LE(frame[i] ?? 0, this.#filled);
      if (this.#filled === BLOCK_BYTES) this.#flush();
    }
    this.#bytes += frame.length * 2;
  }

  /**
   * Writes what is left and the header, and closes the file. May be called twice.
   * @throws {Error} rejects with the failure, if there was one; the file is closed all the same.
   */
  close(): Promise<void> {
    this.#closing ??= this.#finish();
    return this.#closing;
  }

  async #finish(): Promise<void> {
    this.#flush();
    await this.#writing;
    try {
      if (this.#failure === null) await this.#file.datasync();
    } catch (error) {
      this.#fail(error);
    }
    await this.#file.close();
    if (this.#failure !== null) throw this.#failure;
  }

  #flush(): void {
    if (this.#filled === 0) return;
    const block = this.#block.subarray(0, this.#filled);
    this.#block = Buffer.allocUnsafe(BLOCK_BYTES);
    this.#filled = 0;
    this.#waiting += 1;
    if (this.#waiting > MAX_BLOCKS_WAITING) this.#fail(new Error('the disk cannot keep up with the recording'));
    this.#writing = this.#writing.then(() => this.#append(block));
  }

  async #append(block: Buffer): Promise<void> {
    this.#waiting -= 1;
    if (this.#failure !== null) return;
    try {
      for (let done = 0; done < block.length;) {
        const { bytesWritten } = await this.#file.write(block, done, block.length - done, this.#position);
        done += bytesWritten;
        this.#position += bytesWritten;
      }
    } catch (error) {
      this.#fail(error);
    }
    // Of a block that was written in part, that part.
    await this.#putHeader().catch((error: unknown) => this.#fail(error));
  }

  async #putHeader(): Promise<void> {
    const bytes = (this.#position - WAV_HEADER_BYTES) & ~1;
    await this.#file.write(wavHeader(bytes, SAMPLE_RATE_HZ), 0, WAV_HEADER_BYTES, 0);
  }

  #position = WAV_HEADER_BYTES;

  #fail(error: unknown): void {
    this.#failure ??= error instanceof Error ? error : new Error(String(error));
  }
}
