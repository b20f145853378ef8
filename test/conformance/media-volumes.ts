import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { conferenceId } from '../../src/domain/identifiers.js';
import { levelDbfs, sine, toneDbfs } from '../sound.js';
import { heardFor, hearsTone, recorded } from './media-kit.js';
import { at, type MediaSuite } from './media-suite.js';

/** Some engines have volumes in steps of their own. */
const NEAR_DB = { exact: 1, steps: 3 } as const;

export function describeVolumes(suite: MediaSuite): void {
  describe('volumes', () => {
    const near = (): number => (suite.lacks('exactGains') ? NEAR_DB.steps : NEAR_DB.exact);
    const settled = 150;

    it('lets a caller hear the room, and be heard by it, louder and quieter, and as before at 0', async () => {
      const callers = await suite.talkers('volumes', 500, 900);
      const [one, two] = [at(callers, 0), at(callers, 1)];
      await hearsTone(one.phone, 900);
      await hearsTone(two.phone, 500);
      const heard = async (): Promise<readonly [number, number]> => {
        await pause(settled);
        return [toneDbfs(await heardFor(one.phone, 300), 900), toneDbfs(await heardFor(two.phone, 300), 500)];
      };
      const [hearBefore, speakBefore] = await heard();
      for (const db of [-12, -4, 4, 12]) {
        await one.endpoint.setGains({ hearDb: db, speakDb: 0 });
        const [hear, speak] = await heard();
        expect(Math.abs(hear - hearBefore - db), `hears at ${db} dB`).toBeLessThan(near());
        expect(Math.abs(speak - speakBefore), `is heard at 0 dB while he hears at ${db}`).toBeLessThan(1);
      }
      for (const db of [-12, -4, 4, 12]) {
        await one.endpoint.setGains({ hearDb: 0, speakDb: db });
        const [hear, speak] = await heard();
        expect(Math.abs(speak - speakBefore - db), `is heard at ${db} dB`).toBeLessThan(near());
        expect(Math.abs(hear - hearBefore), `hears at 0 dB while he is heard at ${db}`).toBeLessThan(1);
      }
      await one.endpoint.setGains({ hearDb: 0, speakDb: 0 });
      const [hear, speak] = await heard();
      expect(Math.abs(hear - hearBefore)).toBeLessThan(1);
      expect(Math.abs(speak - speakBefore)).toBeLessThan(1);
    });

    it('keeps them through leaving a room, and in the next one', async () => {
      const callers = await suite.talkers('first volumes', 500, 900);
      const [one, two] = [at(callers, 0), at(callers, 1)];
      await hearsTone(two.phone, 500);
      await hearsTone(one.phone, 900);
      const hearBefore = toneDbfs(await heardFor(one.phone, 300), 900);
      const speakBefore = toneDbfs(await heardFor(two.phone, 300), 500);
      await one.endpoint.setGains({ hearDb: 8, speakDb: -8 });
      await one.endpoint.leave();
      await pause(settled);
      for (const { endpoint } of [one, two]) await endpoint.join(conferenceId('second volumes'), { muted: false });
      await hearsTone(one.phone, 900);
      await hearsTone(two.phone, 500, -45);
      await pause(settled);
      expect(Math.abs(toneDbfs(await heardFor(one.phone, 300), 900) - hearBefore - 8)).toBeLessThan(near());
      expect(Math.abs(toneDbfs(await heardFor(two.phone, 300), 500) - speakBefore + 8)).toBeLessThan(near());
    });

    it('plays to a caller outside of rooms at the volume he has set', async () => {
      const { phone, endpoint } = await suite.run.caller();
      const music = { ...(await suite.run.sound('at a volume', sine(700, 400, -25))), loop: true };
      endpoint.play(suite.run.play(), [music]);
      await hearsTone(phone, 700);
      const before = toneDbfs(await heardFor(phone, 300), 700);
      await endpoint.setGains({ hearDb: -8, speakDb: 0 });
      await pause(settled);
      expect(Math.abs(toneDbfs(await heardFor(phone, 300), 700) - before + 8)).toBeLessThan(near());
    });

    it('does not cut what would be too loud', async () => {
      const callers = await suite.talkers('loud', 500, 900);
      const [one, two] = [at(callers, 0), at(callers, 1)];
      one.phone.say({ kind: 'tone', hz: 500, dbfs: -3 });
      two.phone.say({ kind: 'silence' });
      await one.endpoint.setGains({ hearDb: 0, speakDb: 12 });
      await hearsTone(two.phone, 500);
      await pause(500);
      const heard = await heardFor(two.phone, 500);
      expect(levelDbfs(heard)).toBeGreaterThan(-9);
      // Cut to full scale, a sine turns into a square: its third overtone is then 10 dB below it.
      if (!suite.lacks('exactGains')) expect(toneDbfs(heard, 500) - toneDbfs(heard, 1_500)).toBeGreaterThan(25);
    });

    it('does not touch what is recorded of a caller beyond what he set, nor the keys', async () => {
      const { phone, endpoint, callId } = await suite.run.caller();
      await endpoint.setGains({ hearDb: 12, speakDb: 12 });
      phone.say({ kind: 'tone', hz: 500, dbfs: -30 });
      await pause(200);
      const path = `${suite.run.folder}/at-a-volume.wav`;
      await endpoint.record(path, { limitMs: 5_000 });
      await pause(500);
      await endpoint.stopRecording();
      const level = toneDbfs(await recorded(path), 500);
      expect(level).toBeGreaterThan(-35);
      expect(level).toBeLessThan(-17);
      await phone.pressKey('6');
      await pause(200);
      expect(suite.run.listener.keysOf(callId)).toBe('6');
    });
  });
}
