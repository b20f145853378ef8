/** The place where a short sound is found best in a longer one. */
export interface Place {
  /** Sample of the longer sound at which it begins; -1 where there is nothing but silence. */
  readonly at: number;
  /** Normalized correlation there: 1 is the same but for its level. */
  readonly likeness: number;
}

/** Finds one short sound in longer ones by fast convolution: what takes a product for each pair of samples otherwise. */
export class Correlator {
  readonly #probe: Int16Array;
  readonly #power: number;
  /** Complex conjugate of the probe's spectrum, by size of the transform. */
  readonly #spectra = new Map<number, Spectrum>();

  constructor(probe: Int16Array) {
    this.#probe = probe;
    this.#power = power(probe);
  }

  get length(): number {
    return this.#probe.length;
  }

  /** Over all places at which the whole probe fits. */
  best(samples: Int16Array): Place {
    let best: Place = { at: -1, likeness: 0 };
    const size = Math.min(LARGEST, 2 ** Math.ceil(Math.log2(Math.max(samples.length, this.length))));
    const places = size - this.length + 1;
    for (let from = 0; from + this.length <= samples.length; from += places) {
      const found = this.#bestOf(samples.subarray(from, from + size), size);
      if (found.likeness > best.likeness) best = { at: from + found.at, likeness: found.likeness };
    }
    return best;
  }

  #bestOf(samples: Int16Array, size: number): Place {
    const spectrum = transformed(samples, size);
    const probe = this.#spectrum(size);
    for (let k = 0; k < size; k += 1) {
      const [re, im, pre, pim] = [at(spectrum.re, k), at(spectrum.im, k), at(probe.re, k), at(probe.im, k)];
      spectrum.re[k] = re * pre + im * pim;
      // The inverse transform is the forward one of the conjugate.
      spectrum.im[k] = -(im * pre - re * pim);
    }
    transform(spectrum);
    let best: Place = { at: -1, likeness: 0 };
    let around = power(samples.subarray(0, this.length));
    for (let place = 0; place + this.length <= samples.length; place += 1) {
      // Anything below a few steps of the converter is silence; its shape means nothing.
      if (around > this.length * 16) {
        const likeness = at(spectrum.re, place) / size / Math.sqrt(around * this.#power);
        if (likeness > best.likeness) best = { at: place, likeness };
      }
      around += (samples[place + this.length] ?? 0) ** 2 - (samples[place] ?? 0) ** 2;
    }
    return best;
  }

  #spectrum(size: number): Spectrum {
    const known = this.#spectra.get(size);
    if (known !== undefined) return known;
    const made = transformed(this.#probe, size);
    this.#spectra.set(size, made);
    return made;
  }
}

const LARGEST = 32_768;

interface Spectrum {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

const at = (values: Float64Array, index: number): number => values[index] ?? 0;

function power(samples: Int16Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return sum;
}

function transformed(samples: Int16Array, size: number): Spectrum {
  const spectrum = { re: new Float64Array(size), im: new Float64Array(size) };
  spectrum.re.set(samples);
  transform(spectrum);
  return spectrum;
}

/** Fourier transform in place (Cooley and Tukey), for sizes that are powers of two. */
function transform({ re, im }: Spectrum): void {
  const size = re.length;
  for (let i = 1, j = 0; i < size; i += 1) {
    let bit = size >> 1;
    for (; (j & bit) !== 0; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      [re[i], re[j]] = [at(re, j), at(re, i)];
      [im[i], im[j]] = [at(im, j), at(im, i)];
    }
  }
  for (let span = 1; span < size; span *= 2) {
    const { cos, sin } = turns(span);
    for (let start = 0; start < size; start += 2 * span) {
      for (let k = 0; k < span; k += 1) {
        const low = start + k;
        const high = low + span;
        const [hre, him] = [at(re, high), at(im, high)];
        const xre = hre * at(cos, k) - him * at(sin, k);
        const xim = hre * at(sin, k) + him * at(cos, k);
        re[high] = at(re, low) - xre;
        im[high] = at(im, low) - xim;
        re[low] = at(re, low) + xre;
        im[low] = at(im, low) + xim;
      }
    }
  }
}

interface Turns {
  readonly cos: Float64Array;
  readonly sin: Float64Array;
}

const knownTurns = new Map<number, Turns>();

function turns(span: number): Turns {
  const known = knownTurns.get(span);
  if (known !== undefined) return known;
  const angle = (k: number): number => (-Math.PI * k) / span;
  const made = {
    cos: Float64Array.from({ length: span }, (_, k) => Math.cos(angle(k))),
    sin: Float64Array.from({ length: span }, (_, k) => Math.sin(angle(k))),
  };
  knownTurns.set(span, made);
  return made;
}
