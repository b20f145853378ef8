import { expect, it } from 'vitest';
import { spoken } from '../kit/sounds.js';
import { untilSilent } from '../kit/listening.js';
import { onCluster, type Stage } from './stage.js';

const TEST_MS = 150_000;
/** Without packets for so long, and then without an answer, a line is lost. */
const SILENCE_S = 4;
/** The bridge asks the telephone before it gives up: an OPTIONS takes 64*T1 at most (RFC 3261 timer F). */
const MISSED_LIMIT_MS = SILENCE_S * 1_000 + 32_000 + 15_000;
const GAP_MS = 300;

// The dialogs of a dialog owner that died stay in drachtio-server: nobody can end them.
onCluster(
  'the signalling dies',
  { settings: { media: { silenceSeconds: SILENCE_S } }, dialogsMayStay: true },
  (stage) => {
    it(
      'drachtio-server: the audio goes on, a hang-up is noticed by its silence, health says so, and new calls are taken again',
      async () => {
        const { cluster } = stage;
        await dies(
          stage,
          () => cluster().killDrachtio(),
          () => cluster().startDrachtio(),
        );
      },
      TEST_MS,
    );

    it(
      'the dialog owner: the same',
      async () => {
        const { cluster } = stage;
        await dies(
          stage,
          () => cluster().owner.kill(),
          () => cluster().startOwner(),
        );
      },
      TEST_MS,
    );
  },
);

async function dies(stage: Stage, end: () => Promise<void>, begin: () => Promise<void>): Promise<void> {
  const cluster = stage.cluster();
  const gathering = await stage.gatherOne(3);
  const { host } = gathering;
  gathering.mark();
  await end();
  await expect.poll(async () => (await cluster.get('/readyz')).status, { timeout: 10_000 }).toBe(503);
  const silences = gathering.silences();
  await gathering.hush();
  const guest = gathering.at(1);
  let since = guest.mark();
  await guest.press('*6');
  await guest.hears(spoken('you-are-muted'), { since });
  await begin();
  await expect.poll(async () => (await cluster.get('/readyz')).status, { timeout: 20_000 }).toBe(200);
  expect(Math.max(...silences.map(({ ofAllMs }) => ofAllMs))).toBeLessThan(GAP_MS);

  gathering.talk();
  const newcomer = await stage.call(gathering.account.guestPin, { hz: 3_310 });
  await gathering.untilEveryoneHears(20_000, [host, gathering.at(2), newcomer]);
  // Neither his BYE nor any other word reaches the bridge any more.
  const leaving = gathering.at(2);
  await leaving.telephone.vanish();
  await untilSilent(host, [leaving.hz ?? 0], MISSED_LIMIT_MS);
  const id = leaving.telephone.sipCallId;
  await expect
    .poll(() => cluster.callRecords().find(({ sipCallId }) => sipCallId === id)?.outcome, { timeout: MISSED_LIMIT_MS })
    .toBe('line-lost');
  since = host.mark();
  await host.press('##');
  await newcomer.ends();
  // Those whose dialog is lost hear it and then nothing: they hang up themselves.
  await Promise.all([host, guest].map((caller) => caller.telephone.vanish()));
}
