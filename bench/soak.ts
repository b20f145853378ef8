/*
 * Thousands of calls one after the other: heap, descriptors and ports.
 *
 *   npm run bench:soak -- [--calls 5000] [--from 2000] [--at-once 60] [--engine embedded]
 *
 * Calls end at all stages (seeded): in the greeting, while keying, with a wrong PIN, waiting, in the conference, by `##`.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { Telephone } from '../src/app/telephone/telephone.js';
import { BenchBridge, numberFlag, textFlag, type MemoryReport, type Pins } from './bench-bridge.js';

const CALLS = numberFlag('calls', 5_000);
const FROM = numberFlag('from', 2_000);
const AT_ONCE = numberFlag('at-once', 60);
const ENGINE = textFlag('engine', 'embedded');
const RTP = { recordSeconds: 1 };
const KEYS = { durationMs: 60, gapMs: 60 };

let seed = 20_260_101;
/** No call of this benchmark takes longer, milliseconds. */
const CALL_LIMIT_MS = 30_000;

/** A number from 0 up to 1, the same series in every run (Lehmer). */
function random(): number {
  seed = (seed * 48_271) % 2_147_483_647;
  return seed / 2_147_483_647;
}

let failures = 0;

async function oneCall(bridge: BenchBridge, pins: readonly Pins[]): Promise<void> {
  const pin = pins[Math.floor(random() * pins.length)];
  if (pin === undefined) return;
  const kind = Math.floor(random() * 6);
  const late = random() < 0.1;
  try {
    const telephone = await Telephone.dial({
      target: bridge.target,
      from: '1000',
      rtp: RTP,
      offer: late ? 'late' : 'early',
    });
    await pause(400 + random() * 600);
    if (kind === 1) await telephone.press(pin.guest.slice(0, 4), KEYS);
    if (kind === 2) await telephone.press('1'.repeat(pin.guest.length), KEYS);
    if (kind === 3) await telephone.press(pin.guest, KEYS);
    if (kind >= 4) await telephone.press(pin.host, KEYS);
    if (kind >= 3) await pause(1_000 + random() * 4_000);
    if (kind === 5) await telephone.press('##', KEYS);
    await pause(random() * 800);
    await telephone.hangUp();
  } catch {
    failures += 1;
  }
}

const mega = (bytes: number): string => (bytes / 1_048_576).toFixed(2);

function show(name: string, { threads, rss }: MemoryReport): number {
  const parts = threads.map(
    ({ threadId, heapUsed, arrayBuffers }) =>
      `thread ${threadId}: ${mega(heapUsed)} MB heap, ${mega(arrayBuffers)} MB buffers`,
  );
  console.log(`${name}: ${parts.join('; ')}; resident ${mega(rss)} MB`);
  return threads.reduce((sum, { heapUsed }) => sum + heapUsed, 0);
}

const bridge = await BenchBridge.start(ENGINE);
try {
  const pins = bridge.provision(AT_ONCE);
  const idle = bridge.descriptors();
  console.log(`before: ${idle.all} descriptors, ${idle.sockets} sockets`);
  let started = 0;
  let reference = 0;
  const run = async (until: number): Promise<void> => {
    const worker = async (): Promise<void> => {
      while (started < until) {
        started += 1;
        const late = pause(CALL_LIMIT_MS, 'late', { ref: false });
        if ((await Promise.race([oneCall(bridge, pins), late])) === 'late') failures += 1;
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    await bridge.idle();
    await pause(6_000);
  };
  await run(FROM);
  reference = show(`after call ${FROM}`, await bridge.memory());
  await run(CALLS);
  const end = show(`after call ${CALLS}`, await bridge.memory());
  const after = bridge.descriptors();
  console.log(`after: ${after.all} descriptors, ${after.sockets} sockets; ${failures} calls failed`);
  console.log(`heap grew by ${mega(end - reference)} MB from call ${FROM} to call ${CALLS} (after collection)`);
} finally {
  await bridge.stop();
}
process.exit(0);
