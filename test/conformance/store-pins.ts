import { describe, expect, it } from 'vitest';
import { accountId } from '../../src/domain/identifiers.js';
import { Duplicate, OutdatedHash } from '../../src/ports/store.js';
import type { Account, AccountPage, NextPinKey } from '../../src/ports/store.js';
import { account, NINETY_DAYS_MS, pin } from './store-stage.js';
import type { StoreStage } from './store-stage.js';

/** Rotation, re-keying, pages of accounts and many accounts at once. @param stage of the test that runs */
export function describePins(stage: () => StoreStage): void {
  const opens = (hash: string): boolean => stage().store.findPin(hash, stage().time) !== null;

  describe('rotation', () => {
    it('stops the old PINs at once, and no others', () => {
      const { id } = stage().add('a1');
      expect(stage().store.rotatePins(id, { guest: pin('new-guest') })).toBe(true);
      expect(['a1-host', 'a1-guest', 'new-guest'].map(opens)).toEqual([true, false, true]);
      expect(stage().store.findPin('new-guest', 0)).toMatchObject({ role: 'guest', account: { id } });
    });

    it('replaces sealed copies: what was kept of the old PIN is gone', () => {
      const { id } = stage().add('a1');
      stage().store.rotatePins(id, { guest: { ...pin('g1'), sealed: 'sealed-1' } });
      expect(stage().store.hasSealedPins()).toBe(true);
      stage().store.rotatePins(id, { guest: { hash: 'g2', length: 7, sealed: 'sealed-2' }, host: pin('h2') });
      expect(stage().store.pinsOf(id)).toEqual([
        { role: 'guest', length: 7, sealed: 'sealed-2' },
        { role: 'host', length: 9, sealed: null },
      ]);
      stage().store.rotatePins(id, { guest: pin('g3') });
      expect(stage().store.hasSealedPins()).toBe(false);
    });

    it('destroys sealed copies some at a time, and the PINs go on to work', () => {
      for (const id of ['a1', 'a2', 'a3']) {
        const sealed = `sealed-${id}`;
        stage().store.addAccount(account(id), { host: pin(`h-${id}`), guest: { ...pin(`g-${id}`), sealed } });
      }
      expect(stage().store.countSealedPins()).toBe(3);
      expect(stage().store.forgetSealedPins('', 2)).toEqual({ next: 'g-a2', forgotten: 2 });
      expect(stage().store.countSealedPins()).toBe(1);
      expect(stage().store.forgetSealedPins('g-a2', 2)).toEqual({ next: 'h-a1', forgotten: 1 });
      expect([stage().store.countSealedPins(), stage().store.hasSealedPins()]).toEqual([0, false]);
      expect(stage().store.forgetSealedPins('h-a1', 2)).toEqual({ next: 'h-a3', forgotten: 0 });
      expect(stage().store.forgetSealedPins('h-a3', 2)).toEqual({ next: null, forgotten: 0 });
      expect(['h-a1', 'g-a1', 'g-a2', 'g-a3'].map(opens)).toEqual([true, true, true, true]);
      expect(stage().store.pinsOf(accountId('a3'))).toEqual([
        { role: 'guest', length: 9, sealed: null },
        { role: 'host', length: 9, sealed: null },
      ]);
    });

    it('destroys sealed copies of the next so many codes only, sealed or not', () => {
      const { id } = stage().add('a1');
      stage().store.rotatePins(id, { guest: { ...pin('z'), sealed: 'sealed' } });
      expect(stage().store.forgetSealedPins('', 1)).toEqual({ next: 'a1-host', forgotten: 0 });
      expect(stage().store.forgetSealedPins('z', 1)).toEqual({ next: null, forgotten: 0 });
      expect(stage().store.countSealedPins()).toBe(1);
      expect(stage().store.forgetSealedPins('', 3)).toEqual({ next: null, forgotten: 1 });
      for (const limit of [0, 1.5, 10_001]) {
        expect(() => stage().store.forgetSealedPins('', limit)).toThrow(RangeError);
      }
    });

    it('gives a PIN that was replaced to nobody for 90 days, its own account included', () => {
      const { id } = stage().add('a1');
      stage().store.rotatePins(id, { guest: pin('x') });
      stage().time += NINETY_DAYS_MS - 1;
      expect(stage().store.isFree('a1-guest')).toBe(false);
      expect(() => stage().store.rotatePins(id, { host: pin('a1-guest') })).toThrow(Duplicate);
      expect(opens('a1-host')).toBe(true);
      stage().time += 1;
      expect(stage().store.isFree('a1-guest')).toBe(true);
      expect(stage().store.rotatePins(id, { host: pin('a1-guest') })).toBe(true);
    });

    it('changes nothing when one of the new PINs is taken', () => {
      const { id } = stage().add('a1');
      stage().add('a2');
      expect(() => stage().store.rotatePins(id, { host: pin('free'), guest: pin('a2-guest') })).toThrow(Duplicate);
      expect(['a1-host', 'a1-guest', 'a2-guest', 'free'].map(opens)).toEqual([true, true, true, false]);
    });

    it('knows no account by an id that was never added', () => {
      expect(stage().store.rotatePins(accountId('nobody'), { host: pin('x') })).toBe(false);
      expect(stage().store.pinsOf(accountId('nobody'))).toEqual([]);
      expect(opens('x')).toBe(false);
    });

    it('counts live PINs by their length', () => {
      const { id } = stage().add('a1');
      stage().store.rotatePins(id, { host: { hash: 'h', length: 7 } });
      expect([6, 7, 9].map((length) => stage().store.livePins(length))).toEqual([0, 1, 1]);
    });
  });

  describe('re-keying', () => {
    const next = (version: number): NextPinKey => ({
      next: (hash) => `v${version + 1}.(${hash})`,
      keep: () => undefined,
    });
    const addUnderFirst = (): Account => {
      const added = account('a1');
      const pins = { host: pin('v1.h'), guest: { ...pin('v1.g'), sealed: 's' }, security: pin('v1.s') };
      stage().store.addAccount(added, pins);
      return added;
    };

    it('brings every hash to the next version; by the old one nothing opens', () => {
      const { id } = addUnderFirst();
      expect(stage().store.rekeyPins(next)).toBe(2);
      expect(stage().store.pinKeyVersion()).toBe(2);
      expect(['v1.h', 'v1.g', 'v2.(v1.h)', 'v2.(v1.g)'].map(opens)).toEqual([false, false, true, true]);
      expect(stage().store.securityCodeOf(id)).toBe('v2.(v1.s)');
      expect(
        stage()
          .store.pinsOf(id)
          .find(({ role }) => role === 'guest')?.sealed,
      ).toBe('s');
      expect(stage().store.rekeyPins(next)).toBe(3);
      expect(opens('v3.(v2.(v1.g))')).toBe(true);
    });

    it('keeps retired PINs from being given out again', () => {
      const { id } = addUnderFirst();
      stage().store.rotatePins(id, { host: pin('v1.h2') });
      stage().store.rekeyPins(next);
      expect(() => stage().store.rotatePins(id, { guest: pin('v2.(v1.h)') })).toThrow(Duplicate);
      expect(stage().store.isFree('v2.(v1.h)')).toBe(false);
    });

    it('refuses what was hashed before it', () => {
      const { id } = addUnderFirst();
      stage().store.rekeyPins(next);
      expect(() => stage().store.rotatePins(id, { host: pin('v1.x') })).toThrow(OutdatedHash);
      const pins = { host: pin('v1.x'), guest: pin('v1.y') };
      expect(() => stage().store.addAccount(account('a2'), pins)).toThrow(OutdatedHash);
      expect(() => stage().store.importAccounts([{ account: account('a2'), pins }])).toThrow(OutdatedHash);
      expect(opens('v2.(v1.h)')).toBe(true);
    });

    it('changes nothing when the new key cannot be made', () => {
      addUnderFirst();
      const refuse = (): never => {
        throw new Error('no key');
      };
      expect(() => stage().store.rekeyPins(refuse)).toThrow('no key');
      expect(() => stage().store.rekeyPins((version) => ({ ...next(version), keep: refuse }))).toThrow('no key');
      expect(stage().store.pinKeyVersion()).toBe(1);
      expect(opens('v1.h')).toBe(true);
    });
  });

  it('notes what keys are known again by, each under its name', () => {
    expect(stage().store.keyCheck('pin-1')).toBeNull();
    stage().store.noteKeyCheck('pin-1', 'x');
    stage().store.noteKeyCheck('bridge', 'y');
    stage().store.noteKeyCheck('pin-1', 'z');
    expect(['pin-1', 'bridge', 'pin-2'].map((key) => stage().store.keyCheck(key))).toEqual(['z', 'y', null]);
  });

  describe('pages of accounts', () => {
    const ids = (page: Omit<AccountPage, 'limit'>, limit = 10): readonly string[] =>
      stage()
        .store.accounts({ limit, ...page })
        .map(({ id }) => id);

    it('hold those whose names begin alike, in order of name, whatever the case', () => {
      for (const [id, name] of Object.entries({ a: 'Zoe', b: 'ÉMILIE', c: 'émile', d: 'Emil', e: 'émilie' })) {
        stage().add(id, { name });
      }
      expect(ids({ namePrefix: 'Émil' })).toEqual(['c', 'b', 'e']);
      expect(ids({ namePrefix: 'émil' }, 1)).toEqual(['c']);
      expect(ids({ namePrefix: 'émil', after: accountId('c') }, 1)).toEqual(['b']);
      expect(ids({ namePrefix: 'émil', after: accountId('b') })).toEqual(['e']);
      expect(ids({ namePrefix: '' })).toEqual(['d', 'a', 'c', 'b', 'e']);
      // behind one whose name does not begin so
      expect(ids({ namePrefix: 'émil', after: accountId('d') })).toEqual(['c', 'b', 'e']);
      expect(ids({ namePrefix: 'emil', after: accountId('e') })).toEqual([]);
      expect(ids({ namePrefix: 'émil', after: accountId('nobody') })).toEqual([]);
      expect(ids({ namePrefix: '%' })).toEqual([]);
    });

    it('hold those of an address, and those that are enabled or not', () => {
      stage().add('a', { email: 'Zoe@Example.org' });
      stage().add('b', { enabled: false });
      stage().add('c', { email: 'zoe@example.org', enabled: false });
      expect(ids({ email: 'zoe@example.ORG' })).toEqual(['a', 'c']);
      expect(ids({ email: 'zoe' })).toEqual([]);
      expect(ids({ enabled: false })).toEqual(['b', 'c']);
      expect(ids({ enabled: true })).toEqual(['a']);
      expect(ids({ enabled: false, after: accountId('b') })).toEqual(['c']);
      expect(ids({ enabled: false, email: 'zoe@example.org', namePrefix: 'name of c' })).toEqual(['c']);
      expect(ids({ after: accountId('nobody') })).toEqual([]);
    });

    it('show address, time zone and language as they are set, changed and removed', () => {
      const added = stage().add('a', { email: 'a@example.org', timeZone: 'Europe/Dublin', language: 'en-IE' });
      expect(stage().store.account(added.id)).toEqual(added);
      stage().store.updateAccount(added.id, { email: null, language: 'ga' });
      const { email, ...rest } = added;
      expect(email).toBe('a@example.org');
      expect(stage().store.account(added.id)).toEqual({ ...rest, language: 'ga' });
    });
  });

  describe('many accounts at once', () => {
    const row = (id: string) => ({
      account: account(id, { email: `${id}@example.org` }),
      pins: { host: pin(`${id}-host`), guest: { ...pin(`${id}-guest`), sealed: `${id}-sealed` } },
    });

    it('are added in their order, with all they have', () => {
      stage().store.importAccounts(['c', 'a', 'b'].map(row));
      expect(stage().store.accounts({ limit: 9 })).toEqual(['c', 'a', 'b'].map((id) => row(id).account));
      expect(['a-host', 'b-guest', 'c-guest'].map(opens)).toEqual([true, true, true]);
      expect(stage().store.pinsOf(accountId('b'))).toContainEqual({ role: 'guest', length: 9, sealed: 'b-sealed' });
      stage().store.importAccounts([]);
      stage().store.importAccounts([row('d')]);
      expect(stage().store.countAccounts()).toBe(4);
    });

    it.each([
      ['a PIN that is taken', () => [row('x'), { ...row('y'), pins: { host: pin('old-host'), guest: pin('g') } }]],
      ['the same PIN twice', () => [row('x'), { ...row('y'), pins: { host: pin('x-guest'), guest: pin('g') } }]],
      ['an id that is taken', () => [row('x'), row('old')]],
      ['the same id twice', () => [row('x'), { ...row('x'), pins: { host: pin('h'), guest: pin('g') } }]],
    ])('are not added at all with %s', (_, rows) => {
      stage().add('old');
      expect(() => stage().store.importAccounts(rows())).toThrow(Duplicate);
      expect(stage().store.countAccounts()).toBe(1);
      expect(['x-host', 'g', 'old-host'].map(opens)).toEqual([false, false, true]);
      stage().store.importAccounts([row('x')]);
      expect(opens('x-host')).toBe(true);
    });

    it('are not added at all with a PIN that is retired', () => {
      stage().add('old');
      stage().store.removeAccount(accountId('old'));
      const retired = { ...row('y'), pins: { host: pin('h'), guest: pin('old-guest') } };
      expect(() => stage().store.importAccounts([row('x'), retired])).toThrow(Duplicate);
      expect(stage().store.countAccounts()).toBe(0);
    });

    it('are not added at all when they end in an error', () => {
      function* broken(): Generator<ReturnType<typeof row>> {
        yield row('x');
        throw new Error('no more');
      }
      expect(() => stage().store.importAccounts(broken())).toThrow('no more');
      expect(stage().store.countAccounts()).toBe(0);
    });
  });
}
