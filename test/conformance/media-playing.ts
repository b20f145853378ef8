import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { concatenated, levelDbfs, likeness, noise, silences, sine, toneDbfs, writeWav } from '../sound.js';
import { heardFor, hearsTone, place, until } from './media-kit.js';
import { LOUD_DBFS, QUIET_DBFS, type MediaSuite } from './media-suite.js';

export function describePlaying(suite: MediaSuite): void {
  describe('playing to one caller', () => {
    it('sends RTP from the answer on, silent while nothing is played', async () => {
      const { phone } = await suite.run.caller();
      const heard = await heardFor(phone, 500);
      expect(levelDbfs(heard)).toBeLessThan(QUIET_DBFS);
      expect(phone.statistics().packetsReceived).toBeGreaterThan(20);
    });

    it('plays a file from its first sample to its last and tells once that it has ended', async () => {
      const { phone, endpoint } = await suite.run.caller();
      const sound = noise(600);
      const play = suite.run.play();
      endpoint.play(play, [await suite.run.sound('whole', sound)]);
      expect(await suite.run.ended(play)).toBe('completed');
      await pause(200);
      const heard = phone.heard();
      const start = place(heard, sound);
      expect(likeness(heard, sound, start)).toBeGreaterThan(0.9);
    });

    it('plays files at 16 kHz at their right pitch', async () => {
      const { phone, endpoint } = await suite.run.caller();
      const play = suite.run.play();
      const path = `${suite.run.folder}/wide.wav`;
      await writeWav(path, sine(500, 1_000), 16_000);
      endpoint.play(play, [{ path, loop: false }]);
      expect(await suite.run.ended(play)).toBe('completed');
      // 500 Hz written as if at 8 kHz is 1000 Hz at 16 kHz, and half as long.
      expect(toneDbfs(phone.heard(), 1_000)).toBeGreaterThan(LOUD_DBFS);
      expect(toneDbfs(phone.heard(), 500)).toBeLessThan(LOUD_DBFS - 10);
    });

    suite.unless('gapless')('plays a list in order without gaps, and it ends once', async () => {
      const { phone, endpoint } = await suite.run.caller();
      const sounds = [noise(330, -16, 1), noise(250, -16, 2), noise(410, -16, 3)];
      const items = await Promise.all(sounds.map((sound, index) => suite.run.sound(`part${index}`, sound)));
      const play = suite.run.play();
      endpoint.play(play, items);
      expect(await suite.run.ended(play)).toBe('completed');
      await pause(200);
      const heard = phone.heard();
      const whole = concatenated(...sounds);
      const start = place(heard, whole);
      expect(likeness(heard, whole, start)).toBeGreaterThan(0.9);
      expect(silences(heard.subarray(start, start + whole.length), 3)).toEqual([]);
    });

    it('replaces a running play, which is told', async () => {
      const { phone, endpoint } = await suite.run.caller();
      const [first, second] = [suite.run.play(), suite.run.play()];
      endpoint.play(first, [await suite.run.sound('long', sine(700, 5_000))]);
      await hearsTone(phone, 700);
      endpoint.play(second, [await suite.run.sound('short', sine(1_300, 400))]);
      expect(await suite.run.ended(first)).toBe('replaced');
      expect(await suite.run.ended(second)).toBe('completed');
      const after = await heardFor(phone, 300);
      expect(toneDbfs(after, 700)).toBeLessThan(QUIET_DBFS);
    });

    it('stops playing when asked to', async () => {
      const { phone, endpoint } = await suite.run.caller();
      const play = suite.run.play();
      endpoint.play(play, [await suite.run.sound('stopped', sine(700, 5_000))]);
      await hearsTone(phone, 700);
      endpoint.stopPlaying();
      expect(await suite.run.ended(play, 1_000)).toBe('stopped');
      await pause(100);
      expect(levelDbfs(await heardFor(phone, 200))).toBeLessThan(QUIET_DBFS);
    });

    it('does nothing when asked to stop and nothing plays', async () => {
      const { endpoint } = await suite.run.caller();
      const told = suite.run.listener.finished.length;
      endpoint.stopPlaying();
      await pause(150);
      expect(suite.run.listener.finished).toHaveLength(told);
    });

    it('repeats a looping file, after what comes before it in the list, until stopped', async () => {
      const { phone, endpoint } = await suite.run.caller();
      const [intro, music] = [noise(300, -16, 4), noise(260, -16, 5)];
      const play = suite.run.play();
      const looped = { ...(await suite.run.sound('music', music)), loop: true };
      endpoint.play(play, [await suite.run.sound('intro', intro), looped]);
      await pause(1_800);
      expect(suite.run.listener.outcomes(play)).toEqual([]);
      endpoint.stopPlaying();
      expect(await suite.run.ended(play)).toBe('stopped');
      const heard = phone.heard();
      let from = place(heard, intro) + intro.length - 400;
      for (let round = 0; round < 3; round++)
        from = place(heard.subarray(0, from + 3_000), music, from) + music.length - 80;
    });

    it('tells that a file could not be played, and of the trouble', async () => {
      const { endpoint } = await suite.run.caller();
      const play = suite.run.play();
      const path = `${suite.run.folder}/nowhere.wav`;
      endpoint.play(play, [{ path, loop: false }]);
      expect(await suite.run.ended(play)).toBe('failed');
      await until('trouble about the file', () =>
        suite.run.listener.troubles.some((line) => line.includes('nowhere.wav')),
      );
    });
  });
}
