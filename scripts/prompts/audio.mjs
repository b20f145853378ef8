/**
 * The little signal processing that prompts need: WAV files, filters, levels. Samples are floating point in
 * Float64Array, full scale is 1.0; levels are in dB relative to full scale (dBFS).
 */

/** The one format of every file under prompts/: 16 kHz, mono, 16-bit PCM. */
export const SAMPLE_RATE_HZ = 16_000;

/** @param {number} db @returns {number} the factor an amplitude is multiplied by */
export const gainOf = (db) => 10 ** (db / 20);

/** @param {number} amplitude @returns {number} dBFS, never below -120 */
export const decibels = (amplitude) => 20 * Math.log10(Math.max(amplitude, 1e-6));

/** @param {number} ms @param {number} [rateHz] @returns {number} samples */
export const samplesIn = (ms, rateHz = SAMPLE_RATE_HZ) => Math.round((ms * rateHz) / 1000);

/**
 * Reads a mono 16-bit PCM WAV file.
 * @param {Buffer} file
 * @returns {{ rateHz: number, samples: Float64Array }}
 * @throws {Error} if the file is anything else
 */
export function readWav(file) {
  if (file.toString('latin1', 0, 4) !== 'RIFF' || file.toString('latin1', 8, 12) !== 'WAVE') {
    throw new Error('not a WAV file');
  }
  let rateHz = 0;
  for (let at = 12; at + 8 <= file.length;) {
    const id = file.toString('latin1', at, at + 4);
    const size = file.readUInt32LE(at + 4);
    const body = at + 8;
    if (id === 'fmt ') {
      const [encoding, channels, bits] = [
        file.readUInt16LE(body),
        file.readUInt16LE(body + 2),
        file.readUInt16LE(body + 14),
      ];
      if (encoding !== 1 || channels !== 1 || bits !== 16) throw new Error('not mono 16-bit PCM');
      rateHz = file.readUInt32LE(body + 4);
    } else if (id === 'data') {
      if (rateHz === 0) throw new Error('no format before the data');
      const samples = new Float64Array(Math.floor(Math.min(size, file.length - body) / 2));
      for (let i = 0; i < samples.length; i += 1) samples[i] = file.readInt16LE(body + 2 * i) / 32768;
      return { rateHz, samples };
    }
    at = body + size + (size % 2);
  }
  throw new Error('no sound in it');
}

/**
 * Writes samples as a WAV file in the one format. No dither: silence stays digital silence and the bytes are the
 * same on every run.
 * @param {Float64Array} samples
 * @returns {Buffer}
 * @throws {RangeError} if a sample would be clipped
 */
export function encodeWav(samples) {
  const file = Buffer.alloc(44 + 2 * samples.length);
  file.write('RIFF', 0, 'latin1');
  file.writeUInt32LE(36 + 2 * samples.length, 4);
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
  samples.forEach((sample, i) => {
    const value = Math.round(sample * 32768);
    if (value > 32766 || value < -32767) throw new RangeError('the sound would be clipped');
    file.writeInt16LE(value, 44 + 2 * i);
  });
  return file;
}

/** The modified Bessel function of order zero, for the Kaiser window. @param {number} x @returns {number} */
function bessel0(x) {
  let term = 1;
  let sum = 1;
  for (let k = 1; term > 1e-12 * sum; k += 1) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

/**
 * A linear-phase low-pass filter (Kaiser window, 80 dB of attenuation) of odd length, unity gain at 0 Hz.
 * @param {number} passHz everything up to here passes
 * @param {number} stopHz everything from here on is gone
 * @param {number} rateHz
 * @returns {Float64Array}
 */
export function lowPass(passHz, stopHz, rateHz) {
  const half = Math.ceil((80 - 8) / (2.285 * 2 * Math.PI * ((stopHz - passHz) / rateHz)) / 2);
  const cutoff = (passHz + stopHz) / rateHz;
  const beta = 0.1102 * (80 - 8.7);
  const taps = new Float64Array(2 * half + 1);
  let sum = 0;
  for (let n = -half; n <= half; n += 1) {
    const x = Math.PI * cutoff * n;
    const ideal = n === 0 ? cutoff : (cutoff * Math.sin(x)) / x;
    taps[n + half] = (ideal * bessel0(beta * Math.sqrt(1 - (n / half) ** 2))) / bessel0(beta);
    sum += taps[n + half];
  }
  return taps.map((tap) => tap / sum);
}

/**
 * Band-limits and takes every nth sample, without delay: a feature at time t stays at time t.
 * @param {Float64Array} samples
 * @param {number} rateHz a whole multiple of 16 kHz
 * @param {number} bandwidthHz nothing is left from 300 Hz above this on
 * @returns {Float64Array} at 16 kHz
 */
export function toPromptRate(samples, rateHz, bandwidthHz) {
  const step = rateHz / SAMPLE_RATE_HZ;
  if (!Number.isInteger(step)) throw new Error(`cannot convert ${rateHz} Hz to ${SAMPLE_RATE_HZ} Hz`);
  const taps = lowPass(bandwidthHz - 150, bandwidthHz + 150, rateHz);
  const half = (taps.length - 1) / 2;
  const out = new Float64Array(Math.ceil(samples.length / step));
  for (let i = 0; i < out.length; i += 1) {
    const centre = i * step;
    let sum = 0;
    for (let k = Math.max(-half, centre - samples.length + 1); k <= Math.min(half, centre); k += 1) {
      sum += taps[k + half] * samples[centre - k];
    }
    out[i] = sum;
  }
  return out;
}

/**
 * Takes out what lies below speech: offset and rumble (second-order Butterworth high-pass).
 * @param {Float64Array} samples at 16 kHz
 * @param {number} cutoffHz
 * @returns {Float64Array}
 */
export function highPass(samples, cutoffHz) {
  const w = Math.tan((Math.PI * cutoffHz) / SAMPLE_RATE_HZ);
  const norm = 1 / (1 + Math.SQRT2 * w + w * w);
  const a1 = 2 * (w * w - 1) * norm;
  const a2 = (1 - Math.SQRT2 * w + w * w) * norm;
  let [x1, x2, y1, y2] = [0, 0, 0, 0];
  return samples.map((x) => {
    const y = norm * (x - 2 * x1 + x2) - a1 * y1 - a2 * y2;
    [x2, x1, y2, y1] = [x1, x, y1, y];
    return y;
  });
}

/**
 * Root mean square of consecutive frames.
 * @param {Float64Array} samples
 * @param {number} frame samples in a frame
 * @returns {number[]}
 */
export function frameLevels(samples, frame) {
  const levels = [];
  for (let at = 0; at < samples.length; at += frame) {
    const end = Math.min(at + frame, samples.length);
    let power = 0;
    for (let i = at; i < end; i += 1) power += samples[i] * samples[i];
    levels.push(Math.sqrt(power / (end - at)));
  }
  return levels;
}

/**
 * The level of the sound while there is any: the mean power of the 20 ms frames within 30 dB of the loudest one.
 * @param {Float64Array} samples
 * @returns {number} dBFS
 */
export function activeLevel(samples) {
  const levels = frameLevels(samples, samplesIn(20));
  const floor = Math.max(...levels) * gainOf(-30);
  const active = levels.filter((level) => level >= floor);
  return decibels(Math.sqrt(active.reduce((sum, level) => sum + level * level, 0) / active.length));
}

/** @param {Float64Array} samples @returns {number} the largest magnitude */
export const peak = (samples) => samples.reduce((max, sample) => Math.max(max, Math.abs(sample)), 0);

/**
 * Fades both ends with half a cosine, so that a cut makes no click.
 * @param {Float64Array} samples changed in place
 * @param {number} inMs @param {number} outMs
 */
export function fadeEnds(samples, inMs, outMs) {
  const fadeIn = Math.min(samplesIn(inMs), samples.length);
  const fadeOut = Math.min(samplesIn(outMs), samples.length);
  for (let i = 0; i < fadeIn; i += 1) samples[i] *= 0.5 - 0.5 * Math.cos((Math.PI * i) / fadeIn);
  for (let i = 0; i < fadeOut; i += 1) {
    samples[samples.length - 1 - i] *= 0.5 - 0.5 * Math.cos((Math.PI * i) / fadeOut);
  }
}

/**
 * @param {readonly Float64Array[]} parts
 * @returns {Float64Array} one after the other
 */
export function join(parts) {
  const out = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
