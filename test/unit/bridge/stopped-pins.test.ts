import { beforeEach, describe, expect, it } from 'vitest';
import type { ConferenceOptions } from '../../../src/domain/conference-options.js';
import { accountId, bookingId, inviteeId } from '../../../src/domain/identifiers.js';
import { pin } from '../../conformance/store-stage.js';
import type { FakeCall } from '../../fakes/fake-signaling.js';
import { saysName } from './named.js';
import { GUEST_PIN, HOST_PIN, settle, World } from './world.js';

const ACCOUNT = accountId('a1');
const HOUR = 3_600_000;
const BOOKED_HOST = '736455182';
const BOOKED_GUEST = '184736290';
const ANNS = '629481537';
const NEW_PIN = '308617254';

let world: World;
/** When the booking starts, on the wall. */
let start: number;

async function begin(options: Partial<ConferenceOptions> = {}): Promise<void> {
  world = new World(100, options).keep('m1', 'm2');
  await world.bridge.start();
}

/** A booking that is open now, with PINs of the series and one of Ann's own. */
function book(): void {
  start = world.clock.wall();
  const added = world.store.addBooking(
    {
      ...{ id: bookingId('b1'), accountId: ACCOUNT, title: 'Board', startsLocal: '2026-01-01T00:00', timeZone: 'UTC' },
      ...{ durationMs: HOUR, rule: null, pinsEach: false, personalPins: false, earlyMs: 0, overrunMs: 0 },
      ...{ recording: null, createdAt: start, unrolledUntil: null },
    },
    {
      occurrences: [
        { startsAt: start, endsAt: start + HOUR, pins: null },
        { startsAt: start + 2 * HOUR, endsAt: start + 3 * HOUR, pins: null },
      ],
      pins: {
        host: pin(`h:${BOOKED_HOST}`),
        guest: pin(`h:${BOOKED_GUEST}`),
        invitees: [{ id: inviteeId('i1'), pin: pin(`h:${ANNS}`) }],
      },
      invitees: [{ id: inviteeId('i1'), name: 'Ann', email: null, phone: null }],
    },
  );
  expect(added).toBe(true);
}

const lastHeard = (call: FakeCall): string => world.endpoint(call).log.at(-1) ?? '';
const room = (call: FakeCall): string | null => world.endpoint(call).room;
const rotate = (role: 'host' | 'guest'): void => {
  expect(world.store.rotatePins(ACCOUNT, { [role]: pin(`h:${NEW_PIN}`) })).toBe(true);
};
const AGAIN = /^play pin-not-recognised \+ enter-pin$/;

/** The ways in which a PIN stops, each with the PIN that it stops. */
const WAYS: readonly (readonly [string, string, () => unknown])[] = [
  ['rotated', GUEST_PIN, (): unknown => world.store.rotatePins(ACCOUNT, { guest: pin(`h:${NEW_PIN}`) })],
  ['of a disabled account', GUEST_PIN, (): unknown => world.store.updateAccount(ACCOUNT, { enabled: false })],
  ['of a removed account', GUEST_PIN, (): unknown => world.store.removeAccount(ACCOUNT)],
  [
    'of a booking and rotated',
    BOOKED_GUEST,
    (): unknown => world.store.replaceBookingPins(bookingId('b1'), null, { guest: pin(`h:${NEW_PIN}`) }),
  ],
  [
    'of a cancelled booking',
    BOOKED_GUEST,
    (): unknown => world.store.cancelBooking(bookingId('b1'), world.clock.wall()),
  ],
  [
    'of a cancelled occurrence',
    BOOKED_GUEST,
    (): unknown => world.store.cancelOccurrence(bookingId('b1'), start, world.clock.wall()),
  ],
  ['of a revoked invitee', ANNS, (): unknown => world.store.revokeInvitee(inviteeId('i1'), world.clock.wall())],
];

describe('a PIN that is stopped while its caller says a name', () => {
  beforeEach(async () => {
    await begin({ nameOnEntry: true });
    book();
  });

  it.each(WAYS)('%s: is not recognised at the moment of joining, and the name is forgotten', async (_, keyed, stop) => {
    const call = await saysName(world, keyed);
    stop();
    world.press(call, '#');
    await settle();
    expect(lastHeard(call)).toMatch(AGAIN);
    expect(world.bridge.status().conferences).toBe(0);
    expect(world.names.kept.size).toBe(0);
    await world.hangUp(call);
    expect(world.records().map(({ outcome, joinedAt }) => [outcome, joinedAt])).toEqual([['abandoned', null]]);
  });

  it('leaves no name behind where the mixer ends its recording only afterwards', async () => {
    const call = await saysName(world, GUEST_PIN);
    const endpoint = world.endpoint(call);
    const ending = endpoint.stopRecording.bind(endpoint);
    let late: () => void = () => undefined;
    const isLate = new Promise<void>((resolve) => {
      late = resolve;
    });
    endpoint.stopRecording = () => isLate.then(ending);
    rotate('guest');
    world.press(call, '#');
    // longer than a recording is waited for
    await world.wait(6_000);
    late();
    await settle();
    expect(lastHeard(call)).toMatch(AGAIN);
    expect(world.names.kept.size).toBe(0);
  });

  it('makes nobody host by the host PIN there was; by the new one it does, the name said anew', async () => {
    const call = await saysName(world, HOST_PIN);
    rotate('host');
    world.press(call, '#');
    await settle();
    expect(lastHeard(call)).toMatch(AGAIN);
    await world.wait(3_100);
    world.press(call, NEW_PIN);
    await settle();
    expect(lastHeard(call)).toBe('play say-your-name');
    await world.wait(3_100);
    world.endpoint(call).finish();
    await settle();
    world.press(call, '#');
    await settle();
    await world.listen(call);
    expect(room(call)).toBe('conference-a1');
    expect(world.names.kept.size).toBe(1);
    expect(world.media.all.flatMap(({ log }) => log).join()).toContain('you-are-the-host');
  });

  it('of others keeps nobody out', async () => {
    const call = await saysName(world, HOST_PIN);
    rotate('guest');
    world.press(call, '#');
    await settle();
    await world.listen(call);
    expect(room(call)).toBe('conference-a1');
  });
});

describe('a PIN that is stopped before the name is asked for', () => {
  it('is not recognised at the first look at the gate: nobody says a name in vain', async () => {
    await begin({ nameOnEntry: true });
    world.store.updateAccount(ACCOUNT, { securityCode: pin('h:4711') });
    const call = await world.inConference(GUEST_PIN);
    rotate('guest');
    await world.wait(3_100);
    world.press(call, '4711#');
    await settle();
    expect(lastHeard(call)).toMatch(AGAIN);
  });

  it('counts among the three tries', async () => {
    await begin();
    world.store.updateAccount(ACCOUNT, { securityCode: pin('h:4711') });
    const call = await world.inConference(GUEST_PIN);
    for (const code of ['1234#', '1235#', '4711#']) {
      if (code === '4711#') rotate('guest');
      await world.wait(3_100);
      world.press(call, code);
      await settle();
    }
    expect(lastHeard(call)).toContain('pin-not-recognised + goodbye');
  });
});

describe('a moderator PIN that is stopped before its caller is in', () => {
  it('makes nobody host', async () => {
    await begin();
    const made = { ...world.store.account(ACCOUNT), id: accountId('a2'), name: 'Board' } as never;
    const pins = { access: pin('h:271828182'), moderator: pin('h:314159265'), security: pin('h:4711') };
    world.store.addAccount(made, pins);
    const call = await world.inConference('271828182');
    await world.wait(3_100);
    world.press(call, '*');
    await settle();
    world.press(call, '314159265');
    await settle();
    expect(lastHeard(call)).toContain('enter-security-code');
    world.store.rotatePins(accountId('a2'), { moderator: pin(`h:${NEW_PIN}`) });
    await world.wait(3_100);
    world.press(call, '4711#');
    await settle();
    expect(lastHeard(call)).toMatch(AGAIN);
    expect(world.bridge.status().conferences).toBe(0);
  });
});

describe('a PIN that is stopped while its callers wait', () => {
  beforeEach(async () => {
    await begin();
    book();
  });

  it.each(WAYS)('%s: they are asked for another within seconds, the others wait on', async (_, keyed, stop) => {
    const call = await world.inConference(keyed);
    expect(lastHeard(call)).toContain('(loop)');
    await world.wait(10_000);
    expect(lastHeard(call)).toContain('(loop)');
    stop();
    await world.wait(5_000);
    expect(lastHeard(call)).toMatch(AGAIN);
    expect(world.bridge.status().conferences).toBe(0);
  });

  it('rotated: whoever waits by another PIN of the same conference waits on', async () => {
    const [anyone, ann] = [await world.inConference(BOOKED_GUEST), await world.inConference(ANNS)];
    world.store.revokeInvitee(inviteeId('i1'), world.clock.wall());
    await world.wait(5_000);
    expect(lastHeard(ann)).toMatch(AGAIN);
    expect(lastHeard(anyone)).toContain('(loop)');
    const host = await world.inConference(BOOKED_HOST);
    await world.listen(anyone);
    expect(room(anyone)).toBe(room(host));
    expect(room(ann)).toBeNull();
  });

  it('lets nobody in with the host who comes in at the same moment, and those by another PIN it does', async () => {
    const [ann, guest] = [await world.inConference(ANNS), await world.inConference(BOOKED_GUEST)];
    const host = await world.answered();
    world.clock.advance(400);
    await settle();
    world.press(host, BOOKED_HOST);
    await settle();
    world.store.revokeInvitee(inviteeId('i1'), world.clock.wall());
    await world.listen(host);
    expect(room(host)).not.toBeNull();
    expect(lastHeard(ann)).toMatch(AGAIN);
    await world.listen(guest);
    expect([room(ann), room(guest)]).toEqual([null, room(host)]);
    expect(world.roomHeard().join()).not.toContain('has-left');
  });

  it('leaves those who are in where they are, on hold too, and those whose booking was over for its PINs', async () => {
    world.store.updateAccount(ACCOUNT, {
      options: { ...(world.store.account(ACCOUNT)?.options as ConferenceOptions), hostLeaves: 'hold' },
    });
    const [guest, host] = [await world.inConference(GUEST_PIN), await world.inConference(HOST_PIN)];
    await world.listen(guest);
    expect(room(guest)).not.toBeNull();
    rotate('guest');
    await world.wait(5_000);
    expect(room(guest)).not.toBeNull();
    await world.hangUp(host);
    await world.listen(guest);
    await world.wait(5_000);
    expect(lastHeard(guest)).toContain('(loop)');
    const again = await world.inConference(HOST_PIN);
    await world.listen(guest);
    expect(room(guest)).toBe(room(again));
  });

  it('is known to the process that comes after the one that took it, and no PIN is stored for that', async () => {
    const guest = await world.inConference(GUEST_PIN);
    const stored = JSON.stringify(world.store.live('call'));
    expect(stored.replaceAll(`h:${GUEST_PIN}`, '')).not.toContain(GUEST_PIN);
    await world.restart();
    rotate('guest');
    await world.wait(5_000);
    expect(lastHeard(guest)).toMatch(AGAIN);
  });

  it('is looked at again where the store could not be asked: nobody is turned away for that', async () => {
    const guest = await world.inConference(GUEST_PIN);
    const asked = world.store.stillOpens.bind(world.store);
    let trouble = 0;
    world.store.stillOpens = () => {
      trouble += 1;
      throw new Error('database is locked');
    };
    rotate('guest');
    await world.wait(20_000);
    expect(trouble).toBeGreaterThan(1);
    expect(lastHeard(guest)).toContain('(loop)');
    expect(world.lines.filter((line) => line.includes('database is locked'))).toHaveLength(1);
    world.store.stillOpens = asked;
    await world.wait(5_000);
    expect(lastHeard(guest)).toMatch(AGAIN);
  });
});

describe('a caller who comes by the PIN of another account, after the first one was stopped', () => {
  it('is recorded with that account alone', async () => {
    await begin({ lobby: true });
    const other = { ...world.store.account(ACCOUNT), id: accountId('a2'), name: 'Board' } as never;
    world.store.addAccount(other, { host: pin('h:271828182'), guest: pin('h:314159265'), security: pin('h:4711') });
    await world.inConference(HOST_PIN);
    const call = await world.inConference(GUEST_PIN);
    rotate('guest');
    await world.wait(6_000);
    expect(lastHeard(call)).toMatch(AGAIN);
    world.press(call, '314159265');
    await settle();
    expect(lastHeard(call)).toContain('enter-security-code');
    await world.hangUp(call);
    expect(world.records().map(({ accountId: of, conferenceRecordId }) => [of, conferenceRecordId])).toEqual([
      ['a2', null],
    ]);
  });
});

describe('a PIN of a booking whose time is over', () => {
  it('is not stopped: who said a name meanwhile hears that the booking is over', async () => {
    await begin({ nameOnEntry: true });
    book();
    const call = await saysName(world, BOOKED_GUEST);
    world.clock.advance(HOUR);
    await settle();
    await world.listen(call);
    expect(world.endpoint(call).log.join()).toContain('conference-ended');
  });
});
