/*
 * How long callers wait between the last key of their PIN and "you are joining".
 *
 *   npm run bench:join -- [--calls 100] [--rate 5] [--engine freeswitch,embedded]
 *
 * Calls come at an even rate, each to a conference of its own. The end is the arrival of the first audible sample of the sentence, found by correlation
 * with the prompt; the beginning is the last packet of the last key.
 */
import { cpus } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { Caller, type Callable } from '../test/e2e/kit/caller.js';
import { Cluster } from '../test/e2e/kit/cluster.js';
import { spoken } from '../test/e2e/kit/sounds.js';
import { BenchBridge, numberFlag, textFlag } from './bench-bridge.js';
import { heardAtMs } from './heard-at.js';
import { printTable } from './table.js';

const CALLS = numberFlag('calls', 100);
const RATE = numberFlag('rate', 5);
const ENGINES = textFlag('engine', 'freeswitch,embedded').split(',');
/** The sentence takes less, and a call that has not heard it by then has not heard it. */
const LISTEN_MS = 4_000;
/** The welcome begins 400 ms after the ACK; a practised caller interrupts it. */
const BEFORE_KEYS_MS = 1_000;

async function oneCall(bridge: Callable, pin: string, index: number): Promise<number | null> {
  const caller = await Caller.dial(bridge, { from: String(10_000 + index), rtp: { recordSeconds: 10 } });
  try {
    await caller.untilSpoken();
    await pause(BEFORE_KEYS_MS);
    const mark = caller.mark();
    await caller.press(pin);
    const keyedAtMs = caller.telephone.keySentMs;
    await pause(LISTEN_MS);
    const heardMs = heardAtMs(caller, spoken('joining'), mark);
    return heardMs === null ? null : heardMs - keyedAtMs;
  } finally {
    await caller.hangUp();
  }
}

async function measure(engine: string, bridge: Callable, pins: readonly string[]): Promise<void> {
  const calls: Promise<number | null>[] = [];
  for (const [index, pin] of pins.entries()) {
    calls.push(
      oneCall(bridge, pin, index).catch((error: unknown) => {
        console.log(`call ${index}: ${error instanceof Error ? error.message : String(error)}`);
        return null;
      }),
    );
    await pause(1_000 / RATE);
  }
  const waits = await Promise.all(calls);
  const heard = waits.flatMap((wait) => (wait === null ? [] : [wait])).sort((one, other) => one - other);
  const at = (share: number): string => heard[Math.ceil(share * heard.length) - 1]?.toFixed(0) ?? '-';
  const below = heard.filter((wait) => wait < 300).length;
  printTable(
    `Last key to "you are joining", ${engine}, ${RATE} calls a second; ms`,
    ['calls', 'heard', 'below 300 ms', '50 %', '95 %', '99 %', 'longest'],
    [
      [
        String(waits.length),
        String(heard.length),
        `${((100 * below) / waits.length).toFixed(1)} %`,
        at(0.5),
        at(0.95),
        at(0.99),
        at(1),
      ],
    ],
  );
}

async function production(): Promise<void> {
  const cluster = await Cluster.start();
  try {
    const pins: string[] = [];
    for (let index = 0; index < CALLS; index += 1) pins.push((await cluster.addAccount()).hostPin);
    await measure('drachtio-server and FreeSWITCH', cluster, pins);
    await cluster.idle(30_000);
  } finally {
    for (const trouble of await cluster.stop()) console.log(`trouble: ${trouble}`);
  }
}

async function embedded(): Promise<void> {
  const bridge = await BenchBridge.start('embedded');
  try {
    const pins = bridge.provision(CALLS).map(({ host }) => host);
    await measure('embedded', { address: bridge.target, keepSecret: () => undefined }, pins);
    await bridge.idle();
  } finally {
    await bridge.stop();
  }
}

console.log(`${cpus().length} cores, everything on them`);
if (ENGINES.includes('freeswitch')) await production();
if (ENGINES.includes('embedded')) await embedded();
process.exit(0);
