import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { killWriters } from '../test/unit/store/killed-writers.js';

/**
 * Writers on one database killed at random moments: `npm run bench:kill -- [--kills 200] [--seed 1]`. Ends with status 1 where anything
 * that was acknowledged is missing, anything is there by half, or the database is damaged.
 */
const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    seed: { type: 'string', default: String(Date.now() % 10_000) },
  },
});
const directory = mkdtempSync(join(tmpdir(), 'partyline-kill-'));
try {
  const { kills, acknowledged, faults } = await killWriters(directory, Number(values.kills), Number(values.seed));
  for (const fault of faults) console.error(fault);
  console.log(`seed ${values.seed}: ${kills} kills, ${acknowledged} writes acknowledged, ${faults.length} faults`);
  process.exitCode = faults.length === 0 ? 0 : 1;
} finally {
  rmSync(directory, { recursive: true });
}
