import { expect } from 'vitest';
import type { Play } from '../kit/scene.js';
import { holdMusic, signal, spoken } from '../kit/sounds.js';

/** Nobody's: those of accounts are never so regular. */
const WRONG = '111222333';
const ALSO_WRONG = '444555666';
/** Time for the star, and for a machine that has too much to do. */
const CHOICE_MS = { least: 4_500, most: 8_000 };
/** No more than a machine with much else to do makes of it. */
const ALIKE_MS = 400;
const WAITS = spoken('host-not-arrived');

/** Access codes and security codes (product: sections 1.4 and 1.5). */
export function codeScenes(scene: Play): void {
  scene(
    'PINs of a disabled account, of a removed one and of nobody sound alike, in words and in time',
    async (stage) => {
      const { bridge } = stage;
      const [disabled, removed] = await Promise.all([stage.addAccount(), stage.addAccount()]);
      expect((await bridge.commandHere('account', 'disable', disabled.id)).status).toBe(0);
      expect((await bridge.commandHere('account', 'remove', removed.id, '--yes')).status).toBe(0);
      const tookMs: number[] = [];
      for (const pin of [disabled.hostPin, removed.hostPin, WRONG]) {
        const caller = await stage.dial();
        await caller.untilSpoken();
        const tries: number[] = [];
        // a machine that is held up makes one of them longer, none shorter
        for (let attempt = 0; attempt < 2; attempt += 1) {
          const before = caller.mark();
          await caller.press(pin);
          const refused = await caller.hears(spoken('pin-not-recognised'), { since: before });
          await caller.hears(spoken('enter-pin'), { since: refused.end });
          tries.push((refused.at - before) / 8);
        }
        tookMs.push(Math.min(...tries));
        await caller.hangUp();
        expect(await stage.record(caller)).toMatchObject({ outcome: 'abandoned', accountName: null, role: null });
      }
      expect(Math.max(...tookMs) - Math.min(...tookMs)).toBeLessThan(ALIKE_MS);
    },
  );

  scene('one access code for all: hash makes a guest; star and the moderator PIN make the host', async (stage) => {
    const account = await stage.bridge.addAccessCodeAccount();
    const guest = await stage.call(account.accessCode);
    await guest.hears(spoken('host-choice'));
    await guest.press('#');
    await guest.hearsInOrder([WAITS, holdMusic()]);
    const host = await stage.call(account.accessCode);
    await host.hears(spoken('host-choice'));
    await host.press('*');
    await host.hears(spoken('enter-moderator-pin'));
    await host.press(account.moderatorPin);
    await host.hearsInOrder([spoken('joining'), spoken('you-are-the-host'), spoken('one-is-waiting')]);
    await guest.hearsInOrder([spoken('joining'), spoken('there-is-one-other')]);
    await Promise.all([host.hangUp(), guest.hangUp()]);
    expect((await stage.record(host)).role).toBe('host');
    expect((await stage.record(guest)).role).toBe('guest');
  });

  scene('one access code for all: who holds on for 5 s is a guest', async (stage) => {
    const account = await stage.bridge.addAccessCodeAccount();
    const guest = await stage.call(account.accessCode);
    const asked = await guest.hears(spoken('host-choice'));
    const waits = await guest.hears(WAITS, { since: asked.end });
    const afterMs = (waits.at - asked.end) / 8;
    expect(afterMs).toBeGreaterThan(CHOICE_MS.least);
    expect(afterMs).toBeLessThan(CHOICE_MS.most);
  });

  scene('the moderator PIN shares the three misses of the access code', async (stage) => {
    const account = await stage.bridge.addAccessCodeAccount();
    const caller = await stage.call(WRONG);
    const missed = await caller.hearsInOrder([spoken('pin-not-recognised'), spoken('enter-pin')]);
    await caller.press(account.accessCode);
    const asked = await caller.hears(spoken('host-choice'), { since: missed.end });
    await caller.press('*');
    const moderator = await caller.hears(spoken('enter-moderator-pin'), { since: asked.end });
    await caller.press(ALSO_WRONG);
    const again = await caller.hearsInOrder(
      [spoken('pin-not-recognised'), spoken('enter-moderator-pin')],
      moderator.end,
    );
    await caller.press(WRONG);
    await caller.hearsInOrder([spoken('pin-not-recognised'), spoken('goodbye')], again.end);
    expect((await caller.ends(3_000)).by).toBe('them');
    expect((await stage.record(caller)).outcome).toBe('wrong-pin');
  });

  scene('a security code is asked of host and guest after the PIN, and opens the conference', async (stage) => {
    const { securityCode = '', ...account } = await stage.addAccount('--security-code');
    const host = await stage.call(account.hostPin);
    await host.hears(spoken('enter-security-code'));
    await host.press(`${securityCode}#`);
    await host.hearsInOrder([spoken('joining'), spoken('you-are-the-first'), spoken('you-are-the-host')]);
    const guest = await stage.call(account.guestPin);
    const asked = await guest.hears(spoken('enter-security-code'));
    await guest.press(`${WRONG}#`);
    const again = await guest.hearsInOrder(
      [spoken('security-code-not-recognised'), spoken('enter-security-code')],
      asked.end,
    );
    expect(guest.hasHeard(spoken('joining'), 0)).toBe(false);
    await guest.press(`${securityCode}#`);
    await guest.hearsInOrder([spoken('joining'), spoken('there-is-one-other')], again.end);
  });

  scene('PIN and security code share three misses, and one call of the right PIN makes up for none', async (stage) => {
    const account = await stage.addAccount('--security-code');
    const caller = await stage.call(WRONG);
    const missed = await caller.hearsInOrder([spoken('pin-not-recognised'), spoken('enter-pin')]);
    await caller.press(account.hostPin);
    const asked = await caller.hears(spoken('enter-security-code'), { since: missed.end });
    await caller.press(`${ALSO_WRONG}#`);
    const again = await caller.hearsInOrder(
      [spoken('security-code-not-recognised'), spoken('enter-security-code')],
      asked.end,
    );
    await caller.press(`${WRONG}#`);
    await caller.hearsInOrder([spoken('security-code-not-recognised'), spoken('goodbye')], again.end);
    expect((await caller.ends(3_000)).by).toBe('them');
    expect(await stage.record(caller)).toMatchObject({ outcome: 'wrong-pin', joinedAt: null });
  });

  scene('a PIN that is rotated lets in nobody who waits by it or says a name: another is asked for', async (stage) => {
    const { bridge } = stage;
    const [waits, speaks] = await Promise.all([stage.addAccount(), stage.addAccount('--name-on-entry')]);
    const rotated = async (id: string, role: 'host' | 'guest'): Promise<string> => {
      const { status, stdout } = await bridge.commandHere('pin', 'rotate', id, `--${role}`, '--json');
      expect(status).toBe(0);
      const pin = (JSON.parse(stdout) as Readonly<Record<string, string>>)[`${role}Pin`] ?? '';
      bridge.keepSecret(pin);
      return pin;
    };
    const guest = await stage.call(waits.guestPin);
    await guest.hearsInOrder([WAITS, holdMusic()]);
    const newPin = await rotated(waits.id, 'guest');
    const stopped = await guest.hearsInOrder([spoken('pin-not-recognised'), spoken('enter-pin')]);
    await guest.press(newPin);
    const again = await guest.hears(WAITS, { since: stopped.end });
    const host = await stage.call(waits.hostPin);
    await host.hears(spoken('one-is-waiting'));
    await guest.hearsInOrder([spoken('joining'), spoken('there-is-one-other')], again.end);

    const speaker = await stage.call(speaks.hostPin);
    const asked = await speaker.hearsInOrder([spoken('say-your-name'), signal('record-after')]);
    await rotated(speaks.id, 'host');
    await speaker.press('#');
    await speaker.hearsInOrder([spoken('pin-not-recognised'), spoken('enter-pin')], asked.end);
    await speaker.hangUp();
    expect(await stage.record(speaker)).toMatchObject({ outcome: 'abandoned', joinedAt: null });
  });
}
