/*
 * Many callers with recorded names arrive at once: what the room hears of it, and how long each waits to be in.
 *
 *   npm run bench:names -- [--callers 60] [--seconds 10] [--engine freeswitch,embedded]
 *
 * A host is in and says a tone; the others come at an even rate, say a name of their own, and are in when they hear the tone. Announcements are
 * found by correlation with the words they end with.
 */
import { cpus } from 'node:os';
import { startBridge } from '../test/e2e/kit/bridge.js';
import type { Caller } from '../test/e2e/kit/caller.js';
import type { EngineName } from '../test/e2e/kit/engines.js';
import { namedCrowd } from '../test/e2e/kit/named-crowd.js';
import { numberFlag, textFlag } from './bench-bridge.js';
import { printTable } from './table.js';

const CALLERS = numberFlag('callers', 60);
const SECONDS = numberFlag('seconds', 10);
const ENGINES = textFlag('engine', 'freeswitch,embedded').split(',');

async function measure(engine: EngineName): Promise<readonly string[]> {
  const env = { PARTYLINE_ENTRY_GREETING: 'none', PARTYLINE_LOG_LEVEL: 'info' };
  const bridge = await startBridge({ engine, env });
  const dialled: Caller[] = [];
  try {
    const account = await bridge.addAccount('--name-on-entry', '--entry', 'name');
    const options = { callers: CALLERS, withinMs: SECONDS * 1_000 };
    const crowd = await namedCrowd(bridge, account, options, (caller) => dialled.push(caller));
    console.log(`${engine}: the room heard ${crowd.announcements.join(', ')}`);
    const asked = crowd.waits.map(({ askedMs }) => askedMs);
    const entered = crowd.waits.map(({ enteredMs }) => enteredMs);
    return [
      engine,
      (crowd.arrivedWithinMs / 1_000).toFixed(1),
      String(crowd.announcements.length),
      ...[asked, entered].flatMap((waits) => [middle(waits).toFixed(0), Math.max(...waits).toFixed(0)]),
    ];
  } finally {
    await Promise.all(dialled.map((caller) => caller.hangUp()));
    await bridge.stop();
  }
}

function middle(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? NaN;
}

console.log(`${cpus().length} cores, everything on them`);
const rows: (readonly string[])[] = [];
for (const engine of ['freeswitch', 'embedded'] as const) {
  if (ENGINES.includes(engine)) rows.push(await measure(engine));
}
printTable(
  `${CALLERS} callers with names within ${SECONDS} s; waits: the last key to "you are joining", the end of the introduction to hearing the room`,
  ['engine', 'in within, s', 'announcements', 'asked, ms', 'longest', 'introduced, ms', 'longest'],
  rows,
);
process.exit(0);
