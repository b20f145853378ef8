/** Mono 16-bit PCM at 8 kHz. */
export const RECORDED_BYTES_PER_MS = 16;
const SAMPLE_RATE_HZ = 8_000;
const HEADER_BYTES = 44;

/**
 * The samples in a WAV file that FreeSWITCH wrote.
 *
 * @returns `closed`: its lengths have been filled in. Else `sound` is what there is so far, nothing where there is no header yet.
 * @throws {Error} where it is not mono 16-bit PCM at 8 kHz.
 */
export function recordedSound(file: Buffer): { readonly sound: Buffer; readonly closed: boolean } {
  for (let at = 12; at + 8 <= file.length;) {
    const name = file.toString('latin1', at, at + 4);
    const length = file.readUInt32LE(at + 4);
    const start = at + 8;
    if (name === 'fmt ' && start + 16 <= file.length) checkFormat(file, start);
    if (name === 'data') {
      const there = file.length - start;
      const closed = length <= there && file.readUInt32LE(4) === file.length - 8;
      const bytes = closed ? length : there;
      return { sound: file.subarray(start, start + bytes - (bytes % 2)), closed };
    }
    at = start + length + (length % 2);
  }
  return { sound: Buffer.alloc(0), closed: false };
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

function checkFormat(file: Buffer, at: number): void {
  const [channels, rateHz, bits] = [file.readUInt16LE(at + 2), file.readUInt32LE(at + 4), file.readUInt16LE(at + 14)];
  if (channels !== 1 || rateHz !== SAMPLE_RATE_HZ || bits !== 16)
    throw new Error(`the mixer recorded ${channels} channels of ${bits} bits at ${rateHz} Hz`);
}
