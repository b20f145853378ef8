import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startBridge, type TestBridge } from '../kit/bridge.js';
import { Caller } from '../kit/caller.js';
import { forEachEngine } from '../kit/engines.js';
import { spoken } from '../kit/sounds.js';

/** Who is called: another bridge, whose voice asks for a PIN. */
const NUMBER = '02079460000';

/** The one called hears a BYE. */
const untilNobodyIsCalled = (called: TestBridge): Promise<void> =>
  vi.waitFor(() => expect(called.log).toContain('"outcome":'), { timeout: 10_000, interval: 50 });

forEachEngine((engine) => {
  describe(`a host calls out: ${engine}`, () => {
    let called: TestBridge;
    let bridge: TestBridge;

    beforeAll(async () => {
      // It asks again and again while nobody keys anything.
      called = await startBridge({
        engine: 'embedded',
        env: { PARTYLINE_ENTRY_TRIES: '9', PARTYLINE_ENTRY_FIRST_KEY_MS: '2000' },
      });
      await called.command('number', 'add', NUMBER);
      bridge = await startBridge({
        engine,
        env: {
          PARTYLINE_DIAL_OUT_TRUNKS: JSON.stringify({ away: { target: `udp:127.0.0.1:${called.port}` } }),
          PARTYLINE_CONFERENCE_DIAL_OUT_TRUNK: 'away',
          PARTYLINE_CONFERENCE_DIAL_OUT_PREFIXES: '020',
        },
      });
    }, 120_000);
    afterAll(async () => {
      await bridge.stop();
      await called.stop();
    }, 60_000);

    it('hears the one called aside, brings him in, and the others hear him', async () => {
      const account = await bridge.addAccount();
      const host = await Caller.dial(bridge);
      const guest = await Caller.dial(bridge);
      try {
        await host.keyPin(account.hostPin);
        await host.hears(spoken('you-are-the-host'), { withinMs: 20_000 });
        await guest.keyPin(account.guestPin);
        await guest.hears(spoken('joining'), { withinMs: 20_000 });
        await host.untilQuiet();
        const since = host.mark();
        await host.press('*1');
        await host.hears(spoken('enter-number-to-dial'), { since });
        const aside = guest.mark();
        await host.press(`${NUMBER}#`);
        const asked = await host.hears(spoken('enter-pin'), { since, withinMs: 25_000 });
        expect(asked.at).toBeGreaterThan(since);
        const bringing = guest.mark();
        expect(guest.hasHeard(spoken('enter-pin'), aside)).toBe(false);
        await host.press('*2');
        await guest.hears(spoken('enter-pin'), { since: bringing, withinMs: 25_000 });
        await host.press('#3');
        await untilNobodyIsCalled(called);
      } finally {
        await Promise.all([host.hangUp(), guest.hangUp()]);
      }
    }, 110_000);
  });
});
