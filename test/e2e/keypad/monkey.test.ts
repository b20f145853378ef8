import { describe, expect, it } from 'vitest';
import { startBridge } from '../kit/bridge.js';
import { onEngine } from '../kit/engines.js';
import { playMonkey } from './monkey.js';

const FOR_MS = 45_000;
const SEED = 4;

// Five minutes of it, on either engine: npm run bench:monkey.
onEngine('embedded', () => {
  describe('two hosts and twenty guests who press random codes', () => {
    it(
      'hear at each step what a simple model says, and leave nothing behind',
      async () => {
        const bridge = await startBridge({ engine: 'embedded', env: { PARTYLINE_ENTRY_GREETING: 'none' } });
        try {
          const { hostPin: host, guestPin: guest } = await bridge.addAccount();
          const report = await playMonkey({
            ...{ bridge, pins: { host, guest }, guests: 20, seed: SEED, forMs: FOR_MS },
            say: () => undefined,
          });
          console.log(JSON.stringify(report));
          expect(report.steps).toBeGreaterThan(10);
          expect(bridge.log).not.toMatch(/"level":(50|60)/);
        } finally {
          await bridge.stop();
        }
      },
      FOR_MS + 120_000,
    );
  });
});
