import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** What the file system said, in words for an operator. */
export function accessProblem(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown trouble';
  const words: Readonly<Record<string, string>> = {
    ENOENT: 'does not exist',
    EACCES: 'may not be read',
    EISDIR: 'is a folder',
  };
  return words[code] ?? `cannot be read (${code})`;
}

/** Why the engines could not play a file, or `null`. Reads only the headers (RIFF: an id, a size, a body, padded to even). */
export function wavProblem(path: string): string | null {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch (error) {
    return accessProblem(error);
  }
  try {
    const length = fstatSync(descriptor).size;
    const bytes = (at: number, count: number): Buffer => {
      const buffer = Buffer.alloc(count);
      readSync(descriptor, buffer, 0, count, at);
      return buffer;
    };
    const riff = bytes(0, 12).toString('latin1');
    if (!riff.startsWith('RIFF') || !riff.endsWith('WAVE')) return 'is not a WAV file';
    let known = false;
    for (let at = 12; at + 8 <= length;) {
      const header = bytes(at, 8);
      const id = header.toString('latin1', 0, 4);
      const size = header.readUInt32LE(4);
      if (id === 'fmt ') {
        const problem = formatProblem(bytes(at + 8, 16));
        if (problem !== null) return problem;
        known = true;
      } else if (id === 'data') {
        if (!known) return 'is not a WAV file: no format before the sound';
        if (size === 0) return 'has no sound in it';
        return at + 8 + size > length ? 'is cut short' : null;
      }
      at += 8 + size + (size % 2);
    }
    return 'has no sound in it';
  } catch (error) {
    return accessProblem(error);
  } finally {
    closeSync(descriptor);
  }
}

/** `fmt ` chunk: encoding, channels, rate (32 bits), bytes a second (32 bits), bytes a frame, bits a sample. */
function formatProblem(format: Buffer): string | null {
  const [encoding, channels, rate, bits] = [
    format.readUInt16LE(0),
    format.readUInt16LE(2),
    format.readUInt32LE(4),
    format.readUInt16LE(14),
  ];
  if (encoding === 1 && channels === 1 && bits === 16 && (rate === 8000 || rate === 16_000)) return null;
  const is = encoding === 1 ? `${bits} bits, ${channels} channel(s), ${rate} Hz` : `encoding ${encoding}`;
  return `must be 16-bit PCM, mono, 8000 or 16000 Hz; it is ${is}`;
}
