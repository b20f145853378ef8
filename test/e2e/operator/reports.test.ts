import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { CallRefused } from '../../../src/app/telephone/telephone.js';
import { forEachEngine } from '../kit/engines.js';
import { eventually } from '../kit/eventually.js';
import { part, withBridge, type Scene } from '../kit/scene.js';
import { spoken } from '../kit/sounds.js';

const OFF_WITHIN_MS = 4_000;
/** Queued 15 s after the conference, looked for by the bridge within seconds. */
const REPORT_LIMIT_MS = 60_000;
const WRONG_PIN = '864209753';

interface Why {
  readonly outcome: string;
  readonly endedBy: string;
  readonly misses: number;
  readonly story: readonly { readonly atMs: number; readonly what: string; readonly facts: object }[];
}

async function json<T>({ bridge }: Scene, ...words: readonly string[]): Promise<T> {
  const { status, stdout, stderr } = await bridge.commandHere(...words, '--json');
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return JSON.parse(stdout) as T;
}

forEachEngine((engine) => {
  const scene = withBridge({
    engine,
    env: { PARTYLINE_ENTRY_GREETING: 'none', PARTYLINE_CALLERS_REFUSE_BLOCKED: 'refuse' },
  });

  part('reports', () => {
    scene('tell the story of a call, who was in its conference, and sums; the host finds a report', async (stage) => {
      const account = await stage.addAccount('--report', 'file');
      const host = await stage.call(account.hostPin, { from: '442079460031' });
      await host.hears(spoken('you-are-the-host'));
      const guest = await stage.dial({ from: '442079460032' });
      await guest.keyPin(WRONG_PIN);
      await guest.hears(spoken('pin-not-recognised'));
      await guest.press(account.guestPin);
      await guest.hears(spoken('joining'));
      await guest.untilQuiet(1_000);
      await guest.hangUp();
      const row = await stage.record(guest);
      await host.hangUp();
      await stage.record(host);
      const conference = await stage.conference(account);

      const why = await json<Why>(stage, 'why', guest.telephone.sipCallId);
      expect(why).toMatchObject({ outcome: 'completed', endedBy: 'caller', misses: 1 });
      expect(why.story.map(({ what }) => what).filter((what) => what !== 'moved')).toEqual([
        ...['answered', 'first-key', 'pin-wrong', 'pin-accepted', 'admitted', 'joined', 'caller-hung-up', 'ended'],
      ]);
      const times = why.story.map(({ atMs }) => atMs);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      expect(times.at(-1)).toBeLessThanOrEqual(Date.parse(row.endedAt) - Date.parse(row.startedAt) + 1_000);
      expect(JSON.stringify(why)).not.toContain(WRONG_PIN);
      expect(JSON.stringify(why)).not.toContain(account.guestPin);
      expect((await stage.bridge.commandHere('why', row.id)).stdout).toContain('wrong PIN (miss 1)');

      const [room] = await json<{ callers: object[] }[]>(stage, 'report', 'rooms', '--account', account.id);
      expect(room).toMatchObject({ peak: 2, outcome: 'emptied', joined: 2 });
      expect(room?.callers).toMatchObject([
        { role: 'host', caller: '***031' },
        { role: 'guest', caller: '***032' },
      ]);
      const [sum] = await json<object[]>(stage, 'report', 'calls', '--by', 'account', '--account', account.id);
      expect(sum).toMatchObject({ accountName: account.name, calls: 2, joined: 2 });

      const folder = join(stage.bridge.dataDirectory, 'reports', account.id);
      const files = await eventually(
        'the report of the host',
        REPORT_LIMIT_MS,
        () => (existsSync(folder) ? readdirSync(folder) : []),
        (found) => found.length > 0,
      );
      const text = files.map((name) => readFileSync(join(folder, name), 'utf8')).join('\n');
      expect(text).toContain('***032');
      expect(conference).toMatchObject({ peak: 2 });
    });

    scene('tell who was kept out: refused before the answer, or told that the conference is full', async (stage) => {
      const account = await stage.addAccount('--allow', '+44207946004?');
      await stage.bridge.commandHere('block', 'add', '4420794605*');
      const refused = await stage.dial({ from: '442079460512' }).catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(CallRefused);
      expect(refused).toMatchObject({ status: 603 });
      const stranger = await stage.call(account.guestPin, { from: '442079460061' });
      await stranger.hears(spoken('conference-full'));
      await stranger.ends(OFF_WITHIN_MS);
      const allowed = await stage.call(account.hostPin, { from: '442079460041' });
      await allowed.hears(spoken('you-are-the-host'));
      const withheld = await stage.call(account.guestPin);
      await withheld.hears(spoken('conference-full'));
      await withheld.ends(OFF_WITHIN_MS);
      await stage.record(withheld);
      await allowed.hangUp();
      await stage.record(allowed);
      expect((await stage.record(stranger)).outcome).toBe('not-allowed');
      const blocked = await stage.bridge.calls('--outcome', 'blocked');
      expect(blocked).toMatchObject([{ caller: '***512', answeredAt: null, joinedAt: null }]);
      expect(await stage.conference(account)).toMatchObject({ blocked: 1, peak: 1 });
    });
  });
});
