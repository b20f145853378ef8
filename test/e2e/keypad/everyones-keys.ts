import { expect } from 'vitest';
import type { Caller } from '../kit/caller.js';
import type { EngineName } from '../kit/engines.js';
import type { Play } from '../kit/scene.js';
import { holdMusic, signal, soundOf, spoken, type Sound } from '../kit/sounds.js';
import { hearsNothingOf, TONES_HZ, untilHears, untilSilent } from '../kit/tones.js';
import { allQuiet, answered, expectSilence, expectUnheard, levelOf, settled } from './keying.js';

const [HOST_HZ, GUEST_HZ] = TONES_HZ;
const STEP_DB = 4;
/** FreeSWITCH has steps of its own, and takes the nearest (docs/differences.md): for 12 dB down it is 14. */
const TOLERANCE_DB: Readonly<Record<EngineName, number>> = { embedded: 1, freeswitch: 2.5 };
/** From the first of a tone until all of its level is heard. */
const RISE_MS = 600;
/** Between the keys of a code: just in time, and too late. */
const IN_TIME_MS = 1_900;
const TOO_LATE_MS = 3_300;

/** Codes that everyone has, and the rules of codes (product: section 3). */
export function everyonesKeyScenes(scene: Play, engine: EngineName): void {
  const toleranceDb = TOLERANCE_DB[engine];

  scene('#4 and #6: the others are heard 4 dB quieter, louder a press, 12 at most; #5: as usual', async (stage) => {
    const [host, guest, other] = await stage.gather(await stage.addAccount(), 3);
    const listeners = [guest, other];
    const [usual = 0] = await levelsAt(listeners, host, HOST_HZ);
    const changes = [
      ['#4', spoken('hear-quieter'), -STEP_DB],
      ['#4', spoken('hear-quieter'), -2 * STEP_DB],
      ['#4', spoken('hear-quieter'), -3 * STEP_DB],
      ['#4', signal('refused'), -3 * STEP_DB],
      ['#5', spoken('volume-normal'), 0],
      ['#6', spoken('hear-louder'), STEP_DB],
    ] as const;
    for (const [keys, answer, expected] of changes) {
      await answered(guest, keys, answer);
      await guest.untilQuiet();
      const [own = 0, others = 0] = await levelsAt(listeners, host, HOST_HZ);
      expectNear(own - usual, expected, toleranceDb, keys);
      expectNear(others - usual, 0, toleranceDb, `${keys}, at another guest`);
    }
    expectUnheard(other, 0, spoken('hear-quieter'), spoken('hear-louder'), spoken('volume-normal'));
  });

  scene('#7 and #9: one is heard 4 dB quieter, louder a press, 12 at most; #5: as usual', async (stage) => {
    const [host, guest, other] = await stage.gather(await stage.addAccount(), 3);
    const listeners = [host, other];
    const [usual = 0] = await levelsAt(listeners, guest, GUEST_HZ);
    const changes = [
      ['#9', spoken('speak-louder'), STEP_DB],
      ['#9', spoken('speak-louder'), 2 * STEP_DB],
      ['#9', spoken('speak-louder'), 3 * STEP_DB],
      ['#9', signal('refused'), 3 * STEP_DB],
      ['#5', spoken('volume-normal'), 0],
      ['#7', spoken('speak-quieter'), -STEP_DB],
    ] as const;
    for (const [keys, answer, expected] of changes) {
      await answered(guest, keys, answer);
      await guest.untilQuiet();
      for (const level of await levelsAt(listeners, guest, GUEST_HZ))
        expectNear(level - usual, expected, toleranceDb, keys);
    }
    for (const caller of [host, other]) expectUnheard(caller, 0, spoken('speak-louder'), spoken('volume-normal'));
  });

  scene('on hold *6 holds from joining on, *# says that it goes on, *9 is not available there', async (stage) => {
    const account = await stage.addAccount();
    const guest = await stage.call(account.guestPin, { hz: GUEST_HZ });
    await guest.hears(holdMusic());
    await answered(guest, '*#', spoken('still-waiting'));
    await answered(guest, '*9', spoken('not-available'));
    const muted = await answered(guest, '*6', spoken('you-are-muted'));
    const host = await stage.call(account.hostPin);
    await guest.hears(spoken('you-are-muted'), { since: muted.end });
    await host.hears(spoken('you-are-the-host'));
    await host.untilQuiet(1_000);
    await hearsNothingOf(host, [GUEST_HZ]);
    await answered(guest, '*6', spoken('you-are-unmuted'));
    await untilHears(host, [GUEST_HZ]);
  });

  scene('a code that is in no map is said to be in no use; bare digits do nothing and reach nobody', async (stage) => {
    const [host, guest] = await stage.gather(await stage.addAccount(), 2);
    await answered(guest, '*0', spoken('unknown-code'));
    await guest.untilQuiet();
    const [since, others] = [guest.mark(), host.mark()];
    await guest.press('1234567890');
    await host.listen(2_000);
    expectSilence(guest, since);
    expectSilence(host, others);
  });

  scene('2.5 s are allowed between the keys of a code, and no more', async (stage) => {
    const [, guest] = await stage.gather(await stage.addAccount(), 2);
    const late = guest.mark();
    await guest.press('*6', { gapMs: TOO_LATE_MS });
    await guest.listen(1_500);
    expectSilence(guest, late);
    const since = guest.mark();
    await guest.press('*6', { gapMs: IN_TIME_MS });
    await guest.hears(spoken('you-are-muted'), { since });
  });

  scene('one who talks into a muted line is told once, and once more after the next time of muting', async (stage) => {
    const [host, guest] = await stage.gather(await stage.addAccount(), 2);
    const words = spoken('help-intro', 'time-limit-reached', 'conference-full').samples;
    for (let round = 1; round <= 2; round += 1) {
      const muted = await answered(guest, '*6', spoken('you-are-muted'));
      await guest.untilQuiet();
      await guest.sayOnce(words);
      const told = await guest.hears(spoken('you-are-muted'), { since: muted.end });
      await guest.untilQuiet();
      await guest.sayOnce(words);
      await guest.listen(1_000);
      expectUnheard(guest, told.end, spoken('you-are-muted'));
      await answered(guest, '*6', spoken('you-are-unmuted'));
      await guest.untilQuiet();
    }
    expectUnheard(host, 0, spoken('you-are-muted'));
  });

  scene(
    'an account’s own codes and aliases: each works, the help reads them, the usual code is gone',
    async (stage) => {
      const account = await stage.addAccount('--key', 'mute=*0,*6', '--key', 'lock=*77', '--no-roll-call');
      const [host, guest] = await stage.gather(account, 2);
      guest.say(GUEST_HZ);
      await untilHears(host, [GUEST_HZ]);
      await answered(guest, '*0', spoken('you-are-muted'));
      await untilSilent(host, [GUEST_HZ]);
      await answered(guest, '*6', spoken('you-are-unmuted'));
      guest.say(null);
      await host.untilQuiet();
      await answered(host, '*5', spoken('unknown-code'));
      await host.untilQuiet();
      await answered(host, '*77', spoken('conference-now-locked'));
      await host.untilQuiet();
      await answered(host, '*8', spoken('not-available'));
      await host.untilQuiet();
      const since = host.mark();
      await host.press('**');
      const help = [
        ...[spoken('help-intro'), spoken('press'), spoken('star'), digits('0'), spoken('help-mute')],
        ...[spoken('star'), digits('7'), digits('7'), spoken('help-lock'), spoken('help-end')],
      ];
      await host.hearsInOrder(help, since);
      await host.untilQuiet(1_000);
      expectUnheard(host, since, spoken('help-roll-call'), spoken('help-dial-out'), spoken('help-admit-all'));
    },
  );

  scene('ambiguous, unreachable and impossible codes are refused with the reason', async (stage) => {
    const { bridge } = stage;
    const account = await stage.addAccount();
    for (const [own, reason] of [
      ['lock=*6', /lock.*mute|mute.*lock/],
      ['count=*60', /\*6/],
      ['mute=5', /does not begin with/],
      ['mute=*', /single key/],
      ['mute=*6x', /other keys/],
    ] as const) {
      const { status, stderr } = await bridge.commandHere('account', 'set', account.id, '--key', own);
      expect(status, own).not.toBe(0);
      expect(stderr, own).toMatch(reason);
      expect(stderr.trim().split('\n'), own).toHaveLength(1);
    }
  });

  scene(
    'a guest who keys a code of the host hears that only the host can do that, and nothing is done',
    async (stage) => {
      const account = await stage.addAccount();
      const [host, guest] = await stage.gather(account, 2);
      const since = host.mark();
      for (const keys of ['*5', '*7', '*8', '##', '*4', '*2', '*3', '#8', '#1', '#2', '#3', '#0', '*1']) {
        await answered(guest, keys, spoken('only-host-can-do-that'));
        await guest.untilQuiet();
      }
      expectSilence(host, since);
      await answered(guest, '*#', spoken(2), spoken('callers-in-conference'));
      const late = await stage.call(account.guestPin);
      await settled(late);
      expect([host.hasEnded, guest.hasEnded]).toEqual([false, false]);
    },
  );
}

/** What each of them hears of a tone that is said for so long only, dBFS: words are recognised in a quiet room. */
async function levelsAt(listeners: readonly Caller[], speaker: Caller, hz: number): Promise<readonly number[]> {
  speaker.say(hz);
  const levels = await Promise.all(
    listeners.map(async (listener) => {
      await listener.listen(RISE_MS);
      return levelOf(listener, hz);
    }),
  );
  speaker.say(null);
  await allQuiet(...listeners);
  return levels;
}

function expectNear(actual: number, expected: number, toleranceDb: number, what: string): void {
  const difference = Math.abs(actual - expected);
  expect(difference, `${what}: ${actual.toFixed(1)} dB, not ${expected} dB`).toBeLessThan(toleranceDb);
}

/** Keys of a code, read one by one. */
const digits = (keys: string): Sound => soundOf(`digits ${keys}`, [{ kind: 'digits', digits: keys }]);
