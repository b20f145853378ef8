import { open } from 'node:fs/promises';
import { halveRate } from './resample.js';
import { parseWav } from './wav.js';

/** An hour of hold music at 16 kHz, stereo. A larger file is refused unread. */
const MAX_FILE_BYTES = 256 * 1024 * 1024;

/**
 * Prompts and music, decoded to 8 kHz mono once and kept while there is room: the longest unused go first.
 * The arrays are shared by all who play them; nobody writes to them.
 */
export class SoundCache {
  readonly #maxBytes: number;
  /** In order of use, the latest last. */
  readonly #sounds = new Map<string, Int16Array>();
  readonly #loading = new Map<string, Promise<Int16Array>>();
  #bytes = 0;

  /** `maxBytes`: what the decoded sounds may take together; one larger than that is loaded each time. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Octets held now. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * The sound at `path`. Several requests for one file read it once.
   * @throws {Error} rejects with one line that names the file and what is wrong with it; a later load tries again.
   */
  load(path: string): Promise<Int16Array> {
    const known = this.#sounds.get(path);
    if (known !== undefined) {
      this.#sounds.delete(path);
      this.#sounds.set(path, known);
      return Promise.resolve(known);
    }
    const running = this.#loading.get(path);
    if (running !== undefined) return running;
    const loading = readSound(path)
      .then((sound) => {
        this.#keep(path, sound);
        return sound;
      })
      .finally(() => this.#loading.delete(path));
    this.#loading.set(path, loading);
    return loading;
  }

  /** Forgets a file that was replaced or removed, so that the next load reads it anew. */
  forget(path: string): void {
    this.#bytes -= this.#sounds.get(path)?.byteLength ?? 0;
    this.#sounds.delete(path);
  }

  #keep(path: string, sound: Int16Array): void {
    if (sound.byteLength > this.#maxBytes) return;
    this.#sounds.set(path, sound);
    this.#bytes += sound.byteLength;
    for (const oldest of this.#sounds.keys()) {
      if (this.#bytes <= this.#maxBytes) break;
      this.forget(oldest);
    }
  }
}

const readSound = async (path: string): Promise<Int16Array> => {
  const sound = parseWav(await readFile(path));
  if (sound.kind === 'refused') throw new Error(`${path} ${sound.reason}`);
  return sound.sampleRateHz === 16_000 ? halveRate(sound.samples) : sound.samples;
};

const readFile = async (path: string): Promise<Uint8Array> => {
  try {
    const file = await open(path);
    try {
      const { size } = await file.stat();
      if (size > MAX_FILE_BYTES) throw new Error(`it has ${size} octets, more than ${MAX_FILE_BYTES}`);
      return await file.readFile();
    } finally {
      await file.close();
    }
  } catch (error) {
    throw new Error(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
};
