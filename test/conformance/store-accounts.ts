import { describe, expect, it } from 'vitest';
import { DEFAULT_CONFERENCE_OPTIONS } from '../../src/domain/conference-options.js';
import { accountId } from '../../src/domain/identifiers.js';
import { Duplicate } from '../../src/ports/store.js';
import { account, NINETY_DAYS_MS, pin } from './store-stage.js';
import type { StoreStage } from './store-stage.js';

/** Accounts and their PINs. @param stage of the test that runs */
export function describeAccounts(stage: () => StoreStage): void {
  describe('accounts', () => {
    it('gives back an account as it was added', () => {
      const options = { ...DEFAULT_CONFERENCE_OPTIONS, hostLeaves: 'hold', maxCallers: 7, readmit: true } as const;
      const added = stage().add('a1', { name: 'Zoë "the chair" O’Neill', enabled: false, options, createdAt: 1 });
      expect(stage().store.account(added.id)).toEqual(added);
    });

    it('knows no account by an id that was never added', () => {
      expect(stage().store.account(accountId('nobody'))).toBeNull();
    });

    it('refuses a second account of the same id', () => {
      stage().add('a1');
      expect(() => stage().store.addAccount(account('a1'), { host: pin('x'), guest: pin('y') })).toThrow(Duplicate);
      expect(stage().store.findPin('x', 0)).toBeNull();
    });

    it('finds accounts by name whatever the case, in any script', () => {
      stage().add('a1', { name: 'ÉMILIE' });
      stage().add('a2', { name: 'émilie' });
      stage().add('a3', { name: 'Emilie' });
      expect(
        stage()
          .store.accountsNamed('Émilie')
          .map(({ id }) => id),
      ).toEqual(['a1', 'a2']);
      expect(stage().store.accountsNamed('E\u0301milie')).toHaveLength(2);
      expect(stage().store.accountsNamed('mili')).toEqual([]);
    });

    it('takes wildcards and quotes in a name literally', () => {
      stage().add('a1', { name: "Robert'); DROP TABLE accounts;--" });
      expect(stage().store.accountsNamed('%')).toEqual([]);
      expect(stage().store.accountsNamed("robert'); drop table accounts;--")).toHaveLength(1);
    });

    it('lists accounts page by page in order of creation, whatever the clock said', () => {
      stage().add('b', { createdAt: 3 });
      stage().add('a', { createdAt: 2 });
      stage().add('c', { createdAt: 1 });
      const first = stage().store.accounts({ limit: 2 });
      expect(first.map(({ id }) => id)).toEqual(['b', 'a']);
      expect(
        stage()
          .store.accounts({ limit: 2, after: accountId('a') })
          .map(({ id }) => id),
      ).toEqual(['c']);
      expect(stage().store.accounts({ limit: 2, after: accountId('c') })).toEqual([]);
      expect(stage().store.accounts({ limit: 2, after: accountId('gone') })).toEqual([]);
    });

    it('refuses limits out of range', () => {
      for (const limit of [0, -1, 1.5, 10_001, Number.NaN]) {
        expect(() => stage().store.accounts({ limit })).toThrow(RangeError);
        expect(() => stage().store.callRecords({ limit })).toThrow(RangeError);
        expect(() => stage().store.conferenceRecords({ limit })).toThrow(RangeError);
        expect(() => stage().store.recordings({ limit })).toThrow(RangeError);
        expect(() => stage().store.recordingsDue(0, limit)).toThrow(RangeError);
      }
    });

    it('changes what it is told to and leaves the rest', () => {
      const added = stage().add('a1');
      const options = { ...DEFAULT_CONFERENCE_OPTIONS, entry: 'none' } as const;
      expect(stage().store.updateAccount(added.id, { name: 'New' })).toBe(true);
      expect(stage().store.account(added.id)).toEqual({ ...added, name: 'New' });
      stage().store.updateAccount(added.id, { options, enabled: false });
      expect(stage().store.account(added.id)).toEqual({ ...added, name: 'New', enabled: false, options });
      expect(stage().store.accountsNamed('new')).toHaveLength(1);
      expect(stage().store.accountsNamed(added.name)).toEqual([]);
    });

    it('says when there is no account to change or remove', () => {
      expect(stage().store.updateAccount(accountId('nobody'), { enabled: false })).toBe(false);
      expect(stage().store.removeAccount(accountId('nobody'))).toBe(false);
    });

    it('counts accounts', () => {
      expect(stage().store.countAccounts()).toBe(0);
      stage().add('a1');
      stage().add('a2', { enabled: false });
      expect(stage().store.countAccounts()).toBe(2);
      stage().store.removeAccount(accountId('a1'));
      expect(stage().store.countAccounts()).toBe(1);
    });
  });

  describe('PINs', () => {
    it('finds account and role by the hash of a PIN', () => {
      const added = stage().add('a1');
      stage().add('a2');
      const plain = { account: added, byAccessCode: false, securityCode: false, booking: null };
      expect(stage().store.findPin('a1-host', 0)).toEqual({ ...plain, role: 'host' });
      expect(stage().store.findPin('a1-guest', 0)).toEqual({ ...plain, role: 'guest' });
      expect(stage().store.findPin('A1-HOST', 0)).toBeNull();
      expect(stage().store.findPin('', 0)).toBeNull();
    });

    it('does not find the PINs of a disabled account, until it is enabled again', () => {
      const added = stage().add('a1');
      stage().store.updateAccount(added.id, { enabled: false });
      expect(stage().store.findPin('a1-host', 0)).toBeNull();
      stage().store.updateAccount(added.id, { enabled: true });
      expect(stage().store.findPin('a1-host', 0)?.account.id).toBe('a1');
    });

    it.each([
      ['host', 'host', { host: pin('a1-host'), guest: pin('free') }],
      ['host', 'guest', { host: pin('a1-guest'), guest: pin('free') }],
      ['guest', 'host', { host: pin('free'), guest: pin('a1-host') }],
      ['guest', 'guest', { host: pin('free'), guest: pin('a1-guest') }],
    ])('refuses a %s PIN that is the %s PIN of another account, and writes nothing', (_mine, _theirs, pins) => {
      stage().add('a1');
      expect(() => stage().store.addAccount(account('a2'), pins)).toThrow(Duplicate);
      expect(stage().store.account(accountId('a2'))).toBeNull();
      expect(stage().store.findPin('free', 0)).toBeNull();
      expect(stage().store.countAccounts()).toBe(1);
    });

    it('refuses one PIN for host and guest of the same account', () => {
      expect(() => stage().store.addAccount(account('a1'), { host: pin('same'), guest: pin('same') })).toThrow(
        Duplicate,
      );
      expect(stage().store.countAccounts()).toBe(0);
    });

    it('keeps the PINs of a disabled account taken', () => {
      stage().add('a1', { enabled: false });
      expect(() => stage().store.addAccount(account('a2'), { host: pin('a1-host'), guest: pin('x') })).toThrow(
        Duplicate,
      );
    });

    it('gives the PINs of an account that was removed to nobody for 90 days', () => {
      stage().add('a1');
      expect(stage().store.removeAccount(accountId('a1'))).toBe(true);
      expect(stage().store.findPin('a1-host', 0)).toBeNull();
      stage().time += NINETY_DAYS_MS - 1;
      for (const hash of ['a1-host', 'a1-guest']) {
        expect(() => stage().store.addAccount(account('a2'), { host: pin('x'), guest: pin(hash) })).toThrow(Duplicate);
      }
      expect(stage().store.account(accountId('a2'))).toBeNull();
      stage().time += 1;
      stage().store.addAccount(account('a2'), { host: pin('a1-guest'), guest: pin('a1-host') });
      expect(stage().store.findPin('a1-host', 0)?.role).toBe('guest');
    });
  });
}
