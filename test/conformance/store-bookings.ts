import { describe, expect, it } from 'vitest';
import { accountId, bookingId, inviteeId } from '../../src/domain/identifiers.js';
import { Duplicate, type NewPin } from '../../src/ports/store.js';
import type {
  BookingPins,
  BookingStore,
  NewBooking,
  NewInvitee,
  NewOccurrence,
} from '../../src/ports/store-bookings.js';
import type { StoreStage } from './store-stage.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** When the first occurrence starts. */
const START = 1_800_000_000_000;

const pin = (hash: string, sealed?: string): NewPin => ({
  hash,
  length: 9,
  ...(sealed === undefined ? {} : { sealed }),
});

const booking = (id: string, more: Partial<NewBooking> = {}): NewBooking => ({
  id: bookingId(id),
  accountId: accountId('a1'),
  title: `Title of ${id}`,
  startsLocal: '2027-01-15T08:00',
  timeZone: 'UTC',
  durationMs: HOUR,
  rule: null,
  pinsEach: false,
  personalPins: false,
  earlyMs: 0,
  overrunMs: 0,
  recording: null,
  createdAt: START - 1_000,
  unrolledUntil: null,
  ...more,
});

const occurrence = (startsAt: number, pins: BookingPins | null = null): NewOccurrence => ({
  startsAt,
  endsAt: startsAt + HOUR,
  pins,
});

const invitee = (id: string, more: Partial<NewInvitee> = {}): NewInvitee => ({
  id: inviteeId(id),
  name: `Name of ${id}`,
  email: null,
  phone: null,
  ...more,
});

const seriesPins = (id: string): BookingPins => ({
  host: pin(`${id}-host`),
  guest: pin(`${id}-guest`, `${id}-sealed`),
});

/** Bookings, their occurrences, PINs and invitees. @param stage of the test that runs */
export function describeBookings(stage: () => StoreStage): void {
  const store = (): BookingStore & StoreStage['store'] => stage().store;

  /** A booking of a1 with PINs of the series. */
  function add(
    id: string,
    more: Partial<NewBooking> = {},
    parts: Partial<Parameters<BookingStore['addBooking']>[1]> = {},
  ): void {
    if (store().account(accountId('a1')) === null) stage().add('a1');
    const whole = { occurrences: [occurrence(START)], pins: seriesPins(id), invitees: [], ...parts };
    expect(store().addBooking(booking(id, more), whole)).toBe(true);
  }

  const opens = (hash: string, at: number): number | null => store().findPin(hash, at)?.booking?.startsAt ?? null;

  describe('bookings', () => {
    it('is kept as it was made, with who is invited', () => {
      const more = { rule: 'FREQ=DAILY', recording: 'automatic', unrolledUntil: START + 5 * HOUR } as const;
      const ann = invitee('i1', { email: 'ann@example.org' });
      const bob = invitee('i2', { phone: '+441' });
      add('b1', more, { invitees: [ann, bob], occurrences: [occurrence(START), occurrence(START + 2 * HOUR)] });
      const kept = { ...booking('b1', more), securityCode: false, revision: 0, cancelledAt: null };
      expect(store().booking(bookingId('b1'))).toEqual(kept);
      expect(store().invitees(bookingId('b1'))).toEqual([
        { ...ann, revokedAt: null, spoken: false },
        { ...bob, revokedAt: null, spoken: false },
      ]);
      expect(store().invitee(inviteeId('i2'))).toEqual({ ...bob, revokedAt: null, spoken: false, bookingId: 'b1' });
      expect(store().occurrences({ bookingId: bookingId('b1'), limit: 10 })).toEqual([
        { booking: kept, startsAt: START, endsAt: START + HOUR, cancelledAt: null },
        { booking: kept, startsAt: START + 2 * HOUR, endsAt: START + 3 * HOUR, cancelledAt: null },
      ]);
      expect(store().booking(bookingId('nobody'))).toBeNull();
      expect(store().invitee(inviteeId('nobody'))).toBeNull();
      expect(store().invitees(bookingId('nobody'))).toEqual([]);
    });

    it('keeps how the name of an invitee is said, until the invitation is taken back', () => {
      add('b1', {}, { invitees: [invitee('i1'), invitee('i2')] });
      const [ann, bob] = [inviteeId('i1'), inviteeId('i2')];
      expect(store().keepSpokenName(ann, Buffer.from('first'))).toBe(true);
      expect(store().keepSpokenName(ann, Buffer.from('ann'))).toBe(true);
      expect(store().keepSpokenName(bob, Buffer.from('bob'))).toBe(true);
      expect(Buffer.from(store().spokenName(ann) ?? []).toString()).toBe('ann');
      expect(store().invitee(ann)?.spoken).toBe(true);
      expect(store().revokeInvitee(ann, START)).toBe(true);
      expect(store().spokenName(ann)).toBeNull();
      expect(store().keepSpokenName(ann, Buffer.from('again'))).toBe(false);
      expect(store().keepSpokenName(inviteeId('nobody'), Buffer.from('x'))).toBe(false);
      expect(store().spokenName(inviteeId('nobody'))).toBeNull();
      expect(
        store()
          .invitees(bookingId('b1'))
          .map(({ spoken }) => spoken),
      ).toEqual([false, true]);
    });

    it('needs its account', () => {
      const parts = { occurrences: [], pins: seriesPins('b1'), invitees: [] };
      expect(store().addBooking(booking('b1'), parts)).toBe(false);
      stage().add('a1');
      expect(store().booking(bookingId('b1'))).toBeNull();
      add('b1');
    });

    it('is made wholly or not at all: no occurrence, PIN or invitee is left of one whose PIN is taken', () => {
      stage().add('a1');
      const parts = {
        occurrences: [occurrence(START, { host: pin('free'), guest: pin('a1-host') })],
        pins: null,
        invitees: [invitee('i1')],
      };
      expect(() => store().addBooking(booking('b1', { pinsEach: true }), parts)).toThrow(Duplicate);
      expect(store().booking(bookingId('b1'))).toBeNull();
      expect(store().invitee(inviteeId('i1'))).toBeNull();
      expect(store().occurrences({ limit: 10 })).toEqual([]);
      expect(store().findPin('free', START)).toBeNull();
      add('b2', {}, { pins: { host: pin('free'), guest: pin('free2') }, invitees: [invitee('i1')] });
    });

    it.each([
      ['its own', { host: pin('x'), guest: pin('x') }],
      ["its account's guest's", { host: pin('x'), guest: pin('a1-guest') }],
    ])('lets no PIN be another: %s', (_, pins) => {
      stage().add('a1');
      const parts = { occurrences: [occurrence(START)], pins, invitees: [] };
      expect(() => store().addBooking(booking('b1'), parts)).toThrow(Duplicate);
      expect(store().findPin('x', START)).toBeNull();
    });

    it('goes with its account', () => {
      add('b1', {}, { invitees: [invitee('i1')] });
      store().removeAccount(accountId('a1'));
      expect(store().booking(bookingId('b1'))).toBeNull();
      expect(store().invitee(inviteeId('i1'))).toBeNull();
      expect(store().occurrences({ limit: 10 })).toEqual([]);
      expect(store().findPin('b1-host', START)).toBeNull();
    });
  });

  describe('PINs of a booking', () => {
    it('open it from its start to its end, and nothing before and after', () => {
      add('b1');
      expect(opens('b1-host', START - 1)).toBeNull();
      expect(opens('b1-host', START)).toBe(START);
      expect(opens('b1-guest', START + HOUR - 1)).toBe(START);
      expect(opens('b1-guest', START + HOUR)).toBeNull();
      expect(store().findPin('a1-host', START)?.booking).toBeNull();
    });

    it('say what they open: role, recording, when it is over with the overrun', () => {
      add('b1', { earlyMs: 10 * MINUTE, overrunMs: 30 * MINUTE, recording: 'automatic' });
      const match = { id: 'b1', startsAt: START, endsAt: START + 90 * MINUTE, recording: 'automatic', inviteeId: null };
      const account = store().account(accountId('a1'));
      const plain = { account, byAccessCode: false, securityCode: false, booking: match };
      expect(store().findPin('b1-host', START - 10 * MINUTE)).toEqual({ ...plain, role: 'host' });
      expect(store().findPin('b1-guest', START + 90 * MINUTE - 1)).toEqual({ ...plain, role: 'guest' });
      expect(store().findPin('b1-host', START - 10 * MINUTE - 1)).toBeNull();
      expect(store().findPin('b1-guest', START + 90 * MINUTE)).toBeNull();
    });

    it('of a series open the occurrence that is on; between two the one to come before the one that overruns', () => {
      const margins = { earlyMs: 30 * MINUTE, overrunMs: 2 * HOUR };
      add('b1', margins, { occurrences: [occurrence(START), occurrence(START + 2 * HOUR)] });
      expect(opens('b1-guest', START + 30 * MINUTE)).toBe(START);
      expect(opens('b1-guest', START + 80 * MINUTE)).toBe(START);
      expect(opens('b1-guest', START + 90 * MINUTE)).toBe(START + 2 * HOUR);
      expect(opens('b1-guest', START + 150 * MINUTE)).toBe(START + 2 * HOUR);
      expect(opens('b1-guest', START + 5 * HOUR)).toBeNull();
    });

    it('of one occurrence open that one alone', () => {
      const [one, two] = [
        { host: pin('h1'), guest: pin('g1') },
        { host: pin('h2'), guest: pin('g2') },
      ];
      const occurrences = [occurrence(START, one), occurrence(START + 2 * HOUR, two)];
      add('b1', { pinsEach: true }, { occurrences, pins: null });
      expect(opens('g1', START)).toBe(START);
      expect(opens('g1', START + 2 * HOUR)).toBeNull();
      expect(opens('h2', START)).toBeNull();
      expect(opens('h2', START + 2 * HOUR)).toBe(START + 2 * HOUR);
    });

    it('of an invitee say whose they are, and stop alone when the invitation is taken back', () => {
      const invitees = [
        { id: inviteeId('i1'), pin: pin('p1') },
        { id: inviteeId('i2'), pin: pin('p2') },
      ];
      const parts = { invitees: [invitee('i1'), invitee('i2')], pins: { host: pin('h'), invitees } };
      add('b1', { personalPins: true }, parts);
      expect(store().findPin('p1', START)).toMatchObject({ role: 'guest', booking: { inviteeId: 'i1' } });
      expect(store().revokeInvitee(inviteeId('i1'), START + 1.4)).toBe(true);
      expect(store().findPin('p1', START)).toBeNull();
      expect(store().findPin('p2', START)?.booking?.inviteeId).toBe('i2');
      expect(store().invitee(inviteeId('i1'))?.revokedAt).toBe(START + 1);
      expect(store().revokeInvitee(inviteeId('i1'), START)).toBe(false);
      expect(store().revokeInvitee(inviteeId('nobody'), START)).toBe(false);
      expect(store().booking(bookingId('b1'))?.revision).toBe(1);
    });

    it('open what they opened, whatever the time, until they or what they open are stopped', () => {
      const later = START + 5 * HOUR;
      const still = (hash: string, startsAt: number | null): boolean => store().stillOpens(hash, startsAt);
      const invitees = [{ id: inviteeId('i1'), pin: pin('i1-pin') }];
      add(
        'b1',
        {},
        {
          occurrences: [occurrence(START), occurrence(later, { host: pin('own-host') })],
          pins: { ...seriesPins('b1'), invitees },
          invitees: [invitee('i1')],
        },
      );
      const all = ['b1-host', 'b1-guest', 'i1-pin'];
      expect(all.map((hash) => still(hash, START))).toEqual([true, true, true]);
      expect([still('b1-host', START + 1), still('b1-host', null), still('a1-host', START)]).toEqual([
        false,
        false,
        false,
      ]);
      expect([still('own-host', later), still('nobody', START)]).toEqual([true, false]);
      store().replaceBookingPins(bookingId('b1'), null, { guest: pin('new-guest') });
      expect([still('b1-guest', START), still('new-guest', START)]).toEqual([false, true]);
      store().revokeInvitee(inviteeId('i1'), START);
      expect([still('i1-pin', START), still('b1-host', START)]).toEqual([false, true]);
      store().cancelOccurrence(bookingId('b1'), later, START);
      expect([still('own-host', later), still('b1-host', later), still('b1-host', START)]).toEqual([
        false,
        false,
        true,
      ]);
      store().updateAccount(accountId('a1'), { enabled: false });
      expect(still('b1-host', START)).toBe(false);
      store().updateAccount(accountId('a1'), { enabled: true });
      expect(still('b1-host', START)).toBe(true);
      store().cancelBooking(bookingId('b1'), START);
      expect(still('b1-host', START)).toBe(false);
    });

    it('open nothing of a disabled account, and again when it is enabled', () => {
      add('b1');
      store().updateAccount(accountId('a1'), { enabled: false });
      expect(store().findPin('b1-host', START)).toBeNull();
      store().updateAccount(accountId('a1'), { enabled: true });
      expect(opens('b1-host', START)).toBe(START);
    });

    it('are not codes of the account itself', () => {
      add('b1');
      expect(store().codesOf(accountId('a1'))).toEqual({ accessCode: false, securityCode: false });
    });

    it('keep the security code that the account had when it was booked', () => {
      stage().add('a1');
      add('b1');
      store().updateAccount(accountId('a1'), { securityCode: pin('first') });
      add('b2');
      store().updateAccount(accountId('a1'), { securityCode: pin('second') });
      add('b3');
      store().updateAccount(accountId('a1'), { securityCode: null });
      const codes = ['b1', 'b2', 'b3'].map((id) => store().bookingSecurityCodeOf(bookingId(id)));
      expect(codes).toEqual([null, 'first', 'second']);
      expect(store().findPin('b1-guest', START)?.securityCode).toBe(false);
      expect(store().findPin('b2-guest', START)?.securityCode).toBe(true);
      expect(store().findPin('a1-guest', START)?.securityCode).toBe(false);
      expect(store().booking(bookingId('b2'))?.securityCode).toBe(true);
      expect(store().bookingSecurityCodeOf(bookingId('nobody'))).toBeNull();
    });

    it('are replaced one kind at a time; the old ones stop and rest', () => {
      add('b1');
      expect(store().replaceBookingPins(bookingId('b1'), null, { guest: pin('new', 'new-sealed') })).toBe(true);
      expect(opens('b1-guest', START)).toBeNull();
      expect(opens('new', START)).toBe(START);
      expect(opens('b1-host', START)).toBe(START);
      expect(() => add('b2', {}, { pins: { host: pin('b1-guest') } })).toThrow(Duplicate);
      expect(() => store().replaceBookingPins(bookingId('b1'), null, { host: pin('a1-host') })).toThrow(Duplicate);
      expect(opens('b1-host', START)).toBe(START);
      expect(store().replaceBookingPins(bookingId('b1'), START + 1, { host: pin('x') })).toBe(false);
      expect(store().replaceBookingPins(bookingId('nobody'), null, { host: pin('x') })).toBe(false);
    });

    it('that are sealed can be had again, of what is not over', () => {
      const occurrences = [
        occurrence(START, { host: pin('h1'), guest: pin('g1', 's1') }),
        occurrence(START + 2 * HOUR, { host: pin('h2'), guest: pin('g2', 's2') }),
      ];
      add('b1', { pinsEach: true }, { occurrences, pins: null });
      add('b2');
      const guest = { role: 'guest', inviteeId: null };
      const second = { ...guest, sealed: 's2', startsAt: START + 2 * HOUR };
      expect(store().sealedBookingPins(bookingId('b1'), null, START, 10)).toEqual([
        { ...guest, sealed: 's1', startsAt: START },
        second,
      ]);
      expect(store().sealedBookingPins(bookingId('b1'), null, START, 1)).toHaveLength(1);
      expect(store().sealedBookingPins(bookingId('b1'), null, START + HOUR, 10)).toEqual([second]);
      expect(store().sealedBookingPins(bookingId('b2'), null, START + 9 * HOUR, 10)).toEqual([
        { ...guest, sealed: 'b2-sealed', startsAt: null },
      ]);
      store().cancelBooking(bookingId('b1'), START);
      expect(store().sealedBookingPins(bookingId('b1'), null, START, 10)).toEqual([]);
      const own = [1, 2].map((at) => ({ id: inviteeId(`i${at}`), pin: pin(`p${at}`, `sealed-p${at}`) }));
      const parts = { invitees: [invitee('i1'), invitee('i2')], pins: { host: pin('h3'), invitees: own } };
      add('b3', { personalPins: true }, parts);
      expect(store().sealedBookingPins(bookingId('b3'), inviteeId('i2'), START, 1)).toEqual([
        { role: 'guest', inviteeId: inviteeId('i2'), sealed: 'sealed-p2', startsAt: null },
      ]);
      expect(store().sealedBookingPins(bookingId('b3'), null, START, 10)).toEqual([]);
    });
  });

  describe('a cancelled booking', () => {
    it('is open to nobody any more, and its PINs rest', () => {
      add('b1', { unrolledUntil: START + HOUR });
      expect(store().cancelBooking(bookingId('b1'), START + 0.6)).toBe(true);
      expect(store().findPin('b1-host', START)).toBeNull();
      expect(store().booking(bookingId('b1'))).toMatchObject({
        cancelledAt: START + 1,
        revision: 1,
        unrolledUntil: null,
      });
      expect(store().occurrences({ bookingId: bookingId('b1'), limit: 10 })).toEqual([]);
      expect(store().occurrences({ bookingId: bookingId('b1'), cancelled: true, limit: 10 })).toMatchObject([
        { startsAt: START, cancelledAt: START + 1 },
      ]);
      expect(() => add('b2', {}, { pins: { host: pin('b1-host') } })).toThrow(Duplicate);
      expect(store().cancelBooking(bookingId('b1'), START)).toBe(false);
      expect(store().cancelBooking(bookingId('nobody'), START)).toBe(false);
      expect(store().addInvitee(bookingId('b1'), invitee('i9'), [])).toBe(false);
      expect(store().unroll(bookingId('b1'), { from: START + HOUR, until: null, occurrences: [] })).toBe(false);
    });

    it('in one occurrence is open in the others', () => {
      add('b1', {}, { occurrences: [occurrence(START), occurrence(START + 2 * HOUR)] });
      expect(store().cancelOccurrence(bookingId('b1'), START, START)).toBe(true);
      expect(opens('b1-guest', START)).toBeNull();
      expect(opens('b1-guest', START + 2 * HOUR)).toBe(START + 2 * HOUR);
      expect(store().booking(bookingId('b1'))).toMatchObject({ cancelledAt: null, revision: 1 });
      expect(store().cancelOccurrence(bookingId('b1'), START, START)).toBe(false);
      expect(store().cancelOccurrence(bookingId('b1'), START + 1, START)).toBe(false);
      expect(store().cancelOccurrence(bookingId('nobody'), START, START)).toBe(false);
    });

    it('in one occurrence takes that one its own PINs', () => {
      add('b1', { pinsEach: true }, { occurrences: [occurrence(START, seriesPins('o1'))], pins: null });
      store().cancelOccurrence(bookingId('b1'), START, START);
      expect(() => add('b2', {}, { pins: { host: pin('o1-host') } })).toThrow(Duplicate);
      expect(store().sealedBookingPins(bookingId('b1'), null, 0, 10)).toEqual([]);
    });
  });

  describe('further occurrences and invitees', () => {
    it('that are none and never will be leave a booking that is over', () => {
      add('b1', { rule: 'FREQ=DAILY', unrolledUntil: START + HOUR }, { occurrences: [] });
      const end = { from: START + HOUR, until: null, occurrences: [] };
      expect(store().unroll(bookingId('b1'), end)).toBe(true);
      expect(store().booking(bookingId('b1'))?.cancelledAt).toBe(stage().time);
    });

    it('are added once, by whoever comes first', () => {
      add('b1', { rule: 'FREQ=DAILY', unrolledUntil: START + HOUR });
      const occurrences = [occurrence(START), occurrence(START + 2 * HOUR)];
      const more = { from: START + HOUR, until: START + 3 * HOUR, occurrences };
      expect(store().unroll(bookingId('b1'), more)).toBe(true);
      expect(store().unroll(bookingId('b1'), more)).toBe(false);
      expect(store().booking(bookingId('b1'))?.unrolledUntil).toBe(START + 3 * HOUR);
      const known = store().occurrences({ bookingId: bookingId('b1'), limit: 10 });
      expect(known.map(({ startsAt }) => startsAt)).toEqual([START, START + 2 * HOUR]);
      expect(opens('b1-guest', START + 2 * HOUR)).toBe(START + 2 * HOUR);
      expect(store().unroll(bookingId('b1'), { from: START + 3 * HOUR, until: null, occurrences: [] })).toBe(true);
      expect(store().booking(bookingId('b1'))?.unrolledUntil).toBeNull();
    });

    it('are none at all where a PIN of them is taken', () => {
      add('b1', { rule: 'FREQ=DAILY', pinsEach: true, unrolledUntil: START + HOUR }, { pins: null });
      const occurrences = [occurrence(START + 2 * HOUR, { host: pin('free'), guest: pin('a1-guest') })];
      const more = { from: START + HOUR, until: null, occurrences };
      expect(() => store().unroll(bookingId('b1'), more)).toThrow(Duplicate);
      expect(store().booking(bookingId('b1'))?.unrolledUntil).toBe(START + HOUR);
      expect(store().occurrences({ bookingId: bookingId('b1'), limit: 10 })).toHaveLength(1);
      expect(store().findPin('free', START + 2 * HOUR)).toBeNull();
    });

    it('are wanted for those known least far, page by page; not where each has PINs of its own', () => {
      const until = (hours: number): Partial<NewBooking> => ({ rule: 'R', unrolledUntil: START + hours * HOUR });
      add('b1', until(3));
      add('b2', until(1));
      add('b3', until(1));
      add('b4', until(9));
      add('b5', { ...until(1), pinsEach: true });
      add('b6');
      add('b7', until(1));
      store().cancelBooking(bookingId('b7'), START);
      const all = store().bookingsToUnroll(START + 9 * HOUR, 10);
      expect(all.map(({ id }) => id)).toEqual(['b2', 'b3', 'b1']);
      const [first, second] = all;
      expect(store().bookingsToUnroll(START + 9 * HOUR, 1)).toEqual([first]);
      expect(store().bookingsToUnroll(START + 9 * HOUR, 1, first)).toEqual([second]);
      expect(store().bookingsToUnroll(START + 9 * HOUR, 10, all[2])).toEqual([]);
    });

    it('are told of before they run out, where each has PINs of its own', () => {
      const until = (hours: number, more: Partial<NewBooking> = {}): Partial<NewBooking> => ({
        ...{ rule: 'R', pinsEach: true, unrolledUntil: START + hours * HOUR },
        ...more,
      });
      add('b1', until(3));
      add('b2', until(1));
      add('b3', until(9));
      add('b4', until(1, { pinsEach: false }));
      add('b5', until(1, { unrolledUntil: null }));
      add('b6', until(2));
      store().cancelBooking(bookingId('b6'), START);
      const found = store().bookingsRunningOut(START + 9 * HOUR, 10);
      expect(found.map(({ id }) => id)).toEqual(['b2', 'b1']);
      expect(store().bookingsRunningOut(START + 9 * HOUR, 1)).toEqual([found[0]]);
      expect(() => store().bookingsRunningOut(START, 0)).toThrow(RangeError);
    });

    it('let one more in by a PIN of its own', () => {
      add('b1', { personalPins: true }, { pins: { host: pin('h') } });
      const own = [{ startsAt: null, pin: pin('p1', 's1') }];
      expect(store().addInvitee(bookingId('b1'), invitee('i1'), own)).toBe(true);
      expect(store().findPin('p1', START)?.booking?.inviteeId).toBe('i1');
      expect(store().booking(bookingId('b1'))?.revision).toBe(1);
      const taken = [{ startsAt: null, pin: pin('h') }];
      expect(() => store().addInvitee(bookingId('b1'), invitee('i2'), taken)).toThrow(Duplicate);
      expect(store().invitee(inviteeId('i2'))).toBeNull();
      expect(store().addInvitee(bookingId('nobody'), invitee('i2'), [])).toBe(false);
    });
  });

  describe('occurrences', () => {
    const found = (filter: Partial<Parameters<BookingStore['occurrences']>[0]>): readonly string[] =>
      store()
        .occurrences({ limit: 10, ...filter })
        .map((one) => `${one.booking.id} ${(one.startsAt - START) / HOUR}`);

    it('are listed by their start, of all or of one account, in a period, page by page', () => {
      add('b1', {}, { occurrences: [occurrence(START), occurrence(START + 4 * HOUR)] });
      add('b2', {}, { occurrences: [occurrence(START), occurrence(START + 2 * HOUR)] });
      stage().add('a2');
      add('b3', { accountId: accountId('a2') }, { occurrences: [occurrence(START + HOUR)] });
      expect(found({})).toEqual(['b1 0', 'b2 0', 'b3 1', 'b2 2', 'b1 4']);
      expect(found({ accountId: accountId('a1') })).toEqual(['b1 0', 'b2 0', 'b2 2', 'b1 4']);
      expect(found({ bookingId: bookingId('b1') })).toEqual(['b1 0', 'b1 4']);
      expect(found({ from: START + HOUR })).toEqual(['b3 1', 'b2 2', 'b1 4']);
      expect(found({ to: START + 2 * HOUR })).toEqual(['b1 0', 'b2 0', 'b3 1']);
      expect(found({ from: START + HOUR - 1, to: START + HOUR })).toEqual(['b1 0', 'b2 0']);
      expect(found({ limit: 1, after: { startsAt: START, bookingId: bookingId('b1') } })).toEqual(['b2 0']);
      expect(found({ limit: 2, after: { startsAt: START, bookingId: bookingId('b2') } })).toEqual(['b3 1', 'b2 2']);
      expect(found({ accountId: accountId('nobody') })).toEqual([]);
      expect(() => found({ limit: 0 })).toThrow(RangeError);
    });

    it('that overlap others of the account are found, those that touch are not', () => {
      stage().add('a2');
      add('b1', {}, { occurrences: [occurrence(START), occurrence(START + 10 * HOUR)] });
      add('touching', {}, { occurrences: [occurrence(START + HOUR), occurrence(START - HOUR)] });
      add(
        'later',
        { durationMs: 2 * HOUR },
        { occurrences: [{ ...occurrence(START + 9 * HOUR), endsAt: START + 11 * HOUR }] },
      );
      add('over', {}, { occurrences: [occurrence(START + 30 * MINUTE)] });
      add('another', { accountId: accountId('a2') });
      add('off', {}, { occurrences: [occurrence(START)] });
      store().cancelBooking(bookingId('off'), START);
      const overlapping = (from: number, limit = 10): readonly string[] =>
        store()
          .overlapping(bookingId('b1'), from, limit)
          .map((one) => one.booking.id);
      expect(overlapping(START)).toEqual(['over', 'later']);
      expect(overlapping(START, 1)).toEqual(['over']);
      expect(overlapping(START + HOUR)).toEqual(['later']);
      expect(
        store()
          .overlapping(bookingId('touching'), START - HOUR, 10)
          .map((one) => one.booking.id),
      ).toEqual(['over']);
    });

    it('of one booking overlap each other too', () => {
      add('b1', {}, { occurrences: [occurrence(START), occurrence(START + 30 * MINUTE)] });
      expect(store().overlapping(bookingId('b1'), START, 10)).toHaveLength(2);
    });
  });
}
