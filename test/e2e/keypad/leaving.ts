import { expect } from 'vitest';
import type { SpokenPrompt } from '../../../src/domain/prompts.js';
import { levelDbfs } from '../../sound.js';
import type { Caller } from '../kit/caller.js';
import type { EngineName } from '../kit/engines.js';
import type { Play } from '../kit/scene.js';
import { holdMusic, spoken } from '../kit/sounds.js';
import { everyoneHears, hearsNothingOf, TONES_HZ, untilHears, untilSilent } from '../kit/tones.js';
import { lock, turnedAway } from './gate.js';
import { expectUnheard } from './keying.js';

const [HOST_HZ, FIRST_HZ, SECOND_HZ] = TONES_HZ;
/** "At once", on a machine that has too much to do. */
const AT_ONCE_MS = 1_500;
/** Without audio (as the suite sets it), then an OPTIONS nobody answers (RFC 3261 timer F), and a margin. */
const DEAD_LIMIT_MS = 10_000 + 32_000 + 18_000;

/** Leaving, and what becomes of the others (product: section 2). */
export function leavingScenes(scene: Play, engine: EngineName): void {
  scene('under end those in the lobby are disconnected with the others, without a word or a tone', async (stage) => {
    const account = await stage.addAccount('--host-leaves', 'end', '--lobby');
    const host = await stage.call(account.hostPin);
    await host.hears(spoken('you-are-the-host'));
    await host.untilQuiet();
    const guest = await stage.call(account.guestPin);
    await guest.hears(spoken('waiting-for-admission'));
    await host.untilQuiet();
    await host.press('#8');
    await guest.hearsInOrder([spoken('joining'), spoken('there-is-one-other')]);
    await guest.untilQuiet(1_000);
    const waiting = await stage.call(account.guestPin);
    await waiting.hears(spoken('waiting-for-admission'));
    const marks = [guest, waiting].map((one) => one.mark());
    const left = performance.now();
    await host.hangUp();
    const endings = await Promise.all([guest, waiting].map((one) => one.ends(AT_ONCE_MS)));
    console.log(`${engine}: all were off ${(performance.now() - left).toFixed(0)} ms after the host hung up`);
    expect(endings.map(({ by }) => by)).toEqual(['them', 'them']);
    expect(levelDbfs(guest.heard(marks[0] ?? 0))).toBeLessThan(-50);
    expect(waiting.hasHeard(spoken('goodbye'), marks[1] ?? 0)).toBe(false);
    expect((await stage.record(host)).outcome).toBe('completed');
    expect((await stage.record(guest)).outcome).toBe('host-left');
    expect(await stage.record(waiting)).toMatchObject({ outcome: 'host-left', joinedAt: null });
  });

  scene('of several hosts only the last one’s leaving counts', async (stage) => {
    const account = await stage.addAccount('--host-leaves', 'end');
    const [host, guest] = await stage.gather(account, 2);
    const second = await stage.call(account.hostPin, { hz: SECOND_HZ });
    await untilHears(guest, [SECOND_HZ]);
    await host.hangUp();
    expect((await stage.record(host)).outcome).toBe('completed');
    guest.say(FIRST_HZ);
    await everyoneHears([second, guest], [HOST_HZ]);
    await second.hangUp();
    expect((await guest.ends(AT_ONCE_MS)).by).toBe('them');
  });

  scene(
    'a host whose line died without a word has left as one who hung up',
    async (stage) => {
      const account = await stage.addAccount('--host-leaves', 'end');
      const [host, guest] = await stage.gather(account, 2);
      await host.telephone.vanish();
      expect((await guest.ends(DEAD_LIMIT_MS)).by).toBe('them');
      expect((await stage.record(host)).outcome).toBe('line-lost');
      expect((await stage.record(guest)).outcome).toBe('host-left');
    },
    DEAD_LIMIT_MS + 50_000,
  );

  scene('under hold a returning host finds everyone, the lock, mutes and hands as they were', async (stage) => {
    const account = await stage.addAccount('--host-leaves', 'hold', '--grace', '60');
    const [host, first, second] = await stage.gather(account, 3);
    await keyed(first, '*6', 'you-are-muted');
    await keyed(second, '*9', 'hand-raised');
    await lock(host);
    await second.untilQuiet();
    const marks = [first, second].map((guest) => guest.mark());
    await host.hangUp();
    await Promise.all(
      [first, second].map((guest, index) =>
        guest.hearsInOrder([spoken('host-disconnected-hold'), holdMusic()], marks[index]),
      ),
    );
    const late = await stage.call(account.guestPin);
    await turnedAway(stage, late, [spoken('conference-locked'), spoken('goodbye')], 'locked');
    const back = await stage.call(account.hostPin);
    await first.hearsInOrder([spoken('host-returned'), spoken('you-are-muted')]);
    await second.hears(spoken('host-returned'));
    first.say(FIRST_HZ);
    second.say(SECOND_HZ);
    await untilHears(back, [SECOND_HZ]);
    await hearsNothingOf(back, [FIRST_HZ]);
    for (const guest of [first, second]) guest.say(null);
    await back.untilQuiet();
    await keyed(back, '*#', 'callers-in-conference');
    await back.untilQuiet();
    const asked = back.mark();
    await back.press('*9');
    await back.hears(spoken('hand-menu'), { since: asked });
    await back.press('1');
    await second.hears(spoken('hand-lowered'));
    const still = await stage.call(account.guestPin);
    await turnedAway(stage, still, [spoken('conference-locked'), spoken('goodbye')], 'locked');
  });

  scene('under hold all are told and disconnected when the grace is over, and the records say why', async (stage) => {
    const account = await stage.addAccount('--host-leaves', 'hold', '--grace', '3');
    const [host, guest] = await stage.gather(account, 2);
    const since = guest.mark();
    await host.hangUp();
    await guest.hearsInOrder([spoken('host-disconnected-hold'), spoken('conference-ended')], since);
    expect((await guest.ends(3_000)).by).toBe('them');
    expect((await stage.record(host)).outcome).toBe('completed');
    expect((await stage.record(guest)).outcome).toBe('host-not-back');
    expect(await stage.conference(account)).toMatchObject({ outcome: 'host-not-back', peak: 2 });
  });

  scene('the last caller is told once to be alone, and disconnected when it lasts', async (stage) => {
    const account = await stage.addAccount('--alone-limit', '6');
    const [host, guest] = await stage.gather(account, 2);
    const since = guest.mark();
    await host.hangUp();
    await guest.hearsInOrder([spoken('you-are-alone'), spoken('conference-ended')], since);
    expect((await guest.ends(3_000)).by).toBe('them');
    expect(guest.allHeard(spoken('you-are-alone'), since)).toHaveLength(1);
    expect((await stage.record(guest)).outcome).toBe('alone');
    expect((await stage.conference(account)).outcome).toBe('alone');
  });

  scene('no conference lasts beyond its limit', async (stage) => {
    const account = await stage.addAccount('--duration-limit', '12');
    const [host, guest] = await stage.gather(account, 2);
    await Promise.all([host, guest].map((one) => one.hears(spoken('time-limit-reached'))));
    await Promise.all([host, guest].map((one) => one.ends(4_000)));
    expect((await stage.record(guest)).outcome).toBe('time-limit');
    expect((await stage.conference(account)).outcome).toBe('time-limit');
  });

  scene(
    'a line that its far end puts on hold (sendonly, inactive, 0.0.0.0) is muted until it resumes, its own mute kept',
    async (stage) => {
      const account = await stage.addAccount();
      const [host, guest] = await stage.gather(account, 2);
      const since = guest.mark();
      // By direction, by silence in both, and by the address 0.0.0.0.
      for (const hold of ['sendonly', 'inactive', 'nowhere'] as const) {
        guest.say(FIRST_HZ);
        await untilHears(host, [FIRST_HZ]);
        await guest.telephone.reinvite(hold);
        // It goes on sending, as one that plays hold music does.
        await untilSilent(host, [FIRST_HZ]);
        await hearsNothingOf(host, [FIRST_HZ]);
        await guest.telephone.resume();
        await untilHears(host, [FIRST_HZ]);
      }
      expectUnheard(guest, since, spoken('host-muted-you'), spoken('you-are-muted'));
      await keyed(guest, '*6', 'you-are-muted');
      await guest.telephone.hold();
      await guest.telephone.resume();
      await guest.untilQuiet();
      await hearsNothingOf(host, [FIRST_HZ]);
      await keyed(guest, '*6', 'you-are-unmuted');
      await untilHears(host, [FIRST_HZ]);
    },
  );
}

async function keyed(caller: Caller, keys: string, answer: SpokenPrompt): Promise<void> {
  const since = caller.mark();
  await caller.press(keys);
  await caller.hears(spoken(answer), { since });
}
