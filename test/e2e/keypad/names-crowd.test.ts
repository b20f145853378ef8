import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startBridge } from '../kit/bridge.js';
import type { Caller } from '../kit/caller.js';
import { onEngine } from '../kit/engines.js';
import { namedCrowd } from '../kit/named-crowd.js';

const CALLERS = 60;
const WITHIN_MS = 10_000;
const MOST_ANNOUNCEMENTS = 4;
const LONGEST_WAIT_MS = 2_000;
const FORGOTTEN_LIMIT_MS = 10_000;

// On both engines it is measured by `npm run bench:names`.
onEngine('embedded', () => {
  it(`${CALLERS} callers with names within 10 s: few announcements, nobody waits for them; the names are forgotten after`, async () => {
    const bridge = await startBridge({ engine: 'embedded', env: { PARTYLINE_ENTRY_GREETING: 'none' } });
    const dialled: Caller[] = [];
    try {
      const account = await bridge.addAccount('--name-on-entry', '--entry', 'name');
      const crowd = await namedCrowd(bridge, account, { callers: CALLERS, withinMs: WITHIN_MS }, (caller) =>
        dialled.push(caller),
      );
      const longest = Math.max(...crowd.waits.map(({ enteredMs }) => enteredMs));
      console.log(
        `${CALLERS} in within ${(crowd.arrivedWithinMs / 1_000).toFixed(1)} s; heard: ${crowd.announcements.join(', ')}; longest wait ${longest.toFixed(0)} ms`,
      );
      expect(crowd.announcements[0]).toMatch(/joined/);
      expect(crowd.announcements.length).toBeGreaterThan(1);
      expect(crowd.announcements.length).toBeLessThanOrEqual(MOST_ANNOUNCEMENTS);
      expect(longest).toBeLessThan(LONGEST_WAIT_MS);
      expect(namesOf(bridge.dataDirectory)).toBe(CALLERS);
      await Promise.all(dialled.map((caller) => caller.hangUp()));
      await expect.poll(() => namesOf(bridge.dataDirectory), { timeout: FORGOTTEN_LIMIT_MS }).toBe(0);
    } finally {
      await Promise.all(dialled.map((caller) => caller.hangUp()));
      await bridge.stop();
    }
  }, 115_000);
});

/** Files of names there are. */
const namesOf = (dataDirectory: string): number =>
  readdirSync(join(dataDirectory, 'names')).filter((name) => name.endsWith('.wav')).length;
