import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest';
import { Caller, type CallerOptions } from '../kit/caller.js';
import { Cluster, type ClusterOptions } from '../kit/cluster.js';
import type { ClusterMixer } from '../kit/cluster-mixer.js';
import { missingPrograms } from '../kit/engines.js';
import { Gathering, type GatheringOptions } from '../kit/gathering.js';

const START_LIMIT_MS = 120_000;
const STOP_LIMIT_MS = 150_000;
/** Longest wait until nothing of any call is left: a BYE to a mixer that is gone takes 64*T1 = 32 s. */
const IDLE_LIMIT_MS = 45_000;
/** drachtio-server counts its dialogs every 30 s. */
const DIALOGS_LIMIT_MS = 65_000;
const BACK_LIMIT_MS = 30_000;
const NOTHING = { calls: 0, conferences: 0, endpoints: 0, channels: 0, signalling: 0 };

/** Callers of one test on the cluster of its file. */
export interface Stage {
  readonly cluster: () => Cluster;
  /** Dials; hung up after the test. */
  dial(options?: CallerOptions): Promise<Caller>;
  /** Dials and keys the PIN. */
  call(pin: string, options?: CallerOptions): Promise<Caller>;
  gather(options: GatheringOptions): Promise<readonly Gathering[]>;
  gatherOne(size: number, options?: Partial<GatheringOptions>): Promise<Gathering>;
  /** The mixer that has the room of the only conference. */
  mixerInUse(): Promise<ClusterMixer>;
  /** Waits until every mixer counts as healthy. */
  allHealthy(): Promise<void>;
}

/** A suite on a cluster of its own. After each test everything runs, all have hung up, and nothing is left on any side. */
export function onCluster(
  title: string,
  options: ClusterOptions & { readonly dialogsMayStay?: boolean },
  define: (stage: Stage) => void,
): void {
  const missing = missingPrograms('freeswitch');
  const here = missing.length === 0;
  describe.skipIf(!here)(here ? title : `${title} (skipped: no ${missing.join(', no ')} here)`, () => {
    let started: Cluster | null = null;
    const callers: Caller[] = [];
    const cluster = (): Cluster => {
      if (started === null) throw new Error('the cluster did not start');
      return started;
    };
    beforeAll(async () => {
      started = await Cluster.start(options);
    }, START_LIMIT_MS);
    afterEach(async () => {
      if (started === null) return;
      await Promise.all(callers.splice(0).map((caller) => caller.hangUp()));
      await restore(started);
      expect(await started.idle(IDLE_LIMIT_MS), `what is left of calls\n${logs(started)}`).toEqual(NOTHING);
    }, IDLE_LIMIT_MS + 60_000);
    afterAll(async () => {
      if (started === null) return;
      const dialogs = options.dialogsMayStay === true ? 0 : await started.dialogsLeft(DIALOGS_LIMIT_MS);
      const troubles = await started.stop();
      expect({ dialogs, troubles }).toEqual({ dialogs: 0, troubles: [] });
    }, STOP_LIMIT_MS);
    define(stageOn(cluster, callers));
  });
}

function stageOn(cluster: () => Cluster, callers: Caller[]): Stage {
  const dial = async (options: CallerOptions = {}): Promise<Caller> => {
    const caller = await Caller.dial(cluster(), options);
    callers.push(caller);
    return caller;
  };
  const gather = (options: GatheringOptions): Promise<readonly Gathering[]> =>
    Gathering.make(cluster(), options, (caller) => callers.push(caller));
  return {
    cluster,
    dial,
    gather,
    call: async (pin, options) => {
      const caller = await dial(options);
      await caller.keyPin(pin);
      return caller;
    },
    gatherOne: async (size, options = {}) => {
      const [gathering] = await gather({ size, conferences: 1, ...options });
      if (gathering === undefined) throw new Error('no conference');
      return gathering;
    },
    mixerInUse: async () => {
      for (const mixer of cluster().mixers) if ((await mixer.rooms()) > 0) return mixer;
      throw new Error('no mixer has a room');
    },
    allHealthy: () => allHealthy(cluster()),
  };
}

/** Everything that a test ended runs again. */
async function restore(cluster: Cluster): Promise<void> {
  for (const mixer of cluster.mixers) {
    mixer.thaw();
    if (!mixer.running) await mixer.start();
  }
  if (!cluster.drachtioRuns) await cluster.startDrachtio();
  if (!cluster.owner.running) await cluster.startOwner();
  if (!cluster.control.running) await cluster.startControl();
  await allHealthy(cluster);
}

async function allHealthy(cluster: Cluster): Promise<void> {
  const deadline = performance.now() + BACK_LIMIT_MS;
  for (;;) {
    const { mixers } = await cluster.status();
    const ready = await cluster.get('/readyz');
    if (mixers.length > 0 && mixers.every(({ healthy }) => healthy) && ready.status === 200) return;
    if (performance.now() > deadline)
      throw new Error(
        `not ready within ${BACK_LIMIT_MS} ms: ${JSON.stringify(mixers)}, ${ready.body}\n${logs(cluster)}`,
      );
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** The end of what the processes logged, to understand a failure. */
export function logs(cluster: Cluster): string {
  return `control:\n${cluster.control.output.slice(-6_000)}\nowner:\n${cluster.owner.output.slice(-3_000)}`;
}
