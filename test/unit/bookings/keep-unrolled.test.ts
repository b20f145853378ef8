import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SqliteStore } from '../../../src/adapters/sqlite/sqlite-store.js';
import { keepUnrolled } from '../../../src/app/bookings/keep-unrolled.js';
import { AHEAD } from '../../../src/app/bookings/recurrence.js';
import { localAt } from '../../../src/app/bookings/wall-time.js';
import { accountId, bookingId } from '../../../src/domain/identifiers.js';
import { account, pin } from '../../conformance/store-stage.js';
import { ManualClock } from '../../fakes/manual-clock.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

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

function book(id: string, rule: string, more: { readonly pinsEach?: boolean } = {}): void {
  const start = clock.wall() + DAY;
  store.addBooking(
    {
      id: bookingId(id),
      accountId: accountId('a1'),
      ...{ title: id, startsLocal: localAt(start, 'UTC'), timeZone: 'UTC', durationMs: HOUR, rule },
      ...{ pinsEach: false, personalPins: false, earlyMs: 0, overrunMs: 0, recording: null },
      ...{ createdAt: clock.wall(), unrolledUntil: start + 1, ...more },
    },
    {
      occurrences: [{ startsAt: start, endsAt: start + HOUR, pins: null }],
      pins: { host: pin(`${id}-host`), guest: pin(`${id}-guest`) },
      invitees: [],
    },
  );
}

function start(): void {
  const line = (fields: unknown, message: string): void => void lines.push(`${message} ${JSON.stringify(fields)}`);
  const log = { debug: line, info: line, warn: line, error: line };
  const never = (): never => {
    throw new Error('not asked for');
  };
  const pins = { hash: never, matches: never, current: never };
  const seal = { seal: never, open: never };
  stop = keepUnrolled({ store, clock, pins, seal, randomness: { digits: never, identifier: never } }, log);
}

const known = (id: string): number => store.occurrences({ bookingId: bookingId(id), limit: 10_000 }).length;

describe('repeating bookings, while a bridge runs,', () => {
  it('are unrolled as far ahead as they are kept, one after the other', () => {
    book('weekly', 'FREQ=WEEKLY');
    book('daily', 'FREQ=DAILY');
    book('counted', 'FREQ=DAILY;COUNT=3');
    start();
    expect([known('weekly'), known('daily'), known('counted')].filter((count) => count > 1)).toHaveLength(1);
    clock.advance(1_000);
    expect([known('weekly'), known('daily'), known('counted')]).toEqual([57, 400, 3]);
    expect(store.booking(bookingId('counted'))?.unrolledUntil).toBeNull();
    expect(lines).toEqual([]);
  });

  it('go on as time passes, about once a month', () => {
    book('daily', 'FREQ=DAILY');
    start();
    clock.advance(29 * DAY);
    expect(known('daily')).toBe(399);
    clock.advance(3 * DAY);
    expect(known('daily')).toBeGreaterThanOrEqual(429);
    expect(store.booking(bookingId('daily'))?.unrolledUntil).toBeLessThanOrEqual(clock.wall() + AHEAD.ms);
  });

  it('have no more than 1000 ahead, and more as they pass', () => {
    book('hourly', 'FREQ=HOURLY');
    start();
    clock.advance(2 * HOUR);
    expect(known('hourly')).toBeLessThanOrEqual(1_000 + 2);
    clock.advance(50 * HOUR);
    const ahead = store.occurrences({ bookingId: bookingId('hourly'), from: clock.wall(), limit: 10_000 }).length;
    expect(ahead).toBeLessThanOrEqual(1_000);
    expect(ahead).toBeGreaterThan(990);
  });

  it('whose occurrences have PINs of their own are left to whoever is shown them', () => {
    book('each', 'FREQ=DAILY', { pinsEach: true });
    start();
    clock.advance(2 * HOUR);
    expect(known('each')).toBe(1);
  });

  it('are not held up by one that cannot be unrolled', () => {
    book('broken', 'FREQ=NEVER');
    book('daily', 'FREQ=DAILY');
    start();
    clock.advance(1_000);
    expect(known('daily')).toBe(400);
    expect(lines.join('\n')).toContain('a repeating booking could not be unrolled');
  });

  it('are left alone once it has ended', () => {
    start();
    stop();
    book('daily', 'FREQ=DAILY');
    clock.advance(3 * HOUR);
    expect(known('daily')).toBe(1);
    expect(clock.pending).toBe(0);
  });
});
