import { open } from 'node:fs/promises';

/** Mono 16-bit PCM at 8 kHz. */
export const RECORDED_BYTES_PER_MS = 16;
const SAMPLE_RATE_HZ = 8_000;
const HEADER_BYTES = 44;
/** What comes before the samples is shorter. */
const HEAD_BYTES = 65_536;

/** The samples within a WAV file. */
interface SoundPlace {
  /** Bytes from the beginning of the file. */
  readonly start: number;
  readonly bytes: number;
  /** The lengths have been filled in. */
  readonly closed: boolean;
}

/**
 * The samples in a WAV file that FreeSWITCH wrote.
 *
 * @returns `closed`: its lengths have been filled in. Else `sound` is what there is so far, nothing where there is no header yet.
 * @throws {Error} where it is not mono 16-bit PCM at 8 kHz.
 */
export function recordedSound(file: Buffer): { readonly sound: Buffer; readonly closed: boolean } {
  const place = soundPlace(file, file.length);
  if (place === null) return { sound: Buffer.alloc(0), closed: false };
  return { sound: file.subarray(place.start, place.start + place.bytes), closed: place.closed };
}

/**
 * Makes a WAV file that FreeSWITCH wrote whole: one that it never closed gets its lengths, one without a header an empty one.
 * @returns milliseconds of sound.
 * @throws {Error} where it is not there, or not mono 16-bit PCM at 8 kHz.
 */
export async function completeRecording(path: string): Promise<number> {
  const file = await open(path, 'r+');
  try {
    const { size } = await file.stat();
    const head = Buffer.alloc(Math.min(size, HEAD_BYTES));
    await file.read(head, 0, head.length, 0);
    const place = soundPlace(head, size);
    if (place === null) {
      await file.truncate(0);
      await file.write(wavFile(Buffer.alloc(0)), 0, HEADER_BYTES, 0);
      return 0;
    }
    const { start, bytes, closed } = place;
    if (!closed) {
      await file.truncate(start + bytes);
      await file.write(lengthOf(start + bytes - 8), 0, 4, 4);
      await file.write(lengthOf(bytes), 0, 4, start - 4);
    }
    return bytes / RECORDED_BYTES_PER_MS;
  } finally {
    await file.close();
  }
}

/** A WAV file of such samples, in memory. */
export function wavFile(sound: Buffer): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(sound.length + HEADER_BYTES - 8, 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(SAMPLE_RATE_HZ, 24);
  header.writeUInt32LE(SAMPLE_RATE_HZ * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(sound.length, 40);
  return Buffer.concat([header, sound]);
}

/** @param head the beginning of a file of `size` bytes. @returns `null` where there is no sound in it yet. */
function soundPlace(head: Buffer, size: number): SoundPlace | null {
  for (let at = 12; at + 8 <= head.length;) {
    const name = head.toString('latin1', at, at + 4);
    const length = head.readUInt32LE(at + 4);
    const start = at + 8;
    if (name === 'fmt ' && start + 16 <= head.length) checkFormat(head, start);
    if (name === 'data') {
      const there = size - start;
      const closed = length <= there && head.readUInt32LE(4) === size - 8;
      const bytes = closed ? length : there;
      return { start, bytes: bytes - (bytes % 2), closed };
    }
    at = start + length + (length % 2);
  }
  return null;
}

function lengthOf(bytes: number): Buffer {
  const field = Buffer.alloc(4);
  field.writeUInt32LE(bytes);
  return field;
}

function checkFormat(file: Buffer, at: number): void {
  const [channels, rateHz, bits] = [file.readUInt16LE(at + 2), file.readUInt32LE(at + 4), file.readUInt16LE(at + 14)];
  if (channels !== 1 || rateHz !== SAMPLE_RATE_HZ || bits !== 16)
    throw new Error(`the mixer recorded ${channels} channels of ${bits} bits at ${rateHz} Hz`);
}
