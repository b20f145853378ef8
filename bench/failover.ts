/*
 * What callers hear and keep when a mixer or the control process is killed.
 *
 *   npm run bench:failover -- [--callers 50] [--conferences 5] [--runs 3] [--only mixer|srtp|control]
 *
 * mixer: two FreeSWITCH, all callers talking, each a tone of their own; the mixer with the most calls gets SIGKILL. Silence is the longest stretch in
 * which a caller hears none of the others (tones looked for in windows of 20 ms), over the callers of the mixer that died.
 * srtp: the same with callers who speak SRTP only.
 * control: the same callers for 20 s without a kill and for 20 s with SIGKILL of the control process after 2 s and its start 1 s later; then
 * two more kills, after which everyone asks the new process for something as soon as it is ready.
 */
import { cpus } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import type { Caller } from '../test/e2e/kit/caller.js';
import { Cluster } from '../test/e2e/kit/cluster.js';
import { Gathering, median } from '../test/e2e/kit/gathering.js';
import { spoken, type Sound } from '../test/e2e/kit/sounds.js';
import { numberFlag, textFlag } from './bench-bridge.js';
import { heardAtMs } from './heard-at.js';
import { printTable } from './table.js';

const CALLERS = numberFlag('callers', 50);
const CONFERENCES = numberFlag('conferences', 5);
const RUNS = numberFlag('runs', 3);
const ONLY = textFlag('only', 'mixer,srtp,control').split(',');
const SIZE = CALLERS / CONFERENCES;
if (!Number.isInteger(SIZE) || SIZE < 3 || SIZE > 10) throw new Error('3 to 10 callers in each conference');
/** After a kill; whoever is silent for longer has lost the others. */
const LISTEN_MS = 10_000;
const WINDOW_MS = 20_000;
const KILL_AFTER_MS = 2_000;
const START_AFTER_MS = 1_000;
const PACKET_MS = 20;
const LIMIT_MS = 8_000;
/** Longer than "you are muted". */
const PROMPT_MS = 1_300;

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

async function mixers(secure: boolean): Promise<void> {
  const cluster = await Cluster.start();
  const rows: string[][] = [];
  try {
    for (let run = 1; run <= RUNS; run += 1) {
      const gatherings = await Gathering.make(cluster, {
        size: SIZE,
        conferences: CONFERENCES,
        call: { rtp: { secure, recordSeconds: 40 } },
      });
      const loads = await Promise.all(cluster.mixers.map((mixer) => mixer.channels()));
      const victim = cluster.mixers[loads.indexOf(Math.max(...loads))];
      const phones = gatherings.flatMap(({ callers }) => callers.map(({ telephone }) => telephone));
      const streams = phones.map((phone) => phone.statistics().ssrc);
      for (const gathering of gatherings) gathering.mark();
      await victim?.kill();
      await pause(LISTEN_MS);
      const silences = gatherings.flatMap((gathering) => gathering.silences());
      const kept = gatherings.flatMap(({ callers }) => callers).filter(({ hasEnded }) => !hasEnded).length;
      // A new stream comes from another mixer.
      const moved = silences.filter((_, index) => phones[index]?.statistics().ssrc !== streams[index]);
      const others = silences.filter((silence) => !moved.includes(silence)).map(({ ofAllMs }) => ofAllMs);
      const none = moved.map(({ ofAllMs }) => ofAllMs);
      const some = moved.map(({ ofAnyMs }) => ofAnyMs);
      rows.push([
        String(run),
        `${kept} of ${CALLERS}`,
        `${moved.length} of ${Math.max(...loads)}`,
        `${median(none)}`,
        `${Math.max(...none)}`,
        `${median(some)}`,
        `${Math.max(...some)}`,
        `${Math.max(0, ...others)}`,
      ]);
      await Promise.all(gatherings.map((gathering) => gathering.hangUp()));
      await cluster.idle(45_000);
      await victim?.start();
      await healthy(cluster);
    }
  } finally {
    tell(await cluster.stop());
  }
  printTable(
    `A mixer killed, ${CALLERS} callers in ${CONFERENCES} conferences on 2 mixers, ${secure ? 'SRTP' : 'RTP'}; silence in ms, of those on it`,
    ['run', 'calls kept', 'moved', 'median', 'worst', 'all others heard, median', 'worst', 'callers elsewhere, worst'],
    rows,
  );
}

async function control(): Promise<void> {
  const cluster = await Cluster.start();
  const loss: string[][] = [];
  const times: string[][] = [];
  try {
    for (let run = 1; run <= RUNS; run += 1) {
      const gatherings = await Gathering.make(cluster, {
        size: SIZE,
        conferences: CONFERENCES,
        call: { sessionExpires: 1_800, rtp: { recordSeconds: 60 } },
      });
      const without = await lossWhile(gatherings, async () => pause(WINDOW_MS));
      const killed = await lossWhile(gatherings, async () => {
        const begun = performance.now();
        await pause(KILL_AFTER_MS);
        await killAndStart(cluster);
        await pause(Math.max(0, WINDOW_MS - (performance.now() - begun)));
      });
      loss.push([
        String(run),
        percent(without.lost),
        percent(killed.lost),
        ((killed.lost - without.lost) * 100).toFixed(3),
        without.gapMs.toFixed(1),
        killed.gapMs.toFixed(1),
      ]);
      times.push([String(run), ...(await askAll(cluster, gatherings))]);
      await cluster.idle(30_000);
    }
  } finally {
    tell(await cluster.stop());
  }
  printTable(
    `The control process killed, ${CALLERS} callers; packets lost in ${WINDOW_MS / 1_000} s`,
    ['run', 'without kill', 'with kill', 'points more', 'longest gap ms, without', 'with'],
    loss,
  );
  printTable(
    'Killed twice more: from the start of the new control process until all callers had what they asked, ms (## and the end: the second time)',
    ['run', 'ready', '*6', 're-INVITE', 'refresh', '*7', 'hang-ups recorded', '##', 'all gone and recorded'],
    times,
  );
}

/** Keys of a caller, and what he should hear after them. */
interface Asked {
  readonly caller: Caller;
  readonly mark: number;
  readonly answer: Sound;
}

/** Presses keys at once; what is heard is looked for when there is time. */
async function press(callers: readonly Caller[], keys: string, answer: Sound): Promise<readonly Asked[]> {
  const asked = callers.map((caller) => ({ caller, mark: caller.mark(), answer }));
  await Promise.all(callers.map((caller) => caller.press(keys)));
  return asked;
}

/** Everything that callers may want, as soon as a new control process is ready. @returns a row of the table */
async function askAll(cluster: Cluster, gatherings: readonly Gathering[]): Promise<string[]> {
  const callers = gatherings.flatMap((gathering) => gathering.callers);
  const hosts = gatherings.map(({ host }) => host);
  const leaving = gatherings.map((gathering) => gathering.at(SIZE - 1));
  const staying = callers.filter((caller) => !leaving.includes(caller));
  for (const caller of callers) caller.say(null);
  await killAndStart(cluster);
  const since = cluster.control.startedAt;
  const took = (): string => (performance.now() - since).toFixed(0);
  const ready = took();
  const muted = await press(callers, '*6', spoken('you-are-muted'));
  await Promise.all(callers.map(({ telephone }) => telephone.resume()));
  const reinvites = took();
  await Promise.all(callers.map(({ telephone }) => telephone.refresh()));
  const refreshes = took();
  // What is said to the room would cover what is said to one caller.
  await pause(PROMPT_MS);
  const locked = await press(hosts, '*7', spoken('conference-now-locked'));
  await Promise.all(leaving.map((caller) => caller.hangUp()));
  await recorded(cluster, leaving, 'completed');
  const hangUps = took();
  await pause(PROMPT_MS);
  // The end has its own kill: its words wait for those of the lock.
  await killAndStart(cluster);
  const ends = staying.map((caller) => ({ caller, mark: caller.mark(), answer: spoken('host-ended-conference') }));
  await Promise.all(hosts.map((host) => host.press('##')));
  await Promise.all(staying.map((caller) => caller.ends(LIMIT_MS)));
  await recorded(cluster, staying, 'host-ended');
  const again = cluster.control.startedAt;
  const all = (performance.now() - again).toFixed(0);
  const heard = [lastHeard(muted, since), lastHeard(locked, since), lastHeard(ends, again)] as const;
  return [ready, heard[0], reinvites, refreshes, heard[1], hangUps, heard[2], all];
}

async function killAndStart(cluster: Cluster): Promise<void> {
  await cluster.control.kill();
  await pause(START_AFTER_MS);
  await cluster.startControl();
}

/** When the last one heard the answer, ms after `since` (`performance.now`). */
function lastHeard(asked: readonly Asked[], since: number): string {
  const origin = Number(process.hrtime.bigint()) / 1e6 - performance.now();
  const times = asked.map(({ caller, mark, answer }) => heardAtMs(caller, answer, mark));
  const missing = times.filter((at) => at === null).length;
  const last = Math.max(...times.map((at) => (at === null ? 0 : at - origin - since)));
  return `${last.toFixed(0)}${missing > 0 ? ` (${missing} unheard)` : ''}`;
}

/** @returns when each of them had its one record, on the clock of `performance.now` */
async function recorded(cluster: Cluster, callers: readonly Caller[], outcome: string): Promise<number> {
  const wanted = new Set(callers.map(({ telephone }) => telephone.sipCallId));
  const deadline = performance.now() + LIMIT_MS;
  for (;;) {
    const records = cluster.callRecords().filter(({ sipCallId }) => wanted.has(sipCallId));
    if (records.length === wanted.size && records.every((record) => record.outcome === outcome))
      return performance.now();
    if (performance.now() > deadline) {
      throw new Error(
        `${records.length} of ${wanted.size} records: ${records.map((record) => record.outcome).join(', ')}`,
      );
    }
    await pause(50);
  }
}

interface Loss {
  /** Share of the packets that should have come. */
  readonly lost: number;
  readonly gapMs: number;
}

/** Packets that callers should have heard by the time that passed, and did not. */
async function lossWhile(gatherings: readonly Gathering[], work: () => Promise<void>): Promise<Loss> {
  const phones = gatherings.flatMap(({ callers }) => callers.map(({ telephone }) => telephone));
  for (const phone of phones) phone.resetGaps();
  const before = phones.map((phone) => phone.statistics());
  await work();
  const after = phones.map((phone) => phone.statistics());
  const counts = after.map((now, index) => {
    const then = before[index] ?? now;
    const expected = (now.lastArrivalMs - then.lastArrivalMs) / PACKET_MS;
    const received = now.packetsReceived - then.packetsReceived;
    // By time, and by sequence number where a sender's clock runs a little slow or fast.
    return { expected, lost: Math.max(now.packetsLost - then.packetsLost, expected - received - 1, 0) };
  });
  return {
    lost: sum(counts.map(({ lost }) => lost)) / sum(counts.map(({ expected }) => expected)),
    gapMs: Math.max(...after.map(({ longestGapMs }) => longestGapMs)),
  };
}

async function healthy(cluster: Cluster): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!(await cluster.status()).mixers.every((mixer) => mixer.healthy)) {
    if (performance.now() > deadline) throw new Error('a mixer did not come back');
    await pause(100);
  }
}

function tell(troubles: readonly string[]): void {
  for (const trouble of troubles) console.log(`trouble: ${trouble}`);
}

const percent = (share: number): string => `${(share * 100).toFixed(3)} %`;

console.log(`${cpus().length} cores, everything on them`);
if (ONLY.includes('mixer')) await mixers(false);
if (ONLY.includes('srtp')) await mixers(true);
if (ONLY.includes('control')) await control();
process.exit(0);
