/**
 * WAV files (RIFF, little endian): the prompts, and the header of what is recorded.
 */

export type WavSound =
  | { readonly kind: 'sound'; readonly sampleRateHz: 8000 | 16_000; readonly samples: Int16Array }
  /** `reason` is one clause to put behind the file's name. */
  | { readonly kind: 'refused'; readonly reason: string };

export const WAV_HEADER_BYTES = 44;
const PCM = 1;
const EXTENSIBLE = 0xfffe;
/** A file with more chunks than this is no sound. */
const MAX_CHUNKS = 64;

/**
 * Reads 16-bit PCM at 8 or 16 kHz; two channels are averaged into one. WAVE_FORMAT_EXTENSIBLE, chunks of any other kind, an odd
 * chunk's missing pad octet and a data length that a recorder never came to fill in (0, or beyond the file) are tolerated.
 * Time and memory are linear in the file. Never throws.
 */
export const parseWav = (file: Uint8Array): WavSound => {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < 12 || tag(view, 0) !== 'RIFF' || tag(view, 8) !== 'WAVE') return refused('is no WAV file');
  let format: Format | null = null;
  let at = 12;
  for (let chunk = 0; chunk < MAX_CHUNKS && at + 8 <= file.length; chunk++) {
    const name = tag(view, at);
    const claimed = view.getUint32(at + 4, true);
    const start = at + 8;
    const length = Math.min(claimed, file.length - start);
    if (name === 'fmt ') {
      const parsed = parseFormat(view, start, length);
      if (typeof parsed === 'string') return refused(parsed);
      format = parsed;
    } else if (name === 'data') {
      if (format === null) return refused('has its data before its format');
      // Where the outer length was filled in, a data length of 0 is meant.
      const unfinished = claimed === 0 && view.getUint32(4, true) !== file.length - 8;
      return readSamples(view, start, unfinished ? file.length - start : length, format);
    }
    at = start + claimed;
    // Chunks begin at even offsets; some writers forget the pad octet, then the next name stands where it would be.
    if ((claimed & 1) === 1 && !(at + 8 <= file.length && /^[a-zA-Z]/.test(tag(view, at)))) at += 1;
  }
  return refused(format === null ? 'has no format chunk' : 'has no data chunk');
};

/** Header of a mono 16-bit PCM file with so many octets of data. */
export const wavHeader = (dataBytes: number, sampleRateHz: number): Buffer => {
  const header = Buffer.alloc(WAV_HEADER_BYTES);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(Math.min(0xffff_ffff, dataBytes + WAV_HEADER_BYTES - 8), 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(PCM, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(sampleRateHz, 24);
  header.writeUInt32LE(sampleRateHz * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(Math.min(0xffff_ffff, dataBytes), 40);
  return header;
};

interface Format {
  readonly channels: 1 | 2;
  readonly sampleRateHz: 8000 | 16_000;
}

const parseFormat = (view: DataView, at: number, length: number): Format | string => {
  if (length < 16) return 'has a format chunk that is too short';
  const declared = view.getUint16(at, true);
  // The extensible form puts the format's number at the start of a GUID.
  const encoding = declared === EXTENSIBLE && length >= 26 ? view.getUint16(at + 24, true) : declared;
  const channels = view.getUint16(at + 2, true);
  const sampleRateHz = view.getUint32(at + 4, true);
  const bits = view.getUint16(at + 14, true);
  if (encoding !== PCM || bits !== 16) return `is not 16-bit PCM (format ${encoding}, ${bits} bits)`;
  if (channels !== 1 && channels !== 2) return `has ${channels} channels instead of 1 or 2`;
  if (sampleRateHz !== 8000 && sampleRateHz !== 16_000) return `is at ${sampleRateHz} Hz instead of 8000 or 16000`;
  return { channels, sampleRateHz };
};

const readSamples = (view: DataView, start: number, length: number, { channels, sampleRateHz }: Format): WavSound => {
  const samples = new Int16Array(Math.floor(length / (2 * channels)));
  for (let i = 0, at = start; i < samples.length; i++, at += 2 * channels) {
    const left = view.getInt16(at, true);
    samples[i] = channels === 1 ? left : (left + view.getInt16(at + 2, true)) >> 1;
  }
  return { kind: 'sound', sampleRateHz, samples };
};

const tag = (view: DataView, at: number): string =>
  String.fromCharCode(view.getUint8(at), view.getUint8(at + 1), view.getUint8(at + 2), view.getUint8(at + 3));

const refused = (reason: string): WavSound => ({ kind: 'refused', reason });
