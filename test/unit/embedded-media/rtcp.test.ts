import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LegLedger } from '../../../src/adapters/embedded-media/leg-ledger.js';
import { LegRtcp } from '../../../src/adapters/embedded-media/leg-rtcp.js';
import type { OutgoingReport, ReceptionReport } from '../../../src/adapters/embedded-media/rtcp-packet.js';
import {
  RTCP_BUFFER_BYTES,
  compactNtp,
  ntpTime,
  parseRtcp,
  writeRtcp,
} from '../../../src/adapters/embedded-media/rtcp-packet.js';
import { RtpReception } from '../../../src/adapters/embedded-media/rtp-statistics.js';

const block: ReceptionReport = {
  ssrc: 7,
  fractionLost: 64,
  cumulativeLost: -3,
  extendedHighestSequence: 0x1_0005,
  jitter: 80,
  lastSenderReport: 0xaaaa_5555,
  delaySinceLastSenderReport: 0x1_0000,
};

const report: OutgoingReport = {
  ssrc: 0x8000_0001,
  cname: 'abcdefghijklm',
  sender: { ntpSeconds: 0xe000_0000, ntpFraction: 5, rtpTimestamp: 160, packetCount: 2, octetCount: 320 },
  reports: [block],
  goodbye: true,
};

describe('an RTCP packet (RFC 3550 section 6)', () => {
  test('is a report, a CNAME and perhaps a goodbye, each on a 32-bit boundary', () => {
    for (const cname of ['', 'a', 'ab', 'abc', 'abcd', 'x'.repeat(64)]) {
      const buffer = Buffer.alloc(RTCP_BUFFER_BYTES, 0xee);
      const length = writeRtcp(buffer, { ...report, cname });
      expect(length % 4).toBe(0);
      expect(parseRtcp(buffer, length)).toEqual([
        { kind: 'senderReport', ssrc: report.ssrc, sender: report.sender, reports: [block] },
        { kind: 'goodbye', ssrcs: [report.ssrc] },
      ]);
      const description = buffer.subarray(4 + 48, length - 8);
      expect(description.readUInt8(1)).toBe(202);
      expect(description.subarray(10, 10 + cname.length).toString('latin1')).toBe(cname);
      expect(description.readUInt8(10 + cname.length)).toBe(0);
      expect(description.length).toBe(4 + description.readUInt16BE(2) * 4);
    }
  });

  test('without anything sent is a receiver report', () => {
    const buffer = Buffer.alloc(RTCP_BUFFER_BYTES);
    const length = writeRtcp(buffer, { ...report, sender: null, goodbye: false, reports: [] });
    expect(parseRtcp(buffer, length)).toEqual([{ kind: 'receiverReport', ssrc: report.ssrc, reports: [] }]);
  });

  test('with profile-specific words behind the blocks is understood (section 6.4.3)', () => {
    const packet = Buffer.from('81c9000900000001' + '00'.repeat(24) + 'deadbeefdeadbeef', 'hex');
    expect(parseRtcp(packet, packet.length)).toMatchObject([{ kind: 'receiverReport', ssrc: 1 }]);
  });

  test('with one part that promises more than it holds keeps the other parts', () => {
    const packet = Buffer.from('85c9000100000001' + '81cb000100000009', 'hex');
    expect(parseRtcp(packet, packet.length)).toEqual([{ kind: 'goodbye', ssrcs: [9] }]);
  });

  test.each([
    ['its lengths do not add up', '80c90002 00000001'],
    ['a part has another version', '80c90001 00000001 40cb0000'],
    ['padding is not at the very end', 'a0c90001 00000004 80c90001 00000001'],
    ['its padding is longer than the packet', 'a0c90001 000000ff'],
  ])('is refused as a whole when %s', (_, hex) => {
    const packet = Buffer.from(hex.replaceAll(' ', ''), 'hex');
    expect(parseRtcp(packet, packet.length)).toBeNull();
  });

  test('of any octets is read or refused without a throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (octets) => {
        const packet = Buffer.from(octets);
        for (let at = 0; at + 4 <= packet.length; at += 4 + packet.readUInt16BE(at + 2) * 4) {
          packet.writeUInt8(0x80 | (packet.readUInt8(at) & 0x1f), at);
          packet.writeUInt8(200 + (packet.readUInt8(at + 1) & 3), at + 1);
          packet.writeUInt16BE(packet.readUInt16BE(at + 2) & 15, at + 2);
        }
        for (const one of parseRtcp(packet, packet.length) ?? []) {
          if (one.kind !== 'goodbye') expect(one.reports.length).toBeLessThanOrEqual(31);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('tells time as NTP does', () => {
    expect(ntpTime(0)).toEqual({ seconds: 2_208_988_800, fraction: 0 });
    expect(ntpTime(1500)).toEqual({ seconds: 2_208_988_801, fraction: 0x8000_0000 });
    expect(compactNtp(0x1234_5678, 0x9abc_def0)).toBe(0x5678_9abc);
  });
});

describe('reception statistics (RFC 3550 appendix A)', () => {
  const receive = (sequences: readonly number[], reception = new RtpReception(8000)): RtpReception => {
    sequences.forEach((sequence, i) => reception.arrived(1, sequence & 0xffff, i * 160, i * 20, true));
    return reception;
  };

  test('count across the wrap of the sequence number', () => {
    const reception = receive([65_534, 65_535, 65_536, 65_537]);
    expect(reception.packetsLost).toBe(0);
    expect(reception.report(0)).toMatchObject({ extendedHighestSequence: 0x1_0001, cumulativeLost: 0 });
  });

  test('count late packets as received and twice-received ones against the lost', () => {
    expect(receive([1, 2, 4, 3, 5]).packetsLost).toBe(0);
    expect(receive([1, 2, 4, 5]).packetsLost).toBe(1);
    expect(receive([1, 2, 2, 2, 3]).report(0)?.cumulativeLost).toBe(-2);
    expect(receive([1, 2, 2, 2, 3]).packetsLost).toBe(0);
  });

  test('tell the share lost since the last report alone', () => {
    const reception = receive([0, 1, 2, 4, 5, 7]);
    expect(reception.report(0)?.fractionLost).toBe(64);
    expect(reception.report(0)?.fractionLost).toBe(0);
    reception.arrived(1, 8, 0, 0, false);
    expect(reception.report(0)?.fractionLost).toBe(0);
  });

  test('begin anew with a new source or numbers far away, and keep the totals', () => {
    const reception = receive([1, 3]);
    expect(reception.arrived(2, 500, 0, 0, true)).toBe('started');
    expect(reception.arrived(2, 501, 0, 0, true)).toBe('accepted');
    expect(reception.arrived(2, 20_000, 0, 0, true)).toBe('strange');
    expect(reception.arrived(2, 20_001, 0, 0, true)).toBe('started');
    expect(reception.packetsReceived).toBe(5);
    expect(reception.packetsLost).toBe(1);
    expect(reception.report(0)).toMatchObject({ ssrc: 2, extendedHighestSequence: 20_001 });
  });

  test('measure jitter in the way of appendix A.8: constant alternation of 8 ms comes to 8 ms', () => {
    const reception = new RtpReception(8000);
    for (let i = 0; i < 400; i++) reception.arrived(1, i, (0xffff_fff0 + i * 160) >>> 0, i * 20 + (i % 2) * 8, true);
    expect(reception.jitterMs).toBeCloseTo(8, 1);
  });

  test('take no jitter from telephone events, whose timestamps stand still', () => {
    const reception = new RtpReception(8000);
    for (let i = 0; i < 100; i++) {
      const event = i >= 40 && i < 60;
      reception.arrived(1, i, event ? 40 * 160 : i * 160, i * 20, !event);
    }
    expect(reception.jitterMs).toBe(0);
  });

  test('never leave the range of a report, whatever arrives', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(1), fc.nat(0xffff), fc.nat(0xffff_ffff), fc.nat(10_000))), (packets) => {
        const reception = new RtpReception(8000);
        for (const [ssrc, sequence, timestamp, at] of packets) {
          reception.arrived(ssrc, sequence, timestamp, at, true);
          const made = reception.report(at);
          if (made === null) continue;
          expect(made.fractionLost).toBeGreaterThanOrEqual(0);
          expect(made.fractionLost).toBeLessThanOrEqual(255);
          expect(Number.isInteger(made.jitter) && made.jitter >= 0).toBe(true);
        }
        expect(reception.packetsReceived).toBeLessThanOrEqual(packets.length);
      }),
    );
  });
});

describe('the reports of a leg (RFC 3550 section 6.4)', () => {
  const report = (packet: Buffer | null) => parseRtcp(packet ?? Buffer.alloc(0), packet?.length ?? 0)?.[0];

  test('are of a sender only when something was sent since the last, and let the far end measure the round trip', () => {
    const ledger = new LegLedger();
    const reception = new RtpReception(8000);
    const rtcp = new LegRtcp({ ssrc: 9, cname: 'x' }, ledger, reception, 0, 0);
    expect(report(rtcp.due(5000, 0))).toMatchObject({ kind: 'receiverReport', reports: [] });
    ledger.sent(160);
    expect(report(rtcp.due(10_000, 80_000))).toMatchObject({
      kind: 'senderReport',
      sender: { rtpTimestamp: 80_000, packetCount: 1, octetCount: 160 },
    });
    reception.arrived(7, 1, 0, 10_000, true);
    const sender = { ntpSeconds: 0x1234, ntpFraction: 0, rtpTimestamp: 0, packetCount: 1, octetCount: 160 };
    reception.senderReported(7, sender, 13_000);
    expect(report(rtcp.due(15_000, 0))).toMatchObject({
      kind: 'receiverReport',
      reports: [{ ssrc: 7, lastSenderReport: 0x1234_0000, delaySinceLastSenderReport: 2 * 0x1_0000 }],
    });
  });
});
