import { beforeEach, describe, expect, it } from 'vitest';
import { isHeld } from '../../../src/bridge/held-line.js';
import type { FakeCall } from '../../fakes/fake-signaling.js';
import { GUEST_PIN, HOST_PIN, settle, World } from './world.js';

const sdp = (session: string, media: string, address = '192.0.2.1'): string =>
  ['v=0', 'o=- 1 1 IN IP4 192.0.2.1', 's=-', `c=IN IP4 ${address}`, 't=0 0', session, 'm=audio 4000 RTP/AVP 0', media]
    .filter((line) => line !== '')
    .join('\r\n') + '\r\n';

describe('a line on hold', () => {
  it.each([
    ['sendonly', sdp('', 'a=sendonly')],
    ['inactive', sdp('', 'a=inactive')],
    ['inactive for the session', sdp('a=inactive', '')],
    ['sent nowhere', sdp('', '', '0.0.0.0')],
    ['sent nowhere by its own line', sdp('', 'c=IN IP4 0.0.0.0')],
    ['sent nowhere in IPv6', sdp('', 'c=IN IP6 ::')],
  ])('is one whose audio is %s', (_, offer) => expect(isHeld(offer)).toBe(true));

  it.each([
    ['says nothing of it', sdp('', '')],
    ['is sendrecv against the session', sdp('a=inactive', 'a=sendrecv')],
    ['only listens', sdp('', 'a=recvonly')],
    ['has an address of its own', sdp('', 'c=IN IP4 192.0.2.7', '0.0.0.0')],
    ['has no audio', 'v=0\r\nm=video 4000 RTP/AVP 96\r\na=inactive\r\n'],
    ['cannot be read', 'nonsense'],
  ])('is not one that %s', (_, offer) => expect(isHeld(offer)).toBe(false));
});

const OPEN = sdp('', 'a=sendrecv');
const HELD = sdp('', 'a=sendonly');

let world: World;
let host: FakeCall;
let guest: FakeCall;

const offer = async (call: FakeCall, said: string): Promise<void> => {
  await world.signaling.listener.mediaOffered(call.id, said);
  await settle();
};

/** Muted for the room, and never told so. */
const mutedSilently = (call: FakeCall): boolean => {
  expect(world.endpoint(call).log.join()).not.toContain('muted');
  return world.endpoint(call).muted;
};

describe('a caller in a conference whose far end', () => {
  beforeEach(async () => {
    world = new World().keep('m1', 'm2');
    world.signaling.offer = OPEN;
    await world.bridge.start();
    host = await world.inConference(HOST_PIN);
    guest = await world.inConference(GUEST_PIN);
  });

  it('puts its line on hold is muted until it resumes', async () => {
    await offer(guest, HELD);
    expect([mutedSilently(guest), mutedSilently(host)]).toEqual([true, false]);
    await offer(guest, OPEN);
    expect(mutedSilently(guest)).toBe(false);
  });

  it('offers hold and is refused goes on as before', async () => {
    world.endpoint(guest).renegotiate = () => Promise.reject(new Error('mixer says no'));
    await expect(world.signaling.listener.mediaOffered(guest.id, HELD)).rejects.toThrow();
    expect(mutedSilently(guest)).toBe(false);
  });

  it('answers an offer of ours with hold is muted', async () => {
    await world.signaling.listener.mediaOffered(guest.id, null);
    world.signaling.listener.mediaAnswered(guest.id, HELD);
    await settle();
    expect(mutedSilently(guest)).toBe(true);
  });

  it('holds stays muted on the next mixer, where its answer says hold again', async () => {
    await offer(guest, HELD);
    guest.answerReoffer = () => Promise.resolve(HELD);
    world.media.kill(world.endpoint(guest).mixer);
    await settle();
    expect(mutedSilently(guest)).toBe(true);
    expect(world.endpoint(guest).room).toBe('conference-a1');
    await offer(guest, OPEN);
    expect(mutedSilently(guest)).toBe(false);
  });

  it('holds stays muted under the next process, and is heard where it resumed meanwhile', async () => {
    await offer(guest, HELD);
    Object.assign(guest, { offer: HELD });
    await world.restart();
    expect(mutedSilently(guest)).toBe(true);
    world.crash();
    Object.assign(guest, { offer: OPEN });
    await world.restart();
    expect(mutedSilently(guest)).toBe(false);
  });

  it('was put on hold while no process was there is muted by the next', async () => {
    world.crash();
    Object.assign(guest, { offer: HELD });
    await world.restart();
    expect(mutedSilently(guest)).toBe(true);
    expect(mutedSilently(host)).toBe(false);
  });
});

describe('a caller who comes with a line on hold', () => {
  it('is muted from the first moment in the room', async () => {
    world = new World();
    world.signaling.offer = OPEN;
    await world.bridge.start();
    await world.inConference(HOST_PIN);
    world.signaling.offer = HELD;
    const late = await world.inConference(GUEST_PIN);
    expect(world.endpoint(late).room).toBe('conference-a1');
    expect(mutedSilently(late)).toBe(true);
    await offer(late, OPEN);
    expect(mutedSilently(late)).toBe(false);
  });
});
