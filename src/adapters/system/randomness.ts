import { randomBytes } from 'node:crypto';
import type { Randomness } from '../../ports/randomness.js';

/** No i, l, o, u: an identifier can be read out over a telephone. 32 of them, so that 5 bits choose one without bias. */
const LETTERS = '0123456789abcdefghjkmnpqrstvwxyz';
const IDENTIFIER_LENGTH = 20;
/** The largest multiple of ten that a byte can count up to; bytes beyond it would favour the digits 0 to 5. */
const FAIR_BYTES = 250;

/** Randomness of the operating system. */
export class SystemRandomness implements Randomness {
  readonly #bytes: (count: number) => Uint8Array;

  /** @param bytes where random bytes come from; tests put their own here */
  constructor(bytes: (count: number) => Uint8Array = randomBytes) {
    this.#bytes = bytes;
  }

  digits(length: number): string {
    let digits = '';
    while (digits.length < length) {
      for (const byte of this.#bytes(length - digits.length)) {
        if (byte < FAIR_BYTES) digits += String(byte % 10);
      }
    }
    return digits;
  }

  /** 100 random bits after the prefix. */
  identifier(prefix: string): string {
    return prefix + Array.from(this.#bytes(IDENTIFIER_LENGTH), (byte) => LETTERS[byte & 31]).join('');
  }
}
