import { describe, expect, it } from 'vitest';
import { SdesSession } from '../../../src/adapters/embedded-media/sdes.js';
import { sessionKeys, SrtpReceiver, SrtpSender } from '../../../src/adapters/embedded-media/srtp.js';
import { MediaNotAcceptable } from '../../../src/ports/media.js';

/** RFC 3711 appendix B.3. */
const MASTER = Buffer.from('e1f97a0d3e018be0d64fa32c06de41390ec675ad498afeebb6960b3aabe6', 'hex');

function packet(sequence: number, ssrc = 0xcafebabe): Buffer {
  const made = Buffer.alloc(12 + 160, 0xab);
  made.set([0x80, 0x00]);
  made.writeUInt16BE(sequence, 2);
  made.writeUInt32BE(sequence * 160, 4);
  made.writeUInt32BE(ssrc, 8);
  return made;
}

describe('SRTP', () => {
  it('derives the session keys of RFC 3711 appendix B.3', () => {
    const { cipher, auth, salt } = sessionKeys(MASTER, 'rtp');
    expect(cipher.toString('hex')).toBe('c61e7a93744f39ee10734afe3ff7a087');
    expect(salt.toString('hex')).toBe('30cbbc08863d8c85d49db34a9ae1');
    expect(auth.toString('hex')).toBe('cebe321f6ff7716b6fd4ab49af256a156d38baa4');
  });

  it('protects the reference packet of libsrtp', () => {
    const plain = Buffer.from('800f1234decafbadcafebabe' + 'ab'.repeat(16), 'hex');
    const secured = '800f1234decafbadcafebabe4e55dc4ce79978d88ca4d215949d2402b78d6acc99ea179b8dbb';
    expect(new SrtpSender(MASTER).rtp(plain).toString('hex')).toBe(secured);
    expect(new SrtpReceiver(MASTER).rtp(Buffer.from(secured, 'hex'))).toEqual(plain);
  });

  it('goes on when the sequence number wraps, with packets out of order around it', () => {
    const sender = new SrtpSender(MASTER);
    const receiver = new SrtpReceiver(MASTER);
    const sent = [65_533, 65_534, 65_535, 0, 1, 2].map((sequence) => sender.rtp(packet(sequence)));
    for (const at of [0, 1, 3, 2, 5, 4]) {
      expect(receiver.rtp(sent[at] ?? Buffer.alloc(0))?.readUInt8(20)).toBe(0xab);
    }
  });

  it('opens nothing of another key, and nothing that was changed', () => {
    const secured = new SrtpSender(MASTER).rtp(packet(7));
    expect(new SrtpReceiver(Buffer.alloc(30, 1)).rtp(secured)).toBeNull();
    secured.writeUInt8(secured.readUInt8(40) ^ 1, 40);
    const receiver = new SrtpReceiver(MASTER);
    expect(receiver.rtp(secured)).toBeNull();
    expect(receiver.rtp(Buffer.alloc(5))).toBeNull();
  });

  it('protects RTCP', () => {
    const report = Buffer.from('80c9000112345678' + 'cd'.repeat(24), 'hex');
    const sender = new SrtpSender(MASTER);
    const receiver = new SrtpReceiver(MASTER);
    const secured = [sender.rtcp(report), sender.rtcp(report)] as const;
    expect(secured[0].equals(secured[1])).toBe(false);
    for (const each of secured) expect(receiver.rtcp(each)).toEqual(report);
    secured[0].writeUInt8(0, 9);
    expect(receiver.rtcp(secured[0])).toBeNull();
  });
});

describe('keys by SDP', () => {
  const plain = (version: number): string =>
    `v=0\r\no=- 5 ${version} IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\nc=IN IP4 127.0.0.1\r\na=sendrecv\r\n`;

  it('says RTP/SAVP with its key, and reads the other side', () => {
    const [caller, called] = [new SdesSession(), new SdesSession()];
    const offer = caller.secured(plain(1));
    expect(offer).toMatch(/m=audio 4000 RTP\/SAVP 0\r\nc=.*\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:/);
    expect(called.opened(offer, 'offer')).toContain('m=audio 4000 RTP/AVP 0');
    caller.opened(called.secured(plain(1)), 'answer');
    expect(caller.keys().send).toEqual(called.keys().receive);
    expect(caller.keys().receive).toEqual(called.keys().send);
  });

  it('takes another key for itself when the offer has another, and a higher version', () => {
    const called = new SdesSession();
    called.opened(new SdesSession().secured(plain(1)), 'offer');
    const [first, before] = [called.secured(plain(1)), called.keys()];
    expect(called.secured(plain(1))).toBe(first);
    called.opened(new SdesSession().secured(plain(1)), 'offer');
    const second = called.secured(plain(1));
    expect(called.keys().send).not.toEqual(before.send);
    expect(called.keys().receive).not.toEqual(before.receive);
    expect(/o=- 5 (\d+)/.exec(second)?.[1]).toBe('2');
  });

  it('refuses plain RTP and other suites', () => {
    expect(() => new SdesSession().opened(plain(1), 'offer')).toThrow(MediaNotAcceptable);
    const other = new SdesSession().secured(plain(1)).replace('SHA1_80', 'SHA1_32');
    expect(() => new SdesSession().opened(other, 'answer')).toThrow(MediaNotAcceptable);
  });
});
