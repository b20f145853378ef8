import { parseDecimal } from './grammar.js';
import { normalHeaderName } from './header-names.js';
import { LIMITS } from './parse.js';

/**
 * Cuts a byte stream into messages (RFC 3261 sections 7.5 and 18.3, RFC 5626 section 4.4.1): the chunks that TCP delivers
 * begin and end anywhere. How a stream is cut never changes what comes out.
 */

export type Frame =
  | { readonly kind: 'message'; readonly bytes: Buffer }
  /** Two line ends between messages: to be answered with one. */
  | { readonly kind: 'ping' }
  /**
   * Where the message ends cannot be known, so neither where the next one starts: the connection is to be closed. `head`
   * is what was read of the start line and headers.
   */
  | ({ readonly kind: 'broken'; readonly head: Buffer } & StreamFault);

export interface StreamFault {
  readonly status: 400 | 513;
  readonly reason: string;
}

const HEAD_END = Buffer.from('\r\n\r\n', 'latin1');
const TOO_LARGE: StreamFault = { status: 513, reason: 'Message Too Large' };
const SMALLEST_BUFFER = 2_048;
const CR = 0x0d;
const LF = 0x0a;

export class StreamFramer {
  /** What was read of the message so far lies in the first `#length` bytes; grows by doubling. */
  #buffer = Buffer.alloc(0);
  #length = 0;
  /** Total length of the message being read, once its head is in. */
  #expected: number | null = null;
  /** Where the search for the end of the head goes on, so that no byte is searched twice. */
  #searched = 0;
  /** How much of CR LF CR LF was seen between messages. */
  #lineEnds = 0;
  #broken = false;

  /** Whether part of a message has been read. */
  get pending(): boolean {
    return this.#length > 0;
  }

  /** Takes the next bytes of the stream; returns what they completed. After a `broken` frame everything is ignored. */
  push(chunk: Buffer): Frame[] {
    const frames: Frame[] = [];
    let rest = chunk;
    while (rest.length > 0 && !this.#broken) {
      if (this.#length === 0) rest = this.#skipLineEnds(rest, frames);
      if (rest.length === 0) break;
      rest = this.#expected === null ? this.#readHead(rest, frames) : this.#readBody(rest, this.#expected, frames);
    }
    return frames;
  }

  #skipLineEnds(bytes: Buffer, frames: Frame[]): Buffer {
    let position = 0;
    for (; bytes[position] === CR || bytes[position] === LF; position += 1) {
      const wanted = this.#lineEnds % 2 === 0 ? CR : LF;
      this.#lineEnds = bytes[position] === wanted ? this.#lineEnds + 1 : 0;
      if (this.#lineEnds === HEAD_END.length) {
        frames.push({ kind: 'ping' });
        this.#lineEnds = 0;
      }
    }
    if (position < bytes.length) this.#lineEnds = 0;
    return bytes.subarray(position);
  }

  /** Adds to the head; returns what is left for the body or the next message. */
  #readHead(bytes: Buffer, frames: Frame[]): Buffer {
    const before = this.#length;
    const added = bytes.subarray(0, LIMITS.message + 1 - before);
    this.#append(added);
    const read = this.#buffer.subarray(0, this.#length);
    const end = read.indexOf(HEAD_END, this.#searched);
    if (end < 0) {
      this.#searched = Math.max(0, this.#length - HEAD_END.length + 1);
      if (this.#length > LIMITS.message) this.#break(TOO_LARGE, read, frames);
      return bytes.subarray(added.length);
    }
    const headLength = end + HEAD_END.length;
    const head = read.subarray(0, headLength);
    const length = contentLength(head.toString('latin1'));
    if (typeof length === 'string') {
      this.#break({ status: 400, reason: length }, head, frames);
    } else if (headLength + length > LIMITS.message) {
      this.#break(TOO_LARGE, head, frames);
    } else {
      this.#length = headLength;
      this.#expected = headLength + length;
      this.#finishIfComplete(frames);
    }
    return bytes.subarray(headLength - before);
  }

  #readBody(bytes: Buffer, expected: number, frames: Frame[]): Buffer {
    const added = bytes.subarray(0, expected - this.#length);
    this.#append(added);
    this.#finishIfComplete(frames);
    return bytes.subarray(added.length);
  }

  #finishIfComplete(frames: Frame[]): void {
    if (this.#length !== this.#expected) return;
    frames.push({ kind: 'message', bytes: Buffer.from(this.#buffer.subarray(0, this.#length)) });
    this.#reset();
  }

  #break(fault: StreamFault, head: Buffer, frames: Frame[]): void {
    frames.push({ kind: 'broken', ...fault, head: Buffer.from(head) });
    this.#reset();
    this.#broken = true;
  }

  #reset(): void {
    // What a large message needed is not kept for the rest of a long connection.
    this.#buffer = Buffer.alloc(0);
    this.#length = 0;
    this.#expected = null;
    this.#searched = 0;
  }

  #append(bytes: Buffer): void {
    const length = this.#length + bytes.length;
    if (length > this.#buffer.length) {
      const larger = Buffer.alloc(Math.max(length, this.#buffer.length * 2, SMALLEST_BUFFER));
      this.#buffer.copy(larger, 0, 0, this.#length);
      this.#buffer = larger;
    }
    bytes.copy(this.#buffer, this.#length);
    this.#length = length;
  }
}

/** Value of the one Content-Length header, or why there is none (RFC 3261 section 18.3: mandatory on streams). */
function contentLength(head: string): number | string {
  const lines = head.split('\r\n');
  let found: number | null = null;
  for (const [index, line] of lines.entries()) {
    const colon = line.indexOf(':');
    if (index === 0 || colon < 1 || line.startsWith(' ') || line.startsWith('\t')) continue;
    if (normalHeaderName(line.slice(0, colon).trim()) !== 'content-length') continue;
    if (found !== null) return 'Multiple Content-Length header fields';
    let value = line.slice(colon + 1);
    for (let next = index + 1; /^[ \t]/.test(lines[next] ?? ''); next += 1) value += lines[next] ?? '';
    found = parseDecimal(value.trim(), Number.MAX_SAFE_INTEGER);
    if (found === null) return 'Invalid Content-Length';
  }
  return found ?? 'Missing Content-Length';
}
