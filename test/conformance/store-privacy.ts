import { describe, expect, it } from 'vitest';
import { accountId } from '../../src/domain/identifiers.js';
import { Duplicate } from '../../src/ports/store.js';
import type { AuditLine } from '../../src/ports/store-privacy.js';
import type { StoreStage } from './store-stage.js';

const line = (more: Partial<AuditLine> = {}): AuditLine => ({
  at: 1_700_000_000_000,
  action: 'account-changed',
  subject: 'a1',
  detail: null,
  ...more,
});

/** What is kept, how long, and what administrators did. @param stage of the test that runs */
export function describePrivacy(stage: () => StoreStage): void {
  describe('the audit trail', () => {
    it('notes what was changed with the change, and gives back what the change returned', () => {
      const { store } = stage();
      stage().add('a1');
      expect(store.audited(line(), () => store.updateAccount(accountId('a1'), { enabled: false }))).toBe(true);
      expect(store.account(accountId('a1'))?.enabled).toBe(false);
      expect(store.auditLines({ limit: 9 })).toEqual([{ ...line(), number: 1 }]);
    });

    it('notes nothing where nothing was changed', () => {
      const { store } = stage();
      const noted = (done: boolean): AuditLine | null => (done ? line({ detail: 'disabled' }) : null);
      store.audited(noted, () => store.updateAccount(accountId('a1'), { enabled: false }));
      expect(store.auditLines({ limit: 9 })).toEqual([]);
      stage().add('a1');
      store.audited(noted, () => store.updateAccount(accountId('a1'), { enabled: false }));
      expect(store.auditLines({ limit: 9 })).toMatchObject([{ detail: 'disabled' }]);
    });

    it('notes nothing where the change is refused, and lets the refusal through', () => {
      const { store } = stage();
      stage().add('a1');
      expect(() => store.audited(line(), () => stage().add('a1'))).toThrow(Duplicate);
      expect(store.auditLines({ limit: 9 })).toEqual([]);
    });

    it('lets a change be tried again within', () => {
      const { store } = stage();
      stage().add('a1');
      store.audited(line({ action: 'account-added', subject: 'a2' }), () => {
        expect(() => stage().add('a1')).toThrow(Duplicate);
        stage().add('a2');
      });
      expect(store.countAccounts()).toBe(2);
      expect(store.auditLines({ limit: 9 })).toHaveLength(1);
    });

    it('gives the lines oldest first, page by page, from a time on and before another', () => {
      const { store } = stage();
      for (const at of [10, 20, 30, 40]) store.audited(line({ at }), () => undefined);
      const times = (filter: object): readonly number[] =>
        store.auditLines({ limit: 9, ...filter }).map(({ at }) => at);
      expect(times({})).toEqual([10, 20, 30, 40]);
      expect(times({ limit: 2 })).toEqual([10, 20]);
      expect(times({ limit: 2, after: store.auditLines({ limit: 2 })[1]?.number })).toEqual([30, 40]);
      expect(times({ from: 20, to: 40 })).toEqual([20, 30]);
      expect(() => store.auditLines({ limit: 0 })).toThrow(RangeError);
    });
  });
}
