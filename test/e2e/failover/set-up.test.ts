import { expect, it } from 'vitest';
import { SipClient } from '../../../src/adapters/embedded-sip/client.js';
import { SystemClock } from '../../../src/adapters/system/clock.js';
import { SystemRandomness } from '../../../src/adapters/system/randomness.js';
import { CallRefused } from '../../../src/app/telephone/telephone.js';
import { Caller } from '../kit/caller.js';
import { spoken } from '../kit/sounds.js';
import { onCluster } from './stage.js';
import { unacknowledged } from './unacknowledged.js';

/** The suite counts channels, dialogs, endpoints and calls after each of these: nothing may be left. */
const TEST_MS = 120_000;
/** Milliseconds after the INVITE: a set-up takes some tens of them. */
const MOMENTS = [0, 1, 2, 3, 5, 8, 12, 18, 25, 35, 50, 80, 120] as const;
const OFFER = [
  'v=0',
  'o=- 1 1 IN IP4 127.0.0.1',
  's=-',
  'c=IN IP4 127.0.0.1',
  't=0 0',
  'm=audio 40000 RTP/AVP 18',
  'a=rtpmap:18 G729/8000',
  '',
].join('\r\n');

onCluster('whatever happens during set-up, no leg is left', {}, (stage) => {
  it(
    'CANCEL at any moment',
    async () => {
      for (const offer of ['early', 'late'] as const) {
        const outcomes = await Promise.all(
          MOMENTS.map(async (afterMs) => {
            const giveUp = new AbortController();
            const dialling = Caller.dial(stage.cluster(), { offer, signal: giveUp.signal, rtp: { ownThread: false } });
            setTimeout(() => giveUp.abort(), afterMs);
            const outcome = await dialling.catch((error: unknown) => error);
            if (outcome instanceof Caller) await outcome.hangUp();
            else expect(outcome).toMatchObject({ name: CallRefused.name, status: 487 });
            return outcome instanceof Caller;
          }),
        );
        expect(outcomes).toContain(false);
      }
    },
    TEST_MS,
  );

  it(
    'hang-up at any moment after the answer',
    async () => {
      const account = await stage.cluster().addAccount();
      await Promise.all(
        [0, 5, 20, 100, 450, 1_000].map(async (afterMs) => {
          const caller = await Caller.dial(stage.cluster());
          await pause(afterMs);
          await caller.hangUp();
        }),
      );
      for (const afterMs of [0, 20, 60, 150, 500, 2_000, 6_000]) {
        const caller = await stage.call(account.hostPin);
        await pause(afterMs);
        await caller.hangUp();
      }
    },
    TEST_MS,
  );

  it(
    'an offer nobody here understands: 488',
    async () => {
      const client = new SipClient({
        transport: 'udp',
        local: { address: '127.0.0.1', port: 0 },
        clock: new SystemClock(),
        randomness: new SystemRandomness(),
      });
      await client.start();
      try {
        const call = await client.invite({ target: stage.cluster().address, localSdp: OFFER });
        await expect(call.answered).rejects.toMatchObject({ name: CallRefused.name, status: 488 });
      } finally {
        await client.stop();
      }
    },
    TEST_MS,
  );

  it(
    'a mixer that dies at any moment of it: the calls go on elsewhere',
    async () => {
      const cluster = stage.cluster();
      const [victim] = cluster.mixers;
      const dialling = MOMENTS.map(async (afterMs) => {
        await pause(afterMs * 2);
        return Caller.dial(cluster);
      });
      await pause(40);
      await victim?.kill();
      const callers = await Promise.all(dialling);
      await Promise.all(
        callers.map(async (caller) => {
          await caller.hears(spoken('enter-pin'), { withinMs: 30_000 });
          await caller.hangUp();
        }),
      );
    },
    TEST_MS,
  );

  it(
    'a mixer that is frozen during it: the calls are answered by the other within seconds, and a CANCEL meanwhile counts',
    async () => {
      const cluster = stage.cluster();
      const [victim] = cluster.mixers;
      victim?.freeze();
      const giveUp = new AbortController();
      setTimeout(() => giveUp.abort(), 300);
      const [cancelled, ...callers] = await Promise.all([
        Caller.dial(cluster, { signal: giveUp.signal }).catch((error: unknown) => error),
        ...[1, 2, 3, 4].map(() => Caller.dial(cluster)),
      ]);
      if (cancelled instanceof Caller) await cancelled.hangUp();
      await Promise.all(callers.map((caller) => caller.hears(spoken('enter-pin'), { withinMs: 30_000 })));
      await Promise.all(callers.map((caller) => caller.hangUp()));
    },
    TEST_MS,
  );

  it(
    'no mixer at all: 503, and calls are taken when there is one again',
    async () => {
      const cluster = stage.cluster();
      await Promise.all(cluster.mixers.map((mixer) => mixer.kill()));
      await expect.poll(async () => (await cluster.get('/readyz')).status, { timeout: 10_000 }).toBe(503);
      await expect(Caller.dial(cluster)).rejects.toMatchObject({ name: CallRefused.name, status: 503 });
      await Promise.all(cluster.mixers.map((mixer) => mixer.start()));
      await stage.allHealthy();
      const caller = await stage.dial();
      await caller.hears(spoken('enter-pin'));
    },
    TEST_MS,
  );

  it(
    'the control process dies at any moment of it: the INVITE is told to the next one',
    async () => {
      const cluster = stage.cluster();
      const dialling = MOMENTS.map(async (afterMs) => {
        await pause(afterMs * 2);
        return Caller.dial(cluster).catch((error: unknown) => error);
      });
      await pause(40);
      await cluster.control.kill();
      await cluster.startControl();
      for (const outcome of await Promise.all(dialling)) {
        if (outcome instanceof Caller) {
          await outcome.hears(spoken('enter-pin'), { withinMs: 30_000 });
          await outcome.hangUp();
        } else expect(outcome).toMatchObject({ name: CallRefused.name, status: 503 });
      }
    },
    TEST_MS,
  );

  it(
    'an ACK that never comes: the call is given up after 64*T1',
    async () => {
      const { status } = await unacknowledged(stage.cluster().sipPort);
      expect(status).toBe(200);
      await expect
        .poll(async () => (await stage.cluster().count()).channels, { timeout: 45_000, interval: 500 })
        .toBe(0);
    },
    TEST_MS,
  );
});

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
