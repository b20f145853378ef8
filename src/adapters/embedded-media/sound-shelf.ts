import { stat } from 'node:fs/promises';
import type { PlayItem } from '../../ports/media.js';
import type { LoadedSound } from './protocol.js';
import { SoundCache } from './sound-cache.js';

/** Octets of samples kept: half an hour of sound. */
const MOST_BYTES = 32 * 1024 * 1024;
/** A sound unused for so long is forgotten: recorded names must not outlive their conference by much. */
const KEEP_UNUSED_MS = 600_000;

interface Kept {
  readonly samples: Int16Array;
  readonly modifiedMs: number;
  readonly size: number;
  usedMs: number;
}

export interface LoadedList {
  /** What could be read, in order. */
  readonly sounds: readonly LoadedSound[];
  /** One line for each file that could not. */
  readonly failures: readonly string[];
}

/**
 * Sound files, read and decoded in the main thread into memory that all workers share: a worker gets samples, never a
 * path, and waits for no disk.
 */
export class SoundShelf {
  private readonly kept = new Map<string, Kept>();
  /** Reads and decodes; what is kept is kept here. */
  private readonly reader = new SoundCache(0);
  private bytes = 0;
  private readonly now: () => number;

  /** @param now monotonic milliseconds. */
  constructor(now: () => number) {
    this.now = now;
  }

  /** The sounds, if all of them are here; a file that has changed meanwhile is read again for the next time. */
  atHand(items: readonly PlayItem[]): readonly LoadedSound[] | null {
    const sounds: LoadedSound[] = [];
    for (const { path, loop } of items) {
      const kept = this.kept.get(path);
      if (kept === undefined) return null;
      this.use(path, kept);
      sounds.push({ samples: kept.samples, loop });
    }
    for (const { path } of items) void this.check(path);
    return sounds;
  }

  /** Never rejects. */
  async load(items: readonly PlayItem[]): Promise<LoadedList> {
    const sounds: LoadedSound[] = [];
    const failures: string[] = [];
    const loaded = await Promise.all(items.map(({ path }) => this.one(path)));
    for (const [index, sound] of loaded.entries()) {
      if (typeof sound === 'string') failures.push(sound);
      else sounds.push({ samples: sound, loop: items[index]?.loop ?? false });
    }
    this.dropOld();
    return { sounds, failures };
  }

  private async one(path: string): Promise<Int16Array | string> {
    try {
      const { mtimeMs, size } = await stat(path);
      const kept = this.kept.get(path);
      if (kept?.modifiedMs === mtimeMs && kept.size === size) {
        this.use(path, kept);
        return kept.samples;
      }
      const read = await this.reader.load(path);
      const samples = new Int16Array(new SharedArrayBuffer(read.byteLength));
      samples.set(read);
      this.forget(path);
      this.kept.set(path, { samples, modifiedMs: mtimeMs, size, usedMs: this.now() });
      this.bytes += samples.byteLength;
      return samples;
    } catch (error) {
      this.forget(path);
      const why = error instanceof Error ? error.message : String(error);
      return `a sound could not be played: ${why.includes(path) ? why : `${path}: ${why}`}`.replaceAll(/\s+/g, ' ');
    }
  }

  private async check(path: string): Promise<void> {
    const kept = this.kept.get(path);
    if (kept === undefined) return;
    try {
      const { mtimeMs, size } = await stat(path);
      if (kept.modifiedMs === mtimeMs && kept.size === size) return;
    } catch {
      // Gone: forgotten like one that changed.
    }
    if (this.kept.get(path) === kept) this.forget(path);
  }

  private use(path: string, kept: Kept): void {
    kept.usedMs = this.now();
    this.kept.delete(path);
    this.kept.set(path, kept);
  }

  private forget(path: string): void {
    this.bytes -= this.kept.get(path)?.samples.byteLength ?? 0;
    this.kept.delete(path);
  }

  /** The map is in order of use, the longest unused first. */
  private dropOld(): void {
    const expired = this.now() - KEEP_UNUSED_MS;
    for (const [path, { usedMs }] of this.kept) {
      if (this.bytes <= MOST_BYTES && usedMs > expired) return;
      this.forget(path);
    }
  }
}
