import { expect } from 'vitest';
import type { Play } from '../kit/scene.js';
import { holdMusic, signal, spoken } from '../kit/sounds.js';
import { hearsNothingOf, TONES_HZ, untilHears, untilSilent } from '../kit/tones.js';
import { allHear, allQuiet, answered, expectUnheard, settled } from './keying.js';

const [, GUEST_HZ, OTHER_HZ] = TONES_HZ;
/** "Everyone is disconnected within 2 s after the message", and a slow machine. */
const OFF_WITHIN_MS = 3_000;
const ENDED = spoken('host-ended-conference');

/** Codes of the host that concern all (product: section 3). */
export function hostKeyScenes(scene: Play): void {
  scene('*# tells a host who is in, who waits, and who was turned away', async (stage) => {
    const account = await stage.addAccount('--lobby');
    const host = await stage.call(account.hostPin);
    await settled(host);
    const waiting = await stage.call(account.guestPin);
    await waiting.hears(holdMusic());
    await host.untilQuiet();
    await answered(host, '*#', spoken('you-are-the-only-one'), spoken('one-is-waiting'));
    const second = await stage.call(account.guestPin);
    await second.hears(holdMusic());
    await host.untilQuiet();
    await answered(host, '*#', spoken('you-are-the-only-one'), spoken(2), spoken('are-waiting'));
    await host.untilQuiet();
    await allHear([host], [spoken('conference-now-locked')], () => host.press('*5'));
    await Promise.all([stage.call(account.guestPin), stage.call(account.guestPin)]).then((late) =>
      Promise.all(late.map((caller) => caller.hears(spoken('conference-locked')))),
    );
    await host.untilQuiet(1_000);
    const turnedAway = host.mark();
    await host.press('*#');
    await host.hears(spoken('were-turned-away'), { since: turnedAway });
  });

  scene('*9: a guest’s hand is told to the host by a tone; the host unmutes one, goes on to another', async (stage) => {
    const account = await stage.addAccount();
    const [host, guest, other] = await stage.gather(account, 3);
    await answered(host, '*9', spoken('no-hands-raised'));
    await host.untilQuiet();
    await allHear([host, guest, other], [spoken('all-guests-muted')], () => host.press('*4'));
    await allQuiet(host, guest, other);
    const [since, others] = [host.mark(), other.mark()];
    await answered(guest, '*9', spoken('hand-raised'));
    await host.hears(signal('discreet'), { since });
    await guest.untilQuiet();
    await answered(guest, '*9', spoken('hand-lowered'));
    await guest.untilQuiet();
    await answered(guest, '*9', spoken('hand-raised'));
    expectUnheard(other, others, signal('discreet'), spoken('hand-raised'));
    await answered(other, '*9', spoken('hand-raised'));
    await host.untilQuiet(1_000);
    // `2` goes on, after the last to the first; `1` unmutes the one named.
    await answered(host, '*9', spoken('unnamed-caller'), spoken('hand-menu'));
    await answered(host, '2', spoken('unnamed-caller'), spoken('hand-menu'));
    const called = other.mark();
    await answered(host, '1', signal('done'));
    await other.hears(spoken('host-unmuted-you'), { since: called });
    other.say(OTHER_HZ);
    guest.say(GUEST_HZ);
    await untilHears(host, [OTHER_HZ]);
    await hearsNothingOf(host, [GUEST_HZ]);
    guest.say(null);
    other.say(null);
    await host.untilQuiet();
    // Whose line is open has the hand taken down; ten seconds without a key leave the menu, and so does `*`.
    await answered(host, '*9', spoken('hand-menu'), signal('refused'));
    await host.untilQuiet();
    const asked = await answered(host, '*9', spoken('hand-menu'));
    await host.press('*');
    await host.press('1');
    await host.listen(1_000);
    expectUnheard(host, asked.end, signal('done'));
    await answered(guest, '*6', spoken('you-are-unmuted'));
    const raised = guest.mark();
    await host.untilQuiet();
    await answered(host, '*9', spoken('hand-menu'));
    await answered(host, '1', signal('done'));
    await guest.hears(spoken('hand-lowered'), { since: raised });
  });

  scene('*7 locks as *5 does, and unlocks; an account without a lock says so', async (stage) => {
    const [account, without] = [await stage.addAccount(), await stage.addAccount('--no-lock')];
    const [host, other] = [await stage.call(account.hostPin), await stage.call(without.hostPin)];
    await settled(host, other);
    await allHear([host], [spoken('conference-now-locked')], () => host.press('*7'));
    await host.untilQuiet();
    const late = await stage.call(account.guestPin);
    await late.hearsInOrder([spoken('conference-locked'), spoken('goodbye')]);
    expect((await late.ends(OFF_WITHIN_MS)).by).toBe('them');
    await host.untilQuiet(1_000);
    await allHear([host], [spoken('conference-now-unlocked')], () => host.press('*7'));
    await answered(other, '*5', spoken('not-available'));
  });

  scene('## in the host’s own prompt or as it ends does nothing; after it, it ends the conference', async (stage) => {
    const account = await stage.addAccount();
    const [host, guest] = await stage.gather(account, 2);
    const since = host.mark();
    await host.press('**');
    await host.hears(spoken('help-intro'), { since });
    await host.press('##');
    await host.listen(2_000);
    expect([host.hasEnded, guest.hasEnded]).toEqual([false, false]);
    await host.untilQuiet();
    await allHear([host, guest], [ENDED], () => host.press('##'));
    await Promise.all([host, guest].map((caller) => caller.ends(OFF_WITHIN_MS)));
  });

  scene(
    '##: those who wait hear the message too, who comes meanwhile is refused, all are off within 2 s of it',
    async (stage) => {
      const account = await stage.addAccount('--lobby');
      const host = await stage.call(account.hostPin);
      await settled(host);
      const waiting = await stage.call(account.guestPin);
      await waiting.hears(spoken('waiting-for-admission'));
      const late = await stage.dial();
      await late.untilSpoken();
      await late.press(account.guestPin.slice(0, -1));
      const marks = [host, waiting].map((caller) => caller.mark());
      await host.press('##');
      await host.until('the message', 5_000, () => host.levelNow(100) > -40);
      await late.press(account.guestPin.slice(-1));
      const off = await Promise.all(
        [host, waiting].map(async (caller, index) => {
          await caller.hears(ENDED, { since: marks[index] ?? 0 });
          const said = performance.now();
          expect((await caller.ends(OFF_WITHIN_MS)).by).toBe('them');
          return performance.now() - said;
        }),
      );
      expect(Math.max(...off)).toBeLessThan(OFF_WITHIN_MS);
      await late.hearsInOrder([spoken('conference-ended'), spoken('goodbye')]);
      expect((await late.ends(OFF_WITHIN_MS)).by).toBe('them');
      expect(await stage.record(host)).toMatchObject({ outcome: 'host-ended', role: 'host' });
      for (const caller of [waiting, late])
        expect(await stage.record(caller)).toMatchObject({ outcome: 'host-ended', role: 'guest', joinedAt: null });
      expect(await stage.conference(account)).toMatchObject({ outcome: 'host-ended', peak: 1 });
    },
  );

  scene('## in a menu counts after the menu’s words alone', async (stage) => {
    const [host, guest] = await stage.gather(await stage.addAccount(), 2);
    const asked = host.mark();
    await host.press('*2');
    await host.until('the question', 5_000, () => host.levelNow(100) > -40 && host.mark() > asked);
    await host.press('##');
    await host.listen(1_500);
    expect([host.hasEnded, guest.hasEnded]).toEqual([false, false]);
    await allHear([host, guest], [ENDED], () => host.press('##'));
    await Promise.all([host, guest].map((caller) => caller.ends(OFF_WITHIN_MS)));
  });

  scene('## that wants confirming: * and ten seconds leave it, a third # ends the conference', async (stage) => {
    const account = await stage.addAccount('--confirm-hangup');
    const [host, guest] = await stage.gather(account, 2);
    const asked = await answered(host, '##', spoken('confirm-host-hangup'));
    await host.press('*');
    await host.listen(1_500);
    expectUnheard(host, asked.end, ENDED);
    await host.untilQuiet();
    await answered(host, '##', spoken('confirm-host-hangup'), signal('refused'));
    expect([host.hasEnded, guest.hasEnded]).toEqual([false, false]);
    await host.untilQuiet();
    await answered(host, '##', spoken('confirm-host-hangup'));
    await allHear([host, guest], [ENDED], () => host.press('#'));
    await Promise.all([host, guest].map((caller) => caller.ends(OFF_WITHIN_MS)));
  });

  scene('*4 mutes all guests; again: they may not unmute themselves; again: all are unmuted', async (stage) => {
    const account = await stage.addAccount();
    const [host, guest, other] = await stage.gather(account, 3);
    const all = [host, guest, other];
    const hush = (): Promise<unknown> => allQuiet(...all);
    const speak = (): void => [guest, other].forEach((caller) => caller.say(caller.hz));
    const silence = (): void => [guest, other].forEach((caller) => caller.say(null));
    // One of them had muted the own line: in the end that is open too.
    await answered(other, '*6', spoken('you-are-muted'));
    await allHear(all, [spoken('all-guests-muted')], () => host.press('*4'));
    await hush();
    await answered(guest, '*6', spoken('you-are-unmuted'));
    guest.say(GUEST_HZ);
    await untilHears(host, [GUEST_HZ]);
    guest.say(null);
    await hush();
    const late = await stage.call(account.guestPin);
    await late.hearsInOrder([spoken('joining'), spoken('you-are-muted')]);
    await hush();
    await allHear(all, [spoken('guests-may-not-unmute')], () => host.press('*4'));
    await hush();
    await answered(guest, '*6', spoken('may-not-unmute'));
    speak();
    await untilSilent(host, [GUEST_HZ, OTHER_HZ]);
    silence();
    await hush();
    await allHear([...all, late], [spoken('all-unmuted')], () => host.press('*4'));
    await hush();
    speak();
    await untilHears(host, [GUEST_HZ, OTHER_HZ]);
  });

  scene('*3: comings and goings are announced silently, by name, by a tone, in turn, from a tone on', async (stage) => {
    const account = await stage.addAccount();
    const [host, guest] = await stage.gather(account, 2);
    const tones = [signal('entry'), signal('exit')] as const;
    const names = [spoken('unnamed-caller', 'has-joined'), spoken('unnamed-caller', 'has-left')] as const;
    const announced = [...tones, ...names];
    for (const [answer, entry, exit] of [
      ['announce-silent', null, null],
      ['announce-names', ...names],
      ['announce-tones', ...tones],
    ] as const) {
      await answered(host, '*3', spoken(answer));
      await host.untilQuiet();
      const since = guest.mark();
      const late = await stage.call(account.guestPin);
      await settled(late);
      if (entry !== null) await guest.hears(entry, { since });
      await guest.untilQuiet();
      const leaving = guest.mark();
      await late.hangUp();
      if (exit !== null) await guest.hears(exit, { since: leaving });
      await guest.listen(1_500);
      await guest.untilQuiet();
      const others = announced.filter((sound) => sound !== entry && sound !== exit);
      expectUnheard(guest, since, ...others);
      expectUnheard(guest, 0, spoken(answer));
    }
  });

  scene('#3 drops the guest who joined last, with goodbye; without guests it tells the count', async (stage) => {
    const account = await stage.addAccount();
    const [host, guest] = await stage.gather(account, 2);
    const last = await stage.call(account.guestPin);
    await settled(last);
    await guest.untilQuiet();
    const [since, told] = [guest.mark(), last.mark()];
    await answered(host, '#3', spoken('last-guest-dropped'));
    await last.hears(spoken('goodbye'), { since: told });
    expect((await last.ends(OFF_WITHIN_MS)).by).toBe('them');
    await guest.hears(signal('exit'), { since });
    expect((await stage.record(last)).outcome).toBe('dropped');
    expect(guest.hasEnded).toBe(false);
    await host.untilQuiet();
    await answered(host, '#3', spoken('last-guest-dropped'));
    await guest.ends(OFF_WITHIN_MS);
    await host.untilQuiet(1_000);
    await answered(host, '#3', spoken('you-are-the-only-one'));
  });

  scene('#0: the conference goes on without its host, this once', async (stage) => {
    const account = await stage.addAccount('--host-leaves', 'end');
    const [host, guest, other] = await stage.gather(account, 3);
    await answered(host, '#0', spoken('continues-without-host'));
    await host.hangUp();
    expect((await stage.record(host)).outcome).toBe('completed');
    guest.say(GUEST_HZ);
    await untilHears(other, [GUEST_HZ]);
    guest.say(null);
    const back = await stage.call(account.hostPin);
    await settled(back);
    await back.hangUp();
    const endings = await Promise.all([guest, other].map((caller) => caller.ends(OFF_WITHIN_MS)));
    expect(endings.map(({ by }) => by)).toEqual(['them', 'them']);
    expect((await stage.record(guest)).outcome).toBe('host-left');
  });
}
