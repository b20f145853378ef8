/*
 * Many callers at once: loss and regularity of the bridge's packets.
 *
 *   npm run bench:load -- [--callers 200] [--conferences 40] [--seconds 60] [--engine embedded]
 *
 * First the load generator calls itself, telephone to telephone without a bridge: what it adds to every figure. Then the same
 * telephones call the bridge.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { RtpPhone } from '../src/adapters/embedded-media/phone.js';
import { Telephone } from '../src/app/telephone/telephone.js';
import { BenchBridge, cpuSecondsOf, numberFlag, textFlag } from './bench-bridge.js';

const CALLERS = numberFlag('callers', 200);
const CONFERENCES = numberFlag('conferences', 40);
const SECONDS = numberFlag('seconds', 60);
const ENGINE = textFlag('engine', 'embedded');
const TONE = { kind: 'tone', hz: 440, dbfs: -20 } as const;
const RTP = { recordSeconds: 1 };
const DIAL_EVERY_MS = 60;

interface Counted {
  resetGaps(): void;
  statistics(): {
    readonly interArrivalMs: readonly number[];
    readonly longestGapMs: number;
    readonly packetsLost: number;
    readonly packetsReceived: number;
  };
}

/** Packets heard and missing before the measured time. */
interface Before {
  readonly received: number;
  readonly lost: number;
}

function begin(phones: readonly Counted[]): Before {
  for (const phone of phones) phone.resetGaps();
  const all = phones.map((phone) => phone.statistics());
  return {
    received: all.reduce((sum, { packetsReceived }) => sum + packetsReceived, 0),
    lost: all.reduce((sum, { packetsLost }) => sum + packetsLost, 0),
  };
}

function report(name: string, phones: readonly Counted[], before: Before): void {
  const all = phones.map((phone) => phone.statistics());
  const bins: number[] = [];
  for (const { interArrivalMs } of all) interArrivalMs.forEach((count, ms) => (bins[ms] = (bins[ms] ?? 0) + count));
  const total = bins.reduce((sum, count) => sum + count, 0);
  const within = bins.reduce((sum, count, ms) => sum + (ms >= 15 && ms < 25 ? count : 0), 0);
  const received = all.reduce((sum, { packetsReceived }) => sum + packetsReceived, 0) - before.received;
  const lost = all.reduce((sum, { packetsLost }) => sum + packetsLost, 0) - before.lost;
  const longest = Math.max(...all.map(({ longestGapMs }) => longestGapMs));
  console.log(
    `${name}: ${received} packets heard, ${lost} missing; ${((100 * within) / total).toFixed(3)} % of ${total} gaps within 15 to 25 ms, longest ${longest.toFixed(1)} ms`,
  );
}

async function alone(): Promise<void> {
  const phones = await Promise.all(Array.from({ length: CALLERS }, () => RtpPhone.open(RTP)));
  for (let index = 0; index + 1 < phones.length; index += 2) {
    const [caller, called] = [phones[index], phones[index + 1]];
    if (caller === undefined || called === undefined) break;
    caller.acceptAnswer(called.answer(caller.offer()));
    caller.say(TONE);
    called.say(TONE);
  }
  await pause(2_000);
  const start = begin(phones);
  const before = process.cpuUsage();
  const seconds = Math.min(SECONDS, 20);
  await pause(seconds * 1_000);
  const used = process.cpuUsage(before);
  report(`load generator alone, ${CALLERS} telephones in pairs, ${seconds} s`, phones, start);
  console.log(`  processor: ${((used.user + used.system) / 1e6 / seconds).toFixed(2)} cores`);
  await Promise.all(phones.map((phone) => phone.close()));
}

async function throughBridge(): Promise<void> {
  const bridge = await BenchBridge.start(ENGINE);
  try {
    const pins = bridge.provision(CONFERENCES);
    const idle = bridge.descriptors();
    const telephones: Telephone[] = [];
    const dialling: Promise<void>[] = [];
    for (let index = 0; index < CALLERS; index += 1) {
      const pin = pins[index % CONFERENCES];
      if (pin === undefined) break;
      const code = index < CONFERENCES ? pin.host : pin.guest;
      dialling.push(
        Telephone.dial({ target: bridge.target, from: String(1_000 + index), rtp: RTP }).then(async (telephone) => {
          telephones.push(telephone);
          telephone.say(TONE);
          await pause(500);
          await telephone.press(code);
        }),
      );
      await pause(DIAL_EVERY_MS);
    }
    await Promise.all(dialling);
    // the introductions of the last ones
    await pause(8_000);
    const { calls, conferences } = await bridge.status();
    console.log(`${calls} calls in ${conferences} conferences`);
    const start = begin(telephones);
    const cpu = bridge.cpuSeconds();
    const own = cpuSecondsOf(process.pid);
    await pause(SECONDS * 1_000);
    report(
      `through the bridge (${ENGINE}), ${CALLERS} callers in ${CONFERENCES} conferences, ${SECONDS} s`,
      telephones,
      start,
    );
    console.log(
      `  processor: bridge ${((bridge.cpuSeconds() - cpu) / SECONDS).toFixed(2)} cores, load generator ${((cpuSecondsOf(process.pid) - own) / SECONDS).toFixed(2)} cores`,
    );
    const sent = telephones.reduce((sum, telephone) => sum + telephone.statistics().packetsSent, 0);
    await Promise.all(telephones.map((telephone) => telephone.hangUp()));
    await bridge.idle();
    await pause(6_000);
    const after = bridge.descriptors();
    const records = bridge.records();
    const lossy = records.filter(({ packetLoss }) => (packetLoss ?? 0) > 0);
    console.log(
      `  callers sent ${sent} packets; ${lossy.length} of ${records.length} legs report any of theirs missing`,
    );
    console.log(`  descriptors: ${idle.all} before, ${after.all} after (sockets ${idle.sockets}, ${after.sockets})`);
  } finally {
    await bridge.stop();
  }
}

await alone();
await throughBridge();
process.exit(0);
