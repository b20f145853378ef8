import { randomBytes } from 'node:crypto';
import { rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { LONGEST_RECORDING_MS } from '../../ports/media.js';
import { SAMPLES_PER_MS } from './frame.js';
import { WavWriter } from './wav-writer.js';

interface Recording {
  readonly path: string;
  /** Beside `path`, so that the finished file can be moved there at one stroke. */
  readonly partial: string;
  readonly writer: WavWriter;
  /** Samples until the limit. */
  missing: number;
}

/** The recording of one leg on the main thread: takes what workers tell, and brings it to the disk in the background. */
export class LegRecorder {
  private recording: Recording | null = null;
  private finishing: Promise<unknown> = Promise.resolve();

  /** Samples to come until the limit; 0 where nothing is recorded or no more is wanted. */
  get missingSamples(): number {
    return this.recording?.missing ?? 0;
  }

  /** @throws {Error} with one clear line, as the port says. */
  async begin(path: string, limitMs: number): Promise<void> {
    if (!(limitMs >= 1 && limitMs <= LONGEST_RECORDING_MS))
      throw new Error(`cannot record for ${limitMs} ms: 1 to ${LONGEST_RECORDING_MS} ms`);
    if (this.recording !== null) throw new Error('this caller is being recorded already');
    const partial = join(dirname(path), `.${basename(path)}.${randomBytes(4).toString('hex')}.partial`);
    try {
      if ((await stat(path).catch(() => null))?.isDirectory() === true) throw new Error('it is a folder');
      const writer = await WavWriter.create(partial);
      this.recording = { path, partial, writer, missing: Math.round(limitMs * SAMPLES_PER_MS) };
    } catch (error) {
      throw unwritable(path, error);
    }
  }

  /** What was said next; what is beyond the limit, or not asked for, is left out. */
  take(samples: Int16Array): void {
    const { recording } = this;
    if (recording === null) return;
    const wanted = samples.subarray(0, recording.missing);
    recording.writer.write(wanted);
    recording.missing -= wanted.length;
  }

  /**
   * Puts the finished file in its place. @returns its length, `null` where nothing was recorded, or another call is seeing to it: then
   * that is through, too.
   * @throws {Error} with one clear line, e.g. when the disk was full; nothing is left then.
   */
  async finish(): Promise<{ readonly durationMs: number } | null> {
    const { recording } = this;
    this.recording = null;
    if (recording === null) {
      await this.finishing;
      return null;
    }
    const finished = finish(recording);
    this.finishing = finished.catch(() => undefined);
    return finished;
  }
}

async function finish({ path, partial, writer }: Recording): Promise<{ readonly durationMs: number }> {
  try {
    await writer.close();
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true }).catch(() => undefined);
    throw unwritable(path, error);
  }
  return { durationMs: writer.durationMs };
}

function unwritable(path: string, error: unknown): Error {
  const why = error instanceof Error ? error.message.replaceAll(/\s+/g, ' ') : String(error);
  return new Error(`cannot record to ${path}: ${why}`, { cause: error });
}
