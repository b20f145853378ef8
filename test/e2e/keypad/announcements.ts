import { expect } from 'vitest';
import type { Caller } from '../kit/caller.js';
import { Correlator } from '../kit/correlator.js';
import { SAME } from '../kit/ear.js';
import { nameOf } from '../kit/names.js';
import type { Play, Scene } from '../kit/scene.js';
import { signal, spoken } from '../kit/sounds.js';
import { silenceOf } from '../kit/silence.js';
import { TONES_HZ, untilHears } from '../kit/tones.js';

const [HOST_HZ] = TONES_HZ;
const BY_NAME = ['--name-on-entry', '--entry', 'name', '--exit', 'name'];
/** Speech that is not cut by an announcement has no gap like its words: packets that are late on a loaded machine are shorter. */
const UNCUT_MS = 400;
const CROWD = 8;
/** Longer than any of these numbers. */
const NUMBER_SAMPLES = 7_200;

/** What the room hears of comings (product: section 1.9). */
export function announcementScenes(scene: Play): void {
  scene('entry and exit are announced as each is set: a tone for who comes, the name of who goes', async (stage) => {
    const account = await stage.addAccount('--name-on-entry', '--entry', 'tone', '--exit', 'name');
    const [host, guest] = await firstTwo(stage, account);
    const since = host.mark();
    const third = await stage.callNamed(account.guestPin, nameOf(2));
    await host.hears(signal('entry'), { since });
    await third.hears(spoken('there-are'));
    const left = host.mark();
    await third.hangUp();
    await Promise.all([host, guest].map((one) => one.hearsInOrder([nameOf(2), spoken('has-left')], 0)));
    expect(host.hasHeard(spoken('has-joined'), since)).toBe(false);
    expect(host.hasHeard(signal('exit'), left)).toBe(false);
  });

  scene(
    'everyone who waited joins at once with the first host, in one announcement, in order of arrival',
    async (stage) => {
      const account = await stage.addAccount(...BY_NAME);
      const guests: Caller[] = [];
      for (const index of [1, 2, 3, 4, 5]) {
        const guest = await stage.callNamed(account.guestPin, nameOf(index));
        await guest.hears(spoken('host-not-arrived'));
        guests.push(guest);
      }
      const host = await stage.callNamed(account.hostPin, nameOf(0));
      const told = await host.hearsInOrder([spoken('you-are-the-host'), spoken(5), spoken('are-waiting')]);
      await Promise.all(guests.map((guest) => guest.hears(spoken('joining'))));
      await host.hearsInOrder([nameOf(1), nameOf(2), spoken('and'), spoken(3), spoken('others-have-joined')], told.end);
      await host.untilQuiet(1_500);
      expect(host.allHeard(spoken('others-have-joined'), told.end)).toHaveLength(1);
      expect([spoken('has-joined'), spoken('have-joined')].filter((words) => host.hasHeard(words, told.end))).toEqual(
        [],
      );
    },
  );

  scene(`${CROWD} who come at the same time are announced together, each of them once`, async (stage) => {
    const account = await stage.addAccount('--entry', 'name');
    const host = await stage.call(account.hostPin);
    await host.hears(spoken('you-are-the-host'));
    await host.untilQuiet();
    const since = host.mark();
    await Promise.all(Array.from({ length: CROWD }, () => stage.call(account.guestPin)));
    await host.until('all of them', 30_000, () => announcedIn(host, since).people >= CROWD);
    await host.untilQuiet(1_500);
    const { people, announcements } = announcedIn(host, since);
    expect(people).toBe(CROWD);
    expect(announcements).toBeLessThanOrEqual(3);
  });

  scene('in a room with more callers than names are announced for names become tones', async (stage) => {
    const account = await stage.addAccount(...BY_NAME, '--names-up-to', '2');
    const [host, guest] = await firstTwo(stage, account);
    const since = host.mark();
    await stage.callNamed(account.guestPin, nameOf(2));
    await Promise.all([host, guest].map((one) => one.hears(signal('entry'))));
    expect(host.hasHeard(nameOf(2), since)).toBe(false);
  });

  scene('an announcement is mixed in under what is said, and cuts nobody short', async (stage) => {
    const account = await stage.addAccount(...BY_NAME);
    const [host, guest] = await firstTwo(stage, account);
    host.telephone.say({ kind: 'tone', hz: HOST_HZ, dbfs: -27 });
    await untilHears(guest, [HOST_HZ]);
    const since = guest.mark();
    await stage.callNamed(account.guestPin, nameOf(2));
    await guest.hears(spoken('has-joined'), { since });
    expect(silenceOf(guest, [HOST_HZ], since).ofAllMs).toBeLessThan(UNCUT_MS);
  });
}

/** A host and a guest with names, who know of each other and hear nothing. */
async function firstTwo(
  stage: Scene,
  account: { readonly hostPin: string; readonly guestPin: string },
): Promise<readonly [Caller, Caller]> {
  const host = await stage.callNamed(account.hostPin, nameOf(0));
  await host.hears(spoken('you-are-the-host'));
  const guest = await stage.callNamed(account.guestPin, nameOf(1));
  await guest.hears(spoken('there-is-one-other'));
  await Promise.all([host, guest].map((one) => one.untilQuiet(2_000)));
  return [host, guest];
}

interface Told {
  readonly people: number;
  readonly announcements: number;
}

/** How many unnamed callers the room was told of, and in how many announcements. */
function announcedIn(host: Caller, since: number): Told {
  const singly = host.allHeard(spoken('unnamed-caller', 'has-joined'), since).length;
  const many = host.allHeard(spoken('more-have-joined'), since).map(({ at }) => numberBefore(host, at));
  return { people: singly + many.reduce((sum, number) => sum + number, 0), announcements: singly + many.length };
}

/** The number that was said just before, 2 to the whole crowd: the one that is most alike. */
function numberBefore(host: Caller, at: number): number {
  const words = host.heard(at - NUMBER_SAMPLES, at);
  const alike = Array.from({ length: CROWD - 1 }, (_, index) => index + 2).map((number) => ({
    number,
    likeness: new Correlator(spoken(number).samples).best(words).likeness,
  }));
  const [best] = alike.toSorted((one, other) => other.likeness - one.likeness);
  expect(best?.likeness ?? 0, 'how much like any number').toBeGreaterThan(SAME);
  return best?.number ?? 0;
}
