import { beforeEach, describe, expect, it } from 'vitest';
import { accountId } from '../../../src/domain/identifiers.js';
import { pin } from '../../conformance/store-stage.js';
import type { FakeCall } from '../../fakes/fake-signaling.js';
import { GUEST_PIN, HOST_PIN, settle, World } from './world.js';

const ACCOUNT = accountId('a1');

let world: World;

beforeEach(async () => {
  world = new World().keep('m1', 'm2');
  await world.bridge.start();
});

const setCode = (code: string | null): void => {
  world.store.updateAccount(ACCOUNT, { securityCode: code === null ? null : pin(`h:${code}`) });
};

/** Up to the answer to the PIN. */
async function keysPin(pin: string): Promise<FakeCall> {
  const call = await world.answered();
  world.clock.advance(400);
  await settle();
  world.press(call, pin);
  await settle();
  return call;
}

async function keysCode(call: FakeCall, code: string): Promise<void> {
  await world.wait(3_100);
  world.press(call, `${code}#`);
  await settle();
}

const lastHeard = (call: FakeCall): string => world.endpoint(call).log.at(-1) ?? '';

const isAsked = (call: FakeCall): boolean => lastHeard(call).endsWith('enter-security-code');

async function comesIn(pin: string, code: string): Promise<FakeCall> {
  const call = await keysPin(pin);
  expect(isAsked(call)).toBe(true);
  await keysCode(call, code);
  await world.listen(call);
  expect(world.endpoint(call).room).not.toBeNull();
  return call;
}

describe('a security code', () => {
  it('that is set while a conference runs is asked for in the next one only', async () => {
    const host = await world.inConference(HOST_PIN);
    setCode('4711');
    const guest = await keysPin(GUEST_PIN);
    expect(lastHeard(guest)).toContain('joining');
    await world.listen(guest);
    expect(world.endpoint(guest).room).toBe(world.endpoint(host).room);
    await world.hangUp(guest);
    await world.hangUp(host);
    await comesIn(HOST_PIN, '4711');
  });

  it('that is removed while a conference runs is asked for until it ends', async () => {
    setCode('4711');
    const host = await comesIn(HOST_PIN, '4711');
    setCode(null);
    const guest = await keysPin(GUEST_PIN);
    expect(isAsked(guest)).toBe(true);
    await keysCode(guest, '1234');
    expect(lastHeard(guest)).toContain('security-code-not-recognised');
    await keysCode(guest, '4711');
    await world.listen(guest);
    expect(world.endpoint(guest).room).toBe(world.endpoint(host).room);
    await world.hangUp(guest);
    await world.hangUp(host);
    expect(lastHeard(await keysPin(HOST_PIN))).toContain('joining');
  });

  it('that is changed while a conference runs: the old one until it ends, then the new one', async () => {
    setCode('4711');
    const host = await comesIn(HOST_PIN, '4711');
    setCode('0815');
    const guest = await keysPin(GUEST_PIN);
    await keysCode(guest, '0815');
    expect(lastHeard(guest)).toContain('security-code-not-recognised');
    await world.hangUp(guest);
    await world.hangUp(host);
    await comesIn(HOST_PIN, '0815');
  });

  it('begins with a conference that guests open who wait for the host', async () => {
    const waiting = await keysPin(GUEST_PIN);
    await world.listen(waiting);
    setCode('4711');
    expect(lastHeard(await keysPin(HOST_PIN))).toContain('joining');
  });

  it('is held by a conference through the death of the process, and of its mixer', async () => {
    setCode('4711');
    const host = await comesIn(HOST_PIN, '4711');
    setCode(null);
    await world.restart();
    world.media.kill(world.endpoint(host).mixer);
    await settle();
    await comesIn(GUEST_PIN, '4711');
    const stored = JSON.stringify(world.store.live('conference'));
    expect(stored).toContain('h:4711');
    expect(stored.replaceAll('h:4711', '')).not.toContain('4711');
  });

  it('is not held by a conference that did not have one, under the next process either', async () => {
    await world.inConference(HOST_PIN);
    setCode('4711');
    await world.restart();
    expect(lastHeard(await keysPin(GUEST_PIN))).toContain('joining');
  });

  it('that is removed as it is being keyed, and no conference runs, keeps nobody out', async () => {
    setCode('4711');
    const host = await keysPin(HOST_PIN);
    setCode(null);
    await keysCode(host, '12');
    await world.listen(host);
    expect(world.endpoint(host).room).not.toBeNull();
  });

  it('of an account that was disabled meanwhile is not recognised', async () => {
    setCode('4711');
    await comesIn(HOST_PIN, '4711');
    const guest = await keysPin(GUEST_PIN);
    world.store.updateAccount(ACCOUNT, { enabled: false });
    await keysCode(guest, '4711');
    expect(lastHeard(guest)).toContain('security-code-not-recognised');
  });

  it('that could not be read as a conference began is asked for as the account has it', async () => {
    const read = world.store.securityCodeOf.bind(world.store);
    world.store.securityCodeOf = () => {
      throw new Error('disk is full');
    };
    await world.inConference(HOST_PIN);
    world.store.securityCodeOf = read;
    expect(world.lines.join()).toContain('could not be read');
    setCode('4711');
    await comesIn(GUEST_PIN, '4711');
  });
});
