import { randomBytes } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { WavWriter } from '../../adapters/embedded-media/wav-writer.js';
import { parseWav } from '../../adapters/embedded-media/wav.js';
import { halveRate } from '../../adapters/embedded-media/resample.js';

/** A file cannot be said or recorded to; the message is one line with the file's name and why. */
export class SoundFileUnusable extends Error {
  override readonly name = 'SoundFileUnusable';
}

/** Some two hours at 8 kHz: more than anyone says in a call, and still held in memory. */
const LARGEST_BYTES = 128 * 1024 * 1024;

/**
 * Reads a WAV file as 8 kHz mono samples.
 * @throws {SoundFileUnusable}
 */
export function loadSound(path: string): Int16Array {
  const sound = parseWav(readWhole(path));
  if (sound.kind === 'refused') {
    throw new SoundFileUnusable(`${path} ${sound.reason}: a WAV file with 16-bit PCM at 8 or 16 kHz is wanted`);
  }
  if (sound.samples.length === 0) throw new SoundFileUnusable(`${path} has no sound in it`);
  return sound.sampleRateHz === 16_000 ? halveRate(sound.samples) : sound.samples;
}

function readWhole(path: string): Buffer {
  let descriptor: number | null = null;
  try {
    descriptor = openSync(path, 'r');
    const { size } = fstatSync(descriptor);
    if (size > LARGEST_BYTES) throw new SoundFileUnusable(`${path} is too large: at most 128 MiB are said`);
    const content = Buffer.alloc(size);
    let filled = 0;
    while (filled < size) {
      const count = readSync(descriptor, content, filled, size - filled, filled);
      if (count === 0) break;
      filled += count;
    }
    return content.subarray(0, filled);
  } catch (error) {
    if (error instanceof SoundFileUnusable) throw error;
    throw new SoundFileUnusable(`cannot read ${path}: ${inWords(error)}`);
  } finally {
    if (descriptor !== null) closeSync(descriptor);
  }
}

/**
 * A WAV file that comes into being whole or not at all: written beside its place under another name, moved there when it
 * is finished. A file that was there before is replaced only then.
 */
export class Recording {
  readonly path: string;
  readonly #partial: string;
  readonly #writer: WavWriter;

  private constructor(path: string, partial: string, writer: WavWriter) {
    this.path = path;
    this.#partial = partial;
    this.#writer = writer;
  }

  /** @throws {SoundFileUnusable} rejects where the folder cannot be written to */
  static async begin(path: string): Promise<Recording> {
    const place = resolve(path);
    if (statSync(place, { throwIfNoEntry: false })?.isDirectory() === true) {
      throw new SoundFileUnusable(`cannot record to ${path}: it is a folder`);
    }
    const partial = join(dirname(place), `.${basename(place)}.${randomBytes(4).toString('hex')}.partial`);
    try {
      return new Recording(path, partial, await WavWriter.create(partial));
    } catch (error) {
      throw new SoundFileUnusable(`cannot record to ${path}: ${inWords(error)}`);
    }
  }

  /** Takes 8 kHz samples; keeps no reference. */
  write(samples: Int16Array): void {
    this.#writer.write(samples);
  }

  /** Puts the finished file in its place. @throws {SoundFileUnusable} rejects, e.g. when the disk was full; nothing is left behind */
  async finish(): Promise<void> {
    try {
      await this.#writer.close();
      await rename(this.#partial, this.path);
    } catch (error) {
      await rm(this.#partial, { force: true });
      throw new SoundFileUnusable(`cannot record to ${this.path}: ${inWords(error)}`);
    }
  }

  /** Leaves nothing behind; never rejects. */
  async abandon(): Promise<void> {
    await this.#writer.close().catch(() => undefined);
    await rm(this.#partial, { force: true }).catch(() => undefined);
  }
}

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or folder',
  EACCES: 'not permitted',
  EPERM: 'not permitted',
  EISDIR: 'it is a folder',
  ENOTDIR: 'no such folder',
  ENOSPC: 'the disk is full',
  EROFS: 'the disk is read-only',
};

function inWords(error: unknown): string {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
  if (code !== null) return WORDS[code] ?? code;
  return error instanceof Error ? error.message : String(error);
}
