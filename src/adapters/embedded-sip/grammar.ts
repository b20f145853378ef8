import type { Parameters } from './message.js';

/**
 * The lexical rules that every SIP header shares (RFC 3261 section 25.1): tokens, quoted strings, white space,
 * parameter lists, comma lists. Each function walks its text once, from left to right, so the cost is linear.
 */

const TOKEN_CHARACTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.!%*_+`'~";

const TOKEN_CODES: ReadonlySet<number> = new Set(Buffer.from(TOKEN_CHARACTERS, 'latin1'));

/** `token` of RFC 3261 section 25.1: at least one letter, digit or one of ``-.!%*_+`'~``. */
export function isToken(text: string): boolean {
  if (text.length === 0) return false;
  for (let index = 0; index < text.length; index += 1) {
    if (!TOKEN_CODES.has(text.charCodeAt(index))) return false;
  }
  return true;
}

/** `1*DIGIT`, no sign, no white space. */
export function isDigits(text: string): boolean {
  if (text.length === 0) return false;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code < 0x30 || code > 0x39) return false;
  }
  return true;
}

/** A decimal number from 0 to `limit`, leading zeros allowed; `null` for anything else. */
export function parseDecimal(text: string, limit: number): number | null {
  if (!isDigits(text)) return null;
  const value = Number(text);
  return value <= limit ? value : null;
}

/** Walks a header value. Every method either moves forward or leaves the position as it was. */
export class Scanner {
  readonly text: string;
  #position: number;

  constructor(text: string, position = 0) {
    this.text = text;
    this.#position = position;
  }

  get position(): number {
    return this.#position;
  }

  get atEnd(): boolean {
    return this.#position >= this.text.length;
  }

  /** The character here, or the empty string at the end. */
  peek(): string {
    return this.text.charAt(this.#position);
  }

  skipWhite(): void {
    while (isWhite(this.text.charCodeAt(this.#position))) this.#position += 1;
  }

  /** Steps over `character` and reports whether it was there. */
  accept(character: string): boolean {
    if (this.peek() !== character) return false;
    this.#position += 1;
    return true;
  }

  /** As {@link accept}, with white space allowed on both sides (the `SEMI`, `EQUAL`, `SLASH` and `COLON` rules). */
  acceptSeparator(character: string): boolean {
    const before = this.#position;
    this.skipWhite();
    if (!this.accept(character)) {
      this.#position = before;
      return false;
    }
    this.skipWhite();
    return true;
  }

  /** The longest token here, or the empty string. */
  token(): string {
    return this.takeWhile((code) => TOKEN_CODES.has(code));
  }

  takeWhile(belongs: (code: number) => boolean): string {
    const start = this.#position;
    while (this.#position < this.text.length && belongs(this.text.charCodeAt(this.#position))) this.#position += 1;
    return this.text.slice(start, this.#position);
  }

  /** Everything up to, not with, `character`; `null` (and no step) when it does not follow. */
  takeUntil(character: string): string | null {
    const end = this.text.indexOf(character, this.#position);
    if (end < 0) return null;
    const taken = this.text.slice(this.#position, end);
    this.#position = end;
    return taken;
  }

  /** The content of a `quoted-string` that starts here, its `\x` pairs resolved; `null` when it is not balanced. */
  quotedString(): string | null {
    if (this.peek() !== '"') return null;
    let content = '';
    let chunkStart = this.#position + 1;
    for (let index = chunkStart; index < this.text.length; index += 1) {
      const character = this.text.charAt(index);
      if (character === '"') {
        content += this.text.slice(chunkStart, index);
        this.#position = index + 1;
        return content;
      }
      if (character === '\\') {
        content += this.text.slice(chunkStart, index);
        index += 1;
        chunkStart = index;
      }
    }
    return null;
  }
}

function isWhite(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

/** `gen-value` read generously: also what hosts and numbers need (colons, brackets), never a separator of the list. */
function isParameterValue(code: number): boolean {
  return (
    code > 0x20 && code !== 0x7f && code !== 0x3b && code !== 0x2c && code !== 0x22 && code !== 0x3c && code !== 0x3e
  );
}

/**
 * `*( SEMI generic-param )` from the scanner's position to the end of its text (RFC 3261 section 25.1). Quoted values
 * are given without their quotes; of a repeated name the first counts. `null` when the list is malformed.
 */
export function parseParameters(scanner: Scanner): Parameters | null {
  const parameters = new Map<string, string | null>();
  while (scanner.acceptSeparator(';')) {
    const name = scanner.token().toLowerCase();
    if (name === '') return null;
    let value: string | null = null;
    if (scanner.acceptSeparator('=')) {
      value = scanner.peek() === '"' ? scanner.quotedString() : scanner.takeWhile(isParameterValue);
      if (value === null) return null;
    }
    if (!parameters.has(name)) parameters.set(name, value);
  }
  scanner.skipWhite();
  return scanner.atEnd ? parameters : null;
}

const PLAIN_PARAMETER = /^[A-Za-z0-9\-.!%*_+`'~:[\]/&$@?]+$/;

/** Writes `;name=value` for each parameter, quoting where the value is more than a token or a host. */
export function formatParameters(parameters: Parameters): string {
  let text = '';
  for (const [name, value] of parameters) {
    if (value === null) text += `;${name}`;
    else text += `;${name}=${PLAIN_PARAMETER.test(value) ? value : quote(value)}`;
  }
  return text;
}

/** A `quoted-string` with this content. Line breaks, which it cannot hold, become spaces. */
function quote(content: string): string {
  return `"${content.replaceAll(/[\r\n]/g, ' ').replaceAll(/["\\]/g, '\\$&')}"`;
}

/**
 * Splits a header value at the commas that are outside quotes and angle brackets (RFC 3261 section 7.3.1). Empty
 * elements are kept, so that whoever reads the values can refuse them; an unbalanced rest becomes one value.
 */
export function splitAtCommas(value: string): string[] {
  const values: string[] = [];
  let start = 0;
  let quoted = false;
  let bracketed = false;
  for (let index = 0; index < value.length; index += 1) {
    const character = value.charAt(index);
    if (quoted) {
      if (character === '\\') index += 1;
      else if (character === '"') quoted = false;
    } else if (character === '"' && !bracketed) quoted = true;
    else if (character === '<') bracketed = true;
    else if (character === '>') bracketed = false;
    else if (character === ',' && !bracketed) {
      values.push(value.slice(start, index).trim());
      start = index + 1;
    }
  }
  values.push(value.slice(start).trim());
  return values;
}
