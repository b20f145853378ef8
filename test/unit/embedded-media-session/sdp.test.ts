import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  acceptAnswer,
  answerOffer,
  makeOffer,
  newLocalSession,
  offeredAddress,
} from '../../../src/adapters/embedded-media/sdp.js';
import { MAX_SDP_OCTETS } from '../../../src/adapters/embedded-media/sdp-reading.js';
import type { Agreement, LocalSession } from '../../../src/adapters/embedded-media/sdp-session.js';
import { MediaNotAcceptable } from '../../../src/ports/media.js';

const ours = (options: Partial<Parameters<typeof newLocalSession>[0]> = {}): LocalSession =>
  newLocalSession({ sessionId: 42, address: '203.0.113.1', rtpPort: 20_000, ...options });

const HEAD = ['v=0', 'o=- 1 1 IN IP4 192.0.2.1', 's=-', 'c=IN IP4 192.0.2.1', 't=0 0'];
const sdp = (...media: readonly string[]): string => [...HEAD, ...media, ''].join('\r\n');
const audio = (...attributes: readonly string[]): string =>
  sdp('m=audio 4000 RTP/AVP 0 8 101', 'a=rtpmap:101 telephone-event/8000', ...attributes);

const agreed = (offer: string): Agreement => answerOffer(ours(), offer).agreement;
const answered = (offer: string): readonly string[] => answerOffer(ours(), offer).session.sdp.split('\r\n');

describe('answering an offer', () => {
  it('writes a whole session description', () => {
    expect(answered(audio('a=ptime:20'))).toEqual([
      'v=0',
      'o=- 42 1 IN IP4 203.0.113.1',
      's=-',
      'c=IN IP4 203.0.113.1',
      't=0 0',
      'm=audio 20000 RTP/AVP 0 101',
      'a=rtpmap:0 PCMU/8000',
      'a=rtpmap:101 telephone-event/8000',
      'a=fmtp:101 0-15',
      'a=ptime:20',
      'a=sendrecv',
      '',
    ]);
  });

  it.each<[string, string, readonly string[], Partial<Agreement>]>([
    ['mu-law first', '0 8', [], { codec: 'PCMU', payloadType: 0 }],
    ['A-law first', '8 0', [], { codec: 'PCMA', payloadType: 8 }],
    ['A-law behind what is not spoken here', '9 18 8 0', ['a=rtpmap:9 G722/8000'], { codec: 'PCMA', payloadType: 8 }],
    [
      'a dynamic number',
      '97 96',
      ['a=rtpmap:97 pcma/8000', 'a=rtpmap:96 PCMU/8000/1'],
      { codec: 'PCMA', payloadType: 97 },
    ],
    ['another clock rate passed over', '96 0', ['a=rtpmap:96 PCMU/16000'], { codec: 'PCMU', payloadType: 0 }],
    ['two channels passed over', '96 8', ['a=rtpmap:96 PCMU/8000/2'], { codec: 'PCMA', payloadType: 8 }],
    ['a static number with another meaning', '0 8', ['a=rtpmap:0 OTHER/8000'], { codec: 'PCMA', payloadType: 8 }],
    ['a codec that looks like a number', '96 0', ['a=rtpmap:96 123/8000'], { codec: 'PCMU', payloadType: 0 }],
    ['numbers out of range', '128 x 999 0', [], { codec: 'PCMU', payloadType: 0 }],
    ['no events', '0', [], { eventPayloadType: null, eventSendPayloadType: null }],
    ['events of any number', '0 96', ['a=rtpmap:96 telephone-event/8000'], { eventPayloadType: 96 }],
    [
      'events at 8 kHz among others',
      '0 100 110',
      ['a=rtpmap:100 telephone-event/48000', 'a=rtpmap:110 telephone-event/8000'],
      { eventPayloadType: 110 },
    ],
    ['no packet time', '0', [], { ptimeMs: 20 }],
    ['a packet time', '0', ['a=ptime:30'], { ptimeMs: 30 }],
    ['a packet time beyond the longest', '0', ['a=ptime:60', 'a=maxptime:40'], { ptimeMs: 40 }],
    ['only a longest packet time', '0', ['a=maxptime:10'], { ptimeMs: 10 }],
    ['a packet time too short', '0', ['a=ptime:5'], { ptimeMs: 10 }],
    ['a packet time too long', '0', ['a=ptime:200'], { ptimeMs: 60 }],
    ['a packet time that is none', '0', ['a=ptime:soon'], { ptimeMs: 20 }],
    ['RTCP one above', '0', [], { rtcpMux: false, remoteRtcp: { address: '192.0.2.1', port: 4_001 } }],
    ['RTCP elsewhere', '0', ['a=rtcp:5000'], { remoteRtcp: { address: '192.0.2.1', port: 5_000 } }],
    [
      'RTCP at another address',
      '0',
      ['a=rtcp:5000 IN IP4 192.0.2.9'],
      { remoteRtcp: { address: '192.0.2.9', port: 5_000 } },
    ],
    ['RTCP at a useless address', '0', ['a=rtcp:5000 IN IP4 224.0.0.1'], { remoteRtcp: null }],
    [
      'RTCP on the same port',
      '0',
      ['a=rtcp-mux'],
      { rtcpMux: true, remoteRtcp: { address: '192.0.2.1', port: 4_000 } },
    ],
    ['both ways', '0', ['a=sendrecv'], { direction: 'sendrecv', held: false }],
    ['hold with music', '0', ['a=sendonly'], { direction: 'recvonly', held: true }],
    ['listening only', '0', ['a=recvonly'], { direction: 'sendonly', held: true }],
    ['hold', '0', ['a=inactive'], { direction: 'inactive', held: true }],
    ['hold by zeros', '0', ['c=IN IP4 0.0.0.0'], { direction: 'recvonly', held: true, remote: null, remoteRtcp: null }],
    ['its own address', '0', ['c=IN IP4 192.0.2.5'], { remote: { address: '192.0.2.5', port: 4_000 } }],
  ])('understands %s', (_what, formats, attributes, expected) => {
    expect(agreed(sdp(`m=audio 4000 RTP/AVP ${formats}`, ...attributes))).toMatchObject(expected);
  });

  it('takes direction and address from the session where the media have none', () => {
    const offer = [...HEAD, 'a=sendonly', 'm=audio 4000 RTP/AVP 0', ''].join('\r\n');
    expect(agreed(offer)).toMatchObject({ direction: 'recvonly', remote: { address: '192.0.2.1', port: 4_000 } });
  });

  it('understands every codec it could be sent, the static numbers included', () => {
    expect(agreed(sdp('m=audio 4000 RTP/AVP 97', 'a=rtpmap:97 PCMA/8000')).receive).toEqual([
      { payloadType: 97, codec: 'PCMA' },
      { payloadType: 0, codec: 'PCMU' },
      { payloadType: 8, codec: 'PCMA' },
    ]);
  });

  it('reads lines ended in any way', () => {
    for (const end of ['\n', '\r', '\r\n']) expect(agreed(audio().replaceAll('\r\n', end)).codec).toBe('PCMU');
  });

  it('takes the first usable audio and rejects the other lines with port 0, in order', () => {
    const offer = sdp(
      'm=video 5000 RTP/AVP 31 34',
      'm=audio 6000 RTP/SAVP 0 8',
      'm=audio 6002 RTP/AVP 18',
      'm=audio 7000/2 RTP/AVP 8',
      'm=audio 8000 RTP/AVP 0',
      'm=application 9000 udptl t38',
    );
    expect(agreed(offer)).toMatchObject({ codec: 'PCMA', remote: { port: 7_000 } });
    expect(answered(offer).filter((line) => line.startsWith('m='))).toEqual([
      'm=video 0 RTP/AVP 31 34',
      'm=audio 0 RTP/SAVP 0 8',
      'm=audio 0 RTP/AVP 18',
      'm=audio 20000 RTP/AVP 8',
      'm=audio 0 RTP/AVP 0',
      'm=application 0 udptl t38',
    ]);
  });

  it('mirrors RTCP on the RTP port only where it was offered', () => {
    expect(answered(audio('a=rtcp-mux'))).toContain('a=rtcp-mux');
    expect(answered(audio())).not.toContain('a=rtcp-mux');
  });

  it('speaks IPv6, and writes addresses as packets will bear them', () => {
    const offer = audio().replaceAll('IP4 192.0.2.1', 'IP6 2001:DB8:0:0::1');
    const { session, agreement } = answerOffer(ours({ address: '2001:db8::2' }), offer);
    expect(agreement.remote).toEqual({ address: '2001:db8::1', port: 4_000 });
    expect(session.sdp).toContain('c=IN IP6 2001:db8::2');
    const held = offer.replace('c=IN IP6 2001:DB8:0:0::1', 'c=IN IP6 ::');
    expect(answerOffer(ours({ address: '2001:db8::2' }), held).agreement.remote).toBeNull();
  });

  it('tells the address offered, to choose a family by', () => {
    expect(offeredAddress(audio())).toBe('192.0.2.1');
    expect(offeredAddress(audio('c=IN IP4 0.0.0.0'))).toBeNull();
    expect(offeredAddress(audio('c=IN IP6 2001:db8::1'))).toBe('2001:db8::1');
  });

  it.each<[string, string]>([
    ['nothing', ''],
    ['garbage', '\u0000\u0001 hello'],
    ['no version', audio().replace('v=0\r\n', '')],
    ['no origin', audio().replace(/o=.*\r\n/, '')],
    ['no media', sdp()],
    ['a malformed m= line', sdp('m=audio')],
    ['a port beyond all', sdp('m=audio 70000 RTP/AVP 0')],
    ['no formats', sdp('m=audio 4000 RTP/AVP')],
    ['only video', sdp('m=video 4000 RTP/AVP 31')],
    ['audio switched off', sdp('m=audio 0 RTP/AVP 0')],
    ['SRTP alone', sdp('m=audio 4000 RTP/SAVP 0')],
    ['feedback profile alone', sdp('m=audio 4000 RTP/AVPF 0')],
    ['no common codec', sdp('m=audio 4000 RTP/AVP 18 9 96', 'a=rtpmap:96 opus/48000/2')],
    ['no address', audio().replace(/c=.*\r\n/, '')],
    ['a name for an address', audio('c=IN IP4 phone.example.com')],
    ['a number for an address', audio('c=IN IP4 7')],
    ['multicast', audio('c=IN IP4 224.2.1.1/127')],
    ['multicast without a TTL', audio('c=IN IP4 224.2.1.1')],
    ['broadcast', audio('c=IN IP4 255.255.255.255')],
    ['the other family', audio('c=IN IP6 2001:db8::1')],
    ['too many lines of media', sdp(...Array.from({ length: 40 }, () => 'm=audio 4000 RTP/AVP 0'))],
    ['too much', audio(`a=fmtp:0 ${'x'.repeat(MAX_SDP_OCTETS)}`)],
  ])('refuses %s', (_what, offer) => {
    expect(() => answerOffer(ours(), offer)).toThrow(MediaNotAcceptable);
  });

  it('either answers or refuses, whatever comes', () => {
    const line = fc.oneof(
      fc.constantFrom(...audio('a=ptime:20', 'a=rtcp:4001', 'a=sendonly', 'm=video 1 RTP/AVP 31').split('\r\n')),
      fc.string(),
      fc
        .tuple(fc.constantFrom('m=audio ', 'a=rtpmap:', 'c=IN IP4 ', 'a=rtcp:', 'a=ptime:', 'o='), fc.string())
        .map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 20 }), (lines) => {
        for (const offer of [lines.join('\r\n'), sdp(...lines), audio(...lines)]) {
          try {
            expect(['PCMU', 'PCMA']).toContain(agreed(offer).codec);
          } catch (error) {
            expect(error).toBeInstanceOf(MediaNotAcceptable);
          }
        }
      }),
    );
  });

  it('takes time linear in the offer', () => {
    const long = audio(...Array.from({ length: 3_000 }, (_, index) => `a=rtpmap:${20 + (index % 80)} x/8000`)).slice(
      0,
      MAX_SDP_OCTETS - 2,
    );
    // Time that others have the processor does not count.
    const start = process.cpuUsage();
    agreed(long);
    expect(process.cpuUsage(start).user / 1_000).toBeLessThan(500);
  });
});

describe('our own offer', () => {
  const answerTo = (offer: LocalSession, body: readonly string[]): Agreement =>
    acceptAnswer(offer, [...HEAD, ...body, ''].join('\r\n'));

  it('names both codecs, events and the packet time', () => {
    expect(
      makeOffer(ours({ ptimeMs: 30 }))
        .sdp.split('\r\n')
        .slice(5, 12),
    ).toEqual([
      'm=audio 20000 RTP/AVP 0 8 101',
      'a=rtpmap:0 PCMU/8000',
      'a=rtpmap:8 PCMA/8000',
      'a=rtpmap:101 telephone-event/8000',
      'a=fmtp:101 0-15',
      'a=ptime:30',
      'a=sendrecv',
    ]);
  });

  it('is completed by an answer; each side is sent to by its own numbers', () => {
    const agreement = answerTo(makeOffer(ours()), [
      'm=audio 4000 RTP/AVP 8 96',
      'a=rtpmap:96 telephone-event/8000',
      'a=ptime:40',
    ]);
    expect(agreement).toMatchObject({
      codec: 'PCMA',
      payloadType: 8,
      eventPayloadType: 101,
      eventSendPayloadType: 96,
      ptimeMs: 40,
      direction: 'sendrecv',
      rtcpMux: false,
    });
  });

  it('speaks RTCP on the RTP port only where offered and answered', () => {
    const answer = ['m=audio 4000 RTP/AVP 0', 'a=rtcp-mux'];
    expect(answerTo(makeOffer(ours()), answer).rtcpMux).toBe(false);
    expect(answerTo(makeOffer(ours({ offerRtcpMux: true })), answer).rtcpMux).toBe(true);
  });

  it.each([
    ['rejects the audio', ['m=audio 0 RTP/AVP 0']],
    ['has another codec', ['m=audio 4000 RTP/AVP 18']],
    ['has another profile', ['m=audio 4000 RTP/SAVP 0']],
    ['has more lines than were offered', ['m=audio 4000 RTP/AVP 0', 'm=video 5000 RTP/AVP 31']],
    ['has other media', ['m=video 5000 RTP/AVP 31']],
  ])('refuses an answer that %s', (_what, body) => {
    expect(() => answerTo(makeOffer(ours()), body)).toThrow(MediaNotAcceptable);
  });

  it('meets its own answer', () => {
    const offer = makeOffer(ours({ codecs: ['PCMA', 'PCMU'] }));
    const { session, agreement } = answerOffer(ours({ rtpPort: 30_000 }), offer.sdp);
    expect(agreement.codec).toBe('PCMA');
    expect(acceptAnswer(offer, session.sdp)).toMatchObject({ codec: 'PCMA', remote: { port: 30_000 } });
  });
});

describe('a session as it goes on', () => {
  it('keeps its id and raises the version by one, and only for a change', () => {
    const first = answerOffer(ours(), audio()).session;
    const same = answerOffer(first, audio()).session;
    expect(same.sdp).toBe(first.sdp);
    const held = answerOffer(same, audio('a=sendonly')).session;
    expect(held.sdp).toContain('o=- 42 2 IN IP4');
    expect(held.sdp).toContain('a=recvonly');
    const resumed = answerOffer(held, audio()).session;
    expect(resumed.sdp).toContain('o=- 42 3 IN IP4');
  });

  it('is untouched by an offer that is refused', () => {
    const first = answerOffer(ours(), audio()).session;
    const copy = structuredClone(first);
    expect(() => answerOffer(first, 'nonsense')).toThrow(MediaNotAcceptable);
    expect(first).toEqual(copy);
  });

  it('keeps every line of media in a later offer of ours', () => {
    const { session } = answerOffer(ours(), sdp('m=video 5000 RTP/AVP 31', 'm=audio 4000 RTP/AVP 0'));
    expect(
      makeOffer(session)
        .sdp.split('\r\n')
        .filter((line) => line.startsWith('m=')),
    ).toEqual(['m=video 0 RTP/AVP 31', 'm=audio 20000 RTP/AVP 0 8 101']);
  });

  it('can offer to hold', () => {
    expect(makeOffer(ours(), 'sendonly').sdp).toContain('a=sendonly');
  });
});
