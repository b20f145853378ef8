import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';

/** Mono 16-bit PCM at 8 kHz. */
const BYTES_PER_MS = 16;
const SAMPLE_RATE_HZ = 8_000;
const HEADER_BYTES = 44;
/** Samples begin within so many bytes. */
const LOOKED_AT_BYTES = 65_536;
const PIECE_BYTES = 65_536;
/** A file without samples is a title at most; a longer one holds something that is not understood. */
const MOST_TITLE_BYTES = 4_096;

/** Not what a mixer records: mono 16-bit PCM at 8 kHz. */
export class NotAudio extends Error {
  override readonly name = 'NotAudio';
}

/** Where the samples of a recording are in its file. */
interface Samples {
  readonly start: number;
  readonly bytes: number;
}

/** The sound in a WAV file, also one whose writer died before its lengths were filled in. */
export class PlainWav {
  readonly #file: FileHandle;
  readonly #samples: Samples;
  /** Milliseconds since 1970-01-01T00:00Z, by the file system. */
  readonly lastWrittenAt: number;

  private constructor(file: FileHandle, samples: Samples, lastWrittenAt: number) {
    this.#file = file;
    this.#samples = samples;
    this.lastWrittenAt = lastWrittenAt;
  }

  /** @throws {NotAudio}, or what the file system says */
  static async open(path: string): Promise<PlainWav> {
    const file = await open(path, 'r');
    try {
      const { size, mtimeMs } = await file.stat();
      const head = Buffer.alloc(Math.min(size, LOOKED_AT_BYTES));
      const { bytesRead } = await file.read(head, 0, head.length, 0);
      return new PlainWav(file, samplesIn(head.subarray(0, bytesRead), size), mtimeMs);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  get durationMs(): number {
    return Math.round(this.#samples.bytes / BYTES_PER_MS);
  }

  /** A WAV file of it whose lengths are right. */
  async *whole(): AsyncGenerator<Buffer> {
    const { start, bytes } = this.#samples;
    yield headerOf(bytes);
    for (let done = 0; done < bytes;) {
      const piece = Buffer.alloc(Math.min(PIECE_BYTES, bytes - done));
      const { bytesRead } = await this.#file.read(piece, 0, piece.length, start + done);
      if (bytesRead === 0) throw new NotAudio('the recording became shorter while it was sealed');
      yield piece.subarray(0, bytesRead);
      done += bytesRead;
    }
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

function samplesIn(head: Buffer, size: number): Samples {
  if (head.length >= 12 && (head.toString('latin1', 0, 4) !== 'RIFF' || head.toString('latin1', 8, 12) !== 'WAVE')) {
    throw new NotAudio('the mixer did not record a WAV file');
  }
  for (let at = 12; at + 8 <= head.length;) {
    const name = head.toString('latin1', at, at + 4);
    const length = head.readUInt32LE(at + 4);
    const start = at + 8;
    if (name === 'fmt ' && start + 16 <= head.length) checkFormat(head, start);
    if (name === 'data') {
      const there = size - start;
      // lengths that were never filled in are nought or more than there is; a mixer fills them in late
      const closed = head.readUInt32LE(4) + 8 === size && length <= there;
      const bytes = closed ? length : there;
      return { start, bytes: bytes - (bytes % 2) };
    }
    at = start + length + (length % 2);
  }
  if (size > MOST_TITLE_BYTES) throw new NotAudio('the mixer recorded a WAV file whose samples cannot be found');
  return { start: size, bytes: 0 };
}

function checkFormat(head: Buffer, at: number): void {
  const [channels, rateHz, bits] = [head.readUInt16LE(at + 2), head.readUInt32LE(at + 4), head.readUInt16LE(at + 14)];
  if (channels !== 1 || rateHz !== SAMPLE_RATE_HZ || bits !== 16) {
    throw new NotAudio(`the mixer recorded ${channels} channels of ${bits} bits at ${rateHz} Hz`);
  }
}

function headerOf(bytes: number): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(bytes + HEADER_BYTES - 8, 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(SAMPLE_RATE_HZ, 24);
  header.writeUInt32LE(SAMPLE_RATE_HZ * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(bytes, 40);
  return header;
}
