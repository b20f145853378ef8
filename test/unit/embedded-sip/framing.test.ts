import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { StreamFramer, type Frame } from '../../../src/adapters/embedded-sip/framing.js';
import { LIMITS } from '../../../src/adapters/embedded-sip/parse.js';

/** RFC 3261 sections 7.5 and 18.3, RFC 5626 section 4.4.1. */

function message(body: string, headers: readonly string[] = [`Content-Length: ${Buffer.byteLength(body)}`]): string {
  return ['MESSAGE sip:a@b SIP/2.0', 'Via: SIP/2.0/TCP b;branch=z9hG4bK1', ...headers, '', body].join('\r\n');
}

function framesOf(...chunks: readonly (string | Buffer)[]): Frame[] {
  const framer = new StreamFramer();
  return chunks.flatMap((chunk) => framer.push(Buffer.from(chunk)));
}

function described(frames: readonly Frame[]): string[] {
  return frames.map((frame) => {
    switch (frame.kind) {
      case 'message':
        return frame.bytes.toString('latin1');
      case 'ping':
        return 'ping';
      case 'broken':
        return `broken: ${frame.status} ${frame.reason}`;
    }
  });
}

describe('A stream of messages', () => {
  test('comes out message by message, however many a chunk holds', () => {
    const [one, two, three] = [message('Hello'), message(''), message('x'.repeat(3_000))];
    expect(described(framesOf(one + two + three))).toEqual([one, two, three]);
  });

  test('may have the length in its compact form, in any case, spaced and folded', () => {
    for (const header of ['l: 5', 'L:5', 'content-length : 5', 'Content-Length:\r\n  5']) {
      expect(described(framesOf(message('Hello', [header])))).toEqual([message('Hello', [header])]);
    }
  });

  test('has its double line ends answered, and single ones ignored', () => {
    expect(described(framesOf('\r\n\r\n'))).toEqual(['ping']);
    expect(described(framesOf('\r', '\n\r', '\n'))).toEqual(['ping']);
    expect(described(framesOf('\r\n'))).toEqual([]);
    expect(described(framesOf(`\r\n${message('')}\r\n\r\n${message('a')}`))).toEqual([
      message(''),
      'ping',
      message('a'),
    ]);
  });

  test.each([
    ['has no Content-Length', message('Hello', []), 'broken: 400 Missing Content-Length'],
    ['has two', message('Hello', ['l: 5', 'Content-Length: 5']), 'broken: 400 Multiple Content-Length header fields'],
    ['has a negative one', message('Hello', ['l: -5']), 'broken: 400 Invalid Content-Length'],
    ['has one that is no number', message('Hello', ['l: 5x']), 'broken: 400 Invalid Content-Length'],
    ['announces more than is allowed', message('', ['l: 65536']), 'broken: 513 Message Too Large'],
    [
      'announces more than a number holds',
      message('', [`l: ${'9'.repeat(400)}`]),
      'broken: 400 Invalid Content-Length',
    ],
  ])('is broken by a message that %s', (_what, bytes, expected) => {
    expect(described(framesOf(message('first') + bytes + message('never seen')))).toEqual([message('first'), expected]);
  });

  test('is broken by a head that never ends, and keeps no more of it than a message may have', () => {
    const framer = new StreamFramer();
    const frames: Frame[] = [];
    for (let chunk = 0; chunk < 100; chunk += 1) frames.push(...framer.push(Buffer.alloc(1_000, 'a')));
    expect(described(frames)).toEqual(['broken: 513 Message Too Large']);
    expect(framer.pending).toBe(false);
  });

  test('may hold a message of exactly the largest size', () => {
    const empty = message('', ['Content-Length: 65000']).length;
    const largest = message('x'.repeat(LIMITS.message - empty), [`Content-Length: ${LIMITS.message - empty}`]);
    expect(largest).toHaveLength(LIMITS.message);
    expect(described(framesOf(largest))).toEqual([largest]);
  });

  test('tells whether a message has begun', () => {
    const framer = new StreamFramer();
    expect(framer.pending).toBe(false);
    framer.push(Buffer.from('\r\nMESS'));
    expect(framer.pending).toBe(true);
    framer.push(Buffer.from(message('Hello').slice(4)));
    expect(framer.pending).toBe(false);
  });

  test('is read in linear time byte by byte', () => {
    const bytes = Buffer.from(message('x'.repeat(60_000)));
    const framer = new StreamFramer();
    let frames = 0;
    for (let index = 0; index < bytes.length; index += 1)
      frames += framer.push(bytes.subarray(index, index + 1)).length;
    expect(frames).toBe(1);
  });
});

describe('However a stream is cut', () => {
  const torture = readFileSync(fileURLToPath(new URL('../../fixtures/rfc4475/mpart01.dat', import.meta.url)));
  const piece = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }).map((body) => Buffer.from(message(body), 'utf8')),
    fc.constant(Buffer.from('\r\n\r\n')),
    fc.constant(Buffer.from('\r\n')),
    fc.constant(torture),
    fc.uint8Array({ maxLength: 30 }).map((noise) => Buffer.from(noise)),
  );

  test('the same messages come out', () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 6 }), fc.array(fc.nat(), { maxLength: 12 }), (pieces, cuts) => {
        const stream = Buffer.concat(pieces);
        const positions = [...new Set(cuts.map((cut) => cut % (stream.length + 1)))].sort((a, b) => a - b);
        const chunks = [0, ...positions].map((start, index) => stream.subarray(start, positions[index]));
        expect(described(framesOf(...chunks))).toEqual(described(framesOf(stream)));
      }),
      { numRuns: 500 },
    );
  });
});
