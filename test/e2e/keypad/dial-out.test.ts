import { afterAll, expect, vi } from 'vitest';
import type { Caller } from '../kit/caller.js';
import { forEachEngine } from '../kit/engines.js';
import { withBridge, type Scene } from '../kit/scene.js';
import { signal, spoken } from '../kit/sounds.js';
import { hearsNothingOf, TONES_HZ, untilHears, untilSilent } from '../kit/tones.js';
import { FarEnds, type FarEnd } from './far-end.js';
import { allQuiet, answered, expectSilence, expectUnheard, settled } from './keying.js';

const [HOST_HZ, GUEST_HZ, FAR_HZ] = TONES_HZ;
const OFF_WITHIN_MS = 4_000;
const RECORD_LIMIT_MS = 10_000;
const ENTRY_ENDS_MS = 4_000;
/** The least that an account may be given for a day, and the way there. */
const MINUTE_MS = 75_000;

// Before the bridges, which are told where it is.
const trunk = new FarEnds();
await trunk.start();
afterAll(() => trunk.stop());

interface Aside {
  readonly host: Caller;
  readonly guest: Caller;
  readonly far: FarEnd;
  readonly accountId: string;
}

/** A host and a guest are in, and the host has dialled. */
async function dialled(stage: Scene): Promise<Aside> {
  const account = await stage.addAccount('--dial-out', 'carrier', '--dial-out-prefixes', '0207946');
  const [host, guest] = await stage.gather(account, 2);
  return { host, guest, far: await dial(host, trunk.number()), accountId: account.id };
}

async function dial(host: Caller, number: string): Promise<FarEnd> {
  await answered(host, '*1', spoken('enter-number-to-dial'));
  await host.press(`${number}#`);
  return trunk.called(number);
}

/** What the records say of calls placed for an account. */
async function placedOutcomes({ bridge }: Scene, accountId: string): Promise<readonly string[]> {
  const calls = await bridge.calls('--account', accountId);
  return calls.filter(({ direction }) => direction === 'out').map(({ outcome }) => outcome);
}

async function placedEnded(stage: Scene, accountId: string, outcomes: readonly string[]): Promise<void> {
  const look = async (): Promise<void> => expect(await placedOutcomes(stage, accountId)).toEqual(outcomes);
  await vi.waitFor(look, { timeout: RECORD_LIMIT_MS, interval: 200 });
}

// `*1` (product: section 3, and section 8 on toll fraud).
forEachEngine((engine) => {
  const scene = withBridge({
    engine,
    env: {
      PARTYLINE_ENTRY_GREETING: 'none',
      PARTYLINE_DIAL_OUT_TRUNKS: JSON.stringify({
        carrier: { target: trunk.target, callerNumber: '+442079460999' },
      }),
    },
  });

  scene(
    '*1: the host alone hears it ring, hears the far end before it answers, speaks with the one called, and *2 brings in',
    async (stage) => {
      const { host, guest, far, accountId } = await dialled(stage);
      const [rung, others] = [host.mark(), guest.mark()];
      far.ring();
      await host.hears(signal('ringing'), { since: rung });
      far.early(FAR_HZ);
      await untilHears(host, [FAR_HZ]);
      far.say(null);
      await host.untilQuiet();
      expectSilence(guest, others);
      await answered(guest, '*#', spoken(2), spoken('callers-in-conference'));
      await guest.untilQuiet();
      const aside = guest.mark();
      const picked = host.mark();
      await far.pickUp();
      await host.hears(spoken('dial-out-menu'), { since: picked });
      far.say(FAR_HZ);
      await untilHears(host, [FAR_HZ]);
      host.say(HOST_HZ);
      await far.hearsTone(HOST_HZ);
      host.say(null);
      far.say(null);
      await host.untilQuiet();
      expectSilence(guest, aside);

      const [since, bringing] = [far.mark(), guest.mark()];
      await host.press('*2');
      await far.hears(spoken('joining'), since);
      await guest.hears(signal('entry'), { since: bringing });
      far.say(FAR_HZ);
      await Promise.all([host, guest].map((caller) => untilHears(caller, [FAR_HZ])));
      guest.say(GUEST_HZ);
      await far.hearsTone(GUEST_HZ);
      guest.say(null);
      far.say(null);
      await allQuiet(host, guest);
      await answered(guest, '*#', spoken(3), spoken('callers-in-conference'));
      await guest.untilQuiet();
      const leaving = guest.mark();
      await far.hangUp();
      await guest.hears(signal('exit'), { since: leaving });
      await placedEnded(stage, accountId, ['completed']);
      await far.close();
    },
  );

  scene('*3 gives up while it rings, and after the answer: the far end is let go, the host is back', async (stage) => {
    const { host, guest, far, accountId } = await dialled(stage);
    far.ring();
    await host.hears(signal('ringing'));
    await answered(host, '*3', signal('done'));
    expect(await far.isLetGo()).toBe('cancelled');
    guest.say(GUEST_HZ);
    await untilHears(host, [GUEST_HZ]);
    guest.say(null);
    await host.untilQuiet();
    const second = await dial(host, trunk.number());
    await second.pickUp();
    await host.hears(spoken('dial-out-menu'));
    guest.say(GUEST_HZ);
    await hearsNothingOf(host, [GUEST_HZ]);
    guest.say(null);
    // What opens a menu is refused meanwhile, other codes work.
    await host.untilQuiet();
    await answered(host, '*8', signal('refused'));
    await host.untilQuiet();
    await answered(host, '*3', signal('done'));
    expect(await second.isLetGo()).toBe('bye');
    guest.say(GUEST_HZ);
    await untilHears(host, [GUEST_HZ]);
    expectUnheard(guest, 0, signal('exit'), spoken('dial-out-menu'));
    await placedEnded(stage, accountId, ['given-up', 'given-up']);
    await Promise.all([far.close(), second.close()]);
  });

  scene(
    'a call that comes to nothing is said to have failed; when the one called hangs up the host is back',
    async (stage) => {
      const { host, guest, far } = await dialled(stage);
      const since = host.mark();
      far.call.refuse(486);
      await host.hears(spoken('dial-out-failed'), { since });
      guest.say(GUEST_HZ);
      await untilHears(host, [GUEST_HZ]);
      guest.say(null);
      await host.untilQuiet();
      const second = await dial(host, trunk.number());
      await second.pickUp();
      const picked = await host.hears(spoken('dial-out-menu'));
      await second.hangUp();
      await host.hears(signal('exit'), { since: picked.end });
      guest.say(GUEST_HZ);
      await untilHears(host, [GUEST_HZ]);
      await Promise.all([far.close(), second.close()]);
    },
  );

  scene('a host who hangs up meanwhile gives the call up', async (stage) => {
    const { host, guest, far } = await dialled(stage);
    far.ring();
    await host.hears(signal('ringing'));
    await host.hangUp();
    expect(await far.isLetGo()).toBe('cancelled');
    await guest.hears(spoken('you-are-alone'));
    await far.close();
  });

  scene(
    'accounts may not dial out unless allowed; no other numbers than their prefixes, no more calls than theirs in an hour',
    async (stage) => {
      const without = await stage.addAccount();
      const other = await stage.call(without.hostPin);
      await settled(other);
      await answered(other, '*1', spoken('not-available'));

      const flags = ['--dial-out', 'carrier', '--dial-out-prefixes', '0207946', '--dial-out-calls', '1'];
      const account = await stage.addAccount(...flags);
      const [host, guest] = await stage.gather(account, 2);
      await answered(host, '*1', spoken('enter-number-to-dial'));
      await answered(host, '09001234567#', spoken('not-available'));
      await host.untilQuiet();
      expect(trunk.wasCalled('09001234567')).toBe(false);
      // `*` leaves the question.
      await answered(host, '*1', spoken('enter-number-to-dial'));
      await host.press('*');
      await host.untilQuiet();
      const number = trunk.number();
      await answered(host, '*1', spoken('enter-number-to-dial'));
      // Four seconds without a key end the number; one # within three more is swallowed, and does not begin `##`.
      await host.press(number);
      const far = await trunk.called(number);
      await host.press('#');
      await host.press('#');
      far.call.refuse(486);
      await host.hears(spoken('dial-out-failed'));
      await host.listen(ENTRY_ENDS_MS / 2);
      expect([host.hasEnded, guest.hasEnded]).toEqual([false, false]);
      const second = trunk.number();
      await host.untilQuiet();
      await answered(host, '*1', spoken('enter-number-to-dial'));
      await answered(host, `${second}#`, spoken('not-available'));
      expect(trunk.wasCalled(second)).toBe(false);
      guest.say(GUEST_HZ);
      await untilHears(host, [GUEST_HZ]);
      guest.say(null);
      await untilSilent(host, [GUEST_HZ]);
      await far.close();
    },
  );

  scene(
    'no more calls at once than the account may: another host may place one when the first is over',
    async (stage) => {
      const flags = ['--dial-out', 'carrier', '--dial-out-prefixes', '0207946', '--dial-out-at-once', '1'];
      const account = await stage.addAccount(...flags);
      const [host] = await stage.gather(account, 2);
      const second = await stage.call(account.hostPin);
      await settled(second);
      await host.untilQuiet();
      const first = await dial(host, trunk.number());
      first.ring();
      await host.hears(signal('ringing'));
      const refused = trunk.number();
      await answered(second, '*1', spoken('enter-number-to-dial'));
      await answered(second, `${refused}#`, spoken('not-available'));
      expect(trunk.wasCalled(refused)).toBe(false);
      await second.untilQuiet();
      await answered(host, '*3', signal('done'));
      expect(await first.isLetGo()).toBe('cancelled');
      const other = await dial(second, trunk.number());
      await other.pickUp();
      await second.hears(spoken('dial-out-menu'));
      await Promise.all([first.close(), other.close()]);
    },
  );

  scene(
    'no longer than the minutes of the day: the one called is told and let go, no other is called',
    async (stage) => {
      const flags = ['--dial-out', 'carrier', '--dial-out-prefixes', '0207946', '--dial-out-minutes', '1'];
      const account = await stage.addAccount(...flags);
      const [host, guest] = await stage.gather(account, 2);
      const far = await dial(host, trunk.number());
      await far.pickUp();
      await host.hears(spoken('dial-out-menu'));
      await host.press('*2');
      const said = await far.hears(spoken('time-limit-reached'), 0, MINUTE_MS);
      await far.hears(spoken('goodbye'), said.end);
      expect(await far.isLetGo()).toBe('bye');
      await placedEnded(stage, account.id, ['time-limit']);
      await allQuiet(host, guest);
      const second = trunk.number();
      await answered(host, '*1', spoken('enter-number-to-dial'));
      await answered(host, `${second}#`, spoken('not-available'));
      expect(trunk.wasCalled(second)).toBe(false);
      await far.close();
    },
    2 * MINUTE_MS,
  );

  scene('## aside ends the conference for all, the call placed too', async (stage) => {
    const { host, guest, far } = await dialled(stage);
    await far.pickUp();
    const menu = await host.hears(spoken('dial-out-menu'));
    await host.untilQuiet();
    const since = guest.mark();
    await host.press('##');
    await Promise.all([
      host.hears(spoken('host-ended-conference'), { since: menu.end }),
      guest.hears(spoken('host-ended-conference'), { since }),
    ]);
    await Promise.all([host, guest].map((caller) => caller.ends(OFF_WITHIN_MS)));
    expect(await far.isLetGo()).toBe('bye');
    await far.close();
  });
});
