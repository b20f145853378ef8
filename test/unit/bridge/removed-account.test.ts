import { beforeEach, describe, expect, it } from 'vitest';
import { accountId } from '../../../src/domain/identifiers.js';
import type { FakeCall } from '../../fakes/fake-signaling.js';
import { stored } from './left-behind.js';
import { GUEST_PIN, HOST_PIN, settle, World } from './world.js';

describe('an account that is removed while its conference goes on', () => {
  let world: World;
  let host: FakeCall;
  let guest: FakeCall;
  beforeEach(async () => {
    world = new World().keep('m1');
    await world.bridge.start();
    host = await world.inConference(HOST_PIN);
    guest = await world.inConference(GUEST_PIN);
    expect(world.store.removeAccount(accountId('a1'))).toBe(true);
  });

  const snapshots = (): string =>
    JSON.stringify((['call', 'conference'] as const).flatMap((kind) => world.store.live(kind)));

  it('cuts off nobody: keys work, and the calls are recorded when they end', async () => {
    world.press(guest, '*6');
    world.press(host, '*7');
    await settle();
    expect(world.endpoint(guest)).toMatchObject({ muted: true });
    expect(world.roomHeard().at(-1)).toBe('conference-now-locked');
    await world.hangUp(guest);
    await world.hangUp(host);
    await settle();
    expect(world.records().map(({ outcome }) => outcome)).toEqual(['completed', 'completed']);
    expect(stored(world)).toEqual([]);
  });

  it('is named in nothing that is stored of them, before or after', async () => {
    expect(snapshots()).toContain('a1');
    expect(snapshots()).not.toContain('Ada');
    world.press(host, '*7');
    await settle();
    expect(snapshots()).not.toContain('Ada');
    expect(world.lines.join('\n')).not.toContain('Ada');
  });

  it('does not keep a bridge that is started again from taking the calls back', async () => {
    world.crash();
    await world.restart();
    expect(world.bridge.status()).toMatchObject({ calls: 2, conferences: 1, callsTakenBack: 2 });
    world.press(guest, '*6');
    await settle();
    expect(world.endpoint(guest)).toMatchObject({ muted: true });
    await world.hangUp(host);
    await world.hangUp(guest);
    await settle();
    expect(world.records()).toHaveLength(2);
    expect(stored(world)).toEqual([]);
  });
});
