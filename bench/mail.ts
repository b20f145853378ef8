/*
 * Messages beside calls: how long the control thread is held up while invitations of series are mailed, and how fast a long queue gets shorter.
 *
 *   npm run bench:mail -- [--queued 1000] [--seconds 120] [--thread own|control] [--booking series|single] [--reply 0]
 *
 * The mails go to a server of another process that takes everything, each reply after so many milliseconds as `--reply` says. This process
 * has a control thread with nothing to do but ten writes a second, as calls make them; `--thread control` sends from that thread itself, to
 * compare. Bounded by the count and by the time, whichever comes first.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { BackgroundThread } from '../src/app/background/background-thread.js';
import { makeBooking, type MadeBooking } from '../src/app/bookings/make-booking.js';
import { localAt } from '../src/app/bookings/wall-time.js';
import { openSender } from '../src/app/compose-deliveries.js';
import { openStore, type OpenStore } from '../src/app/compose-store.js';
import { parseConfig } from '../src/app/config.js';
import { queueMessages } from '../src/app/deliveries/queue.js';
import { openLog } from '../src/app/log.js';
import { provisionAccount } from '../src/app/provision.js';
import { accountId } from '../src/domain/identifiers.js';
import type { Account } from '../src/ports/store.js';
import { numberFlag, textFlag } from './bench-bridge.js';
import { printTable } from './table.js';

const QUEUED = numberFlag('queued', 1_000);
const SECONDS = numberFlag('seconds', 120);
const OWN = textFlag('thread', 'own') === 'own';
/** Of the mail server, milliseconds. */
const REPLY_MS = Number(textFlag('reply', '0'));
const SERIES = textFlag('booking', 'series') === 'series';

const BOOKINGS = 5;
const INVITEES = 5;
const PIN_LENGTH = 9;
const IDLE_MS = 5_000;
const WRITE_EVERY_MS = 100;
/** Rows that are written at a time. */
const BATCH = 500;
/** Of the measure of delays, milliseconds. */
const RESOLUTION_MS = 1;
const DAY_MS = 86_400_000;

/** Of the event loop beyond what its timer allows, and of writes; milliseconds. */
interface Delays {
  readonly usual: number;
  readonly high: number;
  readonly longest: number;
  readonly longestWrite: number;
  /** Share of the time that the loop was at work, 0 to 1. */
  readonly busy: number;
}

/** What the control thread does while something else goes on: ten short writes a second. */
async function during(stores: OpenStore, work: () => Promise<void>): Promise<Delays> {
  let longestWrite = 0;
  let count = 0;
  const writing = setInterval(() => {
    const began = performance.now();
    count += 1;
    stores.store.saveLive([{ kind: 'call', id: `c${count % 50}`, data: JSON.stringify({ count }) }]);
    longestWrite = Math.max(longestWrite, performance.now() - began);
  }, WRITE_EVERY_MS);
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delays.enable();
  const before = performance.eventLoopUtilization();
  let busy = 0;
  try {
    await work();
    busy = performance.eventLoopUtilization(before).utilization;
  } finally {
    delays.disable();
    clearInterval(writing);
  }
  const [usual, high, longest] = [delays.percentile(50), delays.percentile(99.9), delays.max].map(
    (ns) => ns / 1e6 - RESOLUTION_MS,
  ) as [number, number, number];
  return { usual, high, longest, longestWrite, busy };
}

function book(stores: OpenStore, account: Account, index: number): MadeBooking {
  return makeBooking(stores, {
    ...{ accountId: account.id, title: `Stand-up ${index}`, timeZone: 'Europe/London', durationMs: 45 * 60_000 },
    startsLocal: `${localAt(stores.clock.wall() + DAY_MS, 'Europe/London').slice(0, 10)}T09:00`,
    ...{ rule: SERIES ? 'FREQ=DAILY' : null, pinsEach: SERIES, personalPins: true, earlyMs: 0, overrunMs: 0 },
    ...{ recording: null, pinLength: PIN_LENGTH },
    invitees: Array.from({ length: INVITEES }, (_, at) => ({
      ...{ name: `Ann Bell ${at}`, email: `ann${at}@example.org`, phone: null },
    })),
  });
}

/** Queues invitations, to each invitee of a booking in turn and then to those of the next. */
function fill(stores: OpenStore, bookings: readonly MadeBooking[]): void {
  for (let queued = 0, batch = 0; queued < QUEUED; batch += 1) {
    const made = bookings[batch % bookings.length];
    if (made === undefined) return;
    const { booking, invitees } = made;
    const some = Math.min(BATCH, Math.ceil(QUEUED / bookings.length), QUEUED - queued);
    const recipients = Array.from({ length: some }, (_, at) => invitees[at % invitees.length]).flatMap((invitee) =>
      invitee === undefined ? [] : [{ channel: 'mail' as const, address: invitee.email ?? '', inviteeId: invitee.id }],
    );
    queueMessages(stores, { kind: 'invitation', accountId: booking.accountId, bookingId: booking.id }, recipients);
    queued += some;
  }
}

/** A mail server, and how many it took. */
class Sink {
  readonly #child: ChildProcess;
  readonly port: number;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  static async start(): Promise<Sink> {
    const child = fork(fileURLToPath(new URL('./mail-sink.mjs', import.meta.url)), [String(REPLY_MS)], {
      execArgv: [],
    });
    const [{ port }] = (await once(child, 'message')) as [{ readonly port: number }];
    return new Sink(child, port);
  }

  async taken(): Promise<{ readonly mails: number; readonly bytes: number }> {
    this.#child.send('how many');
    const [answer] = (await once(this.#child, 'message')) as [{ readonly mails: number; readonly bytes: number }];
    return answer;
  }

  end(): void {
    this.#child.disconnect();
  }
}

/** Until all is sent, or the time is over. @returns milliseconds */
async function sent(sink: Sink): Promise<number> {
  const began = performance.now();
  while (performance.now() - began < SECONDS * 1_000) {
    if ((await sink.taken()).mails >= QUEUED) break;
    await pause(100);
  }
  return performance.now() - began;
}

const megabytes = (): string => (process.memoryUsage.rss() / 1e6).toFixed(0);

const directory = mkdtempSync(join(tmpdir(), 'partyline-mail-'));
const sink = await Sink.start();
try {
  const mail = { host: '127.0.0.1', port: sink.port, security: 'none', from: 'conferences@example.org' };
  const config = parseConfig({ dataDir: directory, mail, invitations: { sipDomain: 'sip.example.org' } }, {});
  const stores = openStore(config);
  const { store, clock } = stores;
  const { id } = provisionAccount(stores, 'Mary Murphy', config.conference, { pinLength: PIN_LENGTH });
  const account = store.account(accountId(id));
  if (account === null) throw new Error('no account');
  fill(
    stores,
    Array.from({ length: BOOKINGS }, (_, index) => book(stores, account, index)),
  );
  const began = performance.now();
  const LOOKS = 20;
  for (let look = 0; look < LOOKS; look += 1) store.deliveriesDue('mail', clock.wall() + DAY_MS, 100);
  console.log(`100 of ${QUEUED} due are found in ${((performance.now() - began) / LOOKS).toFixed(1)} ms`);

  const idle = await during(stores, () => pause(IDLE_MS));
  const log = openLog('warn');
  const before = megabytes();
  const sender = OWN ? new BackgroundThread({ config, clock, log }) : openSender(config, stores, log);
  const cpu = process.cpuUsage();
  let ms = 0;
  let half = before;
  const sending = await during(stores, async () => {
    sender.start();
    setTimeout(() => (half = megabytes()), (SECONDS * 1_000) / 2).unref();
    ms = await sent(sink);
  });
  const { user, system } = process.cpuUsage(cpu);
  const { mails, bytes } = await sink.taken();
  const after = megabytes();
  await sender.stop();
  const left = store.deliveries({ limit: 10_000 }).length;
  store.close();
  const row = (what: string, { usual, high, longest, longestWrite, busy }: Delays): readonly string[] => [
    what,
    ...[usual, high, longest, longestWrite].map((one) => one.toFixed(1)),
    `${(100 * busy).toFixed(1)} %`,
  ];
  printTable(
    'the control thread, milliseconds late',
    ['while', 'usually', '999 of 1,000', 'longest', 'longest write', 'at work'],
    [row('nothing is sent', idle), row(`mails are sent by ${OWN ? 'their own thread' : 'it'}`, sending)],
  );
  printTable(
    'mails',
    [
      'sent',
      'left (to 10,000)',
      'seconds',
      'a second',
      'processor ms each',
      'KB each',
      'resident MB before, half way, after',
    ],
    [
      [
        ...[String(mails), String(left), (ms / 1_000).toFixed(1), ((1_000 * mails) / ms).toFixed(1)],
        ...[((user + system) / 1_000 / mails).toFixed(1), (bytes / 1_000 / mails).toFixed(1)],
        `${before}, ${half}, ${after}`,
      ],
    ],
  );
} finally {
  sink.end();
  rmSync(directory, { recursive: true });
}
