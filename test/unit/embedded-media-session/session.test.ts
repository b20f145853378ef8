import { describe, expect, it } from 'vitest';
import { DtmfEventSender } from '../../../src/adapters/embedded-media/dtmf-events.js';
import { parseRtcp } from '../../../src/adapters/embedded-media/rtcp-packet.js';
import { writeRtpHeader } from '../../../src/adapters/embedded-media/rtp-packet.js';
import { levelDbfs, likeness, noise, sine, toneDbfs } from '../../sound.js';
import { AGREEMENT, Bench, CALLER, order } from './bench.js';

describe('a leg', () => {
  it('sends one packet a tick, silent, numbered without a gap, from the start on', () => {
    const bench = new Bench();
    const leg = bench.leg();
    bench.tick(50);
    expect(leg.sent).toHaveLength(50);
    expect(levelDbfs(leg.heard())).toBeLessThan(-70);
    leg.sent.forEach(({ header, to }, index) => {
      expect(header.sequence).toBe((0x5678 + index) & 0xffff);
      expect(header.timestamp).toBe(0x1234_5678 + index * 160);
      expect(header.marker).toBe(index === 0);
      expect(to).toEqual(CALLER);
    });
  });

  it.each([10, 20, 30, 40, 50, 60])('packs %i ms into a packet, losing no sample', (ptimeMs) => {
    const bench = new Bench();
    const leg = bench.leg({ agreement: { ...AGREEMENT, ptimeMs } });
    const sound = noise(600);
    leg.session.play(order('p', sound));
    bench.tick(60);
    expect(leg.sent).toHaveLength(1_200 / ptimeMs);
    leg.sent.forEach(({ header, samples }, index) => {
      expect(samples).toHaveLength(ptimeMs * 8);
      expect(header.timestamp).toBe(0x1234_5678 + index * ptimeMs * 8);
    });
    expect(likeness(leg.heard(), sound, 0)).toBeGreaterThan(0.99);
  });

  it('sends nothing before our offer is answered, and nothing when held; time goes on', () => {
    const bench = new Bench();
    const leg = bench.leg({ agreement: null });
    bench.tick(10);
    expect(leg.sent).toHaveLength(0);
    leg.session.agree(AGREEMENT, bench.nowMs);
    bench.tick(10);
    expect(leg.sent).toHaveLength(10);
    for (const direction of ['recvonly', 'inactive'] as const) {
      leg.sent.length = 0;
      leg.session.agree({ ...AGREEMENT, direction, held: true }, bench.nowMs);
      bench.tick(10);
      expect(leg.sent).toHaveLength(0);
    }
    leg.session.agree({ ...AGREEMENT, remote: null, remoteRtcp: null, direction: 'recvonly' }, bench.nowMs);
    bench.tick(10);
    expect(leg.sent).toHaveLength(0);
    leg.session.agree(AGREEMENT, bench.nowMs);
    bench.tick();
    const [resumed] = leg.sent;
    expect(resumed?.header.marker).toBe(true);
    expect(resumed?.header.sequence).toBe(0x5678 + 10);
    expect(resumed?.header.timestamp).toBe(0x1234_5678 + 50 * 160);
  });

  it('changes codec and payload type with a new agreement', () => {
    const bench = new Bench();
    const leg = bench.leg();
    leg.session.agree({ ...AGREEMENT, codec: 'PCMA', payloadType: 8 }, bench.nowMs);
    leg.session.play(order('p', sine(500, 400)));
    bench.tick(20);
    expect(leg.sent.every(({ header }) => header.payloadType === 8)).toBe(true);
    expect(toneDbfs(leg.heard(), 500)).toBeGreaterThan(-15);
    expect(leg.ledger.statistics().codec).toBe('PCMA');
  });

  it('understands what is still under way under the payload types agreed before (RFC 3264 section 8.3.2)', () => {
    const bench = new Bench();
    const leg = bench.leg();
    leg.session.agree({ ...AGREEMENT, eventPayloadType: 96, eventSendPayloadType: 96 }, bench.nowMs);
    leg.keyPackets('5', 3);
    leg.keyPackets('6', 3, 96);
    expect(bench.told('key')).toMatchObject([{ key: '5' }, { key: '6' }]);
  });

  it('gives a payload type its new meaning where an offer changes it', () => {
    const bench = new Bench();
    const leg = bench.leg();
    const receive = [{ payloadType: 101, codec: 'PCMA' }] as const;
    leg.session.agree({ ...AGREEMENT, receive, eventPayloadType: 96, eventSendPayloadType: 96 }, bench.nowMs);
    leg.keyPackets('5', 3);
    expect(bench.told('key')).toEqual([]);
  });

  it('understands keys under the number that the answer gave them, although our offer gave another', () => {
    const bench = new Bench();
    const leg = bench.leg({ agreement: { ...AGREEMENT, eventPayloadType: 101, eventSendPayloadType: 96 } });
    leg.keyPackets('5', 3, 96);
    leg.keyPackets('6', 3);
    expect(bench.told('key')).toMatchObject([{ key: '5' }, { key: '6' }]);
  });

  it('tells a key once whose payload type changes while it is down', () => {
    const bench = new Bench();
    const leg = bench.leg();
    leg.keyPackets('5', 5, 101, () => {
      leg.session.agree({ ...AGREEMENT, eventPayloadType: 96, eventSendPayloadType: 96 }, bench.nowMs);
      return 96;
    });
    expect(bench.told('key')).toMatchObject([{ key: '5' }]);
  });

  it('leaves out ticks that were skipped: the timestamp jumps, the numbering does not', () => {
    const bench = new Bench();
    const leg = bench.leg();
    bench.tick(2);
    bench.tick(1, 10);
    const [, before, after] = leg.sent;
    expect((after?.header.sequence ?? 0) - (before?.header.sequence ?? 0)).toBe(1);
    expect((after?.header.timestamp ?? 0) - (before?.header.timestamp ?? 0)).toBe(11 * 160);
  });

  it('is carried on by another session from the ledger, with the gap in the timestamp only', () => {
    const bench = new Bench();
    const leg = bench.leg();
    bench.tick(10);
    const last = leg.sent.at(-1)?.header;
    bench.engine.remove(1);
    bench.nowMs += 400;
    const next = bench.leg({ ledger: leg.ledger.memory, ssrc: 0xabc1 });
    bench.tick();
    const first = next.sent[0]?.header;
    expect(first?.ssrc).toBe(last?.ssrc);
    expect((first?.sequence ?? 0) - (last?.sequence ?? 0)).toBe(1);
    expect(Math.abs((first?.timestamp ?? 0) - (last?.timestamp ?? 0) - 21 * 160)).toBeLessThanOrEqual(160);
    expect(next.ledger.statistics().packetsSent).toBe(11);
  });

  it('tells how each play ended, once', () => {
    const bench = new Bench();
    const leg = bench.leg();
    leg.session.play(order('a', sine(500, 100)));
    bench.tick(10);
    leg.session.play(order('b', sine(500, 1_000)));
    bench.tick(5);
    leg.session.stopPlaying();
    bench.tick(5);
    leg.session.stopPlaying();
    leg.session.play(order('c'));
    bench.tick(2);
    expect(bench.told('playFinished')).toMatchObject([
      { playId: 'a', outcome: 'completed' },
      { playId: 'b', outcome: 'stopped' },
      { playId: 'c', outcome: 'completed' },
    ]);
  });

  it('believes and counts only its caller', () => {
    const bench = new Bench();
    const leg = bench.leg();
    leg.says = sine(500, 400);
    bench.tick(5);
    const packet = Buffer.alloc(172);
    for (let sequence = 0; sequence < 5; sequence++) {
      writeRtpHeader(packet, 0, false, sequence, sequence * 160, 99);
      leg.receive(packet, { address: '203.0.113.5', port: 9 });
    }
    expect(leg.ledger.statistics()).toMatchObject({ packetsReceived: 5, packetsRejected: 5 });
  });

  it('is not disturbed by what is no packet of its own kind', () => {
    const bench = new Bench();
    const leg = bench.leg();
    leg.receive(Buffer.alloc(0));
    leg.receive(Buffer.from('hello'));
    const packet = Buffer.alloc(172);
    writeRtpHeader(packet, 77, false, 1, 160, 99);
    leg.receive(packet);
    leg.session.receiveRtcp(Buffer.from('hello'), CALLER.address, 4_001, bench.nowMs);
    bench.tick(3);
    expect(leg.sent).toHaveLength(3);
    expect(leg.ledger.statistics().packetsReceived).toBe(0);
  });

  it('reports every 5 s to the RTCP port, and says goodbye', () => {
    const bench = new Bench();
    const leg = bench.leg();
    leg.says = sine(500, 12_000);
    bench.tick(600);
    expect(leg.reports.length).toBeGreaterThanOrEqual(2);
    const [report] = leg.reports;
    expect(report?.to).toEqual({ address: CALLER.address, port: 4_001 });
    const parts = parseRtcp(report?.packet ?? Buffer.alloc(0), report?.packet.length ?? 0);
    expect(parts?.[0]).toMatchObject({ kind: 'senderReport', ssrc: 0xabc1, reports: [{ ssrc: 7 }] });
    leg.session.close(bench.nowMs);
    const last = leg.reports.at(-1)?.packet ?? Buffer.alloc(0);
    expect(parseRtcp(last, last.length)?.some(({ kind }) => kind === 'goodbye')).toBe(true);
    expect(leg.closed).toBe(true);
  });

  it('reports to where the NAT sends RTCP from', () => {
    const bench = new Bench();
    const leg = bench.leg();
    const report = Buffer.from([0x80, 201, 0, 1, 0, 0, 0, 7]);
    leg.session.receiveRtcp(report, CALLER.address, 55_555, bench.nowMs);
    bench.tick(300);
    expect(leg.reports[0]?.to).toEqual({ address: CALLER.address, port: 55_555 });
  });

  it('does not say goodbye where another thread goes on', () => {
    const bench = new Bench();
    const leg = bench.leg();
    leg.session.giveAway(bench.nowMs);
    leg.session.close(bench.nowMs);
    expect(leg.reports).toHaveLength(0);
    expect(leg.closed).toBe(true);
  });

  it('tells silence once after 60 s, on hold after 30 min; RTCP is life, and so is a new offer', () => {
    const bench = new Bench();
    const leg = bench.leg();
    const missing = (): number => bench.told('audioMissing').length;
    bench.tick(50 * 59);
    expect(missing()).toBe(0);
    leg.session.receiveRtcp(Buffer.from([0x80, 201, 0, 1, 0, 0, 0, 7]), CALLER.address, 4_001, bench.nowMs);
    bench.tick(50 * 59);
    expect(missing()).toBe(0);
    bench.tick(50 * 120);
    expect(missing()).toBe(1);
    leg.session.agree({ ...AGREEMENT, direction: 'inactive', held: true }, bench.nowMs);
    bench.tick(50 * 60 * 29);
    expect(missing()).toBe(1);
    bench.tick(50 * 90);
    expect(missing()).toBe(2);
  });
});

describe('rooms of legs', () => {
  const three = () => {
    const bench = new Bench();
    const legs = [bench.leg({ room: 'r' }), bench.leg({ room: 'r' }), bench.leg({ room: 'r', muted: true })] as const;
    return { bench, legs };
  };

  it('let everyone hear everyone else but the muted', () => {
    const { bench, legs } = three();
    for (const [index, leg] of legs.entries()) leg.says = sine(500 + index * 400, 1_000, -20);
    bench.tick(40);
    const levels = legs.map((leg) => [500, 900, 1_300].map((hz) => toneDbfs(leg.heard(), hz) > -35));
    expect(levels).toEqual([
      [false, true, false],
      [true, false, false],
      [true, true, false],
    ]);
    expect(bench.engine.roomSize('r')).toBe(3);
  });

  it('hear nothing of a key, even where its tone is sent along, and the key is told once', () => {
    const { bench, legs } = three();
    const [one, two] = legs;
    one.says = sine(500, 200);
    bench.tick(10);
    bench.tick(20);
    two.sent.length = 0;
    one.says = sine(941, 200);
    one.keyPackets('5', 10);
    bench.tick(10);
    expect(levelDbfs(two.heard())).toBeLessThan(-60);
    expect(bench.told('key')).toMatchObject([{ handle: 1, key: '5', method: 'event' }]);
  });

  it('tell no key again that another thread has told already', () => {
    const { bench, legs } = three();
    const [one] = legs;
    const packet = Buffer.alloc(16);
    const sender = new DtmfEventSender();
    sender.start('5', 1_000, 200);
    sender.next(packet, 12);
    writeRtpHeader(packet, 101, true, 1, sender.timestamp, 7);
    one.receive(packet);
    bench.engine.remove(1);
    const next = bench.leg({ ledger: one.ledger.memory });
    sender.next(packet, 12);
    writeRtpHeader(packet, 101, false, 2, sender.timestamp, 7);
    next.receive(packet);
    expect(bench.told('key')).toHaveLength(1);
  });

  it('play to all in order, each ending once; what remains ends with the room', () => {
    const { bench, legs } = three();
    const [sounds, plays] = [
      [noise(100, -16, 1), noise(100, -16, 2)],
      ['a', 'b', 'c'],
    ];
    sounds.forEach((sound, index) => bench.engine.playToRoom('r', order(plays[index] ?? '', sound)));
    bench.engine.playToRoom('r', order('c', sine(500, 60_000)));
    bench.engine.playToRoom('elsewhere', order('d', sine(500, 100)));
    bench.tick(20);
    for (const leg of legs) {
      for (const [index, sound] of sounds.entries()) {
        expect(likeness(leg.heard(), sound, index * 800)).toBeGreaterThan(0.95);
      }
    }
    for (let handle = 1; handle <= 3; handle++) bench.engine.leave(handle);
    expect(bench.told('roomPlayFinished')).toMatchObject([
      { playId: 'd', outcome: 'failed' },
      { playId: 'a', outcome: 'completed' },
      { playId: 'b', outcome: 'completed' },
      { playId: 'c', outcome: 'stopped' },
    ]);
    expect(bench.engine.roomSize('r')).toBe(0);
  });

  it('go on when one leg fails: that one alone is told as failed, and closed', () => {
    const { bench, legs } = three();
    const [one, two] = legs;
    one.session.speak = () => {
      throw new Error('broken');
    };
    bench.tick(3);
    expect(bench.told('legFailed')).toMatchObject([{ handle: 1, reason: 'broken' }]);
    expect(one.closed).toBe(true);
    expect(two.sent).toHaveLength(3);
    expect(bench.engine.roomSize('r')).toBe(2);
  });
});
