import { expect } from 'vitest';
import { toneDbfs } from '../../sound.js';
import { keyedBy, toneLevels } from '../kit/caller.js';
import type { EngineName } from '../kit/engines.js';
import type { Play } from '../kit/scene.js';
import { holdMusic, spoken } from '../kit/sounds.js';
import { hearsNothingOf, TONES_HZ, untilHears, untilSilent } from '../kit/tones.js';

const [HOST_HZ, GUEST_HZ] = TONES_HZ;
/** Pauses between the two of `##` that are too long, and short enough. */
const APART_MS = 1_500;
const TOGETHER_MS = 500;
const KEY_1_HZ = [697, 1209];
const KEY_MS = 400;
const AUDIBLE_DBFS = -45;
const PIECE_MS = 50;
/** Two of the pieces in which a tone is looked for: it is recognised in some 30 ms, and may lie on both sides of a border. */
const RECOGNISED_MS = 100;

/** The keys of the conference (product: section 3). */
export function keyScenes(scene: Play, engine: EngineName): void {
  for (const method of ['event', 'info', 'inband'] as const) {
    scene(`*6 mutes one's own line, says so, and unmutes it again, by ${method}`, async (stage) => {
      const [host, guest] = await stage.gather(await stage.addAccount(), 2, keyedBy(method, engine));
      guest.say(GUEST_HZ);
      await untilHears(host, [GUEST_HZ]);
      const since = guest.mark();
      await guest.press('*6');
      const muted = await guest.hears(spoken('you-are-muted'), { since });
      await untilSilent(host, [GUEST_HZ]);
      host.say(HOST_HZ);
      await untilHears(guest, [HOST_HZ]);
      await hearsNothingOf(host, [GUEST_HZ]);
      host.say(null);
      await guest.press('*6');
      await guest.hears(spoken('you-are-unmuted'), { since: muted.end });
      await untilHears(host, [GUEST_HZ]);
    });
  }

  scene('*# tells the count to the one who asks, and to nobody else', async (stage) => {
    const [host, guest] = await stage.gather(await stage.addAccount(), 3);
    const since = host.mark();
    const asked = guest.mark();
    await guest.press('*#');
    await guest.hearsInOrder([spoken(3), spoken('callers-in-conference')], asked);
    expect(host.hasHeard(spoken('callers-in-conference'), since)).toBe(false);
  });

  scene('** tells a guest the keys of a guest, and any code interrupts it', async (stage) => {
    const [, guest] = await stage.gather(await stage.addAccount(), 2);
    const since = guest.mark();
    await guest.press('**');
    const help = await guest.hearsInOrder(
      [
        spoken('help-intro'),
        spoken('press'),
        spoken('star'),
        spoken('help-mute'),
        spoken('help-count'),
        spoken('help-menu'),
      ],
      since,
    );
    await guest.untilQuiet();
    expect(guest.hasHeard(spoken('help-lock'), since)).toBe(false);
    const again = guest.mark();
    await guest.press('**');
    await guest.hears(spoken('help-intro'), { since: Math.max(again, help.end) });
    const interrupted = guest.mark();
    await guest.press('*#');
    await guest.hears(spoken('callers-in-conference'), { since: interrupted });
    expect(guest.hasHeard(spoken('help-menu'), again)).toBe(false);
  });

  scene('** tells a host the keys of a host too', async (stage) => {
    const account = await stage.addAccount();
    const host = await stage.call(account.hostPin);
    await host.hears(spoken('you-are-the-host'));
    await host.untilQuiet();
    await host.press('**');
    let { end: since } = await host.hears(spoken('help-intro'));
    // All that everyone may do comes first.
    for (const sentence of ['help-lock', 'help-roll-call', 'help-end'] as const) {
      ({ end: since } = await host.hears(spoken(sentence), { since, withinMs: 60_000 }));
    }
  });

  scene('*5 locks: all hear it, the next guest is turned away, the host still gets in; *5 unlocks', async (stage) => {
    const account = await stage.addAccount();
    const [host, guest] = await stage.gather(account, 2);
    await host.press('*5');
    await Promise.all([host, guest].map((one) => one.hears(spoken('conference-now-locked'))));
    const late = await stage.call(account.guestPin);
    await late.hearsInOrder([spoken('conference-locked'), spoken('goodbye')]);
    expect((await late.ends(3_000)).by).toBe('them');
    await host.untilQuiet();
    const asked = host.mark();
    await host.press('*#');
    await host.hearsInOrder([spoken(2), spoken('callers-in-conference'), spoken('one-was-turned-away')], asked);
    const second = await stage.call(account.hostPin);
    await second.hearsInOrder([spoken('joining'), spoken('there-are'), spoken(2), spoken('other-callers')]);
    await host.untilQuiet();
    await host.press('*5');
    await Promise.all([host, guest].map((one) => one.hears(spoken('conference-now-unlocked'))));
    const welcome = await stage.call(account.guestPin);
    await welcome.hears(spoken('joining'));
  });

  scene('*8 tells the host, privately, how many are in', async (stage) => {
    const [host, guest] = await stage.gather(await stage.addAccount(), 3);
    const [since, asked] = [guest.mark(), host.mark()];
    await host.press('*8');
    await host.hearsInOrder([spoken(3), spoken('callers-in-conference')], asked);
    expect(guest.hasHeard(spoken('callers-in-conference'), since)).toBe(false);
  });

  scene(
    '## half a second apart ends the conference for all, with the message, those on their way in too',
    async (stage) => {
      const account = await stage.addAccount();
      const [host, guest] = await stage.gather(account, 2);
      const arriving = await stage.call(account.guestPin);
      await arriving.until('the introduction', 5_000, () => arriving.levelNow(100) > -40);
      await host.press('##', { durationMs: 60, gapMs: TOGETHER_MS });
      await Promise.all([host, guest, arriving].map((one) => one.hears(spoken('host-ended-conference'))));
      const endings = await Promise.all([host, guest, arriving].map((one) => one.ends(4_000)));
      expect(endings.map(({ by }) => by)).toEqual(['them', 'them', 'them']);
    },
  );

  scene('## one and a half seconds apart ends nothing', async (stage) => {
    const [host, guest] = await stage.gather(await stage.addAccount(), 2);
    const since = guest.mark();
    await host.press('##', { durationMs: 60, gapMs: APART_MS });
    guest.say(GUEST_HZ);
    await untilHears(host, [GUEST_HZ]);
    await guest.listen(2_000);
    expect([host.hasEnded, guest.hasEnded]).toEqual([false, false]);
    expect(guest.hasHeard(spoken('host-ended-conference'), since)).toBe(false);
  });

  scene('the keys work on hold music too, and it goes on afterwards', async (stage) => {
    const account = await stage.addAccount();
    const guest = await stage.call(account.guestPin);
    const music = await guest.hears(holdMusic());
    await guest.press('*6');
    const told = await guest.hears(spoken('you-are-muted'), { since: music.at });
    await guest.hears(holdMusic(), { since: told.end });
    await hearsNothingOf(guest, [HOST_HZ]);
  });

  scene('one method a call: after a key by event neither a tone nor an INFO is a key', async (stage) => {
    const [, guest] = await stage.gather(await stage.addAccount(), 2);
    const since = guest.mark();
    for (const method of ['inband', 'info'] as const) await guest.press('*6', { method });
    await guest.listen(2_000);
    expect(guest.hasHeard(spoken('you-are-muted'), since)).toBe(false);
    await guest.press('*6', { method: 'event' });
    await guest.hears(spoken('you-are-muted'), { since });
  });

  scene('nobody else hears a key that is sent as event', async (stage) => {
    const [host, guest] = await stage.gather(await stage.addAccount(), 2);
    const since = host.mark();
    await guest.press('1', { method: 'event', durationMs: KEY_MS });
    await host.listen(2 * KEY_MS);
    expect(Math.max(...KEY_1_HZ.map((hz) => toneDbfs(host.heard(since), hz)))).toBeLessThan(-50);
  });

  // FreeSWITCH cannot: see docs/differences.md.
  if (engine === 'embedded') {
    scene(
      'a key that is sent as tone is taken out of what the others hear, as soon as it is recognised',
      async (at) => {
        const [host, guest] = await at.gather(await at.addAccount(), 2, keyedBy('inband', engine));
        const since = host.mark();
        await guest.press('1', { durationMs: KEY_MS });
        await host.listen(2 * KEY_MS);
        const heard = host.heard(since);
        for (const hz of KEY_1_HZ) {
          const pieces = toneLevels(heard, hz).filter((dbfs) => dbfs > AUDIBLE_DBFS);
          expect(pieces.length * PIECE_MS, `${hz} Hz, ms`).toBeLessThanOrEqual(RECOGNISED_MS);
        }
      },
    );
  }
}
