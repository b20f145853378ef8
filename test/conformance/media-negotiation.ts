import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { conferenceId } from '../../src/domain/identifiers.js';
import { MediaNotAcceptable } from '../../src/ports/media.js';
import { sine, toneDbfs } from '../sound.js';
import { heardFor, hearsTone, until } from './media-kit.js';
import { at, QUIET_DBFS, type MediaSuite } from './media-suite.js';

export function describeNegotiation(suite: MediaSuite): void {
  describe('negotiation', () => {
    it.each([
      ['garbage', 'what is this'],
      ['nothing', ''],
      ['no audio', 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n'],
    ])('refuses %s', async (_what, offer) => {
      await expect(suite.run.endpoint(offer)).rejects.toThrow(MediaNotAcceptable);
    });

    it('refuses an offer without a common codec', async () => {
      const phone = await suite.run.phone();
      const offer = phone
        .offer()
        .replace(/ 0 8 101/, ' 18')
        .replaceAll(/a=(?:rtpmap|fmtp).*\r\n/g, '');
      await expect(suite.run.endpoint(offer)).rejects.toThrow(MediaNotAcceptable);
    });

    it.each([['PCMU'], ['PCMA']] as const)('speaks and understands %s', async (codec) => {
      const { phone, endpoint } = await suite.run.caller({ codecs: [codec] });
      expect(phone.agreement?.codec).toBe(codec);
      const other = await suite.run.caller({ codecs: ['PCMU'] });
      phone.say({ kind: 'tone', hz: 500, dbfs: -20 });
      other.phone.say({ kind: 'tone', hz: 900, dbfs: -20 });
      await endpoint.join(conferenceId(codec), { muted: false });
      await other.endpoint.join(conferenceId(codec), { muted: false });
      await hearsTone(phone, 900);
      await hearsTone(other.phone, 500);
      expect((await endpoint.statistics()).codec).toBe(codec);
    });

    suite.unless('lateOffer')('offers where the caller did not, and completes with the answer', async () => {
      const phone = await suite.run.phone();
      const endpoint = await suite.run.endpoint(null);
      const answer = phone.answer(endpoint.localSdp);
      await endpoint.acceptAnswer(answer);
      suite.run.keep(phone, endpoint);
      const play = suite.run.play();
      endpoint.play(play, [await suite.run.sound('late', sine(700, 500))]);
      await hearsTone(phone, 700);
      await phone.pressKey('5');
      await until('the key', () => suite.run.listener.keysOf(endpoint.callId) === '5');
    });

    suite.unless('lateOffer').each([
      ['the same', false],
      ['another', true],
    ])('hears early media, and goes on with %s answer', async (_which, another) => {
      const early = await suite.run.phone();
      const endpoint = await suite.run.endpoint(null);
      suite.run.keep(early, endpoint);
      const [other] = await suite.talkers(`early ${another}`, 900);
      if (other === undefined) throw new Error('nobody listens');
      await endpoint.join(conferenceId(`early ${another}`), { muted: false });
      const first = early.answer(endpoint.localSdp);
      await endpoint.acceptAnswer(first);
      early.say({ kind: 'tone', hz: 500, dbfs: -20 });
      await hearsTone(other.phone, 500);
      await hearsTone(early, 900);
      const answering = another ? await suite.run.phone() : early;
      await endpoint.acceptAnswer(another ? answering.answer(endpoint.localSdp) : first);
      if (another) {
        early.say({ kind: 'nothing' });
        answering.say({ kind: 'tone', hz: 1_300, dbfs: -20 });
      }
      await hearsTone(other.phone, another ? 1_300 : 500);
      await hearsTone(answering, 900);
      await answering.pressKey('7');
      await until('the key', () => suite.run.listener.keysOf(endpoint.callId) === '7');
    });

    suite.unless('lateOffer')('refuses an answer that is none', async () => {
      const phone = await suite.run.phone();
      const endpoint = await suite.run.endpoint(null);
      suite.run.keep(phone, endpoint);
      await expect(endpoint.acceptAnswer('nonsense')).rejects.toThrow(MediaNotAcceptable);
    });

    it('sends nothing to a caller who holds, and goes on when he resumes', async () => {
      const callers = await suite.talkers('holding', 500, 900);
      const { phone, endpoint } = at(callers, 0);
      await hearsTone(phone, 900);
      for (const direction of ['sendonly', 'inactive'] as const) {
        phone.acceptAnswer(await endpoint.renegotiate(phone.offer(direction)));
        await pause(150);
        const before = phone.statistics().packetsReceived;
        await pause(300);
        expect(phone.statistics().packetsReceived - before).toBeLessThanOrEqual(1);
        phone.acceptAnswer(await endpoint.renegotiate(phone.offer('sendrecv')));
        await hearsTone(phone, 900);
        await hearsTone(at(callers, 1).phone, 500);
      }
    });

    it('follows a caller to another address', async () => {
      const callers = await suite.talkers('moving', 500, 900);
      const { endpoint } = at(callers, 0);
      const moved = await suite.run.phone();
      moved.say({ kind: 'tone', hz: 1_300, dbfs: -20 });
      moved.acceptAnswer(await endpoint.renegotiate(moved.offer()));
      await hearsTone(moved, 900);
      await hearsTone(at(callers, 1).phone, 1_300);
      expect(toneDbfs(await heardFor(at(callers, 1).phone, 300), 500)).toBeLessThan(QUIET_DBFS);
    });

    it('changes nothing when a new offer is refused', async () => {
      const callers = await suite.talkers('unmoved', 500, 900);
      const { phone, endpoint } = at(callers, 0);
      await expect(endpoint.renegotiate('nonsense')).rejects.toThrow(MediaNotAcceptable);
      await hearsTone(phone, 900);
      await hearsTone(at(callers, 1).phone, 500);
    });

    it('keeps its SDP session and raises the version only for a change', async () => {
      const { phone, endpoint } = await suite.run.caller();
      const origin = (sdp: string): readonly string[] => /^o=\S+ (\d+) (\d+)/m.exec(sdp)?.slice(1) ?? [];
      const [session, version] = origin(endpoint.localSdp);
      expect(origin(await endpoint.renegotiate(phone.offer()))).toEqual([session, version]);
      const held = origin(await endpoint.renegotiate(phone.offer('sendonly')));
      expect(held[0]).toBe(session);
      expect(Number(held[1])).toBe(Number(version) + 1);
    });

    suite.unless('lateOffer')('makes an offer when a re-INVITE has none', async () => {
      const { phone, endpoint } = await suite.run.caller();
      const offer = await endpoint.renegotiate(null);
      await endpoint.acceptAnswer(phone.answer(offer));
      const play = suite.run.play();
      endpoint.play(play, [await suite.run.sound('again', sine(700, 500))]);
      await hearsTone(phone, 700);
    });
  });
}
