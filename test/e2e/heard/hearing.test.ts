import { expect } from 'vitest';
import { forEachEngine } from '../kit/engines.js';
import { withBridge } from '../kit/scene.js';
import { holdMusic, signal, spoken } from '../kit/sounds.js';
import { everyoneHears, hearsNothingOf, TONES_HZ, untilHears } from '../kit/tones.js';

const [, GUEST_HZ] = TONES_HZ;
/** What is heard is looked through a little later, samples. */
const JUST_NOW = 2_400;

forEachEngine((engine) => {
  const scene = withBridge({ engine, env: { PARTYLINE_ENTRY_GREETING: 'none' } });

  for (const count of [2, 3, 10]) {
    scene(`of ${count} callers each hears every other and never itself`, async (stage) => {
      const callers = await stage.callers(await stage.addAccount(), count);
      const margin = await everyoneHears(callers);
      console.log(`${engine}: ${count} callers, smallest margin ${margin.toFixed(1)} dB`);
    });
  }

  scene('two conferences never hear each other', async (stage) => {
    const [one, other] = await Promise.all([stage.addAccount(), stage.addAccount()]);
    const tones = TONES_HZ.slice(0, 3);
    const others = TONES_HZ.slice(3, 6);
    const [here, there] = await Promise.all([stage.callers(one, 3, tones), stage.callers(other, 3, others)]);
    await Promise.all([everyoneHears(here, others), everyoneHears(there, tones)]);
  });

  scene('guests who wait hear music and nobody, and nobody hears them, until the host is in', async (stage) => {
    const account = await stage.addAccount();
    const [hostTone, first, second] = TONES_HZ;
    const guests = await Promise.all([
      stage.call(account.guestPin, { hz: first }),
      stage.call(account.guestPin, { hz: second }),
    ]);
    await Promise.all(
      guests.map(async (guest) => {
        await guest.hearsInOrder([spoken('host-not-arrived'), holdMusic()]);
        await hearsNothingOf(guest, [first, second]);
      }),
    );
    const host = await stage.call(account.hostPin, { hz: hostTone });
    await host.hears(spoken('you-are-the-host'));
    await hearsNothingOf(host, [first, second]).catch(() => {
      throw new Error('the host hears waiting guests before being in');
    });
    await Promise.all(guests.map((guest) => untilHears(guest, [hostTone])));
    await everyoneHears([host, ...guests]);
  });

  scene('the room hears a tone when someone joins, not before, and another one when someone leaves', async (stage) => {
    const account = await stage.addAccount();
    const host = await stage.call(account.hostPin);
    await host.hears(spoken('you-are-the-host'));
    const before = host.mark();
    const guest = await stage.call(account.guestPin);
    await guest.hearsInOrder([spoken('joining'), spoken('there-is-one-other')]);
    // The last word of the introduction is only just over: nothing has been announced.
    expect(host.hasHeard(signal('entry'), before, host.mark() - JUST_NOW)).toBe(false);
    await host.hears(signal('entry'), { since: before });
    guest.say(GUEST_HZ);
    await untilHears(host, [GUEST_HZ]);
    guest.say(null);
    const beforeAnother = guest.mark();
    const another = await stage.call(account.guestPin);
    await another.hearsInOrder([spoken('joining'), spoken('there-are'), spoken(2), spoken('other-callers')]);
    await guest.hears(signal('entry'), { since: beforeAnother });

    const leaving = [host, guest].map((one) => ({ one, since: one.mark() }));
    await another.hangUp();
    await Promise.all(leaving.map(({ one, since }) => one.hears(signal('exit'), { since })));
  });
});
