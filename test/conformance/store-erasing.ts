import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_CONFERENCE_OPTIONS } from '../../src/domain/conference-options.js';
import { accountId, bookingId, inviteeId } from '../../src/domain/identifiers.js';
import type { Store } from '../../src/ports/store.js';
import type { BookingPins, NewBooking } from '../../src/ports/store-bookings.js';
import type { HeldRows, PrivacyStore, Purged, Retention } from '../../src/ports/store-privacy.js';
import { call, conference, delivery, pin, recording, StoreStage } from './store-stage.js';

type WholeStore = Store & PrivacyStore;

const DAY = 86_400_000;
const NOW = 1_700_000_000_000;

const nothing: Purged = {
  ...{ numbers: 0, callRecords: 0, conferenceRecords: 0, occurrences: 0, bookings: 0, invitees: 0 },
  ...{ deliveries: 0, retiredPins: 0 },
};

const retention = (more: Partial<Retention> = {}): Retention => ({
  ...{ numbersBefore: 0, numberDigits: 0, recordsBefore: null, occurrencesBefore: 0, failedDeliveriesBefore: 0 },
  ...more,
});

const booking = (id: string, of: string, more: Partial<NewBooking> = {}): NewBooking => ({
  id: bookingId(id),
  accountId: accountId(of),
  title: `Title of ${id}`,
  startsLocal: '2023-11-14T22:00',
  timeZone: 'Europe/London',
  durationMs: 3_600_000,
  rule: null,
  pinsEach: false,
  personalPins: false,
  earlyMs: 0,
  overrunMs: 0,
  recording: null,
  createdAt: NOW,
  unrolledUntil: null,
  ...more,
});

/** How what is held on people goes, of a store that keeps it. `factory` opens an empty one. */
export function describeErasing(name: string, factory: (now: () => number) => WholeStore): void {
  describe(`erasing: ${name}`, () => {
    let store: WholeStore;
    let stage: StoreStage;
    beforeEach(() => {
      stage = new StoreStage((now) => {
        store = factory(now);
        return store;
      });
    });
    afterEach(() => {
      store.close();
    });

    const book = (id: string, of: string, starts: readonly number[], more: Partial<NewBooking> = {}): void => {
      const added = store.addBooking(booking(id, of, more), {
        occurrences: starts.map((startsAt) => ({ startsAt, endsAt: startsAt + 3_600_000, pins: null })),
        pins: { host: pin(`${id}-host`), guest: pin(`${id}-guest`) },
        invitees: [{ id: inviteeId(`i-${id}`), name: `Guest of ${id}`, email: 'g@example.org', phone: '+44 20 7123' }],
      });
      expect(added).toBe(true);
    };
    const everything = (id: string): readonly HeldRows[] => [...store.heldOn(accountId(id))];
    const finish = (): 'live' | 'done' => {
      for (let step = 0; step < 1_000; step += 1) {
        const state = store.eraseSome(1);
        if (state === 'live' || state === 'done') return state;
      }
      throw new Error('never ends');
    };
    const use = (id: string): void => {
      const own = { accountId: accountId(id) };
      stage.add(id);
      book(`b-${id}`, id, [NOW, NOW + DAY]);
      store.addBlock({ ...own, callerNumber: '4420', createdAt: NOW });
      store.addRecording(recording(`r-${id}`, own));
      store.addDeliveries([delivery(`d-${id}`, { ...own, bookingId: bookingId(`b-${id}`) })]);
      const record = store.startConferenceRecord(conference(id, { bookingId: bookingId(`b-${id}`) }));
      for (const n of [1, 2, 3]) {
        const of = { ...own, bookingId: bookingId(`b-${id}`), inviteeId: inviteeId(`i-b-${id}`) };
        store.addCallRecord(call(`c${n}-${id}`, { ...of, conferenceRecordId: record }));
      }
    };

    describe('an account', () => {
      it('opens nothing and names nobody from the moment on in which its erasing begins', () => {
        use('a1');
        expect(store.beginErasure(accountId('a1'), 'keep')).toBe(true);
        for (const hash of ['a1-host', 'a1-guest', 'b-a1-host', 'b-a1-guest']) {
          expect(store.findPin(hash, NOW)).toBeNull();
        }
        const left = store.account(accountId('a1'));
        expect(left?.name).toMatch(/^removed[0-9a-f]{20}$/);
        expect(store.accountsNamed('Name of a1')).toEqual([]);
      });

      it('is gone step by step, each of them short, and others stay as they are', () => {
        use('a1');
        use('a2');
        const before = everything('a2');
        store.beginErasure(accountId('a1'), 'keep');
        let steps = 0;
        while (store.eraseSome(1) === 'more') steps += 1;
        // 4 PINs, 1 delivery, 1 invitee, 2 occurrences, 1 booking, 1 block, 1 recording, the account, 3 calls, 1 conference
        expect(steps).toBe(16);
        expect(store.account(accountId('a1'))).toBeNull();
        expect(everything('a1')).toEqual([]);
        expect(everything('a2')).toEqual(before);
        expect(store.check()).toEqual([]);
      });

      it('leaves records under one label, without booking and invitee', () => {
        use('a1');
        store.beginErasure(accountId('a1'), 'keep');
        expect(finish()).toBe('done');
        const [record] = store.conferenceRecords({ limit: 9 });
        const calls = store.callRecords({ limit: 9 });
        expect(record?.accountId).toMatch(/^removed[0-9a-f]{20}$/);
        expect(record).toMatchObject({ conferenceId: record?.accountId, bookingId: null });
        expect(calls).toHaveLength(3);
        for (const one of calls) {
          expect(one).toMatchObject({ accountId: record?.accountId, bookingId: null, inviteeId: null });
        }
      });

      it('leaves no record where they are erased too', () => {
        use('a1');
        use('a2');
        store.beginErasure(accountId('a1'), 'erase');
        expect(finish()).toBe('done');
        expect(store.callRecords({ limit: 9 }).map(({ accountId: of }) => of)).toEqual(['a2', 'a2', 'a2']);
        expect(store.conferenceRecords({ limit: 9 })).toHaveLength(1);
      });

      it('is erased further where that is said while it is being removed', () => {
        use('a1');
        store.beginErasure(accountId('a1'), 'keep');
        store.eraseSome(1);
        expect(store.beginErasure(accountId('a1'), 'erase')).toBe(true);
        expect(store.beginErasure(accountId('a1'), 'keep')).toBe(true);
        finish();
        expect(store.callRecords({ limit: 9 })).toEqual([]);
      });

      it('waits for what is up, whose records come under the label or are not kept', () => {
        for (const [id, records] of [
          ['a1', 'keep'],
          ['a2', 'erase'],
        ] as const) {
          use(id);
          store.saveLive([{ kind: 'call', id: `live-${id}`, data: `{"name":"x\\\\","accountId":"${id}"}` }]);
          store.beginErasure(accountId(id), records);
        }
        expect(finish()).toBe('live');
        for (const id of ['a1', 'a2']) {
          const of = { accountId: accountId(id), bookingId: bookingId(`b-${id}`) };
          store.addCallRecord(call(`late-${id}`, { ...of, startedAt: NOW + 1 }));
          store.startConferenceRecord(conference(id, { startedAt: NOW + 1, bookingId: bookingId(`b-${id}`) }));
          store.saveLive([{ kind: 'call', id: `live-${id}`, data: null }]);
        }
        expect(finish()).toBe('done');
        const calls = store.callRecords({ limit: 9 });
        expect(calls.map(({ id }) => id)).toEqual(['late-a1', 'c3-a1', 'c2-a1', 'c1-a1']);
        expect(new Set(calls.map(({ accountId: of }) => of)).size).toBe(1);
        expect(calls[0]).toMatchObject({ bookingId: null });
        const conferences = store.conferenceRecords({ limit: 9 });
        expect(conferences.map(({ accountId: of }) => of)).toEqual([calls[0]?.accountId, calls[0]?.accountId]);
      });

      it('gets nothing back from calls that the store does not know to be up', () => {
        for (const [id, records] of [
          ['a1', 'keep'],
          ['a2', 'erase'],
        ] as const) {
          use(id);
          store.beginErasure(accountId(id), records);
        }
        expect(finish()).toBe('done');
        for (const id of ['a1', 'a2']) store.addCallRecord(call(`late-${id}`, { accountId: accountId(id) }));
        expect(finish()).toBe('done');
        const calls = store.callRecords({ limit: 9 });
        expect(calls.map(({ id }) => id)).toEqual(['late-a1', 'c3-a1', 'c2-a1', 'c1-a1']);
        expect(new Set(calls.map(({ accountId: of }) => of)).size).toBe(1);
        // by then every call has ended, and the label is tied to nothing any more
        stage.time += 9 * DAY;
        expect(finish()).toBe('done');
        store.addCallRecord(call('stray', { accountId: accountId('a1') }));
        expect(store.callRecords({ limit: 9 }).find(({ id }) => id === 'stray')?.accountId).toBeNull();
      });

      it('is among those that are noted until no call can leave anything of it', () => {
        for (const id of ['a1', 'a2', 'a3']) {
          stage.add(id);
          store.beginErasure(accountId(id), 'keep');
        }
        finish();
        const [first, ...others] = store.erasures(0, 9);
        expect([first, ...others].map((one) => one?.accountId)).toEqual(['a1', 'a2', 'a3']);
        expect(store.erasures(first?.number ?? 0, 1)).toEqual(others.slice(0, 1));
        stage.time += 9 * DAY;
        finish();
        expect(store.erasures(0, 9)).toEqual([]);
      });

      it('does not wait for others, however many are on their way out', () => {
        for (let n = 0; n < 120; n += 1) {
          stage.add(`m${n}`);
          store.beginErasure(accountId(`m${n}`), 'keep');
        }
        expect(finish()).toBe('done');
        expect(store.countAccounts()).toBe(0);
      });

      it('is none where there is none', () => {
        expect(store.beginErasure(accountId('a1'), 'keep')).toBe(false);
        expect(store.eraseSome(1)).toBe('done');
        expect(everything('a1')).toEqual([]);
      });
    });

    describe('what is held on an account', () => {
      it('is given whole, without keys, hashes and the numbers of rows', () => {
        use('a1');
        const held = Object.fromEntries(everything('a1').map(({ kind, rows }) => [kind, rows]));
        expect(Object.keys(held)).toEqual([
          ...['account', 'codes', 'bookings', 'occurrences', 'invitees', 'blocks', 'deliveries', 'recordings'],
          ...['call-records', 'conference-records'],
        ]);
        expect(held['account']).toMatchObject([{ id: 'a1', name: 'Name of a1' }]);
        expect(held['codes']).toHaveLength(4);
        expect(held['bookings']).toMatchObject([{ title: 'Title of b-a1' }]);
        expect(held['occurrences']).toMatchObject([{ booking_id: 'b-a1', starts_at: NOW }, { starts_at: NOW + DAY }]);
        expect(held['invitees']).toMatchObject([{ booking_id: 'b-a1', name: 'Guest of b-a1', email: 'g@example.org' }]);
        expect(held['call-records']).toHaveLength(3);
        const columns = everything('a1').flatMap(({ rows }) => rows.flatMap((row) => Object.keys(row)));
        expect(columns.filter((column) => /seq|hash|sealed|key$|folded|page_/.test(column))).toEqual([]);
      });

      it('has the lines of the audit trail on it and its bookings', () => {
        use('a1');
        for (const subject of ['a1', 'b-a1', 'i-b-a1', 'a2', null]) {
          store.audited({ at: NOW, action: 'account-changed', subject, detail: null }, () => undefined);
        }
        const lines = everything('a1').find(({ kind }) => kind === 'audit')?.rows ?? [];
        expect(lines.map(({ subject }) => subject)).toEqual(['a1', 'b-a1', 'i-b-a1']);
      });

      it('is given page by page, however much it is', () => {
        stage.add('a1');
        for (let n = 0; n < 2_001; n += 1) {
          store.addCallRecord(call(`c${n}`, { accountId: accountId('a1'), startedAt: NOW - (n % 7) }));
        }
        const pages = everything('a1').filter(({ kind }) => kind === 'call-records');
        expect(pages.map(({ rows }) => rows.length)).toEqual([1_000, 1_000, 1]);
        expect(new Set(pages.flatMap(({ rows }) => rows.map(({ id }) => id))).size).toBe(2_001);
      });
    });

    describe('what is too old', () => {
      it('is nothing in a store that holds nothing old', () => {
        use('a1');
        expect(store.purgeSome(retention(), 10)).toEqual(nothing);
      });

      it('has its numbers cut, once, those that were called too, and those of the bridge not', () => {
        const records = [
          call('old', { startedAt: 10, caller: '+442071234567', dialled: '+4420' }),
          call('out', { startedAt: 20, direction: 'out', caller: null, dialled: '004930123456' }),
          call('new', { startedAt: 30, caller: '+442071234567' }),
        ];
        for (const record of records) store.addCallRecord(record);
        const cut = retention({ numbersBefore: 30, numberDigits: 2 });
        expect(store.purgeSome(cut, 1)).toEqual({ ...nothing, numbers: 1 });
        expect(store.purgeSome(cut, 9)).toEqual({ ...nothing, numbers: 1 });
        expect(store.purgeSome(cut, 9)).toEqual(nothing);
        expect(store.callRecords({ limit: 9 }).map(({ caller, dialled }) => [caller, dialled])).toEqual([
          ['+442071234567', '+442071234567'],
          [null, '***56'],
          ['***67', '+4420'],
        ]);
        store.purgeSome(retention({ numbersBefore: 31 }), 9);
        expect(store.callRecords({ limit: 1 })[0]?.caller).toBe('***');
      });

      it('loses its records where they are not kept for ever', () => {
        for (const startedAt of [10, 20, 30]) {
          store.addCallRecord(call(`c${startedAt}`, { startedAt }));
          store.startConferenceRecord(conference('a1', { startedAt }));
        }
        const old = retention({ recordsBefore: 30 });
        expect(store.purgeSome(old, 1)).toEqual({ ...nothing, callRecords: 1, conferenceRecords: 1 });
        expect(store.purgeSome(old, 9)).toEqual({ ...nothing, callRecords: 1, conferenceRecords: 1 });
        expect(store.purgeSome(old, 9)).toEqual(nothing);
        expect(store.callRecords({ limit: 9 })).toHaveLength(1);
        expect(store.conferenceRecords({ limit: 9 })).toHaveLength(1);
      });

      it('loses bookings that are over with their PINs and invitees, and of others the occurrences', () => {
        stage.add('a1');
        book('b1', 'a1', [0, DAY]);
        book('b2', 'a1', [0, 9 * DAY]);
        book('b3', 'a1', [0], { rule: 'FREQ=DAILY', unrolledUntil: DAY });
        const old = retention({ occurrencesBefore: 5 * DAY });
        expect(store.purgeSome(old, 9)).toEqual({ ...nothing, occurrences: 4, bookings: 1 });
        expect(store.purgeSome(old, 9)).toEqual(nothing);
        expect(store.booking(bookingId('b1'))).toBeNull();
        expect(store.invitee(inviteeId('i-b1'))).toBeNull();
        expect(store.booking(bookingId('b2'))).not.toBeNull();
        expect(store.booking(bookingId('b3'))).not.toBeNull();
        expect(store.isFree('b1-host')).toBe(false);
        stage.time += 91 * DAY;
        expect(store.isFree('b1-host')).toBe(true);
        expect(store.purgeSome(retention(), 9)).toEqual({ ...nothing, retiredPins: 2 });
      });

      it('loses bookings that were cancelled, however far ahead they were, counted from then', () => {
        stage.add('a1');
        book('b1', 'a1', [9 * DAY, 99 * DAY, 399 * DAY], { rule: 'FREQ=DAILY', unrolledUntil: 400 * DAY });
        book('b2', 'a1', [99 * DAY]);
        store.cancelBooking(bookingId('b1'), 4 * DAY);
        store.cancelBooking(bookingId('b2'), 5 * DAY);
        const old = retention({ occurrencesBefore: 5 * DAY });
        expect(store.purgeSome(old, 1)).toEqual({ ...nothing, occurrences: 3, bookings: 1 });
        expect(store.purgeSome(old, 1)).toEqual(nothing);
        expect([bookingId('b1'), bookingId('b2')].map((id) => store.booking(id) === null)).toEqual([true, false]);
        expect(store.invitee(inviteeId('i-b1'))).toBeNull();
        expect(store.check()).toEqual([]);
      });

      it('loses repeating bookings of which nobody drew further PINs, when their last occurrence is gone', () => {
        stage.add('a1');
        const more = { rule: 'FREQ=DAILY', pinsEach: true };
        book('b1', 'a1', [0], { ...more, unrolledUntil: 2 * DAY });
        book('b2', 'a1', [0, 6 * DAY], { ...more, unrolledUntil: 2 * DAY });
        book('b3', 'a1', [0], { ...more, unrolledUntil: 9 * DAY });
        const old = retention({ occurrencesBefore: 5 * DAY });
        expect(store.purgeSome(old, 9)).toEqual({ ...nothing, occurrences: 3, bookings: 1 });
        expect(store.purgeSome(old, 9)).toEqual(nothing);
        expect(store.invitee(inviteeId('i-b1'))).toBeNull();
        expect(store.invitee(inviteeId('i-b2'))).not.toBeNull();
        expect(store.invitee(inviteeId('i-b3'))).not.toBeNull();
      });

      it('loses repeating bookings whose rule turns out to give no more after their last occurrence is gone', () => {
        stage.add('a1');
        book('b1', 'a1', [0], { rule: 'FREQ=YEARLY;INTERVAL=4', unrolledUntil: DAY });
        const old = retention({ occurrencesBefore: 5 * DAY });
        expect(store.purgeSome(old, 9)).toEqual({ ...nothing, occurrences: 1 });
        stage.time = 4 * DAY;
        store.unroll(bookingId('b1'), { from: DAY, until: null, occurrences: [] });
        expect(store.purgeSome(old, 9)).toEqual({ ...nothing, bookings: 1 });
        expect(store.invitee(inviteeId('i-b1'))).toBeNull();
      });

      it('loses invitees who were revoked, of bookings that go on too', () => {
        stage.add('a1');
        book('b1', 'a1', [9 * DAY]);
        for (const id of ['x', 'y'])
          store.addInvitee(bookingId('b1'), { id: inviteeId(id), name: id, email: null, phone: null }, []);
        store.revokeInvitee(inviteeId('x'), 4 * DAY);
        store.revokeInvitee(inviteeId('y'), 5 * DAY);
        const old = retention({ occurrencesBefore: 5 * DAY });
        expect(store.purgeSome(old, 9)).toEqual({ ...nothing, invitees: 1 });
        expect(store.invitees(bookingId('b1')).map(({ id }) => id)).toEqual(['i-b1', 'y']);
      });

      it('loses bookings with many PINs bit by bit, since others wait meanwhile', () => {
        stage.add('a1');
        const ids = Array.from({ length: 30 }, (_, n) => inviteeId(`i${n}`));
        const pins = (startsAt: number): BookingPins => ({
          invitees: ids.map((id) => ({ id, pin: pin(`${startsAt}-${id}`) })),
        });
        const starts = [0, 1, 2, 3, 4].map((day) => day * DAY);
        store.addBooking(booking('b1', 'a1', { pinsEach: true, personalPins: true }), {
          occurrences: starts.map((startsAt) => ({ startsAt, endsAt: startsAt + 1, pins: pins(startsAt) })),
          pins: null,
          invitees: ids.map((id) => ({ id, name: 'Guest', email: null, phone: null })),
        });
        const old = retention({ occurrencesBefore: 9 * DAY });
        expect(store.purgeSome(old, 40)).toEqual({ ...nothing, occurrences: 2 });
        expect(store.purgeSome(old, 40)).toEqual({ ...nothing, occurrences: 2 });
        expect(store.purgeSome(old, 40)).toEqual({ ...nothing, occurrences: 1, bookings: 1 });
        expect(store.invitee(inviteeId('i0'))).toBeNull();
        expect(store.purgeSome(old, 40)).toEqual(nothing);
      });

      it('loses messages that could not be sent', () => {
        stage.add('a1');
        store.addDeliveries([delivery('d1', { failedAt: 10 }), delivery('d2', { failedAt: 30 }), delivery('d3')]);
        expect(store.purgeSome(retention({ failedDeliveriesBefore: 30 }), 9)).toEqual({ ...nothing, deliveries: 1 });
        expect(store.delivery('d1')).toBeNull();
      });
    });

    describe('a telephone number', () => {
      beforeEach(() => {
        use('a1');
        for (const [id, more] of [
          ['n1', { caller: '+44 20 7123' }],
          ['n2', { caller: '***123' }],
          ['n3', { caller: null, dialled: '44207123' }],
          ['n4', { direction: 'out', caller: null, dialled: '0044207123' }],
          ['n5', { caller: '+442071239' }],
        ] as const) {
          store.addCallRecord(call(id, { startedAt: NOW + 1, ...more }));
        }
      });

      it('is found in records of calls from and to it, in any spelling, page by page', () => {
        const found: unknown[] = [];
        for (let after: number | null = 0; after !== null;) {
          const page: ReturnType<PrivacyStore['callsOfNumber']> = store.callsOfNumber('44207123', after, 2);
          found.push(...page.callRecords.map(({ id }) => id));
          after = page.next;
        }
        expect(found).toEqual(['n1', 'n4']);
      });

      it('is found wherever else it is held, and not where a pattern or a part of another one fits it', () => {
        const options = (allowedCallers: readonly string[]) => ({ ...DEFAULT_CONFERENCE_OPTIONS, allowedCallers });
        stage.add('a2', { options: options(['442071239', '44207123']) });
        stage.add('a3', { options: options(['44207123*', '442071230']) });
        store.addBlock({ accountId: null, callerNumber: '44207123', createdAt: 1 });
        store.addBlock({ accountId: accountId('a1'), callerNumber: '44207123', createdAt: 2 });
        store.addBlock({ accountId: accountId('a1'), callerNumber: '44207123*', createdAt: 3 });
        store.addDeliveries([
          delivery('sms', { channel: 'sms', address: '+4420 7123' }),
          delivery('other', { channel: 'sms', address: '+4420 71239' }),
        ]);
        const found = [...store.heldOnNumber('44207123')];
        expect(found.map(({ kind }) => kind)).toEqual(['blocks', 'allowed-callers', 'invitees', 'deliveries']);
        const [blocks, allowed, invitees, deliveries] = found.map(({ rows }) => rows);
        expect(blocks).toEqual([
          { account_id: null, caller_number: '44207123', created_at: 1 },
          { account_id: 'a1', caller_number: '44207123', created_at: 2 },
        ]);
        expect(allowed).toEqual([{ account_id: 'a2', caller_number: '44207123' }]);
        expect(invitees).toMatchObject([
          { account_id: 'a1', booking_id: 'b-a1', id: 'i-b-a1', email: 'g@example.org' },
        ]);
        expect(deliveries).toMatchObject([{ account_id: 'a1', id: 'sms', address: '+4420 7123' }]);
        const columns = found.flatMap(({ rows }) => rows.flatMap((row) => Object.keys(row)));
        expect(columns.filter((column) => /seq|hash|sealed/.test(column))).toEqual([]);
        expect([...store.heldOnNumber('999')]).toEqual([]);
      });

      it('is in what is up where somebody there has it, in any spelling, and nowhere else', () => {
        const up = (data: unknown): boolean => {
          store.saveLive([{ kind: 'call', id: 'up', data: JSON.stringify(data) }]);
          return store.liveHoldsNumber('44207123');
        };
        const called = (direction: string) => ({ identity: { direction, caller: null, dialled: '+44207123' } });
        expect(up({ identity: { direction: 'in', caller: '+44 20 7123' } })).toBe(true);
        expect(up({ handle: JSON.stringify({ facts: { callerNumber: '0044207123' } }) })).toBe(true);
        expect(up({ memory: { state: { facts: { seenOnce: ['44207123'] } } } })).toBe(true);
        expect(up(called('out'))).toBe(true);
        // a number of the bridge, a longer one, a time, an id, whom an account allows
        expect(up(called('in'))).toBe(false);
        expect(up({ identity: { direction: 'in', caller: '+442071234' } })).toBe(false);
        expect(up({ identity: { startedAt: 44207123, sipCallId: '44207123', id: 'c44207123' } })).toBe(false);
        expect(up({ memory: { options: { allowedCallers: ['44207123'] } } })).toBe(false);
        store.saveLive([{ kind: 'call', id: 'up', data: 'not JSON 44207123' }]);
        expect(store.liveHoldsNumber('44207123')).toBe(false);
      });

      it('is taken out of records, blocks, invitees and messages, and out of nothing else', () => {
        store.addBlock({ accountId: null, callerNumber: '44207123', createdAt: 1 });
        store.addDeliveries([delivery('sms', { channel: 'sms', address: '+4420 7123' })]);
        let changed = 0;
        for (let after: number | null = 0; after !== null;) {
          const page: ReturnType<PrivacyStore['eraseNumber']> = store.eraseNumber('44207123', after, 2);
          changed += page.changed;
          after = page.next;
        }
        // two records, the block, the message, the telephone of the one invitee
        expect(changed).toBe(5);
        expect(store.callsOfNumber('44207123', 0, 100)).toEqual({ next: null, callRecords: [] });
        const records = new Map(store.callRecords({ limit: 99 }).map((one) => [String(one.id), one]));
        expect(records.get('n1')?.caller).toBe('***');
        expect(records.get('n4')?.dialled).toBe('***');
        expect(records.get('n5')?.caller).toBe('+442071239');
        expect([...store.blocks()]).toMatchObject([{ callerNumber: '4420' }]);
        expect(store.invitee(inviteeId('i-b-a1'))).toMatchObject({ phone: null, email: 'g@example.org' });
        expect(store.delivery('sms')).toBeNull();
        expect(store.delivery('d-a1')).not.toBeNull();
      });
    });

    it('empties its log and wipes its pages to the end', () => {
      use('a1');
      expect(store.emptyWriteAheadLog()).toBe(true);
      expect(store.wipeSome(0)).toBeNull();
      expect(store.check()).toEqual([]);
    });
  });
}
