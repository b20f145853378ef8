import { expect } from 'vitest';
import { levelDbfs } from '../../sound.js';
import type { EngineName } from '../kit/engines.js';
import type { Play } from '../kit/scene.js';
import { holdMusic, signal, spoken } from '../kit/sounds.js';
import { everyoneHears, hearsNothingOf, TONES_HZ, untilHears } from '../kit/tones.js';

/** From the end of the host's call to the end of everyone else's, as the records have it. */
const AT_ONCE_MS = 500;
const [HOST_HZ, FIRST_HZ, SECOND_HZ] = TONES_HZ;

/** A minute without RTP, then an OPTIONS that nobody answers (RFC 3261 timer F), and a margin. */
const VANISHED_LIMIT_MS = 60_000 + 32_000 + 28_000;

/** How people leave, and what happens to the others (product: section 2). */
export function leavingScenes(scene: Play, engine: EngineName): void {
  scene(
    'a caller who vanishes without a word is missed within two minutes, and the others are told',
    async (stage) => {
      const account = await stage.addAccount();
      const [host, guest] = await stage.gather(account, 2);
      const since = host.mark();
      await guest.telephone.vanish();
      await host.hears(spoken('you-are-alone'), { since, withinMs: VANISHED_LIMIT_MS });
      expect((await stage.record(guest)).outcome).toBe('line-lost');
    },
    VANISHED_LIMIT_MS + 40_000,
  );

  scene('under continue the others go on hearing each other when the host has left', async (stage) => {
    const account = await stage.addAccount('--host-leaves', 'continue');
    const [host, ...guests] = await stage.callers(account, 3);
    await everyoneHears([...(host === undefined ? [] : [host]), ...guests]);
    await host?.hangUp();
    await everyoneHears(guests, [HOST_HZ]);
  });

  scene(
    'under end everyone is disconnected at once when the host has left, without a word or a tone',
    async (stage) => {
      const account = await stage.addAccount('--host-leaves', 'end');
      const [host, first, second] = await stage.gather(account, 3);
      const arriving = await stage.dial();
      await arriving.keyPin(account.guestPin);
      await arriving.hears(spoken('joining'));
      const guests = [first, second];
      const since = guests.map((guest) => guest.mark());
      const left = performance.now();
      await host.hangUp();
      const endings = await Promise.all([...guests, arriving].map((guest) => guest.ends(3_000)));
      const tookMs = performance.now() - left;
      expect(endings.map(({ by }) => by)).toEqual(['them', 'them', 'them']);
      expect(tookMs).toBeLessThan(1_000);
      const [off, ...others] = await Promise.all([host, ...guests, arriving].map((caller) => stage.record(caller)));
      for (const { outcome, endedAt } of others) {
        expect(outcome).toBe('host-left');
        expect(Date.parse(endedAt) - Date.parse(off?.endedAt ?? '')).toBeLessThan(AT_ONCE_MS);
      }
      expect(await stage.conference(account)).toMatchObject({ outcome: 'host-left', peak: 3 });
      for (const [index, guest] of guests.entries())
        expect(levelDbfs(guest.heard(since[index] ?? 0))).toBeLessThan(-50);
      console.log(`${engine}: everyone disconnected ${tookMs.toFixed(0)} ms after the host hung up`);
    },
  );

  scene(
    'under hold guests hear why and then music, nobody hears anybody, and a host who returns finds all',
    async (stage) => {
      const account = await stage.addAccount('--host-leaves', 'hold', '--grace', '60');
      const [host, first, second] = await stage.gather(account, 3);
      first.say(FIRST_HZ);
      second.say(SECOND_HZ);
      await everyoneHears([first, second]);
      const since = [first, second].map((guest) => guest.mark());
      await host.hangUp();
      await Promise.all(
        [first, second].map(async (guest, index) => {
          const told = await guest.hears(spoken('host-disconnected-hold'), { since: since[index] ?? 0 });
          await guest.hears(holdMusic(), { since: told.end });
          await hearsNothingOf(guest, [FIRST_HZ, SECOND_HZ]);
        }),
      );
      const back = await stage.call(account.hostPin, { hz: HOST_HZ });
      await Promise.all([first, second].map((guest) => guest.hears(spoken('host-returned'))));
      await everyoneHears([back, first, second]);
    },
  );

  scene('with entry and exit set to none the room hears neither tone', async (stage) => {
    const account = await stage.addAccount('--entry', 'none', '--exit', 'none');
    const [host, first, second] = await stage.gather(account, 3);
    await second.hangUp();
    await host.listen(1_500);
    for (const one of [host, first]) {
      expect(one.hasHeard(signal('entry'), 0)).toBe(false);
      expect(one.hasHeard(signal('exit'), 0)).toBe(false);
    }
  });

  scene('guests who come in muted are told so, and are heard once they unmute themselves', async (stage) => {
    const account = await stage.addAccount('--mute-guests');
    const host = await stage.call(account.hostPin, { hz: HOST_HZ });
    await host.hears(spoken('you-are-the-host'));
    const guest = await stage.call(account.guestPin, { hz: FIRST_HZ });
    await guest.hears(spoken('you-are-muted'));
    await untilHears(guest, [HOST_HZ]);
    await hearsNothingOf(host, [FIRST_HZ]);
    host.say(null);
    await guest.press('*6');
    await guest.hears(spoken('you-are-unmuted'));
    await untilHears(host, [FIRST_HZ]);
  });
}
