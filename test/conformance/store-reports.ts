import { describe, expect, it } from 'vitest';
import { accountId, bookingId, callId, conferenceId, inviteeId } from '../../src/domain/identifiers.js';
import { TooMany } from '../../src/ports/store.js';
import type { CallRecord } from '../../src/ports/store.js';
import type { Delivery } from '../../src/ports/store-deliveries.js';
import type { CallFilter, RecordCursor } from '../../src/ports/store-reports.js';
import { call, conference, recording } from './store-stage.js';
import type { StoreStage } from './store-stage.js';

const ADA = accountId('ada');
const DAY = 86_400_000;

/** What reports read, and blocks by pattern. @param stage of the test that runs */
export function describeReports(stage: () => StoreStage): void {
  const add = (id: string, more: Partial<CallRecord> = {}): void => stage().store.addCallRecord(call(id, more));
  const page = (filter: CallFilter, limit = 100, after: RecordCursor | null = null) =>
    stage().store.callPage(filter, { limit, after });
  const ids = (filter: CallFilter): string[] => page(filter).rows.map(({ id }) => id);

  describe('pages of calls', () => {
    it('give every call once, newest first, however many begin at the same moment and however small the page', () => {
      for (let n = 0; n < 23; n += 1) add(`c${n}`, { startedAt: 1_000 + Math.floor(n / 5) });
      for (const limit of [1, 2, 5, 7, 23, 24]) {
        const seen: string[] = [];
        let after: RecordCursor | null = null;
        do {
          const { rows, next }: ReturnType<typeof page> = page({}, limit, after);
          expect(rows.length).toBeLessThanOrEqual(limit);
          seen.push(...rows.map(({ id }) => id));
          after = next;
        } while (after !== null);
        expect(seen).toEqual(Array.from({ length: 23 }, (_, n) => `c${22 - n}`));
      }
    });

    it('miss none of before when calls are added meanwhile', () => {
      for (let n = 0; n < 4; n += 1) add(`c${n}`, { startedAt: n });
      const first = page({}, 2);
      add('late', { startedAt: 99 });
      expect(page({}, 2, first.next).rows.map(({ id }) => id)).toEqual(['c1', 'c0']);
    });

    it('are filtered by everything a call has, alone and together', () => {
      stage().add('ada');
      add('c1', { accountId: ADA, trunk: 'pbx', role: 'host', outcome: 'completed', dialled: '8000', startedAt: 10 });
      add('c2', { trunk: 'pbx', role: 'guest', outcome: 'locked', dialled: '+8000', startedAt: 20 });
      add('c3', { bookingId: bookingId('b1'), conferenceRecordId: 7, dialled: '9000', startedAt: 30 });
      expect(ids({ accountId: ADA })).toEqual(['c1']);
      expect(ids({ trunk: 'pbx' })).toEqual(['c2', 'c1']);
      expect(ids({ role: 'guest' })).toEqual(['c2']);
      expect(ids({ outcome: 'locked' })).toEqual(['c2']);
      expect(ids({ dialled: ['8000', '+8000'] })).toEqual(['c2', 'c1']);
      expect(ids({ dialled: [] })).toEqual([]);
      expect(ids({ bookingId: bookingId('b1') })).toEqual(['c3']);
      expect(ids({ conferenceRecordId: 7 })).toEqual(['c3']);
      expect(ids({ from: 20, to: 30 })).toEqual(['c2']);
      expect(ids({ trunk: 'pbx', role: 'host', from: 0, to: 11 })).toEqual(['c1']);
      expect(ids({ trunk: 'pbx', role: 'host', from: 11 })).toEqual([]);
    });

    it('name the account as it is called now, and not at all once it is gone', () => {
      stage().add('ada');
      add('c1', { accountId: ADA });
      stage().store.updateAccount(ADA, { name: 'Countess' });
      expect(page({}).rows[0]).toMatchObject({ accountId: ADA, accountName: 'Countess', bookingTitle: null });
      stage().store.removeAccount(ADA);
      expect(page({}).rows[0]?.accountName).toBeNull();
      expect(page({}).rows[0]?.accountId).not.toBe(ADA);
    });

    it('keep booking and invitee by their ids', () => {
      const of = { bookingId: bookingId('b1'), inviteeId: inviteeId('i1') };
      add('c1', of);
      expect(page({}).rows[0]).toMatchObject({ ...of, bookingTitle: null, inviteeName: null });
      expect(stage().store.callRecords({ limit: 1 })[0]).toMatchObject(of);
    });

    it.each([0, 10_001, 1.5])('of %d are refused', (limit) => {
      expect(() => page({}, limit)).toThrow(RangeError);
    });
  });

  describe('sums of calls', () => {
    const placed = { direction: 'out', answeredAt: 1_000 } as const;

    it('count attempts, those in a conference, their time, and calls placed', () => {
      add('c1', { startedAt: 0, joinedAt: 100, endedAt: 1_100 });
      add('c2', { startedAt: 10, joinedAt: null, endedAt: 9_000 });
      add('c3', { ...placed, startedAt: 20, joinedAt: 2_000, endedAt: 5_000 });
      add('c4', { ...placed, answeredAt: null, startedAt: 30, endedAt: 5_000 });
      const all = { calls: 4, joined: 2, talkMs: 4_000, placed: 2, placedMs: 4_000 };
      expect(stage().store.sumCalls({})).toEqual(all);
      expect(stage().store.sumCalls({ from: 10, to: 20 })).toEqual({
        ...all,
        calls: 1,
        joined: 0,
        talkMs: 0,
        placed: 0,
        placedMs: 0,
      });
      expect(stage().store.sumCalls({ from: DAY })).toEqual({ calls: 0, joined: 0, talkMs: 0, placed: 0, placedMs: 0 });
    });

    it('by account are in order of name, those without an account last', () => {
      for (const [id, name] of [
        ['x1', 'zoe'],
        ['x2', 'Adam'],
        ['x3', 'adam'],
      ] as const)
        stage().add(id, { name });
      add('c1', { accountId: accountId('x1') });
      add('c2', { accountId: accountId('x3') });
      add('c3', { accountId: accountId('x2'), joinedAt: 1_700_000_000_000 });
      add('c4', { accountId: accountId('x1') });
      add('c5');
      const sums = [...stage().store.sumCallsBy('account', {})];
      expect(sums.map(({ key, name, calls }) => [key, name, calls])).toEqual([
        ['x2', 'Adam', 1],
        ['x3', 'adam', 1],
        ['x1', 'zoe', 2],
        [null, null, 1],
      ]);
      expect(sums[0]).toMatchObject({ joined: 1, talkMs: 60_000 });
    });

    it('by number and by trunk are in order of these, within the filter', () => {
      add('c1', { dialled: '9000', trunk: 'pbx', startedAt: 5 });
      add('c2', { dialled: '8000', trunk: 'carrier', startedAt: 6 });
      add('c3', { dialled: '8000', trunk: null, startedAt: 7 });
      add('c4', { dialled: '7000', trunk: 'pbx', startedAt: 99 });
      const by = (key: 'number' | 'trunk') =>
        [...stage().store.sumCallsBy(key, { to: 50 })].map((sum) => [sum.key, sum.calls, sum.name]);
      expect(by('number')).toEqual([
        ['8000', 2, null],
        ['9000', 1, null],
      ]);
      expect(by('trunk')).toEqual([
        ['carrier', 1, null],
        ['pbx', 1, null],
        [null, 1, null],
      ]);
    });

    it('by number take all its spellings together, under that with + where a trunk sends it', () => {
      const spellings = [
        '442071234567',
        '+442071234567',
        '00442071234567',
        '+44 20 7123-4567',
        '12',
        '0012',
        '9001234',
      ];
      for (const [n, dialled] of spellings.entries()) add(`c${n}`, { dialled, joinedAt: 0, endedAt: 10 });
      const sums = [...stage().store.sumCallsBy('number', {})];
      expect(sums.map(({ key, calls, joined, talkMs }) => [key, calls, joined, talkMs])).toEqual([
        ['+442071234567', 4, 4, 40],
        ['0012', 1, 1, 10],
        ['12', 1, 1, 10],
        ['9001234', 1, 1, 10],
      ]);
    });

    it('may be left before their end, and writing goes on', () => {
      add('c1', { trunk: 'a' });
      add('c2', { trunk: 'b' });
      for (const { key } of stage().store.sumCallsBy('trunk', {})) {
        expect(key).toBe('a');
        break;
      }
      add('c3', { trunk: 'c' });
      expect([...stage().store.sumCallsBy('trunk', {})]).toHaveLength(3);
    });

    it('know when the first and the last began', () => {
      expect(stage().store.callSpan({})).toBeNull();
      for (const startedAt of [50, 10, 90]) add(`c${startedAt}`, { startedAt, trunk: startedAt === 10 ? 'pbx' : null });
      expect(stage().store.callSpan({})).toEqual({ first: 10, last: 90 });
      expect(stage().store.callSpan({ trunk: 'pbx' })).toEqual({ first: 10, last: 10 });
      expect(stage().store.callSpan({ from: 91 })).toBeNull();
    });
  });

  describe('one call', () => {
    it('is found by its id, its SIP Call-ID, or the beginning of either', () => {
      add('aaaa-1', { sipCallId: 'xyz@host' });
      add('aaaa-2', { sipCallId: 'xya@host' });
      const like = (reference: string) =>
        stage()
          .store.callsLike(reference, 10)
          .map(({ id }) => id);
      expect(like('aaaa-1')).toEqual(['aaaa-1']);
      expect(like('xya@host')).toEqual(['aaaa-2']);
      expect(like('aaaa')).toEqual(['aaaa-2', 'aaaa-1']);
      expect(like('xyz')).toEqual(['aaaa-1']);
      expect(like('%')).toEqual([]);
      expect(like('b')).toEqual([]);
      expect(stage().store.callsLike('aaaa', 1)).toHaveLength(1);
    });

    it('named whole is meant alone, also where others begin so', () => {
      add('abcd');
      add('abcde');
      expect(
        stage()
          .store.callsLike('abcd', 10)
          .map(({ id }) => id),
      ).toEqual(['abcd']);
    });

    it('keeps its story as it was written, or none', () => {
      stage().store.addCallRecord(call('c1'), '{"lines":[]}');
      add('c2');
      expect(stage().store.callStory(callId('c1'))).toBe('{"lines":[]}');
      expect(stage().store.callStory(callId('c2'))).toBeNull();
      expect(stage().store.callStory(callId('c3'))).toBeNull();
    });
  });

  describe('conferences', () => {
    const end = { endedAt: 1_700_000_100_000, peak: 5, lockedOut: 2, blocked: 3, outcome: 'host-ended' } as const;

    it('are paged with account, recordings, and attempts that were blocked', () => {
      stage().add('ada');
      const first = stage().store.startConferenceRecord(conference('ada', { startedAt: 10 }));
      const second = stage().store.startConferenceRecord(conference('ada', { startedAt: 10 }));
      const other = stage().store.startConferenceRecord(conference('gone', { startedAt: 20 }));
      stage().store.endConferenceRecord(second, end);
      stage().store.addRecording(recording('r1', { accountId: ADA, conferenceRecordId: second }));
      const all = stage().store.conferencePage({}, { limit: 2, after: null });
      expect(all.rows.map(({ id }) => id)).toEqual([other, second]);
      expect(all.rows[0]).toMatchObject({ accountName: null, recordings: 0, endedAt: null });
      expect(all.rows[1]).toMatchObject({ ...end, accountName: 'Name of ada', recordings: 1 });
      const rest = stage().store.conferencePage({}, { limit: 2, after: all.next });
      expect(rest).toMatchObject({ rows: [{ id: first }], next: null });
      const some = (filter: object) =>
        stage()
          .store.conferencePage(filter, { limit: 9, after: null })
          .rows.map(({ id }) => id);
      expect(some({ accountId: ADA })).toEqual([second, first]);
      expect(some({ from: 11 })).toEqual([other]);
      expect(some({ to: 20, accountId: ADA })).toEqual([second, first]);
      expect(stage().store.conferenceReported(second)).toEqual(all.rows[1]);
      expect(stage().store.conferenceReported(999)).toBeNull();
    });

    it('end once: a second end changes nothing and queues no second report', () => {
      stage().add('ada');
      const id = stage().store.startConferenceRecord(conference('ada'));
      const report = (name: string): Delivery => ({
        ...{ id: name, kind: 'host-report', channel: 'file', accountId: ADA, bookingId: null, occurrenceAt: null },
        ...{
          inviteeId: null,
          conferenceRecordId: id,
          address: '/x',
          nextAt: 5,
          attempts: 0,
          failedAt: null,
          error: null,
        },
      });
      expect(stage().store.endConferenceRecord(id, end, report('d1'))).toBe(true);
      expect(stage().store.endConferenceRecord(id, { ...end, peak: 9 }, report('d2'))).toBe(false);
      expect(stage().store.conferenceReported(id)).toMatchObject(end);
      expect(stage().store.deliveries({ limit: 9 })).toEqual([report('d1')]);
    });

    it('that nobody ended are ended with their last call, but for those that go on', () => {
      const lost = stage().store.startConferenceRecord(conference('a1', { startedAt: 100 }));
      const empty = stage().store.startConferenceRecord(conference('a2', { startedAt: 200 }));
      const going = stage().store.startConferenceRecord(conference('a3', { startedAt: 300 }));
      add('c1', { conferenceRecordId: lost, endedAt: 5_000 });
      add('c2', { conferenceRecordId: lost, endedAt: 4_000 });
      expect(stage().store.endLostConferences([conferenceId('a3')])).toBe(2);
      const endOf = (id: number) => stage().store.conferenceReported(id);
      expect(endOf(lost)).toMatchObject({ endedAt: 5_000, outcome: 'failed' });
      expect(endOf(empty)).toMatchObject({ endedAt: 200, outcome: 'failed' });
      expect(endOf(going)).toMatchObject({ endedAt: null, outcome: null });
      expect(stage().store.endLostConferences([conferenceId('a3')])).toBe(0);
    });
  });

  describe('blocks by pattern', () => {
    const block = (callerNumber: string, of: string | null = null): void =>
      stage().store.addBlock({ accountId: of === null ? null : accountId(of), callerNumber, createdAt: 1 });
    const blocked = (number: string, of: string | null = 'ada'): boolean =>
      stage().store.isBlocked(of === null ? null : accountId(of), number);

    it.each([
      ['4420*', '442071234567', true],
      ['4420*', '4420', true],
      ['4420*', '442', false],
      ['4420*', '443071234567', false],
      ['0900??????', '0900123456', true],
      ['0900??????', '090012345', false],
      ['0900??????', '09001234567', false],
      ['0900??????', '0901123456', false],
      ['?2*', '12', true],
      ['?2*', '1', false],
      ['?2*', '13', false],
      ['44?0?1*', '442077', false],
      ['44?0?1*', '4420717', true],
      ['44?0?1*', '4420117', true],
      ['1234567', '1234567', true],
      ['1234567', '12345678', false],
      ['1?', '1?', true],
    ])('%s and %s: %j', (pattern, number, expected) => {
      stage().add('ada');
      block(pattern);
      expect(blocked(number)).toBe(expected);
      expect(blocked(number, null)).toBe(expected);
    });

    it('of an account count for it alone, bridge-wide ones for all', () => {
      stage().add('ada');
      stage().add('bob');
      block('44?*', 'ada');
      block('33*');
      expect([blocked('4412'), blocked('4412', 'bob'), blocked('4412', null)]).toEqual([true, false, false]);
      expect([blocked('33'), blocked('33', 'bob'), blocked('33', null)]).toEqual([true, true, true]);
      expect(stage().store.removeBlock(ADA, '44?*')).toBe(true);
      expect(blocked('4412')).toBe(false);
    });

    it('are 10 000 at most, for an account as for the bridge', () => {
      stage().add('ada');
      for (let n = 0; n < 10_000; n += 1) block(`1${n}`, 'ada');
      expect(() => block('2', 'ada')).toThrow(TooMany);
      block('10', 'ada');
      block('2');
      expect([blocked('19999'), blocked('2', null)]).toEqual([true, true]);
      expect(stage().store.removeBlock(ADA, '10')).toBe(true);
      block('3', 'ada');
      expect(blocked('3')).toBe(true);
    }, 60_000);
  });
}
