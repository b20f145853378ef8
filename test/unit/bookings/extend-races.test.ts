import { randomInt } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SqliteStore } from '../../../src/adapters/sqlite/sqlite-store.js';
import { extend } from '../../../src/app/bookings/extend.js';
import { AHEAD } from '../../../src/app/bookings/recurrence.js';
import { invite } from '../../../src/app/bookings/renew.js';
import { BookingChanged } from '../../../src/app/bookings/unchanged.js';
import { localAt } from '../../../src/app/bookings/wall-time.js';
import type { OpenStore } from '../../../src/app/compose-store.js';
import { accountId, bookingId, inviteeId, type InviteeId } from '../../../src/domain/identifiers.js';
import type { Booking } from '../../../src/ports/store-bookings.js';
import { account, pin } from '../../conformance/store-stage.js';
import { ManualClock } from '../../fakes/manual-clock.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const ID = bookingId('b1');
const ANN = inviteeId('ann');

let clock: ManualClock;
let store: SqliteStore;
/** What another process does between the reading and the writing of this one, when digits are drawn: once. */
let meanwhile: (() => void) | null;
let identifiers: number;

const stores = (): OpenStore => ({
  ...{ store, clock },
  pins: {
    hash: (digits) => `h:${digits}`,
    matches: (digits, hash) => hash === `h:${digits}`,
    current: (hash) => hash,
  },
  seal: { seal: (digits) => `s:${digits}`, open: (sealed) => sealed.slice(2) },
  randomness: {
    digits: (count) => {
      const now = meanwhile;
      meanwhile = null;
      now?.();
      return Array.from({ length: count }, () => randomInt(10)).join('');
    },
    identifier: (prefix) => `${prefix}${(identifiers += 1)}`,
  },
});

beforeEach(() => {
  clock = new ManualClock();
  store = SqliteStore.open({ file: ':memory:', now: () => clock.wall() });
  [meanwhile, identifiers] = [null, 0];
  store.addAccount(account('a1'), { host: pin('h'), guest: pin('g') });
  const start = clock.wall() + DAY;
  store.addBooking(
    {
      ...{ id: ID, accountId: accountId('a1'), title: 'Board', startsLocal: localAt(start, 'UTC'), timeZone: 'UTC' },
      ...{ durationMs: HOUR, rule: 'FREQ=MONTHLY', pinsEach: true, personalPins: true, earlyMs: 0, overrunMs: 0 },
      ...{ recording: null, createdAt: clock.wall(), unrolledUntil: start + 1 },
    },
    {
      occurrences: [
        {
          ...{ startsAt: start, endsAt: start + HOUR },
          pins: { host: pin('own-host'), invitees: [{ id: ANN, pin: { ...pin('anns'), sealed: 's:1' } }] },
        },
      ],
      pins: null,
      invitees: [{ id: ANN, name: 'Ann', email: null, phone: null }],
    },
  );
});
afterEach(() => store.close());

const booking = (): Booking => {
  const found = store.booking(ID);
  if (found === null) throw new Error('no booking');
  return found;
};
const extendNow = () => extend(stores(), booking(), 9);
const bob = { name: 'Bob', email: null, phone: null };
const inviteBob = (): InviteeId => invite(stores(), booking(), { who: bob, sound: null }, 9).id;

/** Occurrences ahead, and of how many of them this invitee has a PIN. */
function pinsOf(id: InviteeId): readonly [occurrences: number, pins: number] {
  const from = clock.wall();
  const ahead = store.occurrences({ bookingId: ID, from, limit: AHEAD.occurrences });
  return [ahead.length, store.sealedBookingPins(ID, id, from, 1_000).length];
}

describe('a booking whose occurrences and invitees have PINs of their own', () => {
  it('gives who is invited just as it is extended a PIN for each occurrence', () => {
    const invited: InviteeId[] = [];
    meanwhile = () => void invited.push(inviteBob());
    const { shown } = extendNow();
    const [occurrences, pins] = pinsOf(invited[0] ?? ANN);
    expect(invited).toHaveLength(1);
    expect(occurrences).toBeGreaterThan(12);
    expect(pins).toBe(occurrences);
    expect(pinsOf(ANN)).toEqual([occurrences, occurrences]);
    expect(shown.map((one) => one.invitees.length)).toEqual(shown.map(() => 2));
  });

  it('that is extended just as somebody is invited gives him a PIN for each occurrence', () => {
    meanwhile = () => void extendNow();
    const id = inviteBob();
    const [occurrences, pins] = pinsOf(id);
    expect(occurrences).toBeGreaterThan(12);
    expect(pins).toBe(occurrences);
    expect(store.invitees(ID)).toHaveLength(2);
  });

  it('draws and shows no PIN for an invitee who is revoked just as it is extended', () => {
    meanwhile = () => void store.revokeInvitee(ANN, clock.wall());
    const { shown } = extendNow();
    expect(shown.length).toBeGreaterThan(11);
    expect(shown.flatMap(({ invitees }) => invitees)).toEqual([]);
    expect(shown.every(({ host }) => host !== null)).toBe(true);
  });

  it('that changes again and again is given up with one line, and nobody is half invited', () => {
    let drawn = 0;
    const again = (): void => {
      drawn += 1;
      if (drawn % 20 === 0) store.addInvitee(ID, { id: inviteeId(`i${drawn}`), ...bob }, []);
      meanwhile = again;
    };
    meanwhile = again;
    const before = pinsOf(ANN);
    expect(extendNow()).toMatchObject({ shown: [], trouble: expect.any(BookingChanged) as unknown });
    expect(pinsOf(ANN)).toEqual(before);
  });

  it('shows the PINs that were written where it cannot be extended to its end', () => {
    let drawn = 0;
    const failing = (): void => {
      drawn += 1;
      meanwhile = failing;
      if (drawn > 120) throw new Error('disk is full');
    };
    meanwhile = failing;
    for (let one = 0; one < 30; one += 1) store.addInvitee(ID, { id: inviteeId(`i${one}`), ...bob }, []);
    const { shown, trouble } = extendNow();
    expect(trouble).toEqual(new Error('disk is full'));
    expect(shown.map(({ invitees }) => invitees.length)).toEqual([31, 31, 31]);
    expect(pinsOf(ANN)[1]).toBe(4);
  });
});
