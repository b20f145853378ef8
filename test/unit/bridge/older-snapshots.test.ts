import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { LiveChange } from '../../../src/ports/store.js';
import type { FakeCall } from '../../fakes/fake-signaling.js';
import { GUEST_PIN, settle, World } from './world.js';

interface Stored {
  readonly kind: LiveChange['kind'];
  readonly id: string;
  readonly data: object;
}

/** As an earlier version wrote it: a host who was asked for one more hash, a muted guest, someone who keys a PIN. */
const storedBy = (version: number): readonly Stored[] =>
  JSON.parse(readFileSync(join(import.meta.dirname, `../../fixtures/live-${version}.json`), 'utf8')) as Stored[];

let world: World;
let guest: FakeCall;
let host: FakeCall;
let entering: FakeCall;

/** The engines hold what the process before had; what it stored is put in place of what this one would have. */
async function takenOver(version: number, change: (stored: Stored) => object = ({ data }) => data): Promise<void> {
  world = new World(100, { confirmHangup: true }).keep('m1', 'm2');
  await world.bridge.start();
  guest = await world.inConference(GUEST_PIN);
  host = await world.inConference('918273645');
  await world.listen(guest);
  await world.listen(host);
  entering = await world.answered();
  world.crash();
  const old = ['conference', 'call'] as const;
  world.store.saveLive(
    old.flatMap((kind) => world.store.live(kind).map(({ id }): LiveChange => ({ kind, id, data: null }))),
  );
  world.store.saveLive(
    storedBy(version).map((stored) => {
      const { kind, id } = stored;
      const handle = world.media.all.findLast((endpoint) => endpoint.callId === id && !endpoint.closed)?.handle;
      const data = { ...change(stored), ...(kind === 'call' ? { endpoint: handle } : {}) };
      return { kind, id, data: JSON.stringify(data) };
    }),
  );
  await world.restart();
}

describe.each([1, 2])('calls and a conference that version %d stored', (version) => {
  beforeEach(() => takenOver(version));

  it('go on: who was in is in, muted as he was, and the lock holds', async () => {
    expect(world.bridge.status()).toMatchObject({ calls: 3, conferences: 1, callsTakenBack: 3 });
    expect(world.endpoint(guest)).toMatchObject({ room: 'conference-a1', muted: true });
    expect(world.endpoint(host)).toMatchObject({ room: 'conference-a1', muted: false });
    const late = await world.inConference(GUEST_PIN);
    expect(world.records()[0]).toMatchObject({ id: late.id, outcome: 'locked' });
  });

  it('understand the codes that came since', async () => {
    // what was asked is heard to its end, and not answered
    await world.listen(host);
    await world.wait(15_000);
    world.press(guest, '#6');
    world.press(guest, '*9');
    await settle();
    expect(world.endpoint(guest).gains).toEqual({ hearDb: 4, speakDb: 0 });
    world.press(host, '*9');
    await settle();
    await world.listen(host, 1);
    expect(world.endpoint(host).log.join()).toContain('hand-menu');
  });

  it('end as they would have: the PIN is asked for again, the host ends it, everyone has a record', async () => {
    expect(world.endpoint(entering).log.at(-1)).toBe('play enter-pin');
    await world.hangUp(entering);
    await world.hangUp(host);
    await world.hangUp(guest);
    expect(world.records().map(({ direction, outcome }) => [direction, outcome])).toEqual([
      ['in', 'abandoned'],
      ['in', 'completed'],
      ['in', 'completed'],
    ]);
    expect(world.store.live('conference')).toEqual([]);
  });

  it('are stored in the new form from then on', async () => {
    world.press(guest, '*6');
    await settle();
    const [stored] = world.store.live('conference');
    expect(JSON.parse(stored?.data ?? '{}')).toMatchObject({ version: 3 });
  });
});

describe('calls that a version of the future stored', () => {
  it('are hung up, since nothing is known of them', async () => {
    await takenOver(2, ({ data }) => ({ ...data, version: 4 }));
    expect([guest, host, entering].map(({ hungUp }) => hungUp)).toEqual([true, true, true]);
    expect(world.bridge.status()).toMatchObject({ calls: 0, conferences: 0 });
    expect(world.lines.join('\n')).toContain('its version cannot be read');
  });
});
