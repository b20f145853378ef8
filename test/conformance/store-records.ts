import { describe, expect, it } from 'vitest';
import { accountId } from '../../src/domain/identifiers.js';
import { Duplicate } from '../../src/ports/store.js';
import type { CallRecord } from '../../src/ports/store.js';
import { call, conference } from './store-stage.js';
import type { StoreStage } from './store-stage.js';

/** Records of calls and conferences. @param stage of the test that runs */
export function describeRecords(stage: () => StoreStage): void {
  describe('records', () => {
    it('gives back a call record as it was written', () => {
      stage().add('a1');
      const full = call('c1', {
        answeredAt: 1_700_000_001_000,
        joinedAt: 1_700_000_009_000,
        trunk: 'pbx',
        caller: '***567',
        accountId: accountId('a1'),
        conferenceRecordId: 12,
        role: 'host',
        outcome: 'completed',
        keyMethod: 'event',
        codec: 'PCMU',
        mixer: 'worker-1',
        packetLoss: 0.015,
        jitterMs: 3.25,
      });
      stage().store.addCallRecord(full);
      stage().store.addCallRecord(call('c2', { startedAt: 1 }));
      expect(stage().store.callRecords({ limit: 10 })).toEqual([full, call('c2', { startedAt: 1 })]);
    });

    it('tells calls placed from calls received, and sums those of an account', () => {
      stage().add('a1');
      stage().add('a2');
      const placed = (id: string, more: Partial<CallRecord>): void =>
        stage().store.addCallRecord(call(id, { direction: 'out', accountId: accountId('a1'), ...more }));
      placed('c1', { startedAt: 99, answeredAt: 100, endedAt: 1_000 });
      placed('c2', { startedAt: 100, answeredAt: 200, endedAt: 1_200 });
      placed('c3', { startedAt: 150, answeredAt: null, endedAt: 9_000 });
      placed('c4', { startedAt: 160, answeredAt: 170, endedAt: 180, accountId: accountId('a2') });
      placed('c5', { startedAt: 160, answeredAt: 170, endedAt: 180, direction: 'in' });
      expect(
        stage()
          .store.callRecords({ limit: 9 })
          .find(({ id }) => id === 'c2')?.direction,
      ).toBe('out');
      expect(stage().store.placedSince(accountId('a1'), 100)).toEqual({ calls: 2, answeredMs: 1_900 });
      expect(stage().store.placedSince(accountId('a1'), 0)).toEqual({ calls: 3, answeredMs: 1_900 });
      // A call that began before is counted by the time it lasted since.
      expect(stage().store.placedSince(accountId('a1'), 151)).toEqual({ calls: 0, answeredMs: 849 + 1_000 });
      expect(stage().store.placedSince(accountId('a1'), 2_000)).toEqual({ calls: 0, answeredMs: 0 });
      expect(stage().store.placedSince(accountId('nobody'), 0)).toEqual({ calls: 0, answeredMs: 0 });
    });

    it('rounds times to whole milliseconds rather than lose a record', () => {
      stage().store.addCallRecord(call('c1', { startedAt: 10.4, answeredAt: 11.6, endedAt: 12.5 }));
      expect(stage().store.callRecords({ limit: 1 })[0]).toMatchObject({ startedAt: 10, answeredAt: 12, endedAt: 13 });
    });

    it('refuses a second record of the same call', () => {
      stage().store.addCallRecord(call('c1'));
      expect(() => stage().store.addCallRecord(call('c1'))).toThrow(Duplicate);
    });

    it('lists calls newest first, of the same moment the one written last, and at most as many as asked for', () => {
      for (const [id, startedAt] of [
        ['c1', 20],
        ['c2', 30],
        ['c3', 10],
        ['c4', 30],
      ] as const) {
        stage().store.addCallRecord(call(id, { startedAt }));
      }
      expect(
        stage()
          .store.callRecords({ limit: 10 })
          .map(({ id }) => id),
      ).toEqual(['c4', 'c2', 'c1', 'c3']);
      expect(
        stage()
          .store.callRecords({ limit: 2 })
          .map(({ id }) => id),
      ).toEqual(['c4', 'c2']);
    });

    it('filters calls by time from-inclusive and to-exclusive, by account and by outcome, alone and together', () => {
      stage().add('a1');
      const own = { accountId: accountId('a1') };
      stage().store.addCallRecord(call('c1', { startedAt: 10, outcome: 'locked' }));
      stage().store.addCallRecord(call('c2', { startedAt: 20, outcome: 'full', ...own }));
      stage().store.addCallRecord(call('c3', { startedAt: 30, outcome: 'locked', ...own }));
      const ids = (filter: object): string[] =>
        stage()
          .store.callRecords({ limit: 10, ...filter })
          .map(({ id }) => id);
      expect(ids({ from: 20 })).toEqual(['c3', 'c2']);
      expect(ids({ to: 20 })).toEqual(['c1']);
      expect(ids({ from: 10, to: 30 })).toEqual(['c2', 'c1']);
      expect(ids(own)).toEqual(['c3', 'c2']);
      expect(ids({ outcome: 'locked' })).toEqual(['c3', 'c1']);
      expect(ids({ outcome: 'locked', from: 15, to: 99, ...own })).toEqual(['c3']);
      expect(ids({ outcome: 'alone' })).toEqual([]);
    });

    it('keeps the start of a conference, and its end once it ended', () => {
      const id = stage().store.startConferenceRecord(conference('a1'));
      const other = stage().store.startConferenceRecord(conference('a2', { startedAt: 1 }));
      expect(other).not.toBe(id);
      expect(stage().store.conferenceRecords({ limit: 1 })).toEqual([conference('a1')]);
      const end = { endedAt: 1_700_000_100_000, peak: 5, lockedOut: 2, blocked: 3, outcome: 'host-ended' } as const;
      stage().store.endConferenceRecord(id, end);
      expect(stage().store.conferenceRecords({ limit: 9 })).toEqual([
        conference('a1', end),
        conference('a2', { startedAt: 1 }),
      ]);
      expect(stage().store.conferenceRecords({ limit: 9, accountId: accountId('a2') })).toHaveLength(1);
    });

    it('keeps the call records of a removed account under the label of its conferences', () => {
      stage().add('a1');
      const own = {
        accountId: accountId('a1'),
        conferenceRecordId: stage().store.startConferenceRecord(conference('a1')),
      };
      stage().store.addCallRecord(call('c1', { ...own, role: 'guest' }));
      stage().store.removeAccount(accountId('a1'));
      const label = stage().store.conferenceRecords({ limit: 1 })[0]?.accountId;
      expect(label).toMatch(/^removed/);
      expect(stage().store.callRecords({ limit: 9 })).toEqual([
        call('c1', { ...own, accountId: label ?? null, role: 'guest' }),
      ]);
    });

    it('writes the record of a call that outlived its account without the account', () => {
      stage().store.addCallRecord(call('c1', { accountId: accountId('removed-meanwhile') }));
      expect(stage().store.callRecords({ limit: 9 })[0]?.accountId).toBeNull();
    });

    it('keeps the conference records of a removed account together under a label that says nothing', () => {
      stage().add('mary');
      stage().add('john');
      for (const startedAt of [30, 20]) stage().store.startConferenceRecord(conference('mary', { startedAt }));
      stage().store.startConferenceRecord(conference('john', { startedAt: 10 }));
      stage().store.removeAccount(accountId('mary'));
      const [first, second, third] = stage().store.conferenceRecords({ limit: 9 });
      expect(first?.accountId).toBe(second?.accountId);
      expect(first?.accountId).not.toContain('mary');
      expect(first?.conferenceId).not.toContain('mary');
      expect(third?.accountId).toBe('john');
      stage().store.removeAccount(accountId('john'));
      expect(stage().store.conferenceRecords({ limit: 9 })[2]?.accountId).not.toBe(first?.accountId);
    });

    it('still ends the record of a conference whose account was removed', () => {
      stage().add('a1');
      const id = stage().store.startConferenceRecord(conference('a1'));
      stage().store.removeAccount(accountId('a1'));
      stage().store.endConferenceRecord(id, { endedAt: 5, peak: 2, lockedOut: 0, blocked: 0, outcome: 'emptied' });
      expect(stage().store.conferenceRecords({ limit: 1 })[0]).toMatchObject({ endedAt: 5, outcome: 'emptied' });
    });
  });
}
