export interface Randomness {
  /** A decimal string of `length` digits, each value equally likely (unbiased), from a cryptographic source. */
  digits(length: number): string;
  /** An identifier with at least 80 random bits, `[0-9a-z]` only, beginning with `prefix`. */
  identifier(prefix: string): string;
}
