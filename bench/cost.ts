/*
 * What Partyline costs FreeSWITCH, and itself.
 *
 *   npm run bench:cost -- [--callers 100] [--conferences 10] [--pairs 5] [--seconds 20]
 *
 * Pairs of measurements in one run, in changing order: the callers talk through Partyline (drachtio-server, dialog owner, control process, one
 * FreeSWITCH), then the same telephones call a second FreeSWITCH of the same configuration whose dialplan is nothing but `answer` and
 * `conference`. Compared is the processor time of the FreeSWITCH while everyone is in and talks.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Telephone } from '../src/app/telephone/telephone.js';
import type { TestAccount } from '../test/e2e/kit/operator.js';
import { Cluster } from '../test/e2e/kit/cluster.js';
import { ClusterMixer } from '../test/e2e/kit/cluster-mixer.js';
import { median } from '../test/e2e/kit/gathering.js';
import { cpuSecondsOf } from '../test/e2e/kit/program.js';
import { numberFlag } from './bench-bridge.js';
import { printTable } from './table.js';

const CALLERS = numberFlag('callers', 100);
const CONFERENCES = numberFlag('conferences', 10);
const PAIRS = numberFlag('pairs', 5);
const SECONDS = numberFlag('seconds', 20);
const DIAL_EVERY_MS = 60;
/** After the last call: the introductions are over. */
const SETTLE_MS = 10_000;
const TONE = { kind: 'tone', hz: 440, dbfs: -26 } as const;
const BARE_DIALPLAN = `<extension name="bare">
      <condition field="destination_number" expression="^bare-(\\d+)$">
        <action application="answer"/>
        <action application="conference" data="bare-$1@partyline"/>
      </condition>
    </extension>
    `;

/** Cores used by each process while everyone talks. */
interface Used {
  readonly mixer: number;
  readonly drachtio: number;
  readonly owner: number;
  readonly control: number;
  readonly generator: number;
}

/** All callers at once on their way in; everyone talks when this resolves. */
async function callAll(
  target: (index: number) => string,
  key: (index: number) => string,
): Promise<readonly Telephone[]> {
  const dialling: Promise<Telephone>[] = [];
  for (let index = 0; index < CALLERS; index += 1) {
    dialling.push(callOne(target(index), key(index)));
    await pause(DIAL_EVERY_MS);
  }
  const telephones = await Promise.all(dialling);
  await pause(SETTLE_MS);
  return telephones;
}

async function callOne(target: string, pin: string): Promise<Telephone> {
  const telephone = await Telephone.dial({ target, rtp: { recordSeconds: 1, ownThread: true } });
  telephone.say(TONE);
  if (pin !== '') {
    await pause(600);
    await telephone.press(pin, { durationMs: 60, gapMs: 60 });
  }
  return telephone;
}

async function measure(telephones: readonly Telephone[], processes: readonly number[]): Promise<readonly number[]> {
  const pids = [...processes, process.pid];
  const before = pids.map(cpuSecondsOf);
  await pause(SECONDS * 1_000);
  const used = pids.map((pid, index) => (cpuSecondsOf(pid) - (before[index] ?? 0)) / SECONDS);
  const quiet = telephones.filter((telephone) => telephone.levels().inDbfs < -45).length;
  if (quiet > 0) {
    const levels = telephones.slice(0, 5).map((telephone) => telephone.levels().inDbfs.toFixed(0));
    console.log(`trouble: ${quiet} of ${telephones.length} callers hear nothing (${levels.join(', ')} dBFS ...)`);
  }
  await Promise.all(telephones.map((telephone) => telephone.hangUp()));
  return used;
}

async function throughPartyline(cluster: Cluster, accounts: readonly TestAccount[]): Promise<Used> {
  const [mixer] = cluster.mixers;
  if (mixer === undefined) throw new Error('no mixer');
  const telephones = await callAll(
    () => cluster.address,
    (index) => {
      const account = accounts[index % CONFERENCES];
      return (index < CONFERENCES ? account?.hostPin : account?.guestPin) ?? '';
    },
  );
  const channels = await mixer.channels();
  if (channels !== CALLERS) console.log(`trouble: ${channels} channels instead of ${CALLERS}`);
  const processes = [mixer.pid, cluster.drachtio.pid ?? 0, cluster.owner.pid, cluster.control.pid];
  const [fs = 0, drachtio = 0, owner = 0, control = 0, generator = 0] = await measure(telephones, processes);
  await cluster.idle(30_000);
  return { mixer: fs, drachtio, owner, control, generator };
}

async function bare(mixer: ClusterMixer): Promise<number> {
  const telephones = await callAll(
    (index) => `sip:bare-${index % CONFERENCES}@127.0.0.1:${mixer.sipPort}`,
    () => '',
  );
  const channels = await mixer.channels();
  if (channels !== CALLERS) console.log(`trouble: ${channels} channels at the bare one instead of ${CALLERS}`);
  const [used = 0] = await measure(telephones, [mixer.pid]);
  return used;
}

/** The same configuration with one more extension in front. */
async function startBare(directory: string): Promise<ClusterMixer> {
  const mixer = await ClusterMixer.make('bare', directory);
  await mixer.start();
  const file = join(directory, 'conf', 'dialplan.xml');
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replace('<extension name="leg">', `${BARE_DIALPLAN}<extension name="leg">`), {
    mode: 0o600,
  });
  await mixer.ask('reloadxml');
  return mixer;
}

async function main(): Promise<void> {
  console.log(
    `${cpus().length} cores, everything on them; ${CALLERS} callers in ${CONFERENCES} conferences, all talking`,
  );
  const cluster = await Cluster.start({ mixers: 1, logLevel: 'warn' });
  const other = await startBare(join(cluster.directory, 'bare'));
  const rows: string[][] = [];
  const ratios: number[] = [];
  const shares: number[] = [];
  try {
    const accounts: TestAccount[] = [];
    for (let index = 0; index < CONFERENCES; index += 1) accounts.push(await cluster.addAccount());
    for (let pair = 1; pair <= PAIRS; pair += 1) {
      const bareFirst = pair % 2 === 0;
      const early = bareFirst ? await bare(other) : 0;
      const used = await throughPartyline(cluster, accounts);
      const plain = bareFirst ? early : await bare(other);
      const own = used.drachtio + used.owner + used.control;
      ratios.push(used.mixer / plain);
      shares.push(own / used.mixer);
      rows.push([
        String(pair),
        used.mixer.toFixed(3),
        plain.toFixed(3),
        (used.mixer / plain).toFixed(3),
        used.drachtio.toFixed(3),
        used.owner.toFixed(3),
        used.control.toFixed(3),
        `${((100 * own) / used.mixer).toFixed(1)} %`,
        used.generator.toFixed(3),
      ]);
    }
  } finally {
    await other.stop();
    for (const trouble of await cluster.stop()) console.log(`trouble: ${trouble}`);
  }
  printTable(
    `Cores used over ${SECONDS} s while everyone talks`,
    ['pair', 'FreeSWITCH', 'bare', 'ratio', 'drachtio', 'owner', 'control', 'their share', 'load generator'],
    rows,
  );
  console.log(`  median ratio ${median(ratios).toFixed(3)}, median share ${(100 * median(shares)).toFixed(1)} %`);
}

await main();
process.exit(0);
