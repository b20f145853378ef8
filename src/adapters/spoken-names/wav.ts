/** What telephones say, mixers record and names are kept in. */
export const SAMPLE_RATE_HZ = 8_000;
const HEADER_BYTES = 44;

/** The samples of a mono 16-bit PCM WAV file at 8 kHz. @throws Error with one clear line where it is none. */
export function readWav(file: Buffer): Int16Array {
  if (file.length < 12 || file.toString('latin1', 0, 4) !== 'RIFF' || file.toString('latin1', 8, 12) !== 'WAVE') {
    throw new Error('the recording is not a WAV file');
  }
  let known = false;
  for (let at = 12; at + 8 <= file.length;) {
    const id = file.toString('latin1', at, at + 4);
    const size = file.readUInt32LE(at + 4);
    const body = file.subarray(at + 8, Math.min(file.length, at + 8 + size));
    if (id === 'fmt ') {
      known = isTelephone(body);
      if (!known) throw new Error('the recording is not mono 16-bit PCM at 8 kHz');
    }
    if (id === 'data' && known) return samplesOf(body);
    at += 8 + size + (size % 2);
  }
  throw new Error('the recording has no sound in it');
}

function isTelephone(format: Buffer): boolean {
  if (format.length < 16) return false;
  const [encoding, channels, bits] = [format.readUInt16LE(0), format.readUInt16LE(2), format.readUInt16LE(14)];
  return encoding === 1 && channels === 1 && bits === 16 && format.readUInt32LE(4) === SAMPLE_RATE_HZ;
}

function samplesOf(body: Buffer): Int16Array {
  const samples = new Int16Array(Math.floor(body.length / 2));
  for (let index = 0; index < samples.length; index += 1) samples[index] = body.readInt16LE(2 * index);
  return samples;
}

/** A mono 16-bit PCM WAV file at 8 kHz. */
export function writeWav(samples: Int16Array): Buffer {
  const file = Buffer.alloc(HEADER_BYTES + 2 * samples.length);
  file.write('RIFF', 0, 'latin1');
  file.writeUInt32LE(file.length - 8, 4);
  file.write('WAVEfmt ', 8, 'latin1');
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20);
  file.writeUInt16LE(1, 22);
  file.writeUInt32LE(SAMPLE_RATE_HZ, 24);
  file.writeUInt32LE(2 * SAMPLE_RATE_HZ, 28);
  file.writeUInt16LE(2, 32);
  file.writeUInt16LE(16, 34);
  file.write('data', 36, 'latin1');
  file.writeUInt32LE(2 * samples.length, 40);
  samples.forEach((sample, index) => file.writeInt16LE(sample, HEADER_BYTES + 2 * index));
  return file;
}
