import { createSocket } from 'node:dgram';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EmbeddedMedia, type EmbeddedMediaOptions } from '../../src/adapters/embedded-media/media.js';
import type { RtpPhone } from '../../src/adapters/embedded-media/phone.js';
import { SystemClock } from '../../src/adapters/system/clock.js';
import { conferenceId } from '../../src/domain/identifiers.js';
import { MediaExhausted } from '../../src/ports/media.js';
import { levelDbfs, noise, silences, sine, toneDbfs, toneSnrDb } from '../sound.js';
import { heardFor, hearsTone, MediaRun, place, until, type Caller } from './media-kit.js';
import { describeMedia } from './media.js';

const embedded = (options: Partial<EmbeddedMediaOptions> = {}): EmbeddedMedia =>
  new EmbeddedMedia({
    clock: new SystemClock(),
    rtpPorts: { min: 22_000, max: 22_399 },
    workers: 2,
    advertise: () => '127.0.0.1',
    bindAddress: '127.0.0.1',
    ...options,
  });

for (const workers of [1, 2]) {
  describeMedia(`embedded, ${workers} ${workers === 1 ? 'worker' : 'workers'}`, () => ({
    media: embedded({ workers }),
  }));
}

/** An RTP packet of PCMU with a loud square wave. */
const loudPacket = (sequence: number, ssrc: number): Buffer => {
  const packet = Buffer.alloc(172, Buffer.concat([Buffer.alloc(4, 0x00), Buffer.alloc(4, 0x80)]));
  packet.writeUInt16BE(0x8000, 0);
  packet.writeUInt16BE(sequence & 0xffff, 2);
  packet.writeUInt32BE((sequence * 160) >>> 0, 4);
  packet.writeUInt32BE(ssrc, 8);
  return packet;
};

const addressedPort = (sdp: string): number => Number(/^m=audio (\d+)/m.exec(sdp)?.[1]);

/**
 * The longest gap that the machine itself, busy with other things, makes between two packets just now: the limits below
 * hold on a quiet machine, and grow with this on a busy one.
 */
const calmGap = async (phone: RtpPhone): Promise<number> => {
  phone.resetGaps();
  await pause(1_500);
  const { longestGapMs } = phone.statistics();
  phone.resetGaps();
  return longestGapMs;
};

/** Blocks this thread: the control side of the bridge, as far as the media are concerned. */
const stall = (ms: number): void => {
  const end = performance.now() + ms;
  while (performance.now() < end);
};

// Real time on a machine that others use too: what a moment of theirs spoils is heard again.
describe('embedded media', { retry: 2 }, () => {
  let media: EmbeddedMedia;
  let run: MediaRun;

  const start = async (options: Partial<EmbeddedMediaOptions> = {}): Promise<void> => {
    media = embedded(options);
    run = await MediaRun.start(media);
  };

  afterEach(async () => {
    await run.stop();
  });

  const two = async (): Promise<{ readonly one: Caller; readonly other: Caller }> => {
    const [one, other] = [await run.caller({ ownThread: true }), await run.caller({ ownThread: true })];
    for (const { endpoint } of [one, other]) await endpoint.join(conferenceId('room'), { muted: false });
    return { one, other };
  };

  describe('how it sounds', () => {
    beforeEach(() => start());

    it('adds at most 80 ms from mouth to ear', async () => {
      const { one, other } = await two();
      await pause(500);
      one.phone.say({ kind: 'tone', hz: 1_000, dbfs: -10 });
      await hearsTone(other.phone, 1_000);
      expect(other.phone.levels().inOnsetMs - one.phone.levels().outOnsetMs).toBeLessThan(80);
    });

    it('passes a tone on with at least 30 dB of signal to noise', async () => {
      const { one, other } = await two();
      one.phone.say({ kind: 'tone', hz: 1_000, dbfs: -10 });
      await hearsTone(other.phone, 1_000);
      await pause(500);
      const heard = await heardFor(other.phone, 1_000);
      expect(toneSnrDb(heard.subarray(400, 8_000), 1_000)).toBeGreaterThan(30);
    });

    it('turns the room down under what is played to one caller', async () => {
      const { one, other } = await two();
      other.phone.say({ kind: 'tone', hz: 900, dbfs: -20 });
      await hearsTone(one.phone, 900);
      const before = toneDbfs(await heardFor(one.phone, 300), 900);
      one.endpoint.play(run.play(), [{ ...(await run.sound('over', sine(1_500, 400))), loop: true }]);
      await hearsTone(one.phone, 1_500);
      await pause(100);
      const during = toneDbfs(await heardFor(one.phone, 300), 900);
      expect(before - during).toBeGreaterThan(11);
      expect(before - during).toBeLessThan(13);
      one.endpoint.stopPlaying();
      await pause(150);
      expect(toneDbfs(await heardFor(one.phone, 300), 900)).toBeCloseTo(before, 0);
    });

    it.each([10, 20, 30, 40, 60])('speaks %i ms a packet where the caller asks for it', async (ptimeMs) => {
      const { phone, endpoint } = await run.caller({ ptimeMs, ownThread: true });
      const other = await run.caller({ ownThread: true });
      phone.say({ kind: 'tone', hz: 500, dbfs: -20 });
      other.phone.say({ kind: 'tone', hz: 900, dbfs: -20 });
      await endpoint.join(conferenceId('ptime'), { muted: false });
      await other.endpoint.join(conferenceId('ptime'), { muted: false });
      await hearsTone(phone, 900);
      await hearsTone(other.phone, 500);
      await pause(500);
      const before = phone.statistics().packetsReceived;
      const heard = await heardFor(phone, 1_200);
      const packets = phone.statistics().packetsReceived - before;
      expect(packets).toBeGreaterThan((1_200 / ptimeMs) * 0.85);
      expect(packets).toBeLessThan((1_200 / ptimeMs) * 1.15 + 2);
      // A sample lost or doubled in every packet would spoil them all; the machine's own jitter spoils one.
      const stretches = [0, 1, 2, 3].map((index) => heard.subarray(400 + index * 2_000, 2_400 + index * 2_000));
      expect(Math.max(...stretches.map((stretch) => toneSnrDb(stretch, 900)))).toBeGreaterThan(30);
      expect(phone.statistics().packetsLost).toBe(0);
    });

    it('hands a caller over to the room’s worker without a gap of more than 60 ms', async () => {
      const { phone, endpoint } = await run.caller({ ownThread: true });
      const elsewhere = await run.caller({ ownThread: true });
      expect(elsewhere.endpoint.mixer).not.toBe(endpoint.mixer);
      elsewhere.phone.say({ kind: 'tone', hz: 900, dbfs: -20 });
      await endpoint.join(conferenceId('handover'), { muted: false });
      const calm = await calmGap(elsewhere.phone);
      const { ssrc } = elsewhere.phone.statistics();
      await elsewhere.endpoint.join(conferenceId('handover'), { muted: false });
      expect(elsewhere.endpoint.mixer).toBe(endpoint.mixer);
      await hearsTone(phone, 900);
      await pause(300);
      const after = elsewhere.phone.statistics();
      expect(after.longestGapMs).toBeLessThan(Math.max(60, calm * 2));
      expect(after.ssrc).toBe(ssrc);
      expect(after.packetsLost).toBe(0);
      expect((await elsewhere.endpoint.statistics()).packetsLost).toBe(0);
    });
  });

  describe('when something stalls or dies', () => {
    beforeEach(() => start({ heartbeatMs: 300 }));

    it('is not heard when the control thread stalls for 2 s', async () => {
      const { one, other } = await two();
      one.phone.say({ kind: 'tone', hz: 1_000, dbfs: -10 });
      await hearsTone(other.phone, 1_000);
      await pause(500);
      const calm = await calmGap(other.phone);
      other.phone.clearHeard();
      stall(2_000);
      const stalled = other.phone.statistics();
      expect(stalled.longestGapMs).toBeLessThan(Math.max(30, calm * 2));
      expect(stalled.packetsLost).toBe(0);
      expect(silences(other.phone.heard().subarray(160), 10)).toEqual([]);
    });

    it.each(['throw', 'hang'] as const)(
      'is silent for less than 1 s when a worker dies (%s), and drops nobody',
      async (how) => {
        const { one, other } = await two();
        const elsewhere = await run.caller({ ownThread: true });
        one.phone.say({ kind: 'tone', hz: 1_000, dbfs: -10 });
        await hearsTone(other.phone, 1_000);
        const sums = async (): Promise<number> => (await one.endpoint.statistics()).packetsReceived;
        const [before, { ssrc }] = [await sums(), other.phone.statistics()];
        const music = run.play();
        const prompt = run.play();
        for (const { phone } of [one, other, elsewhere]) phone.resetGaps();
        one.endpoint.play(prompt, [await run.sound('prompt', sine(1_500, 4_000))]);
        other.endpoint.play(music, [{ ...(await run.sound('music', sine(600, 400))), loop: true }]);
        await hearsTone(other.phone, 600);

        media.failWorker(other.endpoint.mixer, how);
        expect(await run.ended(prompt)).toBe('failed');
        await pause(1_000);
        await hearsTone(other.phone, 1_000);
        await hearsTone(other.phone, 600);
        expect(run.listener.outcomes(music)).toEqual([]);
        expect(other.phone.statistics().longestGapMs).toBeLessThan(1_000);
        expect(other.phone.statistics().ssrc).toBe(ssrc);
        expect(elsewhere.phone.statistics().longestGapMs).toBeLessThan(300);
        expect(await sums()).toBeGreaterThan(before);
        expect(run.listener.lost).toEqual([]);
        expect(run.listener.troubles.filter((line) => line.includes('worker'))).toHaveLength(1);
        expect(run.media.mixers().every(({ healthy }) => healthy)).toBe(true);

        await one.phone.pressKey('5');
        await until('the key', () => run.listener.keysOf(one.callId) === '5');
        await other.endpoint.leave();
        await pause(200);
        expect(toneDbfs(await heardFor(other.phone, 300), 1_000)).toBeLessThan(-40);
      },
    );

    it('survives one death after the other', async () => {
      const { one, other } = await two();
      one.phone.say({ kind: 'tone', hz: 1_000, dbfs: -10 });
      for (let death = 0; death < 3; death++) {
        await hearsTone(other.phone, 1_000);
        media.failWorker(other.endpoint.mixer, 'throw');
        await pause(300);
      }
      await hearsTone(other.phone, 1_000);
      expect(run.listener.lost).toEqual([]);
    });

    it('joins a caller although the worker dies under the request', async () => {
      const { one } = await two();
      one.phone.say({ kind: 'tone', hz: 1_000, dbfs: -10 });
      const late = await run.caller({ ownThread: true });
      media.failWorker(one.endpoint.mixer, 'throw');
      await late.endpoint.join(conferenceId('room'), { muted: false });
      await hearsTone(late.phone, 1_000);
    });
  });

  describe('whose audio it is', () => {
    beforeEach(() => start());

    it('drops and counts what comes from elsewhere', async () => {
      const { one, other } = await two();
      one.phone.say({ kind: 'silence' });
      await pause(300);
      const stranger = createSocket('udp4');
      other.phone.clearHeard();
      for (let sequence = 0; sequence < 25; sequence++) {
        stranger.send(loudPacket(sequence, 77), addressedPort(one.endpoint.localSdp), '127.0.0.1');
        await pause(20);
      }
      stranger.close();
      expect(levelDbfs(other.phone.heard())).toBeLessThan(-60);
      expect((await one.endpoint.statistics()).packetsRejected).toBe(25);
    });

    it('finds a caller behind a NAT by his packets, once', async () => {
      const listener = await run.caller();
      const natted = await run.caller({ advertise: '192.0.2.7' });
      await natted.endpoint.join(conferenceId('nat'), { muted: false });
      await listener.endpoint.join(conferenceId('nat'), { muted: false });
      listener.phone.say({ kind: 'tone', hz: 500, dbfs: -20 });
      natted.phone.say({ kind: 'tone', hz: 900, dbfs: -20 });
      await hearsTone(listener.phone, 900);
      await hearsTone(natted.phone, 500);

      const stranger = createSocket('udp4');
      for (let sequence = 0; sequence < 10; sequence++) {
        stranger.send(loudPacket(sequence, 77), addressedPort(natted.endpoint.localSdp), '127.0.0.1');
        await pause(5);
      }
      stranger.close();
      await pause(50);
      expect((await natted.endpoint.statistics()).packetsRejected).toBe(10);
      await hearsTone(natted.phone, 500);

      // The same caller re-offers, and is still reached at once.
      natted.phone.acceptAnswer(await natted.endpoint.renegotiate(natted.phone.offer()));
      await hearsTone(natted.phone, 500);
    });

    it('remembers who was believed when a worker dies', async () => {
      const listener = await run.caller();
      const natted = await run.caller({ advertise: '192.0.2.7' });
      for (const { endpoint } of [listener, natted]) await endpoint.join(conferenceId('nat'), { muted: false });
      listener.phone.say({ kind: 'tone', hz: 500, dbfs: -20 });
      await hearsTone(natted.phone, 500);
      natted.phone.say({ kind: 'nothing' });
      media.failWorker(natted.endpoint.mixer, 'throw');
      await pause(300);
      await hearsTone(natted.phone, 500);
    });
  });

  describe('signs of life', () => {
    it('tells once that neither RTP nor RTCP came, and again after they came back and stopped', async () => {
      await start({ silenceMs: 400, silenceOnHoldMs: 1_500 });
      const { phone, endpoint, callId } = await run.caller({ rtcp: false });
      const told = (): number => run.listener.missing.filter((one) => one.callId === callId).length;
      await pause(700);
      expect(told()).toBe(0);
      phone.say({ kind: 'nothing' });
      await until('the silence to be told', () => told() === 1);
      expect(run.listener.missing[0]?.silentMs).toBeGreaterThanOrEqual(400);
      await pause(600);
      expect(told()).toBe(1);
      phone.say({ kind: 'silence' });
      await pause(200);
      phone.say({ kind: 'nothing' });
      await until('the second silence', () => told() === 2);

      phone.acceptAnswer(await endpoint.renegotiate(phone.offer('inactive')));
      await pause(900);
      expect(told()).toBe(2);
      await until('the silence on hold', () => told() === 3, 2_000);
    });

    it('sends reports on RTP and RTCP ports as agreed, and says goodbye', async () => {
      await start();
      for (const rtcpMux of [false, true]) {
        const { phone, endpoint } = await run.caller({ rtcpMux });
        expect(phone.agreement?.rtcpMux).toBe(rtcpMux);
        await until('a report', () => phone.statistics().rtcpReceived > 0, 7_000);
        await endpoint.close();
        await until('the goodbye', () => phone.statistics().byeReceived);
      }
    }, 30_000);
  });

  describe('ports', () => {
    it('refuses a call when all are taken, and gives them out again once they have rested', async () => {
      await start({ rtpPorts: { min: 22_400, max: 22_403 }, portRestMs: 300 });
      const phone = await run.phone();
      const [first] = [await run.endpoint(phone.offer()), await run.endpoint(phone.offer())];
      await expect(run.endpoint(phone.offer())).rejects.toThrow(MediaExhausted);
      await first.close();
      await expect(run.endpoint(phone.offer())).rejects.toThrow(MediaExhausted);
      await pause(350);
      const again = await run.endpoint(phone.offer());
      expect(addressedPort(again.localSdp) % 2).toBe(0);
    });

    it('leaves the ports of other programs alone', async () => {
      const theirs = createSocket({ type: 'udp4', reuseAddr: true });
      await new Promise<void>((bound) => theirs.bind({ port: 22_411, address: '127.0.0.1' }, bound));
      await start({ rtpPorts: { min: 22_410, max: 22_413 } });
      const phone = await run.phone();
      expect(addressedPort((await run.endpoint(phone.offer())).localSdp)).toBe(22_412);
      await expect(run.endpoint(phone.offer())).rejects.toThrow(MediaExhausted);
      await new Promise<void>((closed) => theirs.close(closed));
    });

    it('spends none on an offer that cannot be answered', async () => {
      await start({ rtpPorts: { min: 22_420, max: 22_421 } });
      await expect(run.endpoint('nonsense')).rejects.toThrow();
      const phone = await run.phone();
      expect(addressedPort((await run.endpoint(phone.offer())).localSdp)).toBe(22_420);
    });

    it('speaks IPv6', async () => {
      await start({ advertise: (remote) => (remote.includes(':') ? '::1' : '127.0.0.1') });
      const six = await run.caller({ bindAddress: '::1' });
      const four = await run.caller();
      four.phone.say({ kind: 'tone', hz: 900, dbfs: -20 });
      six.phone.say({ kind: 'tone', hz: 500, dbfs: -20 });
      for (const { endpoint } of [six, four]) await endpoint.join(conferenceId('families'), { muted: false });
      await hearsTone(six.phone, 900);
      await hearsTone(four.phone, 500);
    });
  });

  describe('sounds', () => {
    beforeEach(() => start());

    it('plays what was preloaded, and what the file holds now', async () => {
      const { phone, endpoint } = await run.caller();
      const [old, fresh] = [noise(300, -16, 1), noise(320, -16, 2)];
      const item = await run.sound('changing', old);
      await media.preload([item.path, `${run.folder}/missing.wav`]);
      expect(run.listener.troubles.filter((line) => line.includes('missing.wav'))).toHaveLength(1);
      const first = run.play();
      endpoint.play(first, [item]);
      await run.ended(first);
      await pause(100);
      place(phone.heard(), old);

      await run.sound('changing', fresh);
      await media.preload([item.path]);
      phone.clearHeard();
      const second = run.play();
      endpoint.play(second, [item]);
      await run.ended(second);
      await pause(100);
      place(phone.heard(), fresh);
    });

    it('plays the rest of a list of which a file is missing, and says that it failed', async () => {
      const { phone, endpoint } = await run.caller();
      const sound = noise(300);
      const play = run.play();
      endpoint.play(play, [{ path: `${run.folder}/gone.wav`, loop: false }, await run.sound('there', sound)]);
      expect(await run.ended(play)).toBe('failed');
      await pause(100);
      place(phone.heard(), sound);
    });
  });
});
