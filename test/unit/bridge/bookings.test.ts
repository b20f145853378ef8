import { beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_CONFERENCE_OPTIONS } from '../../../src/domain/conference-options.js';
import { accountId, bookingId, inviteeId } from '../../../src/domain/identifiers.js';
import type { NewBooking } from '../../../src/ports/store-bookings.js';
import { pin } from '../../conformance/store-stage.js';
import type { FakeCall } from '../../fakes/fake-signaling.js';
import { saysName } from './named.js';
import { GUEST_PIN, HOST_PIN, settle, World } from './world.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const BOOKED_HOST = '736455182';
const BOOKED_GUEST = '184736290';
const ANNS = '629481537';

let world: World;
/** When the booking starts, on the wall. */
let start: number;

/** A booking that starts in an hour and lasts one, with PINs of the series, and one of Ann's own. */
function book(more: Partial<NewBooking> = {}, id = 'b1'): void {
  const added = world.store.addBooking(
    {
      id: bookingId(id),
      accountId: accountId('a1'),
      ...{ title: 'Board', startsLocal: '2026-01-01T00:00', timeZone: 'UTC', durationMs: HOUR, rule: null },
      ...{ pinsEach: false, personalPins: false, earlyMs: 0, overrunMs: 0, recording: null },
      ...{ createdAt: world.clock.wall(), unrolledUntil: null },
      ...more,
    },
    {
      occurrences: [{ startsAt: start, endsAt: start + HOUR, pins: null }],
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

/** On every mixer the call was on. */
const heard = (call: FakeCall): string =>
  world.media.all
    .filter((endpoint) => endpoint.callId === call.id)
    .flatMap(({ log }) => log)
    .join('\n');

/** Only the clock passes: nobody is in a call. */
const at = (wall: number): void => {
  world.clock.advance(wall - world.clock.wall());
};

beforeEach(async () => {
  world = new World().keep('m1', 'm2');
  await world.bridge.start();
  start = world.clock.wall() + HOUR;
});

/** What somebody hears of a PIN that is keyed. */
async function keyed(digits: string): Promise<string> {
  const call = await world.inConference(digits);
  await world.hangUp(call);
  return heard(call);
}

describe('a PIN of a booking', () => {
  it.each([
    ['not open yet', (): void => at(start - 1_000)],
    ['over', (): void => at(start + HOUR)],
    ['cancelled', (): void => void (at(start), world.store.cancelBooking(bookingId('b1'), start))],
    ['disabled', (): void => void (at(start), world.store.updateAccount(accountId('a1'), { enabled: false }))],
    [
      'replaced',
      (): void => void (at(start), world.store.replaceBookingPins(bookingId('b1'), null, { guest: pin('x') })),
    ],
  ])('that is %s sounds like one that never was', async (_, make) => {
    book();
    const unknown = await keyed('555566677');
    make();
    expect(await keyed(BOOKED_GUEST)).toBe(unknown);
    expect(unknown).toContain('pin-not-recognised');
  });

  it('opens a conference of its own, apart from that of the account, with the recording of the booking', async () => {
    book({ recording: 'automatic' });
    at(start);
    const host = await world.inConference(BOOKED_HOST);
    const other = await world.inConference(HOST_PIN);
    const guest = await world.inConference(BOOKED_GUEST);
    expect(world.endpoint(host).room).toBe(`conference-b1-${start}`);
    expect(world.endpoint(guest).room).toBe(`conference-b1-${start}`);
    expect(world.endpoint(other).room).toBe('conference-a1');
    expect([...world.media.roomRecordings.keys()]).toEqual([`conference-b1-${start}`]);
    await world.hangUp(guest);
    await world.hangUp(host);
    await world.hangUp(other);
    expect(world.records().map(({ bookingId: id, role }) => [id, role])).toEqual(
      expect.arrayContaining([
        ['b1', 'host'],
        ['b1', 'guest'],
        [null, 'host'],
      ]),
    );
    const conferences = world.store.conferenceRecords({ limit: 10 });
    expect(conferences.map(({ bookingId: id }) => id).sort()).toEqual(['b1', null].sort());
  });

  it('lets guests in early, where that is booked: they wait for the host as always', async () => {
    book({ earlyMs: 10 * MINUTE });
    at(start - 10 * MINUTE - 1_000);
    expect(await keyed(BOOKED_GUEST)).toContain('pin-not-recognised');
    at(start - 10 * MINUTE);
    const guest = await world.inConference(BOOKED_GUEST);
    expect(heard(guest)).toContain('host-not-arrived');
    const host = await world.inConference(BOOKED_HOST);
    await world.listen(guest);
    expect(world.endpoint(guest).room).toBe(world.endpoint(host).room);
  });

  it('of an invitee is in the record of the call', async () => {
    book();
    at(start);
    await world.hangUp(await world.inConference(ANNS));
    expect(world.records()[0]).toMatchObject({ bookingId: 'b1', inviteeId: 'i1', accountId: 'a1', role: 'guest' });
    world.store.revokeInvitee(inviteeId('i1'), start);
    expect(await keyed(ANNS)).toContain('pin-not-recognised');
    expect(await keyed(BOOKED_GUEST)).toContain('host-not-arrived');
  });

  it('asks for the security code of the day it was booked', async () => {
    world.store.updateAccount(accountId('a1'), { securityCode: pin('h:4711') });
    book();
    world.store.updateAccount(accountId('a1'), { securityCode: pin('h:5822') });
    at(start);
    for (const [code, answer] of [
      ['5822', 'security-code-not-recognised'],
      ['4711', 'you-are-the-host'],
    ] as const) {
      const call = await world.inConference(BOOKED_HOST);
      expect(heard(call)).toContain('enter-security-code');
      await world.wait(3_100);
      world.press(call, `${code}#`);
      await settle();
      await world.listen(call);
      expect(heard(call)).toContain(answer);
      await world.hangUp(call);
    }
  });

  it('asks for none where there was none that day, whatever the account has now', async () => {
    book();
    world.store.updateAccount(accountId('a1'), { securityCode: pin('h:4711') });
    at(start);
    const host = await world.inConference(BOOKED_HOST);
    expect(heard(host)).not.toContain('enter-security-code');
    expect(world.endpoint(host).room).toBe(`conference-b1-${start}`);
  });
});

describe('the name of an invitee, recorded by an administrator', () => {
  const names = (nameOnEntry: boolean): void => {
    const options = { ...DEFAULT_CONFERENCE_OPTIONS, nameOnEntry, entry: 'name' as const };
    world.store.updateAccount(accountId('a1'), { options });
    book();
    world.store.keepSpokenName(inviteeId('i1'), Buffer.from('a sound'));
    at(start);
  };
  const host = async (): Promise<FakeCall> => {
    world.names.speechMs = 0;
    const call = await saysName(world, BOOKED_HOST);
    world.press(call, '#');
    await settle();
    await world.listen(call);
    return call;
  };

  it.each([true, false])(
    'is what all hear and a roll call reads; nobody is asked for it (names on entry: %s)',
    async (asked) => {
      names(asked);
      const first = asked ? await host() : await world.inConference(BOOKED_HOST);
      const ann = await world.inConference(ANNS);
      expect(heard(ann)).not.toContain('say-your-name');
      expect(world.roomHeard().join()).toContain(`name-${ann.id}-name + has-joined`);
      world.press(first, '*8');
      await settle();
      await world.listen(first);
      expect(heard(first)).toContain(`name-${ann.id}-name`);
      await world.restart();
      expect([...world.names.kept.keys()]).toEqual([`${ann.id}-name`]);
      await world.hangUp(ann);
      await world.hangUp(first);
      expect(world.names.kept.size).toBe(0);
    },
  );

  it('costs nobody the call where it cannot be had: an unnamed caller comes in', async () => {
    names(false);
    await world.inConference(BOOKED_HOST);
    world.names.broken = true;
    const ann = await world.inConference(ANNS);
    expect(world.endpoint(ann).room).toBe(`conference-b1-${start}`);
    expect(world.roomHeard().join()).toContain('unnamed-caller + has-joined');
  });

  it('is gone when the call is, where the caller did not come in', async () => {
    names(false);
    const ann = await world.inConference(ANNS);
    expect(heard(ann)).toContain('host-not-arrived');
    expect(world.names.kept.size).toBe(1);
    await world.hangUp(ann);
    expect(world.names.kept.size).toBe(0);
  });
});

describe('the end of a booking', () => {
  /** Host and guest in the conference. */
  async function inside(): Promise<{ readonly host: FakeCall; readonly guest: FakeCall }> {
    return { host: await world.inConference(BOOKED_HOST), guest: await world.inConference(BOOKED_GUEST) };
  }

  it('is warned of, and then everyone is off, with the overrun', async () => {
    book({ overrunMs: 30 * MINUTE });
    at(start + 80 * MINUTE);
    const { host, guest } = await inside();
    await world.listenInRooms();
    await world.wait(start + 85 * MINUTE - world.clock.wall());
    expect(world.roomHeard().at(-1)).toContain('booking-five-minutes');
    await world.listenInRooms();
    await world.wait(4 * MINUTE);
    expect(world.roomHeard().at(-1)).toContain('booking-one-minute');
    await world.wait(MINUTE);
    for (const call of [host, guest]) {
      expect(heard(call).split('\n').at(-1)).toContain('play conference-ended');
      world.endpoint(call).finish();
    }
    await settle();
    expect(world.records().map(({ outcome }) => outcome)).toEqual(['booking-ended', 'booking-ended']);
    expect(world.store.conferenceRecords({ limit: 1 })).toMatchObject([{ outcome: 'booking-ended', bookingId: 'b1' }]);
    expect(await keyed(BOOKED_HOST)).toContain('pin-not-recognised');
  });

  it('is as booked for who is in, when it is cancelled meanwhile; nobody comes in any more', async () => {
    book();
    at(start + 50 * MINUTE);
    const { host } = await inside();
    world.store.cancelBooking(bookingId('b1'), world.clock.wall());
    expect(await keyed(BOOKED_GUEST)).toContain('pin-not-recognised');
    await world.wait(9 * MINUTE);
    expect(world.endpoint(host).room).not.toBeNull();
    await world.wait(MINUTE);
    expect(heard(host)).toContain('conference-ended');
  });

  it('holds after the process died, and where it passed meanwhile', async () => {
    book();
    at(start + 50 * MINUTE);
    const { host } = await inside();
    await world.restart();
    await world.wait(start + 55 * MINUTE - world.clock.wall());
    expect(world.roomHeard().at(-1)).toContain('booking-five-minutes');
    world.crash();
    world.clock.advance(10 * MINUTE);
    await world.restart();
    await world.wait(100);
    expect(heard(host)).toContain('conference-ended');
    world.endpoint(host).finish();
    await settle();
    expect(world.records().find(({ id }) => id === host.id)).toMatchObject({
      outcome: 'booking-ended',
      bookingId: 'b1',
    });
  });

  it('keeps out who keyed the PIN in time and said a name too late; no conference is recorded', async () => {
    world.store.updateAccount(accountId('a1'), { options: { ...DEFAULT_CONFERENCE_OPTIONS, nameOnEntry: true } });
    book();
    at(start + HOUR - 5_000);
    const host = await saysName(world, BOOKED_HOST);
    await world.wait(3_000);
    world.press(host, '#');
    await settle();
    await world.listen(host);
    expect(heard(host)).toContain('conference-ended');
    expect(world.records()).toMatchObject([{ outcome: 'booking-ended', joinedAt: null, conferenceRecordId: null }]);
    expect(world.store.conferenceRecords({ limit: 1 })).toEqual([]);
    expect(world.names.kept.size).toBe(0);
  });

  it("does not touch the account's own conference", async () => {
    book();
    at(start + 58 * MINUTE);
    const own = await world.inConference(HOST_PIN);
    await inside();
    await world.wait(3 * MINUTE);
    expect(world.endpoint(own).room).toBe('conference-a1');
    expect(await keyed(GUEST_PIN)).toContain('joining');
  });
});
