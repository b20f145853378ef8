import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RtpHeader, isRtcp, parseRtp, writeRtpHeader } from '../../../src/adapters/embedded-media/rtp-packet.js';

const packetOf = (first: number, second: number, rest: readonly number[]): Uint8Array =>
  Uint8Array.of(first, second, 0x12, 0x34, 0xde, 0xad, 0xbe, 0xef, 0x80, 0, 0, 1, ...rest);

const parse = (packet: Uint8Array): RtpHeader | null => {
  const header = new RtpHeader();
  return parseRtp(packet, packet.length, header) ? header : null;
};

describe('an RTP packet (RFC 3550 section 5.1)', () => {
  test('is read field by field', () => {
    expect(parse(packetOf(0x80, 0x80 | 101, [1, 2, 3, 4]))).toMatchObject({
      marker: true,
      payloadType: 101,
      sequence: 0x1234,
      timestamp: 0xdead_beef,
      ssrc: 0x8000_0001,
      payloadOffset: 12,
      payloadLength: 4,
    });
  });

  test('has its payload behind contributing sources and extension, before the padding', () => {
    const sources = [0, 0, 0, 1, 0, 0, 0, 2];
    const extension = [0xbe, 0xde, 0, 1, 9, 9, 9, 9];
    expect(parse(packetOf(0xb2, 0, [...sources, ...extension, 7, 7, 0, 2]))).toMatchObject({
      payloadOffset: 28,
      payloadLength: 2,
    });
  });

  test.each([
    ['is too short', Uint8Array.of(0x80, 0, 0, 1)],
    ['has another version', packetOf(0x40, 0, [])],
    ['is RTCP', packetOf(0x80, 200, [])],
    ['has fewer contributing sources than it says', packetOf(0x82, 0, [1, 2, 3, 4])],
    ['has no room for its extension header', packetOf(0x90, 0, [0, 0])],
    ['has an extension beyond its end', packetOf(0x90, 0, [0, 0, 0, 2, 1, 1, 1, 1])],
    ['has more padding than payload', packetOf(0xa0, 0, [0, 0, 0, 5])],
    ['says that it is padded with nothing', packetOf(0xa0, 0, [0, 0, 0, 0])],
  ])('is refused when it %s', (_, packet) => expect(parse(packet)).toBeNull());

  test('that was written is read back', () => {
    fc.assert(
      fc.property(
        fc.nat(63),
        fc.boolean(),
        fc.nat(0xffff),
        fc.nat(0xffff_ffff),
        fc.nat(0xffff_ffff),
        (payloadType, marker, sequence, timestamp, ssrc) => {
          const packet = Buffer.alloc(172);
          writeRtpHeader(packet, payloadType, marker, sequence + 0x1_0000, timestamp, ssrc);
          expect(parse(packet)).toMatchObject({ payloadType, marker, sequence, timestamp, ssrc, payloadLength: 160 });
        },
      ),
    );
  });

  test('of any octets is read or refused, and its payload lies within it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(120), (packet, length) => {
        if (packet.length > 0 && (packet[0] ?? 0) % 3 !== 0) packet[0] = 0x80 | ((packet[0] ?? 0) & 0x3f);
        const header = new RtpHeader();
        if (!parseRtp(packet, length, header)) return;
        expect(header.payloadOffset).toBeGreaterThanOrEqual(12);
        expect(header.payloadLength).toBeGreaterThanOrEqual(0);
        expect(header.payloadOffset + header.payloadLength).toBeLessThanOrEqual(length);
        expect(isRtcp(packet, length)).toBe(false);
      }),
      { numRuns: 2000 },
    );
  });
});
