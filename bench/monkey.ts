/*
 * Two hosts and twenty guests who press random codes: what each of them hears, against a reference model of the conference.
 *
 *   npm run bench:monkey -- [--minutes 5] [--guests 20] [--engine embedded|freeswitch] [--seed 4]
 *
 * Whoever is dropped, or whose conference is ended, dials again. It stops at the first thing heard that the model does not say, and in
 * the end nothing may be left of any call or conference, and no call may have ended by a fault of the bridge.
 */
import { playMonkey } from '../test/e2e/keypad/monkey.js';
import { BenchBridge, numberFlag, textFlag } from './bench-bridge.js';
import { printTable } from './table.js';

const ENGINE = textFlag('engine', 'embedded');
const MINUTES = numberFlag('minutes', 5);
const GUESTS = numberFlag('guests', 20);
const SEED = numberFlag('seed', 4);
/** How calls of this game end. */
const IN_ORDER = ['completed', 'dropped', 'locked', 'host-ended', 'abandoned'];

const bridge = await BenchBridge.start(ENGINE);
try {
  const [pins] = bridge.provision(1);
  if (pins === undefined) throw new Error('no account');
  const began = performance.now();
  const report = await playMonkey({
    bridge: { address: bridge.target, keepSecret: () => undefined },
    ...{ pins, guests: GUESTS, seed: SEED, forMs: MINUTES * 60_000 },
    say: (line) => console.log(`${((performance.now() - began) / 1_000).toFixed(1)} s ${line}`),
  });
  await bridge.idle();
  const { calls, conferences } = await bridge.status();
  const outcomes = bridge.records().map(({ outcome }) => outcome);
  const faults = outcomes.filter((outcome) => !IN_ORDER.includes(outcome));
  printTable(
    `${MINUTES} minutes of random codes, ${ENGINE} engine, seed ${SEED}`,
    ['what', 'count'],
    [
      ['codes and events', String(report.steps)],
      ['tones listened for', String(report.toneChecks)],
      ['dialled again', String(report.redialled)],
      ['conferences', String(report.conferences)],
      ['calls left, conferences left', `${calls}, ${conferences}`],
      ['calls that ended out of order', `${faults.length} of ${outcomes.length} ${[...new Set(faults)].join(' ')}`],
    ],
  );
  console.log(JSON.stringify(report.keyed));
  if (calls + conferences + faults.length > 0) process.exitCode = 1;
} finally {
  await bridge.stop();
}
