import { setTimeout as pause } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import type { RtpPhone } from '../../src/adapters/embedded-media/phone.js';
import { conferenceId } from '../../src/domain/identifiers.js';
import { silences, sine, toneDbfs, toneSnrDb } from '../sound.js';
import { heardFor, hearsTone, until } from './media-kit.js';
import { describeMedia } from './media.js';
import { embedded, useEmbeddedMedia } from './embedded-run.js';

for (const workers of [1, 2]) {
  describeMedia(`embedded, ${workers} ${workers === 1 ? 'worker' : 'workers'}`, () => ({
    media: embedded({ workers }),
  }));
}

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
  const at = useEmbeddedMedia();

  describe('how it sounds', () => {
    beforeEach(() => at.start());

    it('adds at most 80 ms from mouth to ear', async () => {
      const { one, other } = await at.two();
      await pause(500);
      one.phone.say({ kind: 'tone', hz: 1_000, dbfs: -10 });
      await hearsTone(other.phone, 1_000);
      expect(other.phone.levels().inOnsetMs - one.phone.levels().outOnsetMs).toBeLessThan(80);
    });

    it('passes a tone on with at least 30 dB of signal to noise', async () => {
      const { one, other } = await at.two();
      one.phone.say({ kind: 'tone', hz: 1_000, dbfs: -10 });
      await hearsTone(other.phone, 1_000);
      await pause(500);
      const heard = await heardFor(other.phone, 1_000);
      expect(toneSnrDb(heard.subarray(400, 8_000), 1_000)).toBeGreaterThan(30);
    });

    it('turns the room down under what is played to one caller', async () => {
      const { one, other } = await at.two();
      other.phone.say({ kind: 'tone', hz: 900, dbfs: -20 });
      await hearsTone(one.phone, 900);
      const before = toneDbfs(await heardFor(one.phone, 300), 900);
      one.endpoint.play(at.run.play(), [{ ...(await at.run.sound('over', sine(1_500, 400))), loop: true }]);
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
      const { phone, endpoint } = await at.run.caller({ ptimeMs, ownThread: true });
      const other = await at.run.caller({ ownThread: true });
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
      const { phone, endpoint } = await at.run.caller({ ownThread: true });
      const elsewhere = await at.run.caller({ ownThread: true });
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
    beforeEach(() => at.start({ heartbeatMs: 300 }));

    it('is not heard when the control thread stalls for 2 s', async () => {
      const { one, other } = await at.two();
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
        const { one, other } = await at.two();
        const elsewhere = await at.run.caller({ ownThread: true });
        one.phone.say({ kind: 'tone', hz: 1_000, dbfs: -10 });
        await hearsTone(other.phone, 1_000);
        const sums = async (): Promise<number> => (await one.endpoint.statistics()).packetsReceived;
        const [before, { ssrc }] = [await sums(), other.phone.statistics()];
        const music = at.run.play();
        const prompt = at.run.play();
        for (const { phone } of [one, other, elsewhere]) phone.resetGaps();
        one.endpoint.play(prompt, [await at.run.sound('prompt', sine(1_500, 4_000))]);
        other.endpoint.play(music, [{ ...(await at.run.sound('music', sine(600, 400))), loop: true }]);
        await hearsTone(other.phone, 600);

        at.media.failWorker(other.endpoint.mixer, how);
        expect(await at.run.ended(prompt)).toBe('failed');
        await pause(1_000);
        await hearsTone(other.phone, 1_000);
        await hearsTone(other.phone, 600);
        expect(at.run.listener.outcomes(music)).toEqual([]);
        expect(other.phone.statistics().longestGapMs).toBeLessThan(1_000);
        expect(other.phone.statistics().ssrc).toBe(ssrc);
        expect(elsewhere.phone.statistics().longestGapMs).toBeLessThan(300);
        expect(await sums()).toBeGreaterThan(before);
        expect(at.run.listener.lost).toEqual([]);
        expect(at.run.listener.troubles.filter((line) => line.includes('worker'))).toHaveLength(1);
        expect(at.run.media.mixers().every(({ healthy }) => healthy)).toBe(true);

        await one.phone.pressKey('5');
        await until('the key', () => at.run.listener.keysOf(one.callId) === '5');
        await other.endpoint.leave();
        await pause(200);
        expect(toneDbfs(await heardFor(other.phone, 300), 1_000)).toBeLessThan(-40);
      },
    );

    it('survives one death after the other', async () => {
      const { one, other } = await at.two();
      one.phone.say({ kind: 'tone', hz: 1_000, dbfs: -10 });
      for (let death = 0; death < 3; death++) {
        await hearsTone(other.phone, 1_000);
        at.media.failWorker(other.endpoint.mixer, 'throw');
        await pause(300);
      }
      await hearsTone(other.phone, 1_000);
      expect(at.run.listener.lost).toEqual([]);
    });

    it('joins a caller although the worker dies under the request', async () => {
      const { one } = await at.two();
      one.phone.say({ kind: 'tone', hz: 1_000, dbfs: -10 });
      const late = await at.run.caller({ ownThread: true });
      at.media.failWorker(one.endpoint.mixer, 'throw');
      await late.endpoint.join(conferenceId('room'), { muted: false });
      await hearsTone(late.phone, 1_000);
    });
  });
});
