import { readdir, writeFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { conferenceId } from '../../src/domain/identifiers.js';
import { levelDbfs, silences, sine, toneDbfs } from '../sound.js';
import { hearsTone, recorded, type Caller } from './media-kit.js';
import { QUIET_DBFS, type MediaSuite } from './media-suite.js';

export function describeRecording(suite: MediaSuite): void {
  describe('recording', () => {
    /** The mean level of a tone with a peak of -20 dBFS is -23; a few missing frames are no matter. */
    const SAID_DBFS = -24;
    const talker = async (hz = 500): Promise<Caller> => {
      const caller = await suite.run.caller();
      caller.phone.say({ kind: 'tone', hz, dbfs: -20 });
      await pause(200);
      return caller;
    };
    const partials = async (): Promise<readonly string[]> =>
      (await readdir(suite.run.folder)).filter((file) => file.includes('partial'));

    it('records what the caller says, from now until stopped, and not what he hears', async () => {
      const { phone, endpoint } = await talker();
      endpoint.play(suite.run.play(), [await suite.run.sound('prompt', sine(1_500, 5_000))]);
      await hearsTone(phone, 1_500);
      const path = `${suite.run.folder}/name.wav`;
      const begun = performance.now();
      await endpoint.record(path, { limitMs: 5_000 });
      await pause(1_000);
      const asked = performance.now();
      const result = await endpoint.stopRecording();
      expect(performance.now() - asked).toBeLessThan(1_000);
      const sound = await recorded(path);
      expect(sound.length / 8).toBe(result?.durationMs);
      expect(Math.abs(sound.length / 8 - (asked - begun))).toBeLessThan(150);
      expect(toneDbfs(sound, 500)).toBeGreaterThan(SAID_DBFS);
      expect(toneDbfs(sound, 1_500)).toBeLessThan(QUIET_DBFS);
      // An engine may need a moment to begin, or to go on where files are played.
      expect(silences(sound, 50)).toEqual([]);
      expect(await endpoint.stopRecording()).toBeNull();
      expect(await partials()).toEqual([]);
    });

    it('ends a recording at its limit, and then makes another in place of it', async () => {
      const { phone, endpoint } = await talker();
      const path = `${suite.run.folder}/limited.wav`;
      await endpoint.record(path, { limitMs: 700 });
      await pause(1_100);
      phone.say({ kind: 'tone', hz: 900, dbfs: -20 });
      await pause(300);
      const result = await endpoint.stopRecording();
      const sound = await recorded(path);
      expect(result?.durationMs).toBe(sound.length / 8);
      expect(sound.length / 8).toBeLessThanOrEqual(700);
      expect(sound.length / 8).toBeGreaterThan(550);
      expect(toneDbfs(sound, 500)).toBeGreaterThan(SAID_DBFS);

      await endpoint.record(path, { limitMs: 300_000 });
      await pause(400);
      await endpoint.stopRecording();
      const again = await recorded(path);
      expect(toneDbfs(again, 900)).toBeGreaterThan(SAID_DBFS);
      expect(toneDbfs(again, 500)).toBeLessThan(QUIET_DBFS);
    });

    it('records a caller alone who enters a room, is muted there and leaves it', async () => {
      const [other] = await suite.talkers('recorded', 900);
      const { phone, endpoint } = await talker();
      const path = `${suite.run.folder}/in-a-room.wav`;
      await endpoint.record(path, { limitMs: 30_000 });
      const begun = performance.now();
      await endpoint.join(conferenceId('recorded'), { muted: false });
      await hearsTone(phone, 900);
      if (other !== undefined) await hearsTone(other.phone, 500);
      await endpoint.setMuted(true);
      await pause(700);
      await endpoint.leave();
      await pause(200);
      const lasted = performance.now() - begun;
      await endpoint.stopRecording();
      const sound = await recorded(path);
      // An engine may need a moment on the way into the room and out of it.
      expect(Math.abs(sound.length / 8 - lasted)).toBeLessThan(suite.lacks('recordedPauses') ? 400 : 250);
      expect(toneDbfs(sound, 500)).toBeGreaterThan(SAID_DBFS);
      expect(toneDbfs(sound, 900)).toBeLessThan(QUIET_DBFS + 10);
      // The end of it was spoken while muted.
      expect(toneDbfs(sound.subarray(-6_400), 500)).toBeGreaterThan(SAID_DBFS);
    });

    suite.unless('recordedPauses')('keeps the time while the caller sends nothing', async () => {
      const { phone, endpoint } = await talker();
      const path = `${suite.run.folder}/pause.wav`;
      await endpoint.record(path, { limitMs: 5_000 });
      const begun = performance.now();
      await pause(400);
      phone.say({ kind: 'nothing' });
      await pause(800);
      phone.say({ kind: 'tone', hz: 900, dbfs: -20 });
      await pause(400);
      const lasted = performance.now() - begun;
      await endpoint.stopRecording();
      const sound = await recorded(path);
      expect(Math.abs(sound.length / 8 - lasted)).toBeLessThan(150);
      expect(toneDbfs(sound.subarray(800, 2_400), 500)).toBeGreaterThan(SAID_DBFS);
      expect(levelDbfs(sound.subarray(5_200, 8_400))).toBeLessThan(QUIET_DBFS);
      expect(toneDbfs(sound.subarray(-1_200), 900)).toBeGreaterThan(SAID_DBFS);
    });

    it('leaves out the keys', async () => {
      const { phone, endpoint } = await suite.run.caller();
      const path = `${suite.run.folder}/keys.wav`;
      await endpoint.record(path, { limitMs: 5_000 });
      await phone.pressKey('5', { durationMs: 200 });
      await pause(200);
      await endpoint.stopRecording();
      expect(levelDbfs(await recorded(path))).toBeLessThan(QUIET_DBFS);
    });

    it('keeps what was recorded when the endpoint closes', async () => {
      const { endpoint } = await talker();
      const path = `${suite.run.folder}/closed.wav`;
      await endpoint.record(path, { limitMs: 30_000 });
      await pause(600);
      await endpoint.close();
      const sound = await recorded(path);
      expect(sound.length / 8).toBeGreaterThan(450);
      expect(toneDbfs(sound, 500)).toBeGreaterThan(SAID_DBFS);
      expect(await endpoint.stopRecording()).toBeNull();
      await expect(endpoint.record(path, { limitMs: 1_000 })).rejects.toThrow();
      expect(await partials()).toEqual([]);
    });

    it('makes one recording of a caller at a time, of any number of callers', async () => {
      const [one, two] = [await talker(500), await talker(900)];
      const [first, second] = [`${suite.run.folder}/one.wav`, `${suite.run.folder}/two.wav`];
      await Promise.all([
        one.endpoint.record(first, { limitMs: 5_000 }),
        two.endpoint.record(second, { limitMs: 5_000 }),
      ]);
      await expect(one.endpoint.record(`${suite.run.folder}/both.wav`, { limitMs: 5_000 })).rejects.toThrow(/already/);
      await pause(400);
      await Promise.all([one.endpoint.stopRecording(), two.endpoint.stopRecording()]);
      expect(toneDbfs(await recorded(first), 500)).toBeGreaterThan(SAID_DBFS);
      expect(toneDbfs(await recorded(second), 900)).toBeGreaterThan(SAID_DBFS);
    });

    it('refuses a recording where no file can be written, or of no or endless length, in one line', async () => {
      const { endpoint } = await talker();
      await writeFile(`${suite.run.folder}/file`, '');
      for (const path of [`${suite.run.folder}/missing/a.wav`, `${suite.run.folder}/file/a.wav`, suite.run.folder]) {
        await expect(endpoint.record(path, { limitMs: 1_000 })).rejects.toThrow(/^cannot record to .*$/);
      }
      for (const limitMs of [0, -1, Number.NaN, 300_001]) {
        await expect(endpoint.record(`${suite.run.folder}/b.wav`, { limitMs })).rejects.toThrow(
          /^cannot record for .*$/,
        );
      }
      expect(await endpoint.stopRecording()).toBeNull();
      expect(await partials()).toEqual([]);
      await endpoint.record(`${suite.run.folder}/b.wav`, { limitMs: 1_000 });
    });
  });
}
