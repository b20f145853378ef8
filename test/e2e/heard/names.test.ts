import { expect } from 'vitest';
import { forEachEngine } from '../kit/engines.js';
import { withBridge } from '../kit/scene.js';
import { signal, spoken, type Sound } from '../kit/sounds.js';
import { levelDbfs } from '../../sound.js';
import type { Caller } from '../kit/caller.js';

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** What callers say as their names: sentences that nothing else here says. */
const MARY = spoken('last-guest-dropped');
const TOM = spoken('no-noisy-line');
/** A name is announced trimmed and at another level: its middle is what is looked for. */
const middle = ({ name, samples }: Sound): Sound => ({
  name: `the name ${name}`,
  samples: samples.subarray(Math.floor(samples.length * 0.15), Math.floor(samples.length * 0.85)),
});

/** Says a name after the tone, half a second later, and presses hash. @param dbfs how loud */
async function says(caller: Caller, name: Sound, dbfs = -34): Promise<void> {
  await caller.hears(signal('record-after'));
  const gain = 10 ** ((dbfs - levelDbfs(name.samples)) / 20);
  await pause(400);
  caller.telephone.say({
    kind: 'samples',
    samples: name.samples.map((sample) => Math.round(sample * gain)),
    loop: false,
  });
  await pause(name.samples.length / 8 + 500);
  await caller.press('#');
}

forEachEngine((engine) => {
  const scene = withBridge({ engine, env: { PARTYLINE_ENTRY_GREETING: 'none' } });

  scene(
    'a name is asked for, said after the tone, reviewed, and announced to the room when its caller comes and goes',
    async (at) => {
      const account = await at.addAccount('--name-on-entry', '--name-review', '--entry', 'name', '--exit', 'name');
      const host = await at.call(account.hostPin);
      await host.hears(spoken('say-your-name'));
      await says(host, MARY);
      const review = await host.hears(middle(MARY));
      await host.hears(spoken('name-review'), { since: review.end });
      await host.press('1');
      await host.hears(spoken('you-are-the-host'));
      const guest = await at.call(account.guestPin);
      const third = await at.call(account.guestPin);
      await says(guest, TOM, -24);
      await guest.hears(spoken('name-review'));
      await guest.press('1');
      const joined = await host.hears(middle(TOM));
      const has = await host.hears(spoken('has-joined'), { since: joined.at });
      // One list: what is between them is the end of the name and the silence that prompts begin with.
      expect((has.at - joined.end) / 8).toBeLessThan(400);
      await says(third, { name: 'nothing', samples: new Int16Array(8_000) });
      await host.hears(spoken('unnamed-caller', 'has-joined'));
      const since = host.mark();
      await guest.hangUp();
      const left = await host.hears(middle(TOM), { since });
      await host.hears(spoken('has-left'), { since: left.at });
    },
  );
});
