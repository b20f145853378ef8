import { expect } from 'vitest';
import type { Caller } from '../kit/caller.js';
import { nameOf } from '../kit/names.js';
import type { Play, Scene } from '../kit/scene.js';
import { holdMusic, signal, spoken } from '../kit/sounds.js';
import { TONES_HZ, untilHears } from '../kit/tones.js';
import { lock, turnedAway } from './gate.js';

const [, GUEST_HZ] = TONES_HZ;
const LOBBY = ['--lobby', '--name-on-entry', '--entry', 'name'];
const OFF_WITHIN_MS = 4_000;

/** The lobby (product: section 1.8, keys `#1` and `#8`). */
export function lobbyScenes(scene: Play): void {
  scene(
    '#1 screens by name: 2 leaves waiting, 1 admits, 3 refuses, and the host hears how many wait',
    async (stage) => {
      const { account, host } = await withLobby(stage);
      const mary = await waits(stage, account.guestPin, host, 1);
      const tom = await waits(stage, account.guestPin, host, 2);
      await screen(host, 1, '2');
      await host.hears(spoken(2, 'are-waiting'));
      await host.untilQuiet();
      expect([mary, tom].filter((guest) => guest.hasHeard(spoken('joining'), 0))).toEqual([]);
      await screen(host, 2, '1');
      await tom.hears(spoken('joining'));
      await host.hearsInOrder([nameOf(2), spoken('has-joined')]);
      tom.say(GUEST_HZ);
      await untilHears(host, [GUEST_HZ]);
      tom.say(null);
      await host.untilQuiet();
      await screen(host, 1, '3');
      await mary.hearsInOrder([spoken('not-admitted'), spoken('goodbye')]);
      expect((await mary.ends(OFF_WITHIN_MS)).by).toBe('them');
      expect(await stage.record(mary)).toMatchObject({ outcome: 'refused', joinedAt: null });
      await host.untilQuiet();
      const since = host.mark();
      await host.press('#1');
      await host.hears(spoken('lobby-empty'), { since });
    },
  );

  scene('#8 admits everyone, whom the room hears of at once; then nobody is waiting', async (stage) => {
    const { account, host } = await withLobby(stage);
    const guests = [
      await waits(stage, account.guestPin, host, 1),
      await waits(stage, account.guestPin, host, 2),
      await waits(stage, account.guestPin, host, 3),
    ];
    await host.untilQuiet();
    const since = host.mark();
    await host.press('#8');
    await host.hears(spoken('all-admitted'), { since });
    await Promise.all(guests.map((guest) => guest.hears(spoken('joining'))));
    await host.hearsInOrder([nameOf(1), nameOf(2), spoken('and'), nameOf(3), spoken('have-joined')], since);
    await host.untilQuiet();
    const again = host.mark();
    await host.press('#8');
    await host.hears(spoken('lobby-empty'), { since: again });
  });

  scene('who waits before the host arrives comes to the lobby, not in, when the host does', async (stage) => {
    const account = await stage.addAccount('--lobby');
    const guest = await stage.call(account.guestPin);
    await guest.hearsInOrder([spoken('host-not-arrived'), holdMusic()]);
    const host = await stage.call(account.hostPin);
    await host.hearsInOrder([spoken('you-are-the-host'), spoken('one-is-waiting')]);
    await guest.hearsInOrder([spoken('waiting-for-admission'), holdMusic()]);
    expect(guest.hasHeard(spoken('joining'), 0)).toBe(false);
    await host.untilQuiet();
    await host.press('#8');
    await guest.hears(spoken('joining'));
  });

  scene('the lock holds for those in the lobby too', async (stage) => {
    const account = await stage.addAccount('--lobby');
    const host = await stage.call(account.hostPin);
    await host.hears(spoken('you-are-the-host'));
    await host.untilQuiet();
    const guest = await stage.call(account.guestPin);
    await guest.hears(spoken('waiting-for-admission'));
    await lock(host);
    const since = host.mark();
    await host.press('#8');
    await host.hears(spoken('conference-locked'), { since });
    await turnedAway(stage, guest, [spoken('conference-locked'), spoken('goodbye')], 'locked');
  });
}

/** A conference with a lobby and its host in it. */
async function withLobby(
  stage: Scene,
): Promise<{ readonly account: { readonly guestPin: string }; readonly host: Caller }> {
  const account = await stage.addAccount(...LOBBY);
  const host = await stage.callNamed(account.hostPin, nameOf(0));
  await host.hears(spoken('you-are-the-host'));
  await host.untilQuiet();
  return { account, host };
}

/** One more in the lobby, by that name, of whom the host has heard the discreet tone. */
async function waits(stage: Scene, pin: string, host: Caller, name: number): Promise<Caller> {
  const since = host.mark();
  const guest = await stage.callNamed(pin, nameOf(name));
  await guest.hearsInOrder([spoken('waiting-for-admission'), holdMusic()]);
  await host.hears(signal('discreet'), { since });
  return guest;
}

/** Hears the one by that name in the menu, and decides. */
async function screen(host: Caller, name: number, choice: string): Promise<void> {
  const since = host.mark();
  await host.press('#1');
  const asked = await host.hearsInOrder([nameOf(name), spoken('screening-menu')], since);
  await host.press(choice);
  await host.hears(signal('done'), { since: asked.end });
}
