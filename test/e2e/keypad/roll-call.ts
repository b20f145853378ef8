import { expect } from 'vitest';
import type { Caller } from '../kit/caller.js';
import { Ear, Search } from '../kit/ear.js';
import type { Play } from '../kit/scene.js';
import { nameOf } from '../kit/names.js';
import { signal, spoken } from '../kit/sounds.js';
import { TONES_HZ, untilSilent } from '../kit/tones.js';
import { answered, expectSilence, expectUnheard, settled } from './keying.js';

const [, GUEST_HZ] = TONES_HZ;
const NAMED = ['--name-on-entry', '--entry', 'none', '--exit', 'none'];
const BLOCKED_NUMBER = '442079460142';
const OFF_WITHIN_MS = 4_000;
/** Ten names with their pauses, and a machine with much else to do. */
const PAGE_MS = 60_000;
const PAGE = 10;
const STRETCH_ALIKE = 0.93;
/** A name and the pause after it. */
const NAME_MS = 2_500;
/** The name of one who comes while the others are read. */
const LATE = 13;

const name = (index: number): ReturnType<typeof nameOf> => nameOf(index);

/** `*8`: who is here (product: section 3). */
export function rollCallScenes(scene: Play): void {
  scene(
    '*8 reads the names by itself, in order of joining, then the count and the keys, to the host alone',
    async (stage) => {
      const account = await stage.addAccount(...NAMED);
      const host = await stage.callNamed(account.hostPin, name(0));
      await settled(host);
      const guest = await stage.callNamed(account.guestPin, name(1));
      await settled(guest);
      const silent = await stage.call(account.guestPin);
      const asked = await silent.hears(signal('record-after'));
      await silent.press('#');
      await silent.hears(spoken('joining'), { since: asked.end });
      await silent.untilQuiet(1_200);
      await host.untilQuiet();
      const since = guest.mark();
      await answered(
        host,
        '*8',
        name(0),
        name(1),
        spoken('unnamed-caller'),
        spoken(3, 'callers-in-conference'),
        spoken('roll-call-menu'),
      );
      expectSilence(guest, since);
    },
  );

  scene(
    'in roll call 2 mutes, 3 drops whom was named last; then a key is waited for, 1 goes on; no key acts on oneself',
    async (stage) => {
      const account = await stage.addAccount(...NAMED);
      const host = await stage.callNamed(account.hostPin, name(2));
      await settled(host);
      const guest = await stage.callNamed(account.guestPin, name(4));
      await settled(guest);
      await host.untilQuiet();
      await answered(host, '*8', name(4), spoken('roll-call-menu'));
      const told = guest.mark();
      const muted = await answered(host, '2', spoken('caller-muted'));
      await guest.hears(spoken('host-muted-you'), { since: told });
      await host.listen(2_500);
      expectSilence(host, muted.end + 800);
      guest.say(GUEST_HZ);
      await untilSilent(host, [GUEST_HZ]);
      guest.say(null);
      // After the last one it begins again.
      await answered(host, '1', name(2), name(4), spoken('roll-call-menu'));
      const dropped = guest.mark();
      await answered(host, '3', spoken('caller-dropped'));
      await guest.hears(spoken('goodbye'), { since: dropped });
      expect((await guest.ends(OFF_WITHIN_MS)).by).toBe('them');
      expect((await stage.record(guest)).outcome).toBe('dropped');
      await answered(host, '1', name(2), spoken('you-are-the-only-one'), spoken('roll-call-menu'));
      await answered(host, '3', signal('refused'));
      await host.untilQuiet();
      await host.press('*');
      await answered(host, '*#', spoken('you-are-the-only-one'));
      expect(host.hasEnded).toBe(false);
    },
  );

  scene(
    'in roll call 4 drops and blocks: that number hears from now on what a full conference says; a withheld one is only dropped',
    async (stage) => {
      const { bridge } = stage;
      const account = await stage.addAccount(...NAMED);
      const host = await stage.callNamed(account.hostPin, name(5));
      await settled(host);
      const withheld = await stage.callNamed(account.guestPin, name(7));
      await settled(withheld);
      const guest = await stage.callNamed(account.guestPin, name(6), { from: BLOCKED_NUMBER });
      await settled(guest);
      await host.untilQuiet();
      await answered(host, '*8', spoken('roll-call-menu'));
      const told = guest.mark();
      await answered(host, '4', spoken('caller-blocked'));
      await guest.hears(spoken('goodbye'), { since: told });
      await guest.ends(OFF_WITHIN_MS);
      expect((await stage.record(guest)).outcome).toBe('dropped');
      await host.press('*');
      await answered(host, '*8', spoken('roll-call-menu'));
      await answered(host, '4', spoken('caller-dropped'));
      await withheld.ends(OFF_WITHIN_MS);
      const { stdout } = await bridge.commandHere('block', 'list', '--account', account.id, '--json');
      expect(JSON.parse(stdout)).toMatchObject([{ number: BLOCKED_NUMBER, accountId: account.id }]);

      const again = await stage.call(account.guestPin, { from: BLOCKED_NUMBER });
      await again.hearsInOrder([spoken('conference-full'), spoken('goodbye')]);
      expect((await again.ends(OFF_WITHIN_MS)).by).toBe('them');
      expectUnheard(again, 0, spoken('say-your-name'), spoken('joining'));
      expect((await stage.record(again)).outcome).toBe('blocked');
      await bridge.commandHere('block', 'remove', BLOCKED_NUMBER, '--account', account.id);
      const free = await stage.call(account.guestPin, { from: BLOCKED_NUMBER });
      await free.hears(spoken('say-your-name'));
    },
  );

  scene(
    'roll call stops after ten names until 1 is keyed; who leaves meanwhile is passed over, who comes is read at the end',
    async (stage) => {
      const account = await stage.addAccount(...NAMED);
      const host = await stage.callNamed(account.hostPin, name(0));
      const indices = Array.from({ length: PAGE + 1 }, (_, index) => index + 1);
      const guests = await Promise.all(
        indices.map(async (index) => ({ index, caller: await stage.callNamed(account.guestPin, name(index)) })),
      );
      await settled(...guests.map(({ caller }) => caller));
      await host.untilQuiet();
      const since = host.mark();
      await host.press('*8');
      const own = await host.hears(name(0), { since });
      await host.listen(NAME_MS);
      // The one who leaves was not named yet, though perhaps was next.
      const gone = guests.findLast(({ index }) => !isNamed(host, index, since));
      const [late] = await Promise.all([stage.callNamed(account.guestPin, name(LATE)), gone?.caller.hangUp()]);
      const asked = await host.hears(spoken('roll-call-menu'), { since: own.end, withinMs: PAGE_MS });
      const heardBetween = (from: number, to?: number): readonly number[] =>
        [...indices, LATE].filter((index) => isNamed(host, index, from, to));
      const firstPage = heardBetween(own.end, asked.at);
      expect(firstPage).toHaveLength(PAGE - 1);
      await settled(late);
      await host.press('1');
      const secondPage = [name(LATE), spoken(12, 'callers-in-conference'), spoken('roll-call-menu')];
      await host.hearsInOrder(secondPage, asked.end);
      const named = [...firstPage, ...heardBetween(asked.end)].toSorted((one, other) => one - other);
      expect(named).toEqual([...indices.filter((index) => index !== gone?.index), LATE]);
    },
    150_000,
  );
}

/** A name that was said while the machine was held up has gaps wherever it is read: its loudest stretch tells it from the others. */
function isNamed(host: Caller, index: number, from: number, to?: number): boolean {
  const ear = new Ear();
  ear.append(host.heard(from, to));
  const search = new Search(ear, name(index), 0);
  return search.look(true) !== null || search.best >= STRETCH_ALIKE;
}
