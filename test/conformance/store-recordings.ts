import { describe, expect, it } from 'vitest';
import { accountId } from '../../src/domain/identifiers.js';
import { Duplicate } from '../../src/ports/store.js';
import { recording } from './store-stage.js';
import type { StoreStage } from './store-stage.js';

/** Numbers that are not let in, and sealed recordings. @param stage of the test that runs */
export function describeBlocksAndRecordings(stage: () => StoreStage): void {
  describe('blocks', () => {
    const block = (id: string | null, callerNumber: string, createdAt = 1): void =>
      stage().store.addBlock({ accountId: id === null ? null : accountId(id), callerNumber, createdAt });

    it('blocks a number for one account, or for all', () => {
      const [first, second] = [stage().add('a1').id, stage().add('a2').id];
      block('a1', '442071234567');
      block(null, '4930123456');
      expect(stage().store.isBlocked(first, '442071234567')).toBe(true);
      expect(stage().store.isBlocked(second, '442071234567')).toBe(false);
      expect(stage().store.isBlocked(first, '4930123456')).toBe(true);
      expect(stage().store.isBlocked(second, '4930123456')).toBe(true);
      expect(stage().store.isBlocked(first, '44207123456')).toBe(false);
      expect(stage().store.isBlocked(first, '%')).toBe(false);
    });

    it('lists what counts for an account, or all, oldest first', () => {
      stage().add('a1');
      stage().add('a2');
      block('a1', '3', 30);
      block(null, '1', 20);
      block('a2', '2', 10);
      expect([...stage().store.blocks(accountId('a1'))]).toEqual([
        { accountId: 'a1', callerNumber: '3', createdAt: 30 },
        { accountId: null, callerNumber: '1', createdAt: 20 },
      ]);
      expect([...stage().store.blocks()].map(({ callerNumber }) => callerNumber)).toEqual(['3', '1', '2']);
    });

    it('lets others be read and, once left, be changed while they are listed', () => {
      stage().add('a1');
      block('a1', '1');
      block('a1', '2');
      for (const { accountId: id } of stage().store.blocks()) {
        expect(id === null ? null : stage().store.account(id)?.id).toBe('a1');
        break;
      }
      expect(stage().store.removeBlock(accountId('a1'), '1')).toBe(true);
      expect([...stage().store.blocks()].map(({ callerNumber }) => callerNumber)).toEqual(['2']);
    });

    it('knows a number once for each account, and unblocks only what it is told to', () => {
      stage().add('a1');
      block('a1', '1', 5);
      block('a1', '1', 6);
      block(null, '1', 7);
      block(null, '1', 8);
      expect([...stage().store.blocks()].map(({ createdAt }) => createdAt)).toEqual([5, 7]);
      expect(stage().store.removeBlock(null, '1')).toBe(true);
      expect(stage().store.removeBlock(null, '1')).toBe(false);
      expect(stage().store.isBlocked(accountId('a1'), '1')).toBe(true);
      expect(stage().store.removeBlock(accountId('a1'), '1')).toBe(true);
      expect(stage().store.isBlocked(accountId('a1'), '1')).toBe(false);
    });

    it('never becomes bridge-wide because its account is not there, and goes with it', () => {
      stage().add('a1');
      block('nobody', '1');
      block('a1', '2');
      stage().store.removeAccount(accountId('a1'));
      expect([...stage().store.blocks()]).toEqual([]);
      stage().add('a2');
      expect(stage().store.isBlocked(accountId('a2'), '1')).toBe(false);
    });
  });

  describe('recordings', () => {
    it('gives back a recording as it was added', () => {
      stage().add('a1');
      expect(stage().store.addRecording(recording('r1'))).toBe(true);
      expect(stage().store.addRecording(recording('r2', { conferenceRecordId: null, part: 2, startedAt: 5 }))).toBe(
        true,
      );
      expect(stage().store.recording('r1')).toEqual(recording('r1'));
      expect(stage().store.recording('r3')).toBeNull();
      expect(stage().store.recordings({ limit: 9 })).toEqual([
        recording('r1'),
        recording('r2', { conferenceRecordId: null, part: 2, startedAt: 5 }),
      ]);
    });

    it('refuses a second recording of the same id', () => {
      stage().add('a1');
      stage().store.addRecording(recording('r1'));
      expect(() => stage().store.addRecording(recording('r1', { part: 2 }))).toThrow(Duplicate);
    });

    it('lists them newest first, of one account or all, and at most as many as asked for', () => {
      stage().add('a1');
      stage().add('a2');
      stage().store.addRecording(recording('r1', { startedAt: 10 }));
      stage().store.addRecording(recording('r2', { startedAt: 30, accountId: accountId('a2') }));
      stage().store.addRecording(recording('r3', { startedAt: 20 }));
      const ids = (filter: object, limit = 9): string[] =>
        stage()
          .store.recordings({ limit, ...filter })
          .map(({ id }) => id);
      expect(ids({})).toEqual(['r2', 'r3', 'r1']);
      expect(ids({}, 2)).toEqual(['r2', 'r3']);
      expect(ids({ accountId: accountId('a1') })).toEqual(['r3', 'r1']);
      expect(ids({ accountId: accountId('nobody') })).toEqual([]);
    });

    it('lists them page by page in the order of their ids, those that are added or removed meanwhile or not', () => {
      stage().add('a1');
      for (const id of ['r2', 'r4', 'r1', 'r3']) stage().store.addRecording(recording(id));
      const ids = (after: string): string[] =>
        stage()
          .store.recordingsById(after, 2)
          .map(({ id }) => id);
      expect(ids('')).toEqual(['r1', 'r2']);
      stage().store.removeRecording('r2');
      stage().store.addRecording(recording('r0'));
      expect(ids('r2')).toEqual(['r3', 'r4']);
      expect(ids('r4')).toEqual([]);
      expect(stage().store.recordingsById('', 1)).toEqual([recording('r0')]);
      expect(() => stage().store.recordingsById('', 0)).toThrow(RangeError);
    });

    it('tells which are due, to the millisecond, the longest due first', () => {
      stage().add('a1');
      stage().store.addRecording(recording('r1', { dueAt: 200 }));
      stage().store.addRecording(recording('r2', { dueAt: 100 }));
      stage().store.addRecording(recording('r3', { dueAt: 300 }));
      const due = (at: number, limit = 9): string[] =>
        stage()
          .store.recordingsDue(at, limit)
          .map(({ id }) => id);
      expect(due(99)).toEqual([]);
      expect(due(100)).toEqual(['r2']);
      expect(due(299)).toEqual(['r2', 'r1']);
      expect(due(300, 2)).toEqual(['r2', 'r1']);
    });

    it('forgets one that is removed, and says when there was none', () => {
      stage().add('a1');
      stage().store.addRecording(recording('r1'));
      expect(stage().store.removeRecording('r1')).toBe(true);
      expect(stage().store.removeRecording('r1')).toBe(false);
      expect(stage().store.recording('r1')).toBeNull();
    });

    it('keeps nothing of an account that was removed, before or meanwhile', () => {
      stage().add('a1');
      stage().store.addRecording(recording('r1'));
      stage().store.removeAccount(accountId('a1'));
      expect(stage().store.recording('r1')).toBeNull();
      expect(stage().store.addRecording(recording('r2'))).toBe(false);
      expect(stage().store.recordings({ limit: 9 })).toEqual([]);
    });

    it('rounds times to whole milliseconds rather than lose a recording', () => {
      stage().add('a1');
      stage().store.addRecording(recording('r1', { startedAt: 10.4, durationMs: 11.6, dueAt: 12.5 }));
      expect(stage().store.recording('r1')).toMatchObject({ startedAt: 10, durationMs: 12, dueAt: 13 });
    });
  });
}
