import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { conferenceId } from '../../src/domain/identifiers.js';
import { noise } from '../sound.js';
import { speech } from '../speech.js';
import { hearsTone, until, type Caller } from './media-kit.js';
import { type MediaSuite } from './media-suite.js';

export function describeLines(suite: MediaSuite): void {
  describe('how lines sound', () => {
    const caller = async (room: string, said: Int16Array, muted = false): Promise<Caller> => {
      const one = await suite.run.caller();
      one.phone.say({ kind: 'samples', samples: said, loop: true });
      await one.endpoint.join(conferenceId(room), { muted });
      return one;
    };
    const SAID = speech(20_000);
    const times = ({ callId }: Caller): number => suite.run.listener.spoke.filter((id) => id === callId).length;

    it('is measured for everyone in a room, muted or not: how loud, and how much of the time', async () => {
      const silent = await caller('measured', new Int16Array(8_000));
      const talker = await caller('measured', SAID);
      const [music, muted] = await suite.talkers('measured', 500, 900);
      await muted?.endpoint.setMuted(true);
      if (music !== undefined) await hearsTone(talker.phone, 500);
      await pause(4_000);
      const asked = performance.now();
      const measured = await suite.run.media.measureRoom(conferenceId('measured'));
      expect(performance.now() - asked).toBeLessThan(4_000);
      const of = (one: Caller | undefined) => {
        const found = measured.filter(({ callId }) => callId === one?.callId);
        expect(found).toHaveLength(1);
        return found[0] ?? { levelDb: 0, activeShare: -1 };
      };
      expect(measured).toHaveLength(4);
      for (const line of [music, muted]) {
        expect(of(line).activeShare).toBeGreaterThan(0.9);
        expect(Math.abs(of(line).levelDb + 23)).toBeLessThan(suite.lacks('exactLevels') ? 6 : 1);
      }
      expect(of(talker).activeShare).toBeGreaterThan(0.3);
      expect(of(talker).activeShare).toBeLessThan(0.97);
      expect(Math.abs(of(talker).levelDb + 23)).toBeLessThan(6);
      expect(of(silent).activeShare).toBeLessThan(0.1);
      expect(of(silent).levelDb).toBeLessThan(-60);
    });

    it('is measured of nobody where there is no room', async () => {
      expect(await suite.run.media.measureRoom(conferenceId('not measured'))).toEqual([]);
    });

    it('is told once when a muted caller talks, and again when he was unmuted in between', async () => {
      const other = await caller('muted talk', new Int16Array(8_000));
      const talker = await caller('muted talk', SAID);
      await pause(2_000);
      expect(times(talker)).toBe(0);
      for (let round = 1; round <= 2; round++) {
        await talker.endpoint.setMuted(true);
        const begun = performance.now();
        await until('his talk to be told', () => times(talker) === round, 6_000);
        expect(performance.now() - begun).toBeGreaterThan(500);
        await pause(2_000);
        expect(times(talker)).toBe(round);
        await talker.endpoint.setMuted(false);
      }
      expect(times(other)).toBe(0);
    });

    it('is told of one who came in muted, and not of one outside of any room', async () => {
      await caller('comes muted', new Int16Array(8_000));
      const outside = await suite.run.caller();
      outside.phone.say({ kind: 'samples', samples: SAID, loop: true });
      const talker = await caller('comes muted', SAID, true);
      await until('his talk to be told', () => times(talker) === 1, 6_000);
      expect(times(outside)).toBe(0);
    });

    it('is not told of a quiet line, nor of keys', async () => {
      await caller('quiet lines', new Int16Array(8_000));
      const silent = await caller('quiet lines', new Int16Array(8_000), true);
      const hissing = await caller('quiet lines', noise(2_000, -50), true);
      for (const key of ['*', '6', '1', '2', '3'] as const) await silent.phone.pressKey(key, { durationMs: 300 });
      await pause(2_500);
      expect(times(silent)).toBe(0);
      expect(times(hissing)).toBe(0);
    });

    suite.unless('steadyNoise')('is not told of steady noise, be it loud', async () => {
      await caller('noisy lines', new Int16Array(8_000));
      const noisy = await caller('noisy lines', noise(2_000, -25), true);
      const humming = await suite.run.caller();
      humming.phone.say({ kind: 'tone', hz: 200, dbfs: -20 });
      await humming.endpoint.join(conferenceId('noisy lines'), { muted: true });
      await pause(5_000);
      expect(times(noisy)).toBe(0);
      expect(times(humming)).toBe(0);
    });
  });
}
