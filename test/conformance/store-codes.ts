import { describe, expect, it } from 'vitest';
import { accountId } from '../../src/domain/identifiers.js';
import { Duplicate } from '../../src/ports/store.js';
import type { Account } from '../../src/ports/store.js';
import { account, NINETY_DAYS_MS, pin } from './store-stage.js';
import type { StoreStage } from './store-stage.js';

/** Access codes, moderator PINs and security codes. @param stage of the test that runs */
export function describeCodes(stage: () => StoreStage): void {
  describe('codes', () => {
    const addWithAccessCode = (id: string): Account => {
      const added = account(id);
      stage().store.addAccount(added, { access: pin(`${id}-access`), moderator: pin(`${id}-moderator`) });
      return added;
    };

    it('finds an account by its access code, which makes nobody host', () => {
      const added = addWithAccessCode('a1');
      const match = { account: added, role: 'guest', byAccessCode: true, securityCode: false, booking: null };
      expect(stage().store.findPin('a1-access', 0)).toEqual(match);
    });

    it('opens nothing by a moderator PIN or a security code alone', () => {
      const { id } = addWithAccessCode('a1');
      expect(stage().store.updateAccount(id, { securityCode: pin('a1-security') })).toBe(true);
      expect(stage().store.findPin('a1-moderator', 0)).toBeNull();
      expect(stage().store.findPin('a1-security', 0)).toBeNull();
      expect(stage().store.findPin('a1-access', 0)?.securityCode).toBe(true);
    });

    it("knows an account's own moderator PIN and security code, each as what it is", () => {
      const { id } = addWithAccessCode('a1');
      const other = addWithAccessCode('a2');
      stage().store.updateAccount(id, { securityCode: pin('a1-security') });
      expect(stage().store.codeMatches(id, 'moderator', 'a1-moderator')).toBe(true);
      expect(stage().store.codeMatches(id, 'security', 'a1-security')).toBe(true);
      for (const hash of ['a1-access', 'a1-security', 'a2-moderator', '']) {
        expect(stage().store.codeMatches(id, 'moderator', hash), hash).toBe(false);
      }
      for (const hash of ['a1-access', 'a1-moderator', '']) {
        expect(stage().store.codeMatches(id, 'security', hash), hash).toBe(false);
      }
      expect(stage().store.codeMatches(other.id, 'security', 'a1-security')).toBe(false);
      expect(stage().store.codeMatches(accountId('nobody'), 'moderator', 'a1-moderator')).toBe(false);
    });

    it('says of a PIN or access code whether it still opens the account, and of no other code', () => {
      const still = (hash: string): boolean => stage().store.stillOpens(hash, null);
      const { id } = stage().add('a1');
      stage().store.updateAccount(id, { securityCode: pin('code') });
      const codes = { access: pin('all'), moderator: pin('mod') };
      stage().store.addAccount(account('a2'), codes);
      expect(['a1-host', 'a1-guest', 'all'].map(still)).toEqual([true, true, true]);
      expect(['code', 'mod', 'nobody'].map(still)).toEqual([false, false, false]);
      stage().store.rotatePins(id, { guest: pin('new') });
      expect(['a1-host', 'a1-guest', 'new'].map(still)).toEqual([true, false, true]);
      stage().store.updateAccount(id, { enabled: false });
      expect(still('a1-host')).toBe(false);
      stage().store.removeAccount(accountId('a2'));
      expect(still('all')).toBe(false);
    });

    it('says what callers of an account key in, of one that is disabled too', () => {
      const { id } = addWithAccessCode('a1');
      expect(stage().store.codesOf(id)).toEqual({ accessCode: true, securityCode: false });
      stage().store.updateAccount(id, { securityCode: pin('a1-security') });
      stage().store.updateAccount(id, { enabled: false });
      expect(stage().store.codesOf(id)).toEqual({ accessCode: true, securityCode: true });
      expect(stage().store.codesOf(stage().add('a2').id)).toEqual({ accessCode: false, securityCode: false });
      expect(stage().store.codesOf(accountId('nobody'))).toBeNull();
    });

    it('knows no code of a disabled account', () => {
      const { id } = addWithAccessCode('a1');
      stage().store.updateAccount(id, { securityCode: pin('a1-security') });
      stage().store.updateAccount(id, { enabled: false });
      expect(stage().store.findPin('a1-access', 0)).toBeNull();
      expect(stage().store.codeMatches(id, 'moderator', 'a1-moderator')).toBe(false);
      expect(stage().store.codeMatches(id, 'security', 'a1-security')).toBe(false);
    });

    it('sets, changes and removes a security code; the one before counts no more and is free after 90 days', () => {
      const { id } = stage().add('a1');
      stage().store.updateAccount(id, { securityCode: pin('first') });
      stage().store.updateAccount(id, { securityCode: pin('second') });
      expect(stage().store.codeMatches(id, 'security', 'first')).toBe(false);
      expect(stage().store.codeMatches(id, 'security', 'second')).toBe(true);
      expect(() => stage().store.updateAccount(id, { securityCode: pin('second') })).toThrow(Duplicate);
      expect(() => stage().store.updateAccount(id, { securityCode: pin('first') })).toThrow(Duplicate);
      expect(stage().store.codeMatches(id, 'security', 'second')).toBe(true);
      expect(stage().store.updateAccount(id, { securityCode: null })).toBe(true);
      expect(stage().store.codeMatches(id, 'security', 'second')).toBe(false);
      expect(stage().store.findPin('a1-guest', 0)?.securityCode).toBe(false);
      stage().time += NINETY_DAYS_MS - 1;
      expect(() => stage().store.updateAccount(id, { securityCode: pin('second') })).toThrow(Duplicate);
      stage().time += 1;
      stage().store.addAccount(account('a2'), { host: pin('first'), guest: pin('second') });
    });

    it('gives the hash of the security code an account has now, of one that is disabled too', () => {
      const { id } = addWithAccessCode('a1');
      expect(stage().store.securityCodeOf(id)).toBeNull();
      stage().store.updateAccount(id, { securityCode: pin('first') });
      stage().store.updateAccount(addWithAccessCode('a2').id, { securityCode: pin('another') });
      expect(stage().store.securityCodeOf(id)).toBe('first');
      stage().store.updateAccount(id, { securityCode: pin('second'), enabled: false });
      expect(stage().store.securityCodeOf(id)).toBe('second');
      stage().store.updateAccount(id, { securityCode: null });
      expect(stage().store.securityCodeOf(id)).toBeNull();
      expect(stage().store.securityCodeOf(accountId('nobody'))).toBeNull();
    });

    it('says when there is no account to have a security code', () => {
      expect(stage().store.updateAccount(accountId('nobody'), { securityCode: pin('x') })).toBe(false);
      expect(stage().store.updateAccount(accountId('nobody'), { securityCode: null })).toBe(false);
      stage().store.addAccount(account('a1'), { host: pin('x'), guest: pin('y') });
    });

    it.each(['a1-host', 'a1-guest', 'a2-access', 'a2-moderator', 'a2-security'])(
      'lets no code of any kind be %s, which is taken',
      (taken) => {
        stage().add('a1');
        stage().store.updateAccount(addWithAccessCode('a2').id, { securityCode: pin('a2-security') });
        for (const pins of [
          { host: pin(taken), guest: pin('free') },
          { host: pin('free'), guest: pin(taken) },
          { access: pin(taken), moderator: pin('free') },
          { access: pin('free'), moderator: pin(taken) },
        ]) {
          expect(() => stage().store.addAccount(account('a3'), pins)).toThrow(Duplicate);
        }
        const { id } = stage().add('a4');
        stage().store.updateAccount(id, { securityCode: pin('a4-security') });
        expect(() => stage().store.updateAccount(id, { securityCode: pin(taken) })).toThrow(Duplicate);
        expect(stage().store.codeMatches(id, 'security', 'a4-security')).toBe(true);
        expect(stage().store.account(accountId('a3'))).toBeNull();
        expect(stage().store.findPin('free', 0)).toBeNull();
      },
    );

    it('adds an account with its security code at once, or not at all', () => {
      const pins = { host: pin('a1-host'), guest: pin('a1-guest'), security: pin('a1-security') };
      stage().store.addAccount(account('a1'), pins);
      expect(stage().store.findPin('a1-guest', 0)?.securityCode).toBe(true);
      expect(stage().store.codeMatches(accountId('a1'), 'security', 'a1-security')).toBe(true);
      const taken = { host: pin('free'), guest: pin('a2-guest'), security: pin('a1-host') };
      expect(() => stage().store.addAccount(account('a2'), taken)).toThrow(Duplicate);
      expect(stage().store.account(accountId('a2'))).toBeNull();
      expect(stage().store.findPin('free', 0)).toBeNull();
    });

    it('changes nothing of an account whose new security code is taken', () => {
      const before = stage().add('a1');
      stage().store.updateAccount(before.id, { securityCode: pin('a1-security') });
      const change = { name: 'Another', enabled: false, securityCode: pin('a1-host') };
      expect(() => stage().store.updateAccount(before.id, change)).toThrow(Duplicate);
      expect(stage().store.account(before.id)).toEqual(before);
      expect(stage().store.codeMatches(before.id, 'security', 'a1-security')).toBe(true);
    });

    it('refuses a moderator PIN that is the access code, and a security code that is a PIN of the account', () => {
      expect(() => stage().store.addAccount(account('a1'), { access: pin('same'), moderator: pin('same') })).toThrow(
        Duplicate,
      );
      const { id } = stage().add('a1');
      expect(() => stage().store.updateAccount(id, { securityCode: pin('a1-host') })).toThrow(Duplicate);
      expect(stage().store.findPin('a1-host', 0)?.role).toBe('host');
    });

    it('frees the codes of an account that was removed, after 90 days', () => {
      const { id } = addWithAccessCode('a1');
      stage().store.updateAccount(id, { securityCode: pin('a1-security') });
      stage().store.removeAccount(id);
      const pins = { host: pin('a1-moderator'), guest: pin('x') };
      expect(() => stage().store.addAccount(account('a2'), pins)).toThrow(Duplicate);
      stage().time += NINETY_DAYS_MS;
      stage().store.addAccount(account('a2'), { host: pin('a1-access'), guest: pin('a1-moderator') });
      expect(stage().store.updateAccount(accountId('a2'), { securityCode: pin('a1-security') })).toBe(true);
    });
  });
}
