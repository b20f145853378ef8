import { expect } from 'vitest';
import { levelDbfs, likeness } from '../../sound.js';
import { keyedBy } from '../kit/caller.js';
import { forEachEngine } from '../kit/engines.js';
import { withBridge, type Scene } from '../kit/scene.js';
import { spoken } from '../kit/sounds.js';

/** Shortened, so that three silences do not take a minute. */
const FIRST_KEY_MS = 3_000;
/** PINs that nobody has: an account's is never so regular. */
const WRONG = '111222333';
const ALSO_WRONG = '444555666';
/** Quicker than anyone keys: the same digit three times must still be three digits. */
const FAST = { durationMs: 60, gapMs: 50 };
/** Of tones this quick FreeSWITCH misses one now and then. */
const FAST_FOR_FREESWITCH = { durationMs: 80, gapMs: 80 };
const NOT_RECOGNISED = [spoken('pin-not-recognised'), spoken('enter-pin')];
const LATEST_MS = 750;
/** How much alike the first 100 ms are at least. */
const WHOLE = 0.95;
const ROUNDS = 3;

forEachEngine((engine) => {
  const scene = withBridge({ engine, env: { PARTYLINE_ENTRY_FIRST_KEY_MS: String(FIRST_KEY_MS) } });

  scene('the first prompt begins 400 ms after the ACK, and its first syllable is whole', async (stage) => {
    let { afterMs, start } = await firstPrompt(stage);
    // Everything in this file begins at once: where the machine was too busy to speak in time, a call that comes later tells.
    for (let round = 1; round < ROUNDS && (afterMs >= LATEST_MS || start <= WHOLE); round += 1)
      ({ afterMs, start } = await firstPrompt(stage));
    console.log(
      `${engine}: first prompt ${afterMs.toFixed(0)} ms after the ACK, first 100 ms ${start.toFixed(3)} alike`,
    );
    expect(start).toBeGreaterThan(WHOLE);
    // The sound itself begins some 30 ms into the file, and is noticed with its packet.
    expect(afterMs).toBeGreaterThan(390);
    expect(afterMs).toBeLessThan(LATEST_MS);
  });

  scene('welcomes, asks for the PIN, and introduces the host', async (stage) => {
    const account = await stage.addAccount();
    const caller = await stage.dial();
    await caller.hearsInOrder([spoken('welcome'), spoken('enter-pin')]);
    await caller.press(account.hostPin);
    await caller.hearsInOrder([spoken('joining'), spoken('you-are-the-first'), spoken('you-are-the-host')]);
  });

  scene('says goodbye and hangs up after the third wrong PIN, and never before', async (stage) => {
    const caller = await stage.call(WRONG);
    const first = await caller.hearsInOrder(NOT_RECOGNISED);
    await caller.press(ALSO_WRONG);
    const second = await caller.hearsInOrder(NOT_RECOGNISED, first.end);
    await caller.press(WRONG);
    await caller.hearsInOrder([spoken('pin-not-recognised'), spoken('goodbye')], second.end);
    expect((await caller.ends(3_000)).by).toBe('them');
  });

  scene('asks again after silence, and says goodbye after the third', async (stage) => {
    const caller = await stage.dial();
    const asked = await caller.hearsInOrder([spoken('enter-pin'), spoken('nothing-entered'), spoken('enter-pin')]);
    const again = await caller.hearsInOrder([spoken('nothing-entered'), spoken('enter-pin')], asked.end);
    await caller.hears(spoken('goodbye'), { since: again.end });
    expect((await caller.ends(3_000)).by).toBe('them');
  });

  scene('a key stops the prompt within 200 ms', async (stage) => {
    const caller = await stage.dial();
    await caller.hears(spoken('welcome'));
    await caller.until('the next prompt', 3_000, () => caller.levelNow(100) > -35);
    const pressed = caller.mark();
    await caller.press('7');
    await caller.untilQuiet(600);
    const stoppedMs = lastSound(caller.heard(pressed));
    console.log(`${engine}: the prompt stopped ${stoppedMs} ms after the key began`);
    expect(stoppedMs).toBeLessThanOrEqual(200);
    expect(caller.hasHeard(spoken('enter-pin'), pressed)).toBe(false);
  });

  for (const method of ['event', 'info', 'inband'] as const) {
    scene(
      `takes the same digit three times quickly as three digits, and the right PIN, by ${method}`,
      async (stage) => {
        const fast = method === 'inband' && engine === 'freeswitch' ? FAST_FOR_FREESWITCH : FAST;
        const account = await stage.addAccount();
        const caller = await stage.dial(keyedBy(method, engine));
        await caller.untilSpoken();
        await caller.press(WRONG, fast);
        // One digit less, and the entry would have gone on for another 4 s.
        const { end } = await caller.hears(spoken('pin-not-recognised'), {
          since: caller.mark() - 800,
          withinMs: 3_500,
        });
        await caller.press(account.hostPin, fast);
        await caller.hearsInOrder([spoken('joining'), spoken('you-are-the-first')], end);
      },
    );
  }

  scene('# after a PIN that ended by its length interrupts nothing and counts for nothing', async (stage) => {
    const account = await stage.addAccount();
    const caller = await stage.call(`${WRONG}#`);
    const first = await caller.hearsInOrder(NOT_RECOGNISED);
    await caller.press(`${WRONG}#`);
    const second = await caller.hearsInOrder(NOT_RECOGNISED, first.end);
    // Had a # counted as a silence, there would be no third try.
    await caller.press(`${account.hostPin}#`);
    await caller.hearsInOrder([spoken('joining'), spoken('you-are-the-first'), spoken('you-are-the-host')], second.end);
  });

  scene('# ends a shorter entry at once, and * begins it anew', async (stage) => {
    const account = await stage.addAccount();
    const caller = await stage.call('1234#');
    const { end } = await caller.hears(spoken('pin-not-recognised'), { withinMs: 3_500 });
    await caller.press(`98*${account.guestPin}`);
    await caller.hears(spoken('host-not-arrived'), { since: end });
  });

  scene('an entry without # ends 4 s after its last key', async (stage) => {
    const caller = await stage.call('2468');
    const keyed = caller.mark();
    const { at } = await caller.hears(spoken('pin-not-recognised'), { since: keyed });
    const afterMs = (at - keyed) / 8;
    expect(afterMs).toBeGreaterThan(3_800);
    expect(afterMs).toBeLessThan(4_600);
  });
});

/** Milliseconds after which nothing is heard any more. */
function lastSound(heard: Int16Array): number {
  let end = 0;
  for (let at = 0; at + 80 <= heard.length; at += 80) if (levelDbfs(heard.subarray(at, at + 80)) > -45) end = at + 80;
  return end / 8;
}

/** When the first prompt began after the ACK, and how much like the file its first 100 ms are. */
async function firstPrompt(stage: Scene): Promise<{ readonly afterMs: number; readonly start: number }> {
  const caller = await stage.dial();
  await caller.until('the first prompt', 5_000, () => caller.telephone.levels().inOnsetMs > 0);
  const afterMs = caller.telephone.levels().inOnsetMs - caller.telephone.answeredAtMs;
  const welcome = spoken('welcome');
  const { at } = await caller.hears(welcome);
  const start = likeness(caller.heard(at, at + 800), welcome.samples.subarray(0, 800), 0);
  return { afterMs, start };
}
