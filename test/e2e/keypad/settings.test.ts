import { expect } from 'vitest';
import { forEachEngine } from '../kit/engines.js';
import { withBridge, type Play } from '../kit/scene.js';
import { fileOf, spoken } from '../kit/sounds.js';
import { answered, settled } from './keying.js';

/** A sentence that no caller of these scenes hears otherwise. */
const GREETING = 'conference-now-unlocked';
const SHORT_PIN = 6;
/** Longer, and the entry would not have ended by its length. */
const BY_LENGTH_MS = 3_500;

// What is set for the whole bridge and for one dial-in number (product: sections 1.3, 1.4 and 3).
forEachEngine((engine) => {
  settingScenes(
    withBridge({
      engine,
      env: {
        PARTYLINE_PROMPTS_GREETINGS: `sales=${fileOf(GREETING)}`,
        PARTYLINE_CONFERENCE_KEY_MAP: 'mute=*0',
      },
    }),
  );
});

function settingScenes(scene: Play): void {
  scene('a dial-in number has a greeting of its own, or none, and PINs of its own length', async (stage) => {
    const { bridge } = stage;
    const add = (...flags: readonly string[]) => bridge.commandHere('number', 'add', ...flags);
    expect(await add('8001', '--greeting', 'sales', '--pin-length', String(SHORT_PIN))).toMatchObject({ status: 0 });
    expect(await add('8002', '--greeting', 'none')).toMatchObject({ status: 0 });
    const account = await stage.addAccount('--pin-length', String(SHORT_PIN));
    expect(account.hostPin).toHaveLength(SHORT_PIN);

    const own = await stage.dial({ target: bridge.addressOf('8001') });
    const asked = await own.hearsInOrder([spoken(GREETING), spoken('enter-pin')]);
    await own.press(account.hostPin);
    await own.hears(spoken('joining'), { since: asked.end, withinMs: BY_LENGTH_MS });
    const none = await stage.dial({ target: bridge.addressOf('8002') });
    await none.hears(spoken('enter-pin'));
    for (const caller of [own, none]) expect(caller.hasHeard(spoken('welcome'), 0)).toBe(false);
    await own.hangUp();
    expect(await stage.record(own)).toMatchObject({ dialled: '8001', outcome: 'completed', role: 'host' });
  });

  scene('the codes of the bridge hold for every account that has none of its own', async (stage) => {
    const { bridge } = stage;
    expect(await bridge.commandHere('number', 'add', '8003', '--greeting', 'none')).toMatchObject({ status: 0 });
    const target = bridge.addressOf('8003');
    const [usual, own] = await Promise.all([stage.addAccount(), stage.addAccount('--key', 'mute=usual')]);
    const [host, other] = await Promise.all([usual, own].map(({ hostPin }) => stage.call(hostPin, { target })));
    if (host === undefined || other === undefined) throw new Error();
    await settled(host, other);
    await answered(host, '*0', spoken('you-are-muted'));
    await answered(host, '*6', spoken('unknown-code'));
    await answered(other, '*6', spoken('you-are-muted'));
    await answered(other, '*0', spoken('unknown-code'));
  });
}
