import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { sine } from '../sound.js';
import { hearsTone } from './media-kit.js';
import { type MediaSuite } from './media-suite.js';

export function describeEnding(suite: MediaSuite): void {
  describe('the end', () => {
    it('tells nothing of an endpoint after it was closed, which may be done twice', async () => {
      const { phone, endpoint, callId } = await suite.run.caller();
      const play = suite.run.play();
      endpoint.play(play, [await suite.run.sound('cut', sine(700, 3_000))]);
      await hearsTone(phone, 700);
      await Promise.all([endpoint.close(), endpoint.close()]);
      await endpoint.close();
      await pause(300);
      expect(suite.run.listener.outcomes(play)).toEqual([]);
      expect(suite.run.listener.lost.filter((lost) => lost.callId === callId)).toEqual([]);
      const { packetsReceived } = phone.statistics();
      await pause(200);
      expect(phone.statistics().packetsReceived).toBe(packetsReceived);
    });

    it('counts what was sent and received', async () => {
      const { phone, endpoint } = await suite.run.caller();
      phone.say({ kind: 'tone', hz: 500, dbfs: -20 });
      await pause(600);
      const { packetsReceived, packetsSent, packetsLost } = await endpoint.statistics();
      expect(packetsReceived).toBeGreaterThan(15);
      expect(packetsSent).toBeGreaterThan(15);
      expect(packetsLost).toBeLessThanOrEqual(1);
    });

    it('tells of its mixers and how many endpoints sit on them', async () => {
      const count = (): number => suite.run.media.mixers().reduce((sum, { endpoints }) => sum + endpoints, 0);
      const { endpoint } = await suite.run.caller();
      expect(suite.run.media.mixers().length).toBeGreaterThan(0);
      expect(suite.run.media.mixers().every(({ healthy }) => healthy)).toBe(true);
      expect(suite.run.media.mixers().map(({ name: mixer }) => mixer)).toContain(endpoint.mixer);
      expect(count()).toBe(1);
      await endpoint.close();
      expect(count()).toBe(0);
    });
  });
}
