import { expect } from 'vitest';
import type { Caller } from '../kit/caller.js';
import { nameOf } from '../kit/names.js';
import type { Play, Scene } from '../kit/scene.js';
import { holdMusic, signal, spoken, type Sound } from '../kit/sounds.js';
import { hearsNothingOf, TONES_HZ, untilHears } from '../kit/tones.js';

const [, FIRST_HZ, SECOND_HZ] = TONES_HZ;
const LOCKED = [spoken('conference-locked'), spoken('goodbye')];
const FULL = [spoken('conference-full'), spoken('goodbye')];
const OFF_WITHIN_MS = 4_000;

/** The gate, from the first look to joining (product: sections 1.6, 1.8 and 1.9). */
export function gateScenes(scene: Play): void {
  scene('full is said before a name is asked for, and a host always fits', async (stage) => {
    const account = await stage.addAccount('--name-on-entry', '--max-callers', '1');
    const host = await stage.callNamed(account.hostPin, nameOf(0));
    await host.hears(spoken('you-are-the-host'));
    const late = await stage.call(account.guestPin);
    await turnedAway(stage, late, FULL, 'full');
    expect(late.hasHeard(spoken('say-your-name'), 0)).toBe(false);
    const second = await stage.callNamed(account.hostPin, nameOf(1));
    await second.hears(spoken('there-is-one-other'));
  });

  scene('a blocked number finds the conference full, another one comes in', async (stage) => {
    const account = await stage.addAccount('--name-on-entry');
    const number = '442079460001';
    const block = await stage.bridge.commandHere('block', 'add', number, '--account', account.id);
    expect(block).toMatchObject({ status: 0, stderr: '' });
    const host = await stage.callNamed(account.hostPin, nameOf(0));
    await host.hears(spoken('you-are-the-host'));
    const blocked = await stage.call(account.guestPin, { from: number });
    await turnedAway(stage, blocked, FULL, 'blocked');
    expect(blocked.hasHeard(spoken('say-your-name'), 0)).toBe(false);
    const other = await stage.callNamed(account.guestPin, nameOf(1), { from: '442079460002' });
    await other.hears(spoken('there-is-one-other'));
  });

  scene(
    'locked is said before a name is asked for; the host hears a discreet tone, and how many; a host fits',
    async (stage) => {
      const account = await stage.addAccount('--name-on-entry');
      const host = await stage.callNamed(account.hostPin, nameOf(0));
      await host.hears(spoken('you-are-the-host'));
      await lock(host);
      const since = host.mark();
      const late = await stage.call(account.guestPin);
      await turnedAway(stage, late, LOCKED, 'locked');
      expect(late.hasHeard(spoken('say-your-name'), 0)).toBe(false);
      await host.hears(signal('discreet'), { since });
      await host.untilQuiet();
      await host.press('*#');
      await host.hears(spoken('one-was-turned-away'), { since });
      const second = await stage.callNamed(account.hostPin, nameOf(1));
      await second.hearsInOrder([spoken('joining'), spoken('there-is-one-other')]);
    },
  );

  scene('who is just saying a name when the host locks is kept out at the gate', async (stage) => {
    const account = await stage.addAccount('--name-on-entry');
    const host = await stage.callNamed(account.hostPin, nameOf(0));
    await host.hears(spoken('you-are-the-host'));
    await host.untilQuiet();
    const guest = await stage.call(account.guestPin);
    await guest.hearsInOrder([spoken('say-your-name'), signal('record-after')]);
    await lock(host);
    await guest.press('#');
    await turnedAway(stage, guest, LOCKED, 'locked');
    expect(guest.hasHeard(spoken('joining'), 0)).toBe(false);
  });

  scene(
    'with readmit a guest who left a locked conference may return once, from a number that was in it once; nobody else may',
    async (stage) => {
      const account = await stage.addAccount('--readmit');
      const [left, dropped, shared] = ['442079460011', '442079460012', '442079460013'];
      const host = await stage.call(account.hostPin);
      await host.hears(spoken('you-are-the-host'));
      const leaver = await stage.call(account.guestPin, { from: left });
      await leaver.hears(spoken('joining'));
      await host.hears(signal('entry'));
      const unwanted = await stage.call(account.guestPin, { from: dropped });
      await unwanted.hears(spoken('there-are'));
      await unwanted.untilQuiet(1_000);
      await host.untilQuiet(1_000);
      await host.press('#3');
      await unwanted.hears(spoken('goodbye'));
      await unwanted.ends(OFF_WITHIN_MS);
      expect((await stage.record(unwanted)).outcome).toBe('dropped');
      // One whose number is withheld, and two behind one number: who of them returns cannot be known.
      const unknowable = [{}, { from: shared }, { from: shared }];
      const others = await Promise.all(unknowable.map((from) => stage.call(account.guestPin, from)));
      await Promise.all(others.map((one) => one.hears(spoken('there-are'))));
      await Promise.all([host, ...others].map((one) => one.untilQuiet(1_000)));
      await lock(host);
      for (const one of [leaver, ...others]) {
        await one.hangUp();
        await stage.record(one);
      }
      const again = await stage.call(account.guestPin, { from: left });
      await again.hears(spoken('joining'));
      await Promise.all(
        [{ from: dropped }, { from: shared }, {}].map(async (from) => {
          const refused = await stage.call(account.guestPin, from);
          await turnedAway(stage, refused, LOCKED, 'locked');
        }),
      );
      await again.untilQuiet(1_000);
      await again.hangUp();
      await stage.record(again);
      const third = await stage.call(account.guestPin, { from: left });
      await turnedAway(stage, third, LOCKED, 'locked');
      await host.hangUp();
      expect(await stage.conference(account)).toMatchObject({ outcome: 'emptied', lockedOut: 4 });
    },
  );

  scene('without a host guests wait, are reassured, neither hear nor are heard, and go in the end', async (stage) => {
    const account = await stage.addAccount('--reassure', '8', '--wait-limit', '20');
    const guests = [
      await stage.call(account.guestPin, { hz: FIRST_HZ }),
      await stage.call(account.guestPin, { hz: SECOND_HZ }),
    ];
    await Promise.all(
      guests.map(async (guest) => {
        const told = await guest.hearsInOrder([spoken('host-not-arrived'), holdMusic()]);
        await hearsNothingOf(guest, [FIRST_HZ, SECOND_HZ]);
        const again = await guest.hearsInOrder([spoken('still-waiting'), holdMusic()], told.end);
        await guest.hearsInOrder([spoken('host-did-not-arrive'), spoken('goodbye')], again.end);
        expect((await guest.ends(OFF_WITHIN_MS)).by).toBe('them');
        expect(await stage.record(guest)).toMatchObject({ outcome: 'no-host', joinedAt: null, talkSeconds: null });
      }),
    );
  });

  for (const [leaves, what] of [
    ['continue', 'joins at once'],
    ['hold', 'waits'],
  ] as const) {
    scene(`once a host has been in, a newcomer ${what} under ${leaves}`, async (stage) => {
      const account = await stage.addAccount('--host-leaves', leaves, '--grace', '60');
      const [host, guest] = await stage.gather(account, 2);
      await host.hangUp();
      await guest.hears(spoken(leaves === 'hold' ? 'host-disconnected-hold' : 'you-are-alone'));
      const late = await stage.call(account.guestPin, { hz: SECOND_HZ });
      if (leaves === 'hold') {
        await late.hearsInOrder([spoken('host-not-arrived'), holdMusic()]);
        expect(late.hasHeard(spoken('joining'), 0)).toBe(false);
      } else {
        await late.hearsInOrder([spoken('joining'), spoken('there-is-one-other')]);
        await untilHears(guest, [SECOND_HZ]);
      }
    });
  }
}

export async function lock(host: Caller): Promise<void> {
  await host.untilQuiet(800);
  const since = host.mark();
  await host.press('*5');
  await host.hears(spoken('conference-now-locked'), { since });
  await host.untilQuiet();
}

/** Hears why, is disconnected, and the record says it too. */
export async function turnedAway(
  stage: Scene,
  caller: Caller,
  words: readonly Sound[],
  outcome: string,
): Promise<void> {
  await caller.hearsInOrder(words);
  expect((await caller.ends(OFF_WITHIN_MS)).by).toBe('them');
  expect(await stage.record(caller)).toMatchObject({ outcome, joinedAt: null, talkSeconds: null });
}
