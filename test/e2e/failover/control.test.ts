import { expect, it } from 'vitest';
import type { Caller } from '../kit/caller.js';
import { othersOf, untilHears, untilSilent } from '../kit/listening.js';
import { holdMusic, spoken } from '../kit/sounds.js';
import { logs, onCluster } from './stage.js';

const TEST_MS = 150_000;
/** From the start of the new control process until everything works; 5 s on a quiet machine. */
const BACK_MS = 10_000;
/** A gap this long would be heard. Nothing at all is missing on a quiet machine (`npm run bench:failover`). */
const GAP_MS = 300;

onCluster('the control process dies', {}, (stage) => {
  it(
    'and comes back: the audio is unbroken, then keys, re-INVITEs, refreshes, hang-ups and records work',
    async () => {
      const cluster = stage.cluster();
      const gathering = await stage.gatherOne(5, { call: { sessionExpires: 1_800 } });
      const [host, holding, refreshing, leaving] = [0, 1, 2, 3].map((index) => gathering.at(index)) as [
        Caller,
        Caller,
        Caller,
        Caller,
      ];
      const muted = gathering.at(4);
      await gathering.hush();
      let since = muted.mark();
      await muted.press('*6');
      await muted.hears(spoken('you-are-muted'), { since });
      await muted.untilQuiet();
      gathering.talk();
      await gathering.untilEveryoneHears(
        10_000,
        gathering.callers.filter((caller) => caller !== muted),
      );
      const account = await cluster.addAccount();
      const waiting = await stage.call(account.guestPin);
      await waiting.hears(holdMusic(), { withinMs: 30_000 });

      gathering.mark();
      await cluster.control.kill();
      await holding.listen(2_000);
      const silences = gathering.silences();
      await cluster.startControl();
      const startedAt = cluster.control.startedAt;
      const took = (): number => Math.round(performance.now() - startedAt);
      const ready = took();
      silences.push(...gathering.silences());
      for (const caller of gathering.callers) caller.say(null);

      since = muted.mark();
      await muted.press('*6');
      await muted.hears(spoken('you-are-unmuted'), { since });
      const keysMs = took();
      await holding.telephone.hold();
      await holding.untilNothingArrives();
      await holding.telephone.resume();
      await refreshing.telephone.refresh();
      const offersMs = took();
      console.log(`control process ready ${ready} ms after its start, keys by ${keysMs} ms, offers by ${offersMs} ms`);
      expect(keysMs).toBeLessThan(BACK_MS);
      for (const caller of [host, refreshing, leaving]) {
        const gap = caller.telephone.statistics().longestGapMs;
        expect(gap, 'longest time without a packet').toBeLessThan(GAP_MS);
      }
      expect(Math.max(...silences.map(({ ofAllMs }) => ofAllMs))).toBeLessThan(GAP_MS);

      since = host.mark();
      await host.press('*7');
      await host.hears(spoken('conference-now-locked'), { since });
      gathering.talk();
      await gathering.untilEveryoneHears(10_000);
      await leaving.hangUp();
      await untilSilent(host, [leaving.hz ?? 0]);
      await recorded(leaving, 'completed');

      since = waiting.mark();
      const welcomed = await stage.call(account.hostPin, { hz: 3_310 });
      await untilHears(waiting, [3_310]);
      await welcomed.hangUp();

      await host.press('##');
      const stayed = [host, holding, refreshing, muted];
      await Promise.all(stayed.map((caller) => caller.ends()));
      for (const caller of stayed) await recorded(caller, 'host-ended');
      const [conference] = cluster.conferenceRecords().filter(({ outcome }) => outcome === 'host-ended');
      expect(conference?.peak).toBe(5);
    },
    TEST_MS,
  );

  it(
    'and while it is away hold, resume and refresh are answered, a hang-up is noted, and a new call waits for it',
    async () => {
      const cluster = stage.cluster();
      const gathering = await stage.gatherOne(4, { call: { sessionExpires: 1_800 } });
      const [host, holding, leaving, refreshing] = [0, 1, 2, 3].map((index) => gathering.at(index)) as [
        Caller,
        Caller,
        Caller,
        Caller,
      ];
      await cluster.control.kill();
      await holding.telephone.hold();
      await holding.untilNothingArrives();
      await holding.telephone.resume();
      await untilHears(holding, othersOf(holding, gathering.callers));
      await holding.telephone.reinvite(null);
      await refreshing.telephone.refresh();
      await leaving.hangUp();
      await untilSilent(host, [leaving.hz ?? 0], 5_000);
      // Its keys are lost, and nothing worse.
      await refreshing.press('*6');

      const starting = cluster.startControl();
      const early = stage.call(gathering.account.guestPin, { hz: 3_310 });
      await Promise.all([starting, early]);
      const late = await early;
      await gathering.untilEveryoneHears(20_000, [host, holding, refreshing, late]);
      await recorded(leaving, 'completed');
      late.say(null);
      await gathering.hush();
      await host.untilQuiet();
      const since = host.mark();
      await host.press('*#');
      await host.hearsInOrder([spoken(4), spoken('callers-in-conference')], since);
    },
    TEST_MS,
  );

  it(
    'twice in a row, with a caller keying the PIN and one waiting: none is lost',
    async () => {
      const cluster = stage.cluster();
      const account = await cluster.addAccount();
      const waiting = await stage.call(account.guestPin);
      await waiting.hears(holdMusic(), { withinMs: 30_000 });
      const keying = await stage.dial();
      await keying.untilSpoken();
      for (let round = 0; round < 2; round += 1) {
        await cluster.control.kill();
        await cluster.startControl();
      }
      const since = waiting.mark();
      await waiting.hears(holdMusic(), { since, withinMs: 60_000 });
      await keying.keyPin(account.hostPin);
      await keying.hears(spoken('you-are-the-host'), { withinMs: 30_000 });
      keying.say(400);
      await untilHears(waiting, [400]);
    },
    TEST_MS,
  );

  it(
    'and a mixer with it: the new one moves the calls',
    async () => {
      const cluster = stage.cluster();
      const gathering = await stage.gatherOne(3);
      const victim = await stage.mixerInUse();
      await cluster.control.kill();
      await victim.kill();
      await cluster.startControl();
      await gathering.untilEveryoneHears(20_000);
      expect(gathering.callers.filter(({ hasEnded }) => hasEnded)).toHaveLength(0);
    },
    TEST_MS,
  );

  it(
    'a hand-over ends no call either: SIGUSR2, then a new control process',
    async () => {
      const cluster = stage.cluster();
      const gathering = await stage.gatherOne(3);
      gathering.mark();
      expect(await cluster.control.stop(10_000, 'SIGUSR2'), logs(cluster)).toBe(true);
      expect(cluster.control.exitCode).toBe(0);
      await cluster.startControl();
      const silences = gathering.silences().map(({ ofAllMs }) => ofAllMs);
      expect(Math.max(...silences)).toBeLessThan(GAP_MS);
      await gathering.hush();
      const guest = gathering.at(1);
      const since = guest.mark();
      await guest.press('*6');
      await guest.hears(spoken('you-are-muted'), { since });
    },
    TEST_MS,
  );

  async function recorded(caller: Caller, outcome: string): Promise<void> {
    const id = caller.telephone.sipCallId;
    await expect
      .poll(
        () =>
          stage
            .cluster()
            .callRecords()
            .filter(({ sipCallId }) => sipCallId === id)
            .map((record) => record.outcome),
        { timeout: 5_000 },
      )
      .toEqual([outcome]);
  }
});
