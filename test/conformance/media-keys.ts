import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { levelDbfs } from '../sound.js';
import { until } from './media-kit.js';
import { at, QUIET_DBFS, type MediaSuite } from './media-suite.js';

export function describeKeys(suite: MediaSuite): void {
  describe('keys', () => {
    it('tells every key of RFC 4733 once, in order', async () => {
      const { phone, endpoint, callId } = await suite.run.caller();
      for (const key of ['1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '0', '#'] as const) {
        await phone.pressKey(key, { durationMs: 60 });
      }
      await until('twelve keys', () => suite.run.listener.keysOf(callId).length >= 12);
      await pause(150);
      expect(suite.run.listener.keysOf(callId)).toBe('123456789*0#');
      expect(
        suite.run.listener.keys.filter((key) => key.callId === endpoint.callId).map(({ method }) => method),
      ).toEqual(Array.from({ length: 12 }, () => 'event'));
    });

    it('tells the same key pressed three times quickly three times', async () => {
      const { phone, callId } = await suite.run.caller();
      await Promise.all(['7', '7', '7'].map(() => phone.pressKey('7', { durationMs: 60 })));
      await until('three keys', () => suite.run.listener.keysOf(callId).length >= 3);
      await pause(150);
      expect(suite.run.listener.keysOf(callId)).toBe('777');
    });

    it('tells a long key once', async () => {
      const { phone, callId } = await suite.run.caller();
      await phone.pressKey('4', { durationMs: 1_500 });
      await pause(150);
      expect(suite.run.listener.keysOf(callId)).toBe('4');
    });

    it('tells keys of a caller in a room, muted or not, while the others hear nothing of them', async () => {
      const callers = await suite.talkers('keys', 500, 900);
      const [one, two] = [at(callers, 0), at(callers, 1)];
      one.phone.say({ kind: 'silence' });
      await pause(200);
      two.phone.clearHeard();
      await one.phone.pressKey('8', { durationMs: 200 });
      await one.endpoint.setMuted(true);
      await one.phone.pressKey('9', { durationMs: 200 });
      await until('two keys', () => suite.run.listener.keysOf(one.callId).length >= 2);
      await pause(150);
      expect(suite.run.listener.keysOf(one.callId)).toBe('89');
      expect(levelDbfs(two.phone.heard())).toBeLessThan(QUIET_DBFS);
    });

    suite.unless('inband')('tells keys pressed as tones once, until events come or it is told to stop', async () => {
      const plain = await suite.run.caller({ eventPayloadType: null });
      for (const key of ['3', '9', '9', '#'] as const) await plain.phone.pressKey(key, { method: 'inband' });
      await until('four keys', () => suite.run.listener.keysOf(plain.callId).length >= 4);
      await pause(200);
      expect(suite.run.listener.keysOf(plain.callId)).toBe('399#');
      expect(suite.run.listener.keys.find((key) => key.callId === plain.callId)?.method).toBe('inband');

      plain.endpoint.stopInbandDetection();
      await pause(100);
      await plain.phone.pressKey('5', { method: 'inband' });
      await pause(300);
      expect(suite.run.listener.keysOf(plain.callId)).toBe('399#');

      const both = await suite.run.caller();
      await both.phone.pressKey('1', { method: 'event' });
      await both.phone.pressKey('2', { method: 'inband' });
      await pause(300);
      expect(suite.run.listener.keysOf(both.callId)).toBe('1');
    });
  });
}
