import { describe, expect, it } from 'vitest';
import { EmbeddedSignaling } from '../../src/adapters/embedded-sip/signaling.js';
import { SystemClock } from '../../src/adapters/system/clock.js';
import { SystemRandomness } from '../../src/adapters/system/randomness.js';
import { KeyNotes, pressByInfo } from '../info-traffic.js';

describe('keys by INFO', () => {
  it('are told once each, none missed, whatever is lost and repeated on the way', async () => {
    const timers = { t1: 30, t2: 120, t4: 300 };
    const signaling = new EmbeddedSignaling({
      listen: [{ transport: 'udp', address: '127.0.0.1', port: 0 }],
      ...{ clock: new SystemClock(), randomness: new SystemRandomness(), timers },
    });
    const notes = new KeyNotes();
    await signaling.start(notes);
    try {
      const port = Number(/:(\d+)$/.exec(signaling.listening()[0] ?? '')?.[1]);
      const target = { address: '127.0.0.1', port };
      const traffic = { target, calls: 40, keysPerCall: 50, seed: 1, loss: 0.05, timers };
      expect(await pressByInfo(traffic, notes)).toEqual({ missed: 0, extra: 0 });
    } finally {
      await signaling.stop();
    }
  });
});
