import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { concatenated } from '../../sound.js';
import { speech } from '../../speech.js';
import { eventually } from '../kit/eventually.js';
import { nameOf } from '../kit/names.js';
import type { Play, Scene } from '../kit/scene.js';
import { signal, spoken } from '../kit/sounds.js';

const [HOST, MARY, TOM, ANN] = [nameOf(0), nameOf(1), nameOf(14), nameOf(3)];
const BY_NAME = ['--name-on-entry', '--entry', 'name', '--exit', 'name'];
/** Between a name and what is said of it: what is left of silence, and the gap between two files. */
const WITHIN_SENTENCE_MS = 600;
const NAME_MS = 5_000;
/** From the end of the limit to "you are joining", on a machine that has too much to do. */
const KEEPING_MS = 3_500;
const SAMPLES_A_MS = 8;
const FORGOTTEN_LIMIT_MS = 10_000;

/** Names on entry (product: section 1.7). */
export function nameScenes(scene: Play): void {
  scene(
    'a name is asked for, and heard by the room without its silence; the conference over, it is gone',
    async (stage) => {
      const account = await stage.addAccount(...BY_NAME);
      const host = await stage.callNamed(account.hostPin, HOST);
      await host.hears(spoken('you-are-the-host'));
      await host.untilQuiet();
      const before = host.mark();
      const silence = new Int16Array(1_000 * SAMPLES_A_MS);
      const low = MARY.samples.map((sample) => Math.round(sample / 3));
      const mary = await stage.callNamed(account.guestPin, { ...MARY, samples: concatenated(silence, low, silence) });
      await mary.hears(spoken('joining'));
      const name = await host.hears(MARY, { since: before });
      const joined = await host.hears(spoken('has-joined'), { since: name.end });
      expect((joined.at - name.end) / SAMPLES_A_MS).toBeLessThan(WITHIN_SENTENCE_MS);
      const tom = await stage.callNamed(account.guestPin, TOM);
      await Promise.all([host, mary].map((one) => one.hearsInOrder([TOM, spoken('has-joined')])));
      const marks = [host, tom].map((one) => one.mark());
      await mary.hangUp();
      await Promise.all([host, tom].map((one, index) => one.hearsInOrder([MARY, spoken('has-left')], marks[index])));
      for (const one of [host, tom])
        expect(one.hasHeard(signal('entry'), 0) || one.hasHeard(signal('exit'), 0)).toBe(false);
      expect(await stage.record(mary)).toMatchObject({ outcome: 'completed', role: 'guest' });
      expect(namesOf(stage, account)).toBeGreaterThanOrEqual(2);
      await Promise.all([host, tom].map((one) => one.hangUp()));
      await eventually(
        'names gone',
        FORGOTTEN_LIMIT_MS,
        () => namesOf(stage, account),
        (names) => names === 0,
      );
    },
  );

  scene('who says nothing is an unnamed caller', async (stage) => {
    const account = await stage.addAccount(...BY_NAME);
    const host = await stage.callNamed(account.hostPin, HOST);
    await host.hears(spoken('you-are-the-host'));
    const since = host.mark();
    const guest = await stage.call(account.guestPin);
    await guest.hearsInOrder([spoken('say-your-name'), signal('record-after')]);
    await guest.press('#');
    await guest.hears(spoken('joining'));
    await host.hearsInOrder([spoken('unnamed-caller'), spoken('has-joined')], since);
  });

  scene('a name ends by itself after 5 s, and the hash pressed then is nobody’s code', async (stage) => {
    const account = await stage.addAccount(...BY_NAME);
    const guest = await stage.call(account.hostPin);
    const asked = await guest.hearsInOrder([spoken('say-your-name'), signal('record-after')]);
    guest.telephone.say({ kind: 'samples', samples: speech(9_000), loop: false });
    const { at } = await guest.hears(spoken('joining'), { since: asked.end });
    const afterMs = (at - asked.end) / SAMPLES_A_MS;
    expect(afterMs).toBeGreaterThan(NAME_MS - 500);
    expect(afterMs).toBeLessThan(NAME_MS + KEEPING_MS);
    await guest.press('#');
    await guest.hears(spoken('you-are-the-host'));
    // A second # alone is the beginning of a code, a third one answers: had the first counted, this would be ##.
    await guest.listen(2_000);
    expect(guest.hasEnded).toBe(false);
    expect(guest.hasHeard(spoken('unknown-code'), asked.end)).toBe(false);
  });

  scene('with name review 2 records again and 1 keeps; the room hears the one that was kept', async (stage) => {
    const account = await stage.addAccount(...BY_NAME, '--name-review');
    const host = await stage.callNamed(account.hostPin, HOST);
    const played = await host.hearsInOrder([HOST, spoken('name-review')]);
    await host.press('1');
    await host.hears(spoken('you-are-the-host'), { since: played.end });
    await host.untilQuiet();
    const since = host.mark();
    const guest = await stage.callNamed(account.guestPin, MARY);
    const first = await guest.hearsInOrder([MARY, spoken('name-review')]);
    await guest.press('2');
    const asked = await guest.giveName(TOM, first.end);
    const second = await guest.hearsInOrder([TOM, spoken('name-review')], asked.end);
    await guest.press('1');
    await guest.hears(spoken('joining'), { since: second.end });
    await host.hearsInOrder([TOM, spoken('has-joined')], since);
    expect(host.hasHeard(MARY, since)).toBe(false);
  });

  scene('a key passes over the sentence to the tone', async (stage) => {
    const account = await stage.addAccount(...BY_NAME);
    const host = await stage.call(account.hostPin);
    await host.until('the question', 8_000, () => host.levelNow(200) > -40);
    const pressed = host.mark();
    // Not #: the PIN ended by its length just now, and a # belongs to it.
    await host.press('*');
    const tone = await host.hears(signal('record-after'), { since: pressed });
    expect(host.hasHeard(spoken('say-your-name'), 0)).toBe(false);
    expect((tone.at - pressed) / SAMPLES_A_MS).toBeLessThan(2_000);
    await host.sayOnce(ANN.samples);
    await host.press('#');
    await host.hears(spoken('joining'), { since: tone.end });
  });
}

/** Files of the names that were said in the account's conference. */
function namesOf({ bridge }: Scene, { id }: { readonly id: string }): number {
  const ours = createHash('sha256').update(`conference-${id}`).digest('hex').slice(0, 16);
  return readdirSync(join(bridge.dataDirectory, 'names')).filter((name) => name.includes(ours)).length;
}
