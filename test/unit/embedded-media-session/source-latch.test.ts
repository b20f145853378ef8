import { describe, expect, it } from 'vitest';
import { SourceLatch } from '../../../src/adapters/embedded-media/source-latch.js';

const CALLER = { address: '192.0.2.1', port: 4_000 };
const NAT = { address: '198.51.100.9', port: 61_000 };
const STRANGER = { address: '203.0.113.66', port: 5_000 };

const armed = (): SourceLatch => {
  const latch = new SourceLatch();
  latch.arm(CALLER);
  return latch;
};

/** Sends packets numbered from `from`; the verdicts. */
const send = (
  latch: SourceLatch,
  { address, port }: typeof CALLER,
  numbers: readonly number[],
  ssrc = 1,
): readonly string[] => numbers.map((sequence) => latch.admit(address, port, ssrc, sequence));

describe('whose packets are the caller’s', () => {
  it('are nobody’s before an offer or answer', () => {
    expect(send(new SourceLatch(), CALLER, [1])).toEqual(['no']);
  });

  it('are those from the negotiated source, at once; all others are dropped from then on', () => {
    const latch = armed();
    expect(send(latch, CALLER, [1, 2])).toEqual(['latched', 'yes']);
    expect(send(latch, NAT, [1, 2, 3, 4, 5])).toEqual(['no', 'no', 'no', 'no', 'no']);
    expect(latch.destination).toEqual(CALLER);
  });

  it('are those of a source behind a NAT after three in order, once', () => {
    const latch = armed();
    expect(send(latch, NAT, [65_535, 0, 1, 2])).toEqual(['probation', 'probation', 'latched', 'yes']);
    expect(latch.destination).toEqual(NAT);
    expect(send(latch, CALLER, [1, 2, 3])).toEqual(['no', 'no', 'no']);
    expect(send(latch, STRANGER, [1, 2, 3])).toEqual(['no', 'no', 'no']);
  });

  it('are not those of someone who guesses: every packet must follow on the last, with one SSRC', () => {
    expect(send(armed(), STRANGER, [1, 5, 9, 20])).toEqual(['probation', 'probation', 'probation', 'probation']);
    const latch = armed();
    for (let ssrc = 0; ssrc < 5; ssrc++) send(latch, STRANGER, [1], ssrc);
    expect(latch.latched).toBeNull();
  });

  it('are the negotiated source’s, although another one is on probation', () => {
    const latch = armed();
    send(latch, STRANGER, [1, 2]);
    expect(send(latch, CALLER, [7])).toEqual(['latched']);
    expect(send(latch, STRANGER, [3])).toEqual(['no']);
  });

  it('may change with a new offer that moves the caller', () => {
    const latch = armed();
    send(latch, CALLER, [1]);
    latch.arm(STRANGER);
    expect(latch.destination).toEqual(STRANGER);
    expect(send(latch, CALLER, [2])).toEqual(['probation']);
    expect(send(latch, STRANGER, [1])).toEqual(['latched']);
  });

  it('go on being sent to the NAT while a new offer names the same place as before', () => {
    const latch = armed();
    send(latch, NAT, [1, 2, 3]);
    latch.arm(CALLER);
    expect(latch.destination).toEqual(NAT);
    expect(send(latch, NAT, [4])).toEqual(['latched']);
  });

  it('stay the same through a hold by zeros', () => {
    const latch = armed();
    send(latch, CALLER, [1]);
    latch.arm(null);
    expect(send(latch, CALLER, [2])).toEqual(['yes']);
    expect(send(latch, NAT, [1, 2, 3, 4])).not.toContain('latched');
  });

  it('are remembered by a thread that takes over', () => {
    const latch = armed();
    latch.restore(NAT);
    expect(send(latch, CALLER, [1])).toEqual(['no']);
    expect(send(latch, NAT, [9])).toEqual(['yes']);
  });

  it('include RTCP from the same host or the negotiated one, as long as none is latched', () => {
    const rtcp = { address: '192.0.2.2', port: 4_001 };
    const latch = armed();
    expect(latch.admitRtcp(CALLER.address, rtcp)).toBe(true);
    expect(latch.admitRtcp(rtcp.address, rtcp)).toBe(true);
    expect(latch.admitRtcp(STRANGER.address, rtcp)).toBe(false);
    send(latch, NAT, [1, 2, 3]);
    expect(latch.admitRtcp(NAT.address, rtcp)).toBe(true);
    expect(latch.admitRtcp(rtcp.address, rtcp)).toBe(false);
  });
});
