import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { FreeSwitchMedia } from '../../src/adapters/freeswitch/media.js';
import type { RtpPhoneOptions } from '../../src/adapters/embedded-media/phone.js';
import { conferenceId } from '../../src/domain/identifiers.js';
import { MediaNotAcceptable, type MediaEndpoint } from '../../src/ports/media.js';
import { describeProduction, otherFreeSwitch } from '../production.js';
import { noise, sine, toneDbfs } from '../sound.js';
import { hearsTone, heardFor, MediaRun, place, until, type Caller } from './media-kit.js';
import { MixerCluster } from './mixer-cluster.js';

const QUIET_DBFS = -60;
const other = otherFreeSwitch();
if (other === null)
  console.warn('a second version of FreeSWITCH skipped: none found (PARTYLINE_OTHER_FREESWITCH names one)');

describeProduction('FreeSWITCH, of two versions where both are found', () => {
  let cluster: MixerCluster;
  let run: MediaRun<FreeSwitchMedia>;

  beforeAll(async () => {
    cluster = await MixerCluster.start({ usual: {}, other: other === null ? {} : { program: other } });
    run = await MediaRun.start(cluster.media(['usual', 'other']));
  }, 60_000);
  afterEach(() => run.clear());
  afterAll(async () => {
    await run.stop();
    await cluster.stop();
  }, 30_000);

  const talker = async (name: string, hz: number, mixer: string, options: RtpPhoneOptions = {}): Promise<Caller> => {
    const caller = await run.caller(options, mixer);
    caller.phone.say({ kind: 'tone', hz, dbfs: -20 });
    await caller.endpoint.join(conferenceId(name), { muted: false });
    return caller;
  };

  /** As a bridge moves a caller: another endpoint for what he sent last, offered to him by re-INVITE. */
  const move = async ({ phone, endpoint }: Caller, last: string, mixer: string): Promise<Caller> => {
    const next = await run.endpoint(last, mixer);
    const answer = phone.answer(next.localSdp);
    await next.acceptAnswer(answer);
    await endpoint.close();
    return run.keep(phone, next);
  };

  it.skipIf(other === null)('tells once that the mixers differ, and uses both', () => {
    const versions = run.media.mixers().map(({ version }) => version);
    expect(new Set(versions).size).toBe(2);
    expect(versions.every((version) => /^FreeSWITCH 1\.\d+\.\d+$/.test(version))).toBe(true);
    const told = run.listener.troubles.filter((line) => line.startsWith('the mixers run different versions'));
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(/: usual \d+\.\d+\.\d+, other \d+\.\d+\.\d+$/);
  });

  // The usual one goes through the whole suite elsewhere.
  describe.skipIf(other === null)('the other one', () => {
    it('plays, stops, and plays to one and all in a room', async () => {
      const one = await talker('basics', 500, 'other');
      const two = await talker('basics', 900, 'other');
      await hearsTone(one.phone, 900);
      await hearsTone(two.phone, 500);
      for (const { phone } of [one, two]) phone.say({ kind: 'silence' });
      const sounds = [noise(400, -16, 1), noise(300, -16, 2)];
      const [first, second] = await Promise.all(sounds.map((sound, index) => run.sound(`basics${index}`, sound)));
      if (first === undefined || second === undefined) throw new Error('no sounds');
      const [toAll, toOne] = [run.play(), run.play()];
      run.media.playToRoom(conferenceId('basics'), toAll, [first]);
      expect(await run.ended(toAll)).toBe('completed');
      one.endpoint.play(toOne, [second]);
      expect(await run.ended(toOne)).toBe('completed');
      await pause(200);
      for (const { phone } of [one, two]) place(phone.heard(), sounds[0] ?? new Int16Array());
      place(one.phone.heard(), sounds[1] ?? new Int16Array());
      await one.endpoint.leave();
      const endless = run.play();
      one.endpoint.play(endless, [{ ...(await run.sound('endless', sine(700, 400))), loop: true }]);
      await hearsTone(one.phone, 700);
      one.endpoint.stopPlaying();
      expect(await run.ended(endless)).toBe('stopped');
    }, 30_000);

    it('tells keys, as events and as tones', async () => {
      const one = await talker('keyed', 500, 'other');
      for (const key of ['1', '*', '#'] as const) await one.phone.pressKey(key, { durationMs: 60 });
      const plain = await run.caller({ eventPayloadType: null }, 'other');
      for (const key of ['3', '3'] as const) await plain.phone.pressKey(key, { method: 'inband' });
      await until(
        'the keys',
        () => run.listener.keysOf(one.callId) === '1*#' && run.listener.keysOf(plain.callId) === '33',
      );
    });

    it('mutes, holds and counts', async () => {
      const [one, two] = [await talker('muted', 500, 'other'), await talker('muted', 900, 'other')];
      await one.endpoint.setMuted(true);
      await pause(250);
      expect(toneDbfs(await heardFor(two.phone, 300), 500)).toBeLessThan(QUIET_DBFS);
      two.phone.acceptAnswer(await two.endpoint.renegotiate(two.phone.offer('sendonly')));
      two.phone.acceptAnswer(await two.endpoint.renegotiate(two.phone.offer('sendrecv')));
      await one.endpoint.setMuted(false);
      await hearsTone(two.phone, 500);
      expect((await two.endpoint.statistics()).packetsReceived).toBeGreaterThan(20);
      expect(await run.media.roomSize(conferenceId('muted'))).toBe(2);
    });

    it('offers where the caller did not', async () => {
      const phone = await run.phone();
      const endpoint = await run.endpoint(null, 'other');
      await endpoint.acceptAnswer(phone.answer(endpoint.localSdp));
      run.keep(phone, endpoint);
      endpoint.play(run.play(), [await run.sound('late', sine(700, 500))]);
      await hearsTone(phone, 700);
    });

    it('lets a leg be taken back, and leaves nothing behind', async () => {
      const one = await talker('taken', 500, 'other');
      const first = run;
      await first.media.release();
      run = await MediaRun.start(cluster.media(['usual', 'other']));
      const state = { room: conferenceId('taken'), remoteSdp: one.phone.offer() };
      const adopted = await run.media.adopt(one.callId, one.endpoint.handle ?? '', state);
      run.keep(one.phone, adopted);
      const two = await talker('taken', 900, 'other');
      await hearsTone(two.phone, 500);
      await first.stop();
      await run.clear();
      expect(await cluster.sessions('other')).toBe(0);
    }, 30_000);
  });

  describe.each([
    ['usual', 'other'],
    ['other', 'usual'],
  ])('a caller moved from the %s to the %s', (from, to) => {
    it.each([
      ['plain', false],
      ['secured by SDES', true],
    ])(
      'is in the new room at once: %s',
      async (_what, secure) => {
        const phone = await run.phone({ secure });
        const offer = phone.offer();
        const endpoint = await run.endpoint(offer, from);
        phone.acceptAnswer(endpoint.localSdp);
        const caller = run.keep(phone, endpoint);
        expect(endpoint.localSdp).toContain(secure ? 'RTP/SAVP' : 'RTP/AVP');
        phone.say({ kind: 'tone', hz: 500, dbfs: -20 });
        await endpoint.join(conferenceId('before'), { muted: false });
        const old = await talker('before', 900, from);
        await hearsTone(phone, 900);
        await hearsTone(old.phone, 500);

        const moved = await move(caller, offer, to);
        expect(moved.endpoint.mixer).toBe(to);
        await moved.endpoint.join(conferenceId('after'), { muted: false });
        const fresh = await talker('after', 1_300, to, { secure: !secure });
        await hearsTone(phone, 1_300);
        await hearsTone(fresh.phone, 500);
        await phone.pressKey('6');
        await until('a key', () => run.listener.keysOf(moved.callId) === '6');
        // The caller himself: hold and resume.
        for (const direction of ['sendonly', 'sendrecv'] as const)
          phone.acceptAnswer(await moved.endpoint.renegotiate(phone.offer(direction)));
        await hearsTone(phone, 1_300);
        await hearsTone(fresh.phone, 500);
      },
      30_000,
    );
  });

  it('answers audio that is secured, and only that, with keys; a suite that it does not have it refuses', async () => {
    const secure = await run.phone({ secure: true });
    const offer = secure.offer();
    const answered = async (text: string): Promise<string> => {
      const endpoint: MediaEndpoint = await run.endpoint(text);
      const { localSdp } = endpoint;
      await endpoint.close();
      return localSdp;
    };
    expect(await answered(offer)).toMatch(/^a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:/m);
    // Keys for audio that is not secured: answered plainly (RFC 4568 section 5.1.2 has them only with RTP/SAVP).
    expect(await answered(offer.replace('RTP/SAVP', 'RTP/AVP'))).not.toMatch(/SAVP|a=crypto/);
    await expect(answered(offer.replace('AES_CM_128_HMAC_SHA1_80', 'AES_CM_128_NULL_AUTH'))).rejects.toThrow(
      MediaNotAcceptable,
    );
    await expect(answered(offer.replace(/^a=crypto.*\r\n/m, ''))).rejects.toThrow(MediaNotAcceptable);
  });
});
