import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SqliteStore } from '../../../src/adapters/sqlite/sqlite-store.js';
import { accountId, bookingId, inviteeId } from '../../../src/domain/identifiers.js';
import type { NewInvitee } from '../../../src/ports/store-bookings.js';
import { account, pin } from '../../conformance/store-stage.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const NOW = Date.UTC(2026, 0, 1, 12);
const LEAD_MS = 24 * HOUR_MS;

let store: SqliteStore;
beforeEach(() => {
  store = SqliteStore.open({ file: ':memory:', now: () => NOW });
  store.addAccount(account('a1', { email: 'mary@example.org' }), { host: pin('h'), guest: pin('g') });
  // begins with nothing
  plan(NOW);
});
afterEach(() => store.close());

const ANN: NewInvitee = { id: inviteeId('ann'), name: 'Ann', email: 'ann@example.org', phone: '+441' };
const BOB: NewInvitee = { id: inviteeId('bob'), name: 'Bob', email: null, phone: '+442' };

/** A booking whose invitees are told, with an hour at each of these times. */
function book(id: string, invitees: readonly NewInvitee[], ...starts: readonly number[]): void {
  const times = { startsLocal: '2026-01-01T09:00', timeZone: 'UTC', durationMs: HOUR_MS, earlyMs: 0, overrunMs: 0 };
  store.addBooking(
    {
      ...{ id: bookingId(id), accountId: accountId('a1'), title: id, rule: null, ...times },
      ...{ pinsEach: false, personalPins: false, recording: null, createdAt: NOW, unrolledUntil: null },
    },
    {
      occurrences: starts.map((startsAt) => ({ startsAt, endsAt: startsAt + HOUR_MS, pins: null })),
      pins: { host: pin(`${id}-host`), guest: pin(`${id}-guest`) },
      invitees: invitees.map((one) => ({ ...one, id: inviteeId(`${id}-${one.id}`) })),
    },
  );
  store.setNotified(bookingId(id), true);
}

/** @returns whether there was more to plan */
const plan = (
  now: number,
  more: { mail?: boolean; sms?: boolean; leadMs?: number; shorterMs?: number } = {},
): boolean => store.planReminders({ leadMs: LEAD_MS, shorterMs: 0, now, mail: true, sms: true, ...more });

const planned = (): readonly string[] =>
  store
    .deliveries({ limit: 10_000 })
    .map(
      ({ bookingId: id, channel, address, occurrenceAt }) =>
        `${id ?? ''} ${channel} ${address} ${(occurrenceAt ?? 0) - NOW}`,
    )
    .sort();

describe('reminders', () => {
  it('go to the host and each invitee, by mail where there is an address, once for an occurrence', () => {
    const start = NOW + LEAD_MS + 10 * MINUTE_MS;
    book('b1', [ANN, BOB], start);
    plan(start - LEAD_MS - 1);
    expect(planned()).toEqual([]);
    plan(start - LEAD_MS);
    const wanted = ['mail ann@example.org', 'mail mary@example.org', 'sms +442'].map((to) => `b1 ${to} ${start - NOW}`);
    expect(planned()).toEqual(wanted);
    for (let minute = 0; minute < 5; minute += 1) plan(start - LEAD_MS + minute * MINUTE_MS);
    expect(planned()).toEqual(wanted);
    expect(store.deliveries({ limit: 9 })[0]).toMatchObject({ kind: 'reminder', nextAt: start - LEAD_MS, attempts: 0 });
  });

  it('go out for each lead of its own', () => {
    const start = NOW + 2 * HOUR_MS;
    plan(NOW, { leadMs: HOUR_MS });
    book('b1', [BOB], start);
    plan(start - HOUR_MS);
    expect(planned()).toEqual([]);
    plan(start - HOUR_MS, { leadMs: HOUR_MS });
    expect(planned()).toHaveLength(2);
  });

  it('leave out who cannot be reached, was revoked, is not to be told, and what was cancelled', () => {
    const start = NOW + LEAD_MS + MINUTE_MS;
    book('b1', [ANN, BOB], start, start + 1);
    store.cancelOccurrence(bookingId('b1'), start, NOW);
    store.revokeInvitee(inviteeId('b1-ann'), NOW);
    book('b2', [ANN], start);
    store.setNotified(bookingId('b2'), false);
    book('b3', [ANN], start);
    store.cancelBooking(bookingId('b3'), NOW);
    plan(NOW + HOUR_MS, { sms: false });
    expect(planned()).toEqual([`b1 mail mary@example.org ${start + 1 - NOW}`]);
  });

  it('do not come for what was booked too late for them, or began while the bridge was away', () => {
    book('late', [BOB], NOW + LEAD_MS - MINUTE_MS);
    book('missed', [BOB], NOW + LEAD_MS + MINUTE_MS);
    book('near', [BOB], NOW + LEAD_MS + 2 * HOUR_MS);
    // away until an hour before the last of them
    plan(NOW + LEAD_MS + HOUR_MS);
    expect(planned().map((line) => line.split(' ')[0])).toEqual(['near', 'near']);
  });

  it('come once where the bridge was away until several are due', () => {
    plan(NOW, { leadMs: HOUR_MS });
    book('near', [], NOW + LEAD_MS + 30 * MINUTE_MS);
    book('later', [], NOW + LEAD_MS + 2 * HOUR_MS);
    const now = NOW + LEAD_MS;
    plan(now, { shorterMs: HOUR_MS });
    plan(now, { leadMs: HOUR_MS });
    expect(planned().map((line) => line.split(' ')[0])).toEqual(['later', 'near']);
  });

  it('come again once a clock that was far ahead is put right', () => {
    plan(NOW + 365 * LEAD_MS);
    plan(NOW);
    book('b1', [], NOW + LEAD_MS + MINUTE_MS);
    plan(NOW + HOUR_MS);
    expect(planned()).toHaveLength(1);
  });

  it('of many invitees are added in bounded batches too', () => {
    const many = Array.from({ length: 300 }, (_, at) => ({ ...BOB, id: inviteeId(`i${at}`) }));
    for (let at = 0; at < 4; at += 1) book(`b${at}`, many, NOW + LEAD_MS + MINUTE_MS);
    const batches: number[] = [];
    while (plan(NOW + HOUR_MS)) batches.push(planned().length);
    expect([batches, planned().length]).toEqual([[602], 1204]);
  });

  it('come once also where the clock is put back', () => {
    const start = NOW + LEAD_MS + MINUTE_MS;
    book('b1', [], start);
    plan(NOW + HOUR_MS);
    plan(NOW - HOUR_MS);
    plan(NOW + HOUR_MS);
    expect(planned()).toHaveLength(1);
  });

  it('are planned in bounded batches, many at the same moment, and none is left out', () => {
    const start = NOW + LEAD_MS + MINUTE_MS;
    for (let at = 0; at < 450; at += 1) book(`b${at}`, [], start);
    const batches: number[] = [];
    while (plan(NOW + HOUR_MS)) batches.push(planned().length);
    expect(batches).toEqual([200, 400]);
    expect(new Set(planned()).size).toBe(450);
    expect(plan(NOW + 2 * HOUR_MS)).toBe(false);
    expect(planned()).toHaveLength(450);
  });
});
