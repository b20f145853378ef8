/**
 * G.711 (ITU-T, 1988): 8 bits a sample, two laws. Tables are made once; coding a frame allocates nothing.
 */
export interface G711Codec {
  /** Encoding name as in SDP (RFC 3551 section 6). */
  readonly name: 'PCMU' | 'PCMA';
  /** Static payload type (RFC 3551 table 4). An offer may map another number to the same name. */
  readonly payloadType: 0 | 8;
  /** The octet that decodes to (nearly) nothing: digital silence on the wire. */
  readonly silence: number;
  /**
   * Decodes `length` octets of `source` from `sourceOffset` into `target` from `targetOffset`.
   * The ranges must lie within the arrays; what does not is ignored, as typed arrays do.
   */
  decode(source: Uint8Array, sourceOffset: number, length: number, target: Int16Array, targetOffset: number): void;
  /** Encodes a whole frame into `target` from `targetOffset`, one octet a sample. */
  encode(source: Int16Array, target: Uint8Array, targetOffset: number): void;
}

const codec = (
  name: G711Codec['name'],
  payloadType: G711Codec['payloadType'],
  silence: number,
  expand: (octet: number) => number,
  compress: (sample: number) => number,
): G711Codec => {
  const linear = Int16Array.from({ length: 256 }, (_, octet) => expand(octet));
  const octets = Uint8Array.from({ length: 65_536 }, (_, index) => compress(index - 32_768));
  return {
    name,
    payloadType,
    silence,
    decode(source, sourceOffset, length, target, targetOffset) {
      for (let i = 0; i < length; i++) {
        target[targetOffset + i] = linear[source[sourceOffset + i] ?? silence] ?? 0;
      }
    },
    encode(source, target, targetOffset) {
      for (let i = 0; i < source.length; i++) {
        target[targetOffset + i] = octets[(source[i] ?? 0) + 32_768] ?? silence;
      }
    },
  };
};

/** Added before the segment is looked up, so that the eight segments of the mu-law begin at powers of two (16-bit scale). */
const MU_BIAS = 132;
/** The largest magnitude the mu-law can tell from the one above it (16-bit scale). */
const MU_CLIP = 32_635;

const expandMu = (octet: number): number => {
  const code = ~octet & 0xff;
  const magnitude = ((((code & 0x0f) << 3) + MU_BIAS) << ((code >> 4) & 7)) - MU_BIAS;
  return code & 0x80 ? -magnitude : magnitude;
};

const compressMu = (sample: number): number => {
  const biased = Math.min(Math.abs(sample), MU_CLIP) + MU_BIAS;
  const segment = 24 - Math.clz32(biased);
  const code = (segment << 4) | ((biased >> (segment + 3)) & 0x0f);
  return ~(sample < 0 ? code | 0x80 : code) & 0xff;
};

/** Every second bit is inverted on the wire, so that silence keeps a line's clock recovery busy. */
const A_INVERSION = 0x55;

const expandA = (octet: number): number => {
  const code = octet ^ A_INVERSION;
  const segment = (code >> 4) & 7;
  const step = ((code & 0x0f) << 4) + 8;
  const magnitude = segment === 0 ? step : (step + 256) << (segment - 1);
  return code & 0x80 ? magnitude : -magnitude;
};

const compressA = (sample: number): number => {
  // One's complement for negatives: the law has no zero, its steps lie evenly around it.
  const magnitude = sample < 0 ? ~sample : sample;
  const segment = Math.max(0, 24 - Math.clz32(magnitude | 0x80));
  const code = (segment << 4) | ((magnitude >> (segment === 0 ? 4 : segment + 3)) & 0x0f);
  return (sample < 0 ? code : code | 0x80) ^ A_INVERSION;
};

export const PCMU: G711Codec = codec('PCMU', 0, 0xff, expandMu, compressMu);
export const PCMA: G711Codec = codec('PCMA', 8, 0xd5, expandA, compressA);
