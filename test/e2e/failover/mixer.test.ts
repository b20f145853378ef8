import { expect, it } from 'vitest';
import { toneDbfs } from '../../sound.js';
import { holdMusic, spoken } from '../kit/sounds.js';
import { median, type Gathering } from '../kit/gathering.js';
import { othersOf, untilHears } from '../kit/listening.js';
import { hearsNothingOf } from '../kit/tones.js';
import { onCluster } from './stage.js';

/** On a quiet machine the median is below 1.5 s and the worst below 3 s (`npm run bench:failover`); here others may work too. */
const MEDIAN_MS = 3_000;
const WORST_MS = 8_000;
const MOVED_LIMIT_MS = 15_000;
/** No other sound here has this frequency. */
const MOVED_HZ = 880;
const TEST_MS = 150_000;
/** A caller may take so long between two keys: a move in between is no end of an entry. */
const SETTINGS = { entry: { interDigitMs: 15_000, firstKeyMs: 20_000 } };

onCluster('a mixer dies', { settings: SETTINGS }, (stage) => {
  it(
    'by SIGKILL: all keep their calls and hear each other again; one tone; roles, mutes and the lock are as before',
    async () => {
      const [first, second] = await stage.gather({ size: 5, conferences: 2 });
      if (first === undefined || second === undefined) throw new Error('no conferences');
      const muted = first.at(4);
      await first.hush();
      const since = muted.mark();
      await muted.press('*6');
      await muted.hears(spoken('you-are-muted'), { since });
      await first.host.press('*5');
      await first.host.hears(spoken('conference-now-locked'));
      await first.host.untilQuiet();
      first.talk();
      const talking = first.callers.filter((caller) => caller !== muted);
      await first.untilEveryoneHears(MOVED_LIMIT_MS, talking);

      const all = [first, second];
      const marks = first.callers.map((caller) => caller.mark());
      const victims = await Promise.all(stage.cluster().mixers.map((mixer) => mixer.hasRoomOf(first.account.id)));
      const victim = stage.cluster().mixers[victims.indexOf(true)];
      if (victim === undefined) throw new Error('no mixer has the room');
      for (const gathering of all) gathering.mark();
      await victim.kill();

      await Promise.all([
        first.untilEveryoneHears(MOVED_LIMIT_MS, talking),
        untilHears(muted, othersOf(muted, first.callers), MOVED_LIMIT_MS),
        second.untilEveryoneHears(MOVED_LIMIT_MS),
      ]);
      expect([...first.callers, ...second.callers].filter(({ hasEnded }) => hasEnded)).toHaveLength(0);
      tellSilences('two conferences of five, one mixer killed', all);
      // Its last note, through the tones of the others.
      await Promise.all(
        first.callers.map((caller, index) =>
          caller.until('the tone for having been moved', 5_000, () => {
            return toneDbfs(caller.heard(marks[index] ?? 0), MOVED_HZ) > -45;
          }),
        ),
      );
      await hearsNothingOf(first.host, [muted.hz ?? 0]);

      await first.hush();
      const late = await stage.call(first.account.guestPin);
      await late.hearsInOrder([spoken('conference-locked'), spoken('goodbye')]);
      const unmuting = muted.mark();
      await muted.press('*6');
      await muted.hears(spoken('you-are-unmuted'), { since: unmuting });
      const unlocking = first.host.mark();
      await first.host.press('*7');
      await first.host.hears(spoken('conference-now-unlocked'), { since: unlocking });
      await first.host.untilQuiet();
      first.talk();
      await first.untilEveryoneHears(MOVED_LIMIT_MS);
      await first.host.press('##');
      const endings = await Promise.all(first.guests.map((caller) => caller.ends()));
      expect(endings.map(({ by }) => by)).toEqual(['them', 'them', 'them', 'them']);
    },
    TEST_MS,
  );

  it(
    'those who wait for the host wait on with their music, and one who keys a PIN keys on',
    async () => {
      const account = await stage.cluster().addAccount();
      const waiting = [await stage.call(account.guestPin), await stage.call(account.guestPin)];
      await Promise.all(waiting.map((caller) => caller.hears(holdMusic(), { withinMs: 30_000 })));
      const keying = [await stage.dial(), await stage.dial()];
      await Promise.all(keying.map((caller) => caller.untilSpoken()));
      await Promise.all(keying.map((caller) => caller.press(account.guestPin.slice(0, 4))));

      const marks = [...waiting, ...keying].map((caller) => caller.mark());
      const [victim, other] = stage.cluster().mixers;
      await victim?.kill();
      // Whoever was on it: all callers are on the other one now.
      await expect.poll(() => other?.channels(), { timeout: MOVED_LIMIT_MS }).toBe(4);
      await Promise.all(
        waiting.map((caller, index) => caller.hears(holdMusic(), { since: marks[index] ?? 0, withinMs: 60_000 })),
      );
      await Promise.all(keying.map((caller) => caller.press(account.guestPin.slice(4))));
      await Promise.all(
        keying.map((caller, index) =>
          caller.hears(holdMusic(), { since: marks[index + waiting.length] ?? 0, withinMs: 60_000 }),
        ),
      );
      const host = await stage.call(account.hostPin, { hz: 400 });
      await Promise.all([...waiting, ...keying].map((caller) => untilHears(caller, [400])));
      await host.hangUp();
    },
    TEST_MS,
  );

  it(
    'callers with SRTP are moved with new keys',
    async () => {
      const gathering = await stage.gatherOne(4, { call: { rtp: { secure: true, recordSeconds: 120 } } });
      const victim = await stage.mixerInUse();
      gathering.mark();
      await victim.kill();
      await gathering.untilEveryoneHears(MOVED_LIMIT_MS);
      tellSilences('four callers with SRTP', [gathering]);
      await gathering.hush();
      const guest = gathering.at(1);
      const since = guest.mark();
      await guest.press('*6');
      await guest.hears(spoken('you-are-muted'), { since });
    },
    TEST_MS,
  );

  it(
    'a telephone that refuses the re-INVITE once is moved by the second try, one that refuses again is hung up',
    async () => {
      const gathering = await stage.gatherOne(4);
      const [once, always] = [gathering.at(1), gathering.at(2)];
      once.telephone.refuseOffers(1);
      always.telephone.refuseOffers(1_000);
      const victim = await stage.mixerInUse();
      await victim.kill();
      expect((await always.ends(MOVED_LIMIT_MS)).by).toBe('them');
      await gathering.untilEveryoneHears(
        MOVED_LIMIT_MS,
        gathering.callers.filter((caller) => caller !== always),
      );
      const id = always.telephone.sipCallId;
      await expect
        .poll(
          () =>
            stage
              .cluster()
              .callRecords()
              .find(({ sipCallId }) => sipCallId === id)?.outcome,
          { timeout: 5_000 },
        )
        .toBe('mixer-lost');
    },
    TEST_MS,
  );

  it(
    'by SIGSTOP: found within 5 s and its calls moved; when it goes on, it rejoins and nobody hears anything twice',
    async () => {
      const gathering = await stage.gatherOne(4);
      const victim = await stage.mixerInUse();
      gathering.mark();
      const frozenAt = performance.now();
      victim.freeze();
      await expect
        .poll(async () => (await stage.cluster().status()).mixers.find(({ name }) => name === victim.name)?.healthy, {
          timeout: 10_000,
          interval: 50,
        })
        .toBe(false);
      const foundMs = performance.now() - frozenAt;
      await gathering.untilEveryoneHears(MOVED_LIMIT_MS);
      const silence = Math.max(...gathering.silences().map(({ ofAllMs }) => ofAllMs));
      console.log(`frozen mixer found after ${foundMs.toFixed(0)} ms, worst silence ${silence} ms`);
      expect(foundMs).toBeLessThan(5_000);

      victim.thaw();
      await stage.allHealthy();
      await expect.poll(() => victim.channels(), { timeout: 10_000 }).toBe(0);
      expect(await victim.rooms()).toBe(0);
      const before = gathering.callers.map(({ telephone }) => telephone.statistics().packetsReceived);
      const listeningMs = 3_000;
      await gathering.host.listen(listeningMs);
      for (const [index, { telephone }] of gathering.callers.entries()) {
        const received = telephone.statistics().packetsReceived - (before[index] ?? 0);
        expect(received, `packets at caller ${index} in ${listeningMs} ms`).toBeLessThan(1.3 * (listeningMs / 20));
      }
      await gathering.untilEveryoneHears(MOVED_LIMIT_MS);
      // It works as before: a new conference can be on it.
      const others = await stage.gatherOne(2);
      await others.untilEveryoneHears(MOVED_LIMIT_MS);
    },
    TEST_MS,
  );
});

onCluster('the only mixer dies', { mixers: 1, settings: SETTINGS }, (stage) => {
  it(
    'and is started again within 20 s: its callers are in again',
    async () => {
      const gathering = await stage.gatherOne(3);
      const [mixer] = stage.cluster().mixers;
      await mixer?.kill();
      await mixer?.start();
      await gathering.untilEveryoneHears(30_000);
    },
    TEST_MS,
  );
});

function tellSilences(what: string, gatherings: readonly Gathering[]): void {
  const silences = gatherings.flatMap((gathering) => gathering.silences().map(({ ofAllMs }) => ofAllMs));
  const [middle, worst] = [median(silences), Math.max(...silences)];
  console.log(`${what}: silence median ${middle} ms, worst ${worst} ms`);
  expect(middle).toBeLessThan(MEDIAN_MS);
  expect(worst).toBeLessThan(WORST_MS);
}
