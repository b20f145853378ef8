import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SqliteStore } from '../../../src/adapters/sqlite/sqlite-store.js';
import { runningOutInWords, runsOutOn, warnOfRunningOut } from '../../../src/app/bookings/running-out.js';
import { accountId, bookingId, type BookingId } from '../../../src/domain/identifiers.js';
import type { Booking } from '../../../src/ports/store-bookings.js';
import { account, pin } from '../../conformance/store-stage.js';
import { ManualClock } from '../../fakes/manual-clock.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** How far occurrences are known when a series is booked. */
const KNOWN_DAYS = 400;

let clock: ManualClock;
let store: SqliteStore;
let lines: string[];
let stop: () => void;

beforeEach(() => {
  clock = new ManualClock();
  store = SqliteStore.open({ file: ':memory:', now: () => clock.wall() });
  store.addAccount(account('a1'), { host: pin('h'), guest: pin('g') });
  lines = [];
  stop = () => undefined;
});
afterEach(() => {
  stop();
  store.close();
});

function book(id: string, more: { readonly pinsEach?: boolean; readonly days?: number | null } = {}): BookingId {
  const { pinsEach = true, days = KNOWN_DAYS } = more;
  const start = clock.wall() + DAY;
  const pins = { host: pin(`${id}-host`), guest: pin(`${id}-guest`) };
  store.addBooking(
    {
      ...{ id: bookingId(id), accountId: accountId('a1'), title: 'Stand-up', timeZone: 'UTC', durationMs: HOUR },
      ...{ startsLocal: '2026-01-02T00:00', rule: 'FREQ=DAILY', pinsEach, personalPins: false, earlyMs: 0 },
      ...{ overrunMs: 0, recording: null, createdAt: clock.wall() },
      unrolledUntil: days === null ? null : clock.wall() + days * DAY,
    },
    {
      occurrences: [{ startsAt: start, endsAt: start + HOUR, pins: pinsEach ? pins : null }],
      pins: pinsEach ? null : pins,
      invitees: [],
    },
  );
  return bookingId(id);
}

const booked = (id: BookingId): Booking => {
  const found = store.booking(id);
  if (found === null) throw new Error('no booking');
  return found;
};

describe('PINs of a series whose occurrences have their own', () => {
  it('run out soon when a month is left', () => {
    const id = book('b1');
    const [hourBefore, then] = [clock.wall() + 370 * DAY, clock.wall() + 370 * DAY + 1];
    expect(runsOutOn(booked(id), hourBefore)).toBeNull();
    expect(runsOutOn(booked(id), then)).toBe('2027-02-05');
    expect(runningOutInWords(store, hourBefore)).toBeNull();
    expect(runningOutInWords(store, then)).toBe(
      'the PINs of "Stand-up" (b1) reach to 2027-02-05: partyline booking extend b1 draws and shows the next',
    );
  });

  it('never do where all are known, where they are those of the series, or where it is cancelled', () => {
    const [all, series, cancelled] = [
      book('b1', { days: null }),
      book('b2', { pinsEach: false, days: 1 }),
      book('b3', { days: 1 }),
    ];
    store.cancelBooking(cancelled, clock.wall());
    expect([all, series, cancelled].map((id) => runsOutOn(booked(id), clock.wall()))).toEqual([null, null, null]);
    expect(runningOutInWords(store, clock.wall())).toBeNull();
  });

  it('are named one for all', () => {
    book('b1', { days: 20 });
    book('b2', { days: 10 });
    expect(runningOutInWords(store, clock.wall())).toMatch(/\(b2\) reach to 2026-01-11, those of 1 more bookings/);
  });

  it('are told of in the log once a day from then on, until somebody drew the next', () => {
    const id = book('b1');
    const note = (fields: object, message: string): void => void lines.push(`${message} ${JSON.stringify(fields)}`);
    stop = warnOfRunningOut({ store, clock }, { debug: note, info: note, warn: note, error: note });
    clock.advance(370 * DAY);
    expect(lines).toEqual([]);
    clock.advance(3 * DAY);
    expect(lines).toEqual(
      new Array(3).fill(
        'PINs of bookings run out: booking extend draws the next, doctor says which {"bookings":1,"first":"b1","until":"2027-02-05"}',
      ),
    );
    store.unroll(id, { from: booked(id).unrolledUntil ?? 0, until: clock.wall() + KNOWN_DAYS * DAY, occurrences: [] });
    clock.advance(100 * DAY);
    expect(lines).toHaveLength(3);
    stop();
    expect(clock.pending).toBe(0);
  });
});
